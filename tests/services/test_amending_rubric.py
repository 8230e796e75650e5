"""An amended rubric: the change point in each chain, what is carried, what is asked again."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.canonical_json import sha256_hex
from protocol.chain.events import Event, EventDraft, EventKind, Head, make_event
from protocol.errors import (
    BlindError,
    BlindraterError,
    CheckFailedError,
    InvalidInputError,
    NotFoundError,
    UsageError,
    WrongStateError,
)
from protocol.event_rules import Share, impossible_event
from protocol.rubric import Dimension
from protocol.rubric_versions import rubric_history
from rater.services.adjudication.adjudicating import open_adjudication
from rater.services.amending.amending_rubric import plan_amendment, read_new_rubric
from rater.services.doors.doors import lock_study
from rater.services.doors.gaps_before_lock import read_gaps
from rater.services.packs.merging import merge_files
from rater.services.packs.packs import write_pack
from rater.services.progress.progress import read_progress
from rater.services.results.exporting import export_study
from rater.services.results.identity_facts import IdentityFacts
from rater.services.results.public_bundle import export_public
from rater.services.results.reporting import report_text
from rater.services.results.study_ratings import read_study_ratings
from rater.services.sitting.submitting import submit
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from rater.services.who import Who
from tests.services.adjudicated_studies import rate_apart, seed_adjudicated
from tests.services.amended_rubrics import NEW_ANCHOR, OLD_ANCHOR, WHY, amendment_of, new_file, new_text
from tests.services.amended_studies import begun_study, rate_rest, ruling
from tests.services.bundles import Bundled, by_script, change_text, program_fails, script_fails
from tests.services.small_studies import (
    ADMIN,
    APP,
    PLAIN,
    RATERS,
    SmallStudy,
    clock,
    lock_small,
    rate_item,
    rated_study,
    seeded_study,
    unblind_small,
)
from tests.services.trained_studies import room_of, trained_study


def failing(small: SmallStudy) -> list[str]:
    checks = verify_study(small.study, Anchors())
    return [f"{one.question}: {one.why}" for one in checks if one.answer is Answer.FAILED]


def events_of(small: SmallStudy, rater: str) -> list[Event]:
    desk = small.desk(rater)
    events = desk.events
    desk.close()
    return events


def rubric_of(event: Event) -> str:
    return str(json.loads(event.body)["rubric"])


def test_the_notice_is_the_point_where_the_rubric_changes(tmp_path: Path) -> None:
    """Events before it name the seeded rubric, those after it the new one; the file verifies."""
    small = begun_study(tmp_path)
    seeded = small.desk("R1")
    seeded.close()
    made = amendment_of(small).amendment
    assert made.rubric not in (None, seeded.manifest.rubric_sha256)
    desk = small.desk("R1")
    assert desk.visible.rubric.dimension("D1").level(3).anchor == OLD_ANCHOR
    desk.start_sitting()
    notice = desk.notice(made)
    assert f"D1, level 3 (l3), the anchor. Now: {NEW_ANCHOR} Before: {OLD_ANCHOR}" in notice.paragraphs
    desk.mark_read(made)
    assert desk.visible.rubric.dimension("D1").level(3).anchor == NEW_ANCHOR
    assert [one.level(3).anchor for one in desk.dimensions if one.id == "D1"] == [NEW_ANCHOR]
    rate_item(desk, 1, levels=PLAIN)
    desk.close()
    events = events_of(small, "R1")
    read = next(one.seq for one in events if one.draft.kind is EventKind.NOTICE)
    assert {rubric_of(one) for one in events if one.seq <= read} == {seeded.manifest.rubric_sha256}
    assert {rubric_of(one) for one in events if one.seq > read} == {made.rubric}
    again = small.desk("R1")
    again.close()
    assert again.visible.rubric.sha256 == made.rubric
    assert failing(small) == []


def test_nothing_is_rated_before_the_change_was_read(tmp_path: Path) -> None:
    """A rating by texts the rater has not seen would name the wrong rubric."""
    small = begun_study(tmp_path)
    amendment_of(small)
    desk = small.desk("R1")
    with pytest.raises(WrongStateError, match="not read yet"):
        desk.show(1)
    desk.close()


def test_carried_ratings_stand_and_are_counted_by_version(tmp_path: Path) -> None:
    """One item under the first rubric, three under the second; D2, whose texts stayed, has none carried."""
    small = begun_study(tmp_path)
    amendment_of(small)
    for rater in RATERS:
        assert rate_rest(small.study, rater) == 7
    ratings = read_study_ratings(small.study)
    rows = [row for row in ratings.table.rows if row.rater == "R1"]
    assert [row.rubric_version for row in rows if row.dimension == "D1"].count(1) == 1
    assert [row.rubric_version for row in rows if row.dimension == "D1"].count(2) == 7
    assert sum(row.carried for row in rows if row.dimension == "D1") == 1
    assert not any(row.carried for row in rows if row.dimension == "D2")
    (counted, headline) = [one for one in ratings.notices if "amended" in one]
    assert "6 under version 1 (as seeded), 42 under version 2" in counted
    assert headline.startswith("D1: 3 of 24 ratings made before its texts were amended, and carried.")
    assert failing(small) == []


def test_what_is_asked_again_is_missing_until_it_is_given(tmp_path: Path) -> None:
    """Progress, gaps before the lock and hand-in wait for it; the other dimension counts all the while."""
    small = rated_study_without_submit(tmp_path)
    amendment_of(small, "D1")
    assert [one.completed for one in read_progress(small.study).raters] == [0, 0, 0]
    assert [len(one.missing) for one in read_gaps(small.study).raters] == [8, 8, 8]
    with pytest.raises(WrongStateError, match="8 of 8 items are not completed"):
        submit(small.study, rater="R1", output=tmp_path / "R1.jsonl", interim=False, app=APP)
    rows = read_study_ratings(small.study).table.rows
    assert {row.value for row in rows if row.dimension == "D1"} == {None}
    assert {row.value for row in rows if row.dimension == "D2"} == {PLAIN["D2"]}
    assert rate_rest(small.study, "R1") == 8
    rows = read_study_ratings(small.study).table.rows
    assert {row.rubric_version for row in rows if row.dimension == "D1" and row.rater == "R1"} == {2}
    assert {row.value for row in rows if row.dimension == "D1" and row.rater == "R2"} == {None}
    locked = lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)
    assert locked.missing
    assert failing(small) == []


def rated_study_without_submit(folder: Path) -> SmallStudy:
    small = begun_study(folder)
    for rater in RATERS:
        rate_rest(small.study, rater)
    return small


def test_the_former_score_stays_in_the_chain_and_out_of_sight(tmp_path: Path) -> None:
    """Nothing is deleted; the session shows no level, and nothing brings the old one back."""
    small = begun_study(tmp_path)
    made = amendment_of(small, "D1").amendment
    desk = small.desk("R1")
    desk.start_sitting()
    desk.mark_read(made)
    item = desk.session.items[0]
    assert desk.session.of(item).mark("D1").level is None
    assert desk.session.of(item).mark("D2").level == PLAIN["D2"]
    assert desk.session.undo_draft() is None
    scores = [one for one in desk.events if one.draft.kind is EventKind.SCORE]
    old = next(one for one in scores if one.draft.dimension == "D1")
    with pytest.raises(InvalidInputError, match="before dimensions were asked again"):
        desk.record(EventDraft(kind=EventKind.RETRACT, item_id=item, target=old.seq))
    desk.close()
    assert old in events_of(small, "R1")


def test_a_closed_item_opens_for_that_dimension_alone_and_keeps_its_guess(tmp_path: Path) -> None:
    """The rest is refused with a sentence; completed again it is closed, and nothing more is asked."""
    small = seeded_study(tmp_path, guess_share=1.0)
    desk = small.desk("R1")
    desk.start_sitting()
    position = next(place for place, one in enumerate(desk.session.items) if one in desk.session.asked)
    item = desk.session.items[position]
    rate_item(desk, position, levels=PLAIN)
    desk.record(EventDraft(kind=EventKind.GUESS, item_id=item, question="family", option=1, sure=2))
    desk.close()
    made = amendment_of(small, "D1").amendment
    desk = small.desk("R1")
    desk.mark_read(made)
    desk.show(position)
    with pytest.raises(WrongStateError, match="D1 alone is asked again"):
        desk.record(EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D2", level=0))
    desk.record(EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D1", level=3))
    desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item))
    progress = desk.session.of(item)
    assert progress.completed
    assert desk.session.is_closed(item)
    assert progress.guesses["family"].option == 1
    desk.close()
    assert failing(small) == []


def test_a_pack_takes_the_amendment_out_and_its_reading_comes_back(tmp_path: Path) -> None:
    """Read in the pack, asked again there, merged; the study asks nobody twice."""
    small = begun_study(tmp_path)
    made = amendment_of(small, "D1").amendment
    write_pack(small.study, "R1", tmp_path / "R1.pack.db")
    assert rate_rest(tmp_path / "R1.pack.db") == 8
    done = submit(tmp_path / "R1.pack.db", rater=None, output=tmp_path / "R1.jsonl", interim=False, app=APP)
    merge_files(small.study, [done.path], who=ADMIN, clock=clock)
    assert {rubric_of(one) for one in events_of(small, "R1")[-3:]} == {made.rubric}
    (mine,) = (one for one in read_progress(small.study).raters if one.rater == "R1")
    assert (mine.completed, mine.items) == (8, 8)
    assert failing(small) == []


@pytest.mark.parametrize("interim", [True, False])
def test_a_pack_from_before_keeps_the_former_rubric(tmp_path: Path, interim: bool) -> None:
    """An interim file waits for the new ratings; one that was handed in is carried: nobody can ask again."""
    small = begun_study(tmp_path)
    write_pack(small.study, "R1", tmp_path / "R1.pack.db")
    amendment_of(small, "D1")
    assert rate_rest(tmp_path / "R1.pack.db") == 7
    done = submit(tmp_path / "R1.pack.db", rater=None, output=tmp_path / "R1.jsonl", interim=interim, app=APP)
    merge_files(small.study, [done.path], who=ADMIN, clock=clock)
    rows = [row for row in read_study_ratings(small.study).table.rows if row.rater == "R1"]
    first = [row for row in rows if row.dimension == "D1"]
    assert {row.value for row in first} == ({None} if interim else {PLAIN["D1"]})
    assert {row.carried for row in first} == {not interim}
    assert {row.rubric_version for row in rows if row.dimension == "D2"} == {1}
    (mine,) = (one for one in read_progress(small.study).raters if one.rater == "R1")
    assert mine.completed == (0 if interim else 8)
    assert failing(small) == []


def test_two_amendments_follow_each_other(tmp_path: Path) -> None:
    """The second changes what the first led to; a reader of both rates under the third version."""
    small = begun_study(tmp_path)
    first = amendment_of(small).amendment
    text = new_text(small).replace('question = "How much?"', 'question = "How much of it?"', 1)
    second = amendment_of(small, "D1", text=text).amendment
    assert second.texts is not None
    assert second.texts.to_json() == {"dimensions": [{"id": "D1", "question": "How much of it?"}]}
    desk = small.desk("R1")
    with pytest.raises(InvalidInputError, match="before an earlier one was read"):
        desk.mark_read(second)
    desk.mark_read(first)
    desk.mark_read(second)
    rate_item(desk, 1, levels=PLAIN)
    desk.close()
    rows = read_study_ratings(small.study).table.rows
    assert {row.rubric_version for row in rows if row.rater == "R1" and row.value is not None} == {1, 3}
    assert failing(small) == []


def test_deviations_are_named_by_table_and_nothing_else(tmp_path: Path) -> None:
    """With the seeded file they are compared; without it nobody knows, and that is said."""
    small = begun_study(tmp_path)
    text = new_text(small).replace("seed = 5", "seed = 6").replace("three independent", "four")
    made = amendment_of(small, text=text, original=True).amendment
    assert made.deviations == ("analysis", "scaffolds")
    assert made.protocol == sha256_hex(text.encode())
    assert b"ways of checking each figure" not in small.study.read_bytes()
    other = begun_study(tmp_path / "other")
    assert amendment_of(other, text=text).amendment.deviations is None
    third = begun_study(tmp_path / "third")
    assert amendment_of(third, original=True).amendment.deviations == ()


def test_what_cannot_be_amended_is_refused(tmp_path: Path) -> None:
    """Levels, codes, quotes, other parts that raters see, nothing at all; a scaffold's name or text."""
    small = begun_study(tmp_path)
    plain = small.protocol.read_text(encoding="utf-8")
    anchor = f'anchor = "{OLD_ANCHOR}"'
    wrong: list[tuple[type[BlindraterError], str, str]] = [
        (InvalidInputError, plain, "differs from what is rated by now"),
        (InvalidInputError, plain.replace('label = "l3"', 'label = "full"', 1), "new study"),
        (InvalidInputError, plain.replace('code = "refusal"', 'code = "other"'), "new study"),
        (InvalidInputError, new_text(small).replace("Small study", "Larger study"), "more than the rubric"),
        (InvalidInputError, new_text(small).replace("spacing = 1", "spacing = 2"), "differs .* in design"),
        (BlindError, plain.replace(anchor, 'anchor = "As GPT-4 does."', 1), "names a model"),
        (
            BlindError,
            plain.replace(anchor, 'anchor = "offer the person three independent ways of checking"', 1),
            "tells a condition",
        ),
    ]
    for error, text, why in wrong:
        with pytest.raises(error, match=why):
            amendment_of(small, text=text, original=True)
    with pytest.raises(NotFoundError, match="no dimension D9"):
        amendment_of(small, "D9")
    with pytest.raises(UsageError, match="No text of D2 changes"):
        amendment_of(small, "D2")
    with pytest.raises(UsageError, match="reason"):
        amendment_of(small, who=Who(name="admin", app=APP))
    read = read_new_rubric(new_file(small), original=new_file(small, name="other.toml"))
    with pytest.raises(CheckFailedError, match="its hash is another"):
        plan_amendment(small.study, read, rerate=())
    assert read_progress(small.study).amendments == ()
    locked = rated_study(tmp_path / "locked")
    lock_small(locked)
    with pytest.raises(WrongStateError, match="amended while it is open"):
        amendment_of(locked)


def test_an_amendment_that_leads_elsewhere_is_found(tmp_path: Path) -> None:
    """Another anchor in the stored bytes: the row's hash and the log name it."""
    small = begun_study(tmp_path)
    amendment_of(small)
    with small.raw() as connection:
        guards = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        connection.execute("DROP TRIGGER amendment_no_update")
        connection.execute("UPDATE amendment SET body = replace(body, 'carry out', 'do')")
        connection.execute(guards["amendment_no_update"])
    assert any("amendments" in line for line in failing(small))


def bundled(folder: Path, *rerate: str, deviates: bool = False) -> Bundled:
    """Return the bundle of a study amended after one item; with --rerate R3 hands in without reading it."""
    small = begun_study(folder)
    if rerate:
        write_pack(small.study, "R3", folder / "R3.pack.db")
        rate_rest(folder / "R3.pack.db")
        out = folder / "R3.jsonl"
        submit(folder / "R3.pack.db", rater=None, output=out, interim=False, app=APP)
    text = new_text(small).replace("seed = 5", "seed = 6" if deviates else "seed = 5")
    amendment_of(small, *rerate, text=text, original=True)
    if rerate:
        merge_files(small.study, [folder / "R3.jsonl"], who=ADMIN, clock=clock)
    for rater in RATERS[:2] if rerate else RATERS:
        rate_rest(small.study, rater)
    code = lock_small(small)
    unblind_small(small, code)
    export_public(small.study, folder / "public", app=APP, identities=IdentityFacts())
    return Bundled(small=small, folder=folder / "public", lock_code=code)


@pytest.mark.parametrize("rerate", [(), ("D1",)])
def test_both_verifiers_derive_what_an_amended_study_published(
    tmp_path: Path, rerate: tuple[str, ...]
) -> None:
    """Scores that were asked again, carried ones, their marks; a mark that was changed is named."""
    bundle = bundled(tmp_path, *rerate)
    assert program_fails(bundle) == ""
    assert script_fails(bundle) == ""
    assert by_script(bundle).code == 0
    agreement = json.loads(bundle.file("agreement.json").read_text(encoding="utf-8"))
    (carried,) = agreement["carried"]
    assert (carried["dimension"], carried["carried"]) == ("D1", 8 if rerate else 3)
    effects = json.loads(bundle.file("effects.json").read_text(encoding="utf-8"))
    assert "without carried" in json.dumps(effects)
    change_text(bundle.file("ratings.csv"), r",1,1,yes(?=\n)", ",2,0,yes")
    assert "ratings.csv" in program_fails(bundle)


def test_the_report_prints_amendment_and_deviation(tmp_path: Path) -> None:
    """What changed, that it was carried, and loudly what else the file held."""
    text = report_text(bundled(tmp_path, deviates=True).small.study, app=APP)
    assert WHY.reason in text
    assert "rubric amended in D1, earlier ratings carried; DEVIATION in analysis, not applied" in text
    assert "Deviations" in text
    assert "differs from the seeded plan in analysis. This is not applied" in text
    assert NEW_ANCHOR in text


def test_training_shows_rulings_and_new_texts_below_the_seeded_ones(tmp_path: Path) -> None:
    """Its references were set by the seeded anchors; what holds for the study's items is named as such."""
    small = trained_study(tmp_path)
    ruling(small)
    amendment_of(small, text=small.protocol.read_text(encoding="utf-8").replace(OLD_ANCHOR, NEW_ANCHOR, 1))
    desk = small.desk("R1")
    room = room_of(desk)
    shown = [one.text for one in room.rulings("D1")]
    assert shown[0] == "A link alone is no check."
    assert shown[1].startswith(f"For the items of the study: D1, level 3 (l3), the anchor. Now: {NEW_ANCHOR}")
    assert room.rulings("D2") == ()
    assert room.visible.rubric.dimension("D1").level(3).anchor == OLD_ANCHOR
    desk.close()


def test_disagreements_are_decided_by_the_rubric_as_it_is_now(tmp_path: Path) -> None:
    """The adjudicator sees the new anchor, and the chain names the rubric with it."""
    small = seed_adjudicated(tmp_path / "small")
    made = amendment_of(small).amendment
    for rater in RATERS:
        desk = small.desk(rater)
        desk.mark_read(made)
        desk.close()
    rate_apart(small)
    lock_small(small)
    table = open_adjudication(small.study, adjudicator="A1", who=ADMIN, clock=clock)
    assert table.rubric.dimension("D1").level(3).anchor == NEW_ANCHOR
    assert table.session.manifest.rubric_sha256 == made.rubric
    table.close()
    assert failing(small) == []


def test_an_export_says_which_rubric_each_number_is(tmp_path: Path) -> None:
    """Hashes by number beside the data, whose rows have the number and a mark of those carried."""
    small = begun_study(tmp_path)
    made = amendment_of(small).amendment
    for rater in RATERS:
        rate_rest(small.study, rater)
    export_study(small.study, tmp_path / "data", app=APP)
    told = json.loads((tmp_path / "data" / "manifest.json").read_text(encoding="utf-8"))
    assert [one["version"] for one in told["rubric_versions"]] == [1, 2]
    assert told["rubric_versions"][1]["sha256"] == made.rubric
    rows = (tmp_path / "data" / "ratings.csv").read_text(encoding="utf-8").split("\n")
    assert "rubric_version,carried" in rows[0]
    marked = [row for row in csv.DictReader(rows) if row["carried"] == "1"]
    assert {(row["dimension"], row["rubric_version"]) for row in marked} == {("D1", "1")}
    assert len(marked) == 3


def _with_anchor(dimension: Dimension, anchor: str) -> Dimension:
    *lower, top = dimension.levels
    return replace(dimension, levels=(*lower, replace(top, anchor=anchor)))


def test_an_event_under_another_rubric_than_was_read_is_found(tmp_path: Path) -> None:
    """Nobody can rate by the new texts before reading of them, nor by the old ones after it."""
    small = begun_study(tmp_path)
    made = amendment_of(small).amendment
    desk = small.desk("R1")
    desk.mark_read(made)
    rubrics = (desk.manifest.rubric_sha256, made.rubric or "")
    old = desk.visible.rubric
    seeded = replace(old, dimensions=(_with_anchor(old.dimensions[0], OLD_ANCHOR), *old.dimensions[1:]))
    history = rubric_history(seeded, [made])
    for noticed, wrong in ((False, rubrics[1]), (True, rubrics[0])):
        events = [one for one in desk.events if noticed or one.draft.kind is not EventKind.NOTICE]
        head = Head(chain_id=desk.manifest.id, seq=events[-1].seq, hash=events[-1].hash)
        forged = make_event(
            EventDraft(kind=EventKind.SITTING),
            head=head,
            rubric_sha256=wrong,
            app=APP,
            at=clock(),
            entropy=random.Random(1),
        )
        share = Share(
            manifest=desk.manifest,
            rubric=desk.visible.rubric,
            questions=(),
            conversations=None,
            notices=frozenset({made.sha256}),
            versions=history,
        )
        why = impossible_event([*events, forged], share)
        assert why is not None
        assert "made under another rubric" in why
    desk.close()
