"""A second batch while the study is open: a key of its own, opened together, a stratum of every result."""

from __future__ import annotations

import json
import random
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from db.connection import FileKind
from db.schema import compare_schema
from protocol.chain.events import EventDraft, EventKind
from protocol.errors import (
    BlindraterError,
    CheckFailedError,
    InvalidInputError,
    UsageError,
    WrongStateError,
)
from rater.services.amending.reassigning import reassign_tasks
from rater.services.doors.doors import lock_study, unblind_study
from rater.services.doors.key_checking import check_key
from rater.services.packs.merging import merge_files
from rater.services.packs.packs import write_pack
from rater.services.progress.progress import read_progress
from rater.services.results.analysing import analyse_agreement, analyse_effects, analyse_robustness
from rater.services.results.exporting import ratings_csv
from rater.services.results.study_ratings import read_study_ratings
from rater.services.sitting.submitting import submit
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer, Check
from rater.services.verifying.verifying import verify_study
from tests.services.amended_studies import WHY, begun_study, items_of, rate_rest
from tests.services.bundles import Bundled, change_json, program_fails, script_fails
from tests.services.extended_studies import (
    MORE_TASKS,
    extended,
    extended_study,
    published_extension,
    rate_differently,
    second_key,
    unblind_both,
)
from tests.services.small_studies import (
    ADMIN,
    APP,
    MODELS,
    RATERS,
    TASKS,
    SmallStudy,
    clock,
    desk_of,
    lock_small,
    protocol_text,
    seeded_study,
    transcript_lines,
)


def failing(small: SmallStudy, anchors: Anchors | None = None) -> list[str]:
    checks = verify_study(small.study, anchors or Anchors())
    return [f"{one.question}: {one.why}" for one in checks if one.answer is Answer.FAILED]


def test_a_batch_comes_after_all_items_with_new_ids(tmp_path: Path) -> None:
    """Nothing of seeding changes, even where the same ids would be drawn; each rater gets one amendment."""
    small = begun_study(tmp_path)
    before = {rater: items_of(small, rater) for rater in RATERS}
    done = extended(small)
    assert (done.batch, done.items, done.tasks) == (2, 12, 3)
    assert dict(done.items_of_rater) == dict.fromkeys(RATERS, 8)
    everything: set[str] = set()
    for rater in RATERS:
        after = items_of(small, rater)
        assert after[:8] == before[rater]
        everything |= set(after)
    assert len(everything) == 24
    assert [one.amendment.taker for one in done.amended] == list(RATERS)
    assert small.actions() == ["seeded", "batch-sealed", *["extend"] * 3]
    assert failing(small) == []
    assert read_progress(small.study).items == 24


def test_the_key_of_a_batch_is_sealed_and_no_byte_tells_a_condition(tmp_path: Path) -> None:
    """Mode 0600, another key than that of seeding; no model, scaffold or task name is in the study file."""
    small = begun_study(tmp_path)
    extended(small)
    assert stat.S_IMODE(second_key(small).stat().st_mode) == 0o600
    content = small.study.read_bytes()
    for word in (*MODELS, *MORE_TASKS, *TASKS, "checks"):
        assert word.encode() not in content
    for key in (small.key, second_key(small)):
        check_key(small.study, key.read_bytes(), small.secrets, who=ADMIN, clock=clock)
    with pytest.raises(CheckFailedError, match="seeded or extended with"):
        check_key(small.study, b"another", small.secrets, who=ADMIN, clock=clock)


def test_the_guard_of_items_is_back_in_its_place(tmp_path: Path) -> None:
    """Every table and trigger is as the program makes them; an item cannot be slipped in."""
    small = extended_study(tmp_path)
    with small.raw() as connection:
        found = compare_schema(connection, FileKind.STUDY, opened=False, training=False)
        with pytest.raises(sqlite3.IntegrityError, match="written once, at seeding"):
            connection.execute("INSERT INTO item VALUES ('x', 'y', 'z')")
    assert (found.missing, found.unexpected) == ((), ())


def test_a_pack_holds_the_batch_of_its_rater_alone(tmp_path: Path) -> None:
    """The rater is told once, before the first added item, rates both, and comes back."""
    small = extended_study(tmp_path)
    pack = tmp_path / "R1.pack.db"
    assert write_pack(small.study, "R1", pack) == 16
    with small.raw(pack) as connection:
        bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM amendment")]
    assert [one["to"] for one in bodies] == ["R1"]
    desk = desk_of(pack)
    assert [desk.notice(one).title for one in desk.unread] == ["Added on 2026-11-23: items 9 to 16"]
    rate_differently(desk, small)
    assert desk.unread == ()
    desk.close()
    sent = submit(pack, rater=None, output=tmp_path / "R1.jsonl", interim=False, app=APP)
    merge_files(small.study, [sent.path], who=ADMIN, clock=clock)
    assert {one.rater: one.completed for one in read_progress(small.study).raters}["R1"] == 16
    assert failing(small) == []


def test_tasks_of_a_batch_go_over_like_any_other(tmp_path: Path) -> None:
    """A drop-out's open tasks of both batches reach a new rater, and the file still verifies."""
    small = extended_study(tmp_path)
    reassign_tasks(small.study, giver="R3", taker="R5", who=WHY, clock=clock, entropy=random.Random(3))
    for rater in ("R1", "R2", "R5"):
        rate_rest(small.study, rater)
    assert failing(small) == []
    code = lock_small(small)
    assert unblind_both(small, code) == 24
    assert failing(small) == []
    rows = [row for row in read_study_ratings(small.study).table.rows if row.rater == "R5"]
    assert {row.batch for row in rows} == {1, 2}


def test_all_keys_are_opened_or_none(tmp_path: Path) -> None:
    """With one key missing, or a foreign one beside it, nothing is opened and the attempt is on record."""
    small = extended_study(tmp_path)
    for rater in RATERS:
        rate_rest(small.study, rater)
    code = lock_small(small)
    first, second = small.key.read_bytes(), second_key(small).read_bytes()
    for sealed, later, why in (
        (first, [], "key of batch 2 is missing: nothing was opened"),
        (second, [], "key the study was seeded with is missing"),
        (first, [b"foreign"], "not the key"),
    ):
        with pytest.raises(CheckFailedError, match=why):
            unblind_study(
                small.study, sealed, small.secrets, lock_code=code, who=ADMIN, clock=clock, later=later
            )
        assert small.actions()[-2:] == ["unblind-intent", "unblind-refused"]
        with small.raw() as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert not names & {"allocation", "opened_protocol", "opened_batch"}
    assert "--key" in read_progress(small.study).next_step
    assert read_progress(small.study).next_step.count("--key") == 2
    assert unblind_both(small, code) == 24
    assert failing(small) == []
    record = small.audit()[-1]["details"]
    assert isinstance(record, dict)
    assert "batch.2.allocation_commitment" in record


def test_verify_asks_for_the_key_of_each_batch(tmp_path: Path) -> None:
    """Given both it opens both; given one it says that the other cannot be excluded."""
    small = extended_study(tmp_path)
    keys = (small.key.read_bytes(), second_key(small).read_bytes())

    def of_batch(anchors: Anchors) -> list[Check]:
        return [one for one in verify_study(small.study, anchors) if "batch 2" in one.question]

    both = Anchors(sealed=keys[1], later=(keys[0],), secrets=small.secrets)
    assert failing(small, both) == []
    assert [one.answer for one in of_batch(both)] == [Answer.OK]
    alone = Anchors(sealed=keys[0], secrets=small.secrets)
    assert failing(small, alone) == []
    assert [one.answer for one in of_batch(alone)] == [Answer.OPEN]


def test_the_batch_is_a_stratum_of_every_result(tmp_path: Path) -> None:
    """Pooled effects rest on both; each batch gives the effects of its tasks alone; so does agreement."""
    small = published_extension(tmp_path).small
    ratings = read_study_ratings(small.study)
    assert ratings.protocol is not None
    assert len(ratings.protocol.tasks) == 6
    assert ratings.table.batches == (1, 2)
    plan, baseline = ratings.protocol.analysis, ratings.protocol.baseline.id
    found = analyse_robustness(analyse_effects(ratings.table, baseline=baseline, plan=plan), ratings.table)
    strata = {one.label: one.effects for one in found.robustness if one.label.startswith("batch")}
    assert list(strata) == ["batch 1", "batch 2"]
    for pooled in found.effects:
        assert pooled.comparison is not None
        own = [
            one.comparison.figures
            for effects in strata.values()
            for one in effects
            if (one.dimension, one.model, one.scaffold) == (pooled.dimension, pooled.model, pooled.scaffold)
            and one.comparison is not None
        ]
        figures = pooled.comparison.figures
        assert [one.n_tasks for one in own] == [3, 3]
        assert figures.n_tasks == 6
        assert float(figures.mean) == pytest.approx(sum(float(one.mean) for one in own) / 2)
    dimension = analyse_agreement(ratings.table).dimensions[0]
    assert [(one.batch, one.inside.n_units) for one in dimension.by_batch] == [(1, 12), (2, 12)]
    assert "batch" in ratings_csv(ratings).split("\n")[0]
    assert not [notice for notice in ratings.notices if "batches" in notice]


def test_a_bundle_with_two_batches_is_accepted_by_both_verifiers(tmp_path: Path) -> None:
    """Chains, additions, both commitments, tidy data and figures."""
    one = published_extension(tmp_path)
    assert failing(one.small) == []
    assert program_fails(one) == ""
    assert script_fails(one) == ""


def _other_arm(value: dict[str, object]) -> None:
    batch = _batch(value)
    origins = batch["allocation"]["items"]  # type: ignore[index]  # the shape is that of the export
    first = sorted(origins)[0]
    origins[first]["scaffold"] = "plain" if origins[first]["scaffold"] == "checks" else "checks"


def _batch(value: dict[str, object]) -> dict[str, object]:
    batches = value["batches"]
    assert isinstance(batches, list)
    found = batches[0]
    assert isinstance(found, dict)
    return found


def _other_plan(value: dict[str, object]) -> None:
    _batch(value)["study_toml"] = f"{_batch(value)['study_toml']}\n"


def _no_batch(value: dict[str, object]) -> None:
    del value["batches"]


@pytest.mark.parametrize(
    ("change", "program", "script"),
    [
        (_other_arm, "an arm, a task or the salt was changed", "not what was committed to"),
        (_other_plan, "the plan of batch 2 was changed", "the plan of a batch was changed"),
        (_no_batch, "more or fewer batches", "cannot be read"),
    ],
)
def test_what_is_done_to_the_second_allocation_is_named(
    tmp_path: Path, change: Callable[[dict[str, object]], None], program: str, script: str
) -> None:
    """By the program and by the bundled script, although the index was written anew."""
    one = published_extension(tmp_path)
    change_json(one.file("allocation.json"), change, canonical=True)
    one.index_anew()
    assert program in program_fails(one, recompute=False)
    assert script in script_fails(one)


def test_a_batch_that_was_renumbered_in_the_tidy_data_is_named(tmp_path: Path) -> None:
    """The column is compared like any other, by both."""
    one = published_extension(tmp_path)
    text = one.file("ratings.csv").read_text(encoding="utf-8")
    head, *rows = text.splitlines(keepends=True)
    place = head.strip().split(",").index("batch")
    cells = rows[0].split(",")
    cells[place] = "2" if cells[place] == "1" else "1"
    one.file("ratings.csv").write_text(head + ",".join(cells) + "".join(rows[1:]), encoding="utf-8")
    one.index_anew()
    assert "batch" in program_fails(one, recompute=False)
    assert "is not in the chains" in script_fails(one)


def test_another_batch_in_the_lock_is_named(tmp_path: Path) -> None:
    """Two keys for one batch cannot be: whoever writes the lock anew is told by the amendments alone."""
    one = published_extension(tmp_path)

    def other_key(value: dict[str, object]) -> None:
        amendments = value["amendments"]
        assert isinstance(amendments, list)
        amendments[0]["key"]["allocation_commitment"] = "00" * 32

    change_json(one.file("lock.json"), other_key, canonical=True)
    one.index_anew()
    assert "its batch has two plans or two keys" in program_fails(
        Bundled(small=one.small, folder=one.folder, lock_code=one.lock_code), recompute=False
    )


def test_batches_of_other_models_are_said_in_every_output(tmp_path: Path) -> None:
    """Models are sealed until unblinding; then results say that the batch could tell raters something."""
    small = begun_study(tmp_path)
    lines = transcript_lines(tasks=MORE_TASKS).replace(MODELS[1], "canary-three")
    extended(small, lines=lines)
    for rater in RATERS:
        rate_rest(small.study, rater)
    unblind_both(small, lock_small(small))
    notices = read_study_ratings(small.study).notices
    assert any("do not hold the same models" in one and "canary-three" in one for one in notices)


def _with(old: str, new: str) -> str:
    text = protocol_text(tasks=MORE_TASKS)
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (_with('anchor = "Anchor 1."', 'anchor = "Another."'), "rubric.dimensions"),
        (_with("(no system prompt)", "(none)"), "scaffolds"),
        (_with("seed = 5", "seed = 6"), "analysis.seed"),
        (_with('name = "Small study"', 'name = "Another"'), "name"),
        (_with("spacing = 1", "spacing = 2"), "design.spacing"),
        (protocol_text(tasks=("task-a", "task-d", "task-e", "task-f")), "tasks.task-a"),
    ],
)
def test_what_a_batch_may_not_change_is_named(tmp_path: Path, text: str, named: str) -> None:
    """Rubric, scaffolds, plan, design and tasks that are there; nothing is written, no key is left."""
    small = begun_study(tmp_path)
    before = small.study.read_bytes()
    tasks = ("task-a", *MORE_TASKS) if "task-a" in text else MORE_TASKS
    with pytest.raises(InvalidInputError) as refused:
        extended(small, text=text, lines=transcript_lines(tasks=tasks))
    assert named in [one.where for one in refused.value.problems]
    assert small.study.read_bytes() == before
    assert not second_key(small).exists()


def _fewer_raters() -> str:
    return _with('raters = ["R1", "R2", "R3"]', 'raters = ["R1", "R2"]')


def test_a_batch_may_go_to_fewer_raters_and_redact_more(tmp_path: Path) -> None:
    """R3 gets nothing and is told nothing."""
    small = begun_study(tmp_path)
    text = _fewer_raters() + '\n[redaction]\nliterals = ["Hexagon"]\n'
    done = extended(small, text=text)
    assert dict(done.items_of_rater) == {"R1": 12, "R2": 12}
    assert len(items_of(small, "R3")) == 8
    assert failing(small) == []


def test_a_third_batch_needs_the_protocols_of_both_before(tmp_path: Path) -> None:
    """Tasks of either cannot come again; numbers go on."""
    small = extended_study(tmp_path)
    kept = small.folder / "kept.toml"
    kept.write_bytes((small.folder / "study-2.toml").read_bytes())
    third = ("task-g", "task-h", "task-i")
    text, lines = protocol_text(tasks=third), transcript_lines(tasks=third)
    key = small.folder / "study-3.key"
    with pytest.raises(InvalidInputError, match="1 of 2 are missing"):
        extended(small, text=text, lines=lines, key=key)
    with pytest.raises(InvalidInputError) as refused:
        extended(small, originals=[kept, small.protocol], key=key)
    assert "tasks.task-d" in [one.where for one in refused.value.problems]
    done = extended(small, text=text, lines=lines, originals=[kept, small.protocol], key=key)
    assert done.batch == 3
    assert failing(small) == []


def _submitted(small: SmallStudy) -> None:
    rate_rest(small.study, "R2")
    desk = small.desk("R2")
    desk.record(EventDraft(kind=EventKind.SUBMIT))
    desk.close()


def _locked(small: SmallStudy) -> None:
    lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)


@pytest.mark.parametrize(
    ("prepare_study", "text", "error", "why"),
    [
        (_submitted, None, WrongStateError, "R2 has handed in"),
        (_locked, None, WrongStateError, "while it is open"),
        (
            lambda small: None,
            _with('raters = ["R1", "R2", "R3"]', 'raters = ["R1", "R2", "R7"]'),
            InvalidInputError,
            "no rater R7",
        ),
        (
            lambda small: second_key(small).write_bytes(b"here"),
            None,
            UsageError,
            "a key is never replaced",
        ),
    ],
)
def test_what_cannot_be_extended_is_refused(
    tmp_path: Path,
    prepare_study: Callable[[SmallStudy], object],
    text: str | None,
    error: type[BlindraterError],
    why: str,
) -> None:
    """Who handed in, a locked study, a stranger, a key that is there."""
    small = begun_study(tmp_path)
    prepare_study(small)
    with pytest.raises(error, match=why):
        extended(small, text=text)


def test_what_was_shown_before_is_no_batch(tmp_path: Path) -> None:
    """The same words under another task's name are found; before the first rating, seed again."""
    small = begun_study(tmp_path)
    lines = transcript_lines(tasks=MORE_TASKS).replace("What about d?", "What about a?")
    with pytest.raises(InvalidInputError, match="items of the study already"):
        extended(small, lines=lines)
    with pytest.raises(WrongStateError, match="Nothing is rated yet"):
        extended(seeded_study(tmp_path / "fresh"))
