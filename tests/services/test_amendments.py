"""Amendments: on the record, told once, and nothing that was rated is rewritten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from db.amendment_store import read_amendments
from db.connection import close, open_for_reading
from protocol.chain.amendment import Amendment
from protocol.chain.events import EventDraft, EventKind
from protocol.errors import (
    BlindError,
    BlindraterError,
    InvalidInputError,
    NotFoundError,
    UsageError,
    WrongStateError,
)
from rater.services.amending.amendments import clarify, withdraw
from rater.services.amending.questions import read_questions
from rater.services.doors.doors import lock_study
from rater.services.doors.key_files import open_key
from rater.services.packs.merging import merge_files
from rater.services.packs.packs import write_pack
from rater.services.progress.progress import read_progress
from rater.services.results.identity_facts import IdentityFacts
from rater.services.results.public_bundle import export_public
from rater.services.results.reporting import report_text
from rater.services.results.study_ratings import read_study_ratings
from rater.services.sitting.submitting import submit
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from rater.services.who import Who
from tests.services.amended_studies import (
    RULE,
    WHY,
    begun_study,
    items_of,
    rate_rest,
    ruling,
    withdrawal,
)
from tests.services.bundles import Bundled, by_script, change_text, program_fails, script_fails
from tests.services.small_studies import (
    ADMIN,
    APP,
    PLAIN,
    RATERS,
    SmallStudy,
    clock,
    desk_of,
    lock_small,
    pack_of_r1,
    rate_item,
    rated_study,
    seeded_study,
    unblind_small,
    unblinded_study,
)


def recorded(path: Path) -> tuple[Amendment, ...]:
    connection = open_for_reading(path)
    try:
        return read_amendments(connection)
    finally:
        close(connection)


def failing(small: SmallStudy) -> list[str]:
    checks = verify_study(small.study, Anchors())
    return [f"{one.question}: {one.why}" for one in checks if one.answer is Answer.FAILED]


def test_amendments_are_numbered_and_stand_in_the_audit_log(tmp_path: Path) -> None:
    """With the hash of their bytes; the file verifies with them."""
    small = begun_study(tmp_path)
    first, second = ruling(small), withdrawal(small, items_of(small)[1])
    assert recorded(small.study) == (first.amendment, second.amendment)
    assert [one.number for one in recorded(small.study)] == [1, 2]
    assert small.actions()[-2:] == ["clarify", "withdraw"]
    details = small.audit()[-1]["details"]
    assert isinstance(details, dict)
    assert (details["amendment"], details["sha256"]) == ("2", second.amendment.sha256)
    assert small.audit()[-1]["reason"] == WHY.reason
    assert failing(small) == []


def test_a_study_without_amendments_has_no_word_of_them(tmp_path: Path) -> None:
    """No table, no line of the lock manifest, no key in the rater-visible protocol."""
    small = rated_study(tmp_path)
    lock_small(small)
    assert b"amendment" not in small.study.read_bytes()
    assert b"withdraw" not in small.study.read_bytes()


@pytest.mark.parametrize("rule", ["", RULE])
def test_a_withdrawal_takes_what_the_rule_says_from_raters(tmp_path: Path, rule: str) -> None:
    """The whole task from everybody who has it; by model the item alone, as nobody knows the model."""
    small = begun_study(tmp_path, rule=rule)
    item = items_of(small)[1]
    found = withdrawal(small, item)
    for rater in RATERS:
        desk = small.desk(rater)
        task = {one.item_id for one in desk.manifest.items if one.task_id == found.amendment.task}
        expected = task if not rule else task & {item}
        assert desk.session.set_aside == expected
        assert (rater in found.raters) == bool(expected)
        assert desk.session.required_count == 8 - len(expected)
        desk.close()
    assert found.items == (4 if not rule else 1)
    assert failing(small) == []


def test_what_was_said_of_a_withdrawn_item_stays_and_nothing_is_added(tmp_path: Path) -> None:
    """The score stands in the chain; a further one, its undo and a flag are refused."""
    small = begun_study(tmp_path)
    item = items_of(small)[0]
    withdrawal(small, item)
    desk = small.desk("R1")
    assert desk.session.of(item).mark("D1").level == PLAIN["D1"]
    assert desk.session.undo_draft() is None
    before = len(desk.events)
    for kind in (EventKind.COMPLETE, EventKind.CLEAR):
        with pytest.raises(WrongStateError, match="withdrawn"):
            desk.record(EventDraft(kind=kind, item_id=item))
    assert len(desk.events) == before
    desk.close()


def test_an_amendment_is_told_once_and_the_telling_is_recorded(tmp_path: Path) -> None:
    """The event binds the hash of what was read; a second telling is refused, the chain verifies."""
    small = begun_study(tmp_path)
    told = ruling(small).amendment
    desk = small.desk("R1")
    assert [one.sha256 for one in desk.unread] == [told.sha256]
    desk.mark_read(told)
    assert not desk.unread
    assert desk.events[-1].draft.kind is EventKind.NOTICE
    assert desk.events[-1].draft.shown_sha256 == told.sha256
    with pytest.raises(InvalidInputError, match="read before"):
        desk.mark_read(told)
    desk.close()
    again = small.desk("R1")
    assert again.unread == ()
    assert [one.text for one in again.rulings("D1")] == ["A link alone is no check."]
    assert again.rulings("D2") == ()
    again.close()
    assert failing(small) == []


def test_a_notice_of_nothing_is_refused(tmp_path: Path) -> None:
    """Of an amendment that was never made, or that concerns others alone."""
    small = begun_study(tmp_path)
    desk = small.desk("R1")
    with pytest.raises(InvalidInputError, match="no amendment"):
        desk.record(EventDraft(kind=EventKind.NOTICE, shown_sha256="ab" * 32))
    desk.close()


def test_packs_carry_what_concerns_their_rater_and_bring_back_that_it_was_read(tmp_path: Path) -> None:
    """Out with the pack, read in it, merged: the study knows who read it; others' packs have no word."""
    small = begun_study(tmp_path)
    own = {rater: set(items_of(small, rater)) for rater in RATERS}
    item = next(one for one in items_of(small, "R1") if one not in own["R2"])
    gone = withdrawal(small, item).amendment
    write_pack(small.study, "R1", tmp_path / "R1.pack.db")
    write_pack(small.study, "R2", tmp_path / "R2.pack.db")
    assert recorded(tmp_path / "R1.pack.db") == (gone,)
    assert recorded(tmp_path / "R2.pack.db") == ()
    assert b"amendment" not in (tmp_path / "R2.pack.db").read_bytes()
    assert rate_rest(tmp_path / "R1.pack.db") in (3, 4)  # 4 where the completed one is withdrawn
    done = submit(tmp_path / "R1.pack.db", rater=None, output=tmp_path / "R1.jsonl", interim=False, app=APP)
    assert (done.completed, done.items) == (4, 4)
    merge_files(small.study, [done.path], who=ADMIN, clock=clock)
    desk = small.desk("R1")
    assert gone.sha256 in desk.session.noticed
    assert desk.unread == ()
    desk.close()
    assert failing(small) == []


def test_a_pack_that_knows_nothing_of_a_withdrawal_is_merged_as_it_is(tmp_path: Path) -> None:
    """Its ratings of withdrawn items stand in the chain and count in no result."""
    small = begun_study(tmp_path)
    write_pack(small.study, "R1", tmp_path / "R1.pack.db")
    item = items_of(small)[2]
    task = withdrawal(small, item).amendment.task
    assert rate_rest(tmp_path / "R1.pack.db") == 7
    done = submit(tmp_path / "R1.pack.db", rater=None, output=tmp_path / "R1.jsonl", interim=False, app=APP)
    merge_files(small.study, [done.path], who=ADMIN, clock=clock)
    desk = small.desk("R1")
    assert desk.session.of(item).completed
    desk.close()
    ratings = read_study_ratings(small.study)
    assert item in ratings.withdrawn
    assert item not in {row.unit for row in ratings.table.rows}
    assert task not in {row.task for row in ratings.table.rows}
    assert any("4 items, withdrawn" in notice for notice in ratings.notices)
    assert failing(small) == []


def test_progress_and_lock_wait_for_no_withdrawn_item(tmp_path: Path) -> None:
    """Everything else rated, the study locks without an accepted gap; the manifest has the amendment."""
    small = begun_study(tmp_path)
    amendment = withdrawal(small, items_of(small)[1]).amendment
    for rater in RATERS:
        rate_rest(small.study, rater)
    progress = read_progress(small.study)
    assert all(one.completed == one.items for one in progress.raters)
    assert progress.amendments == (amendment,)
    assert "lock" in progress.next_step
    assert not lock_study(small.study, who=ADMIN, clock=clock).missing
    with small.raw() as connection:
        body = connection.execute("SELECT body FROM lock_manifest").fetchone()[0]
    assert amendment.body().decode() in body
    assert failing(small) == []


@pytest.mark.parametrize("rule", ["", RULE])
def test_analysis_leaves_out_what_the_rule_says_once_models_are_known(tmp_path: Path, rule: str) -> None:
    """All arms of the task, or the task for the model of the item; both verifiers derive the same."""
    bundle = bundled(tmp_path, rule)
    origins = open_key(bundle.small.key.read_bytes(), bundle.small.secrets).allocation
    ratings = read_study_ratings(bundle.small.study)
    (amendment,) = (one for one in ratings.amendments if one.item)
    own = origins[amendment.item or ""]
    expected = {
        item
        for item, origin in origins.items()
        if origin.task == own.task and (not rule or origin.model == own.model)
    }
    assert ratings.withdrawn == expected
    assert len(expected) == (2 if rule else 4)
    assert {row.unit for row in ratings.table.rows} == set(origins) - expected
    assert program_fails(bundle) == ""
    assert script_fails(bundle) == ""
    assert by_script(bundle).code == 0


def bundled(folder: Path, rule: str) -> Bundled:
    """Return the public bundle of a study with a ruling and a withdrawal."""
    small = begun_study(folder, rule=rule)
    ruling(small)
    withdrawal(small, items_of(small)[1])
    for rater in RATERS:
        rate_rest(small.study, rater)
    code = lock_small(small)
    unblind_small(small, code)
    export_public(small.study, folder / "public", app=APP, identities=IdentityFacts())
    return Bundled(small=small, folder=folder / "public", lock_code=code)


def test_both_verifiers_name_what_was_done_to_an_amended_bundle(tmp_path: Path) -> None:
    """A mark of withdrawal taken away; the amendment itself taken out of what was locked."""
    bundle = bundled(tmp_path, "")
    kept = bundle.file("ratings.csv").read_text(encoding="utf-8")
    change_text(bundle.file("ratings.csv"), r",1,yes(?=\n)", ",0,yes")
    assert "ratings.csv" in program_fails(bundle)
    assert "tidy ratings" in script_fails(bundle)
    bundle.file("ratings.csv").write_text(kept, encoding="utf-8", newline="")
    change_text(bundle.file("lock.json"), r"A link alone is no check", "A link alone is a check")
    assert "lock code" in program_fails(bundle)
    assert "lock code" in script_fails(bundle)


def test_the_report_prints_amendments_with_reasons_and_counts(tmp_path: Path) -> None:
    """What, when, why; how many items no result counts."""
    text = report_text(bundled(tmp_path, "").small.study, app=APP)
    assert "Amendments and incidents" in text
    assert "The answer was cut off." in text
    assert "D1 clarified: A link alone is no check." in text
    assert re.search(r"withdrawn\s*\|\s*4\b", text)
    assert "Left out: the ratings of 4 items, withdrawn" in text
    assert "Amendments and incidents" not in report_text(
        unblinded_study(tmp_path / "other").small.study, app=APP
    )


def test_an_amendment_that_was_changed_past_the_program_is_found(tmp_path: Path) -> None:
    """Another text, and one taken out whole."""
    small = begun_study(tmp_path)
    ruling(small)
    with small.raw() as connection:
        guards = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        connection.execute("DROP TRIGGER amendment_no_update")
        connection.execute("UPDATE amendment SET body = replace(body, 'no check', 'a check')")
        connection.execute(guards["amendment_no_update"])
    assert any("amendments" in line for line in failing(small))
    other = begun_study(tmp_path / "other")
    ruling(other)
    with other.raw() as connection:
        connection.execute("DROP TABLE amendment")
    assert any("not those of the audit log" in line for line in failing(other))


def test_a_ruling_needs_a_dimension_a_text_and_a_reason(tmp_path: Path) -> None:
    """Nothing is recorded otherwise, nor with the name of a model in it."""
    small = begun_study(tmp_path)
    silent = Who(name="admin", app=APP)
    wrong: list[tuple[type[BlindraterError], str, str, Who]] = [
        (NotFoundError, "D9", "x", WHY),
        (UsageError, "D1", " ", WHY),
        (UsageError, "D1", "x", silent),
        (BlindError, "D1", "As in GPT-4.", WHY),
    ]
    for error, dimension, text, who in wrong:
        with pytest.raises(error):
            clarify(small.study, dimension=dimension, text=text, who=who, clock=clock)
    assert recorded(small.study) == ()


def test_what_cannot_be_withdrawn_is_refused(tmp_path: Path) -> None:
    """Nothing rated yet, no such item, twice, a locked study, a pack."""
    fresh = seeded_study(tmp_path / "fresh")
    with pytest.raises(WrongStateError, match="still be replaced"):
        withdrawal(fresh, items_of(fresh)[0])
    small = begun_study(tmp_path)
    with pytest.raises(NotFoundError, match="no item"):
        withdrawal(small, "f" * 16)
    first = withdrawal(small, items_of(small)[0]).amendment
    desk = small.desk("R1")
    same_task = [one.item_id for one in desk.manifest.items if one.task_id == first.task]
    desk.close()
    for item in same_task:
        with pytest.raises(WrongStateError, match="withdrawn already, by amendment 1"):
            withdrawal(small, item)
    with pytest.raises(InvalidInputError, match="pack"):
        withdraw(pack_of_r1(tmp_path, rated=1), item="f" * 16, who=WHY, clock=clock)
    locked = rated_study(tmp_path / "l")
    lock_small(locked)
    with pytest.raises(WrongStateError, match="amended while it is open"):
        ruling(locked)


def test_questions_are_the_flags_that_stand(tmp_path: Path) -> None:
    """With their words, and with what became of the item; one that was taken back is none."""
    small = begun_study(tmp_path)
    desk = small.desk("R1")
    first, other, third = desk.session.items[:3]
    for item, words in ((first, "Is a link a check?"), (other, "Cut off."), (third, "A slip.")):
        desk.record(EventDraft(kind=EventKind.FLAG, item_id=item, texts={"note": words}))
    desk.record(EventDraft(kind=EventKind.RETRACT, item_id=third, target=desk.head.seq))
    desk.close()
    withdrawal(small, other)
    found = read_questions(small.study)
    said = {(one.rater, one.item, one.number, one.text) for one in found}
    assert said == {("R1", first, 1, "Is a link a check?"), ("R1", other, 2, "Cut off.")}
    assert next(one for one in found if one.item == other).withdrawn


def test_a_rater_who_handed_in_is_told_nothing_more(tmp_path: Path) -> None:
    """A chain that ended takes no notice; the study locks all the same."""
    small = rated_study(tmp_path)
    ruling(small)
    desk = desk_of(small.study, "R1")
    assert desk.unread == ()
    desk.close()
    lock_small(small)
    assert failing(small) == []


def test_a_completed_item_of_a_withdrawn_task_is_not_counted_as_work_done(tmp_path: Path) -> None:
    """Completed and needed are counted of the same items."""
    small = begun_study(tmp_path)
    withdrawal(small, items_of(small)[0])
    desk = small.desk("R1")
    assert desk.session.completed_count == 0
    assert desk.session.required_count == 4
    assert desk.session.next_open(0) is not None
    rate_item(desk, desk.session.next_open(0) or 0, levels=PLAIN)
    assert desk.session.completed_count == 1
    desk.close()
