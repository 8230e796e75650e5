"""A drop-out's tasks go to another rater, new or not; what the drop-out did stays and counts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from db.schema import compare_schema
from protocol.canonical_json import canonical_bytes, sha256_hex
from protocol.chain.events import EventDraft, EventKind
from protocol.errors import InvalidInputError, NotFoundError, UsageError, WrongStateError
from rater.services.amending.reassigning import Reassigned, plan_reassignment, reassign_tasks
from rater.services.doors.doors import lock_study
from rater.services.packs.merging import merge_files
from rater.services.packs.packs import write_pack
from rater.services.progress.progress import read_progress
from rater.services.results.identity_facts import IdentityFacts
from rater.services.results.public_bundle import export_public
from rater.services.results.study_ratings import read_study_ratings
from rater.services.sitting.submitting import submit
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from tests.services.amended_rubrics import amendment_of
from tests.services.amended_studies import (
    WHY,
    begun_study,
    items_of,
    rate_rest,
    ruling,
    withdrawal,
)
from tests.services.bundles import Bundled, program_fails, script_fails
from tests.services.small_studies import (
    ADMIN,
    APP,
    PLAIN,
    SmallStudy,
    clock,
    lock_small,
    rate_item,
    rated_study,
    seeded_study,
    unblind_small,
)
from tests.services.trained_studies import admit_code, pass_training, rate_everything, trained_study


def given(small: SmallStudy, *, giver: str = "R3", taker: str = "R5") -> Reassigned:
    return reassign_tasks(
        small.study, giver=giver, taker=taker, who=WHY, clock=clock, entropy=random.Random(3)
    )


def failing(small: SmallStudy) -> list[str]:
    checks = verify_study(small.study, Anchors())
    return [f"{one.question}: {one.why}" for one in checks if one.answer is Answer.FAILED]


def test_whole_tasks_go_over_with_a_manifest_of_their_own(tmp_path: Path) -> None:
    """Same items, another order, another chain; the leaver needs to rate none of them; the file verifies."""
    small = begun_study(tmp_path)
    before = set(items_of(small, "R3"))
    done = given(small)
    assert set(items_of(small, "R5")) == before
    leaver = small.desk("R3")
    assert leaver.session.set_aside == before
    assert leaver.session.required_count == 0
    assert [one.sha256 for one in leaver.unread] == [done.amended.amendment.sha256]
    assert "given to another rater" in leaver.notice(leaver.unread[0]).title.lower()
    leaver.close()
    assert done.amended.raters == ("R3",)
    assert small.actions()[-1] == "reassign"
    assert failing(small) == []


def test_what_the_leaver_completed_stays_with_the_leaver(tmp_path: Path) -> None:
    """A task of which all is rated is not given away; the new design says who has what."""
    small = seeded_study(tmp_path)
    desk = small.desk("R3")
    desk.start_sitting()
    first = desk.manifest.items[0].task_id
    for position, one in enumerate(desk.manifest.items):
        if one.task_id == first:
            rate_item(desk, position, levels=PLAIN)
    desk.close()
    done = given(small)
    assert done.design.kept == 1
    assert first not in done.design.tasks
    shares = {one.rater: (one.before, one.after, one.completed) for one in done.design.shares}
    assert shares == {"R1": (8, 8, 0), "R2": (8, 8, 0), "R3": (8, 4, 4), "R5": (0, 4, 0)}
    assert done.design.raters_of_tasks == {2: 3}


def test_a_dry_run_shows_the_same_and_writes_nothing(tmp_path: Path) -> None:
    """Not a byte of the study changes."""
    small = begun_study(tmp_path)
    before = small.study.read_bytes()
    planned = plan_reassignment(small.study, giver="R3", taker="R5", entropy=random.Random(9))
    assert small.study.read_bytes() == before
    assert given(small).design == planned


def test_the_guard_of_manifests_is_back_in_its_place(tmp_path: Path) -> None:
    """Every table and trigger is as the program makes them."""
    small = begun_study(tmp_path)
    given(small)
    with small.raw() as connection:
        from db.connection import FileKind

        found = compare_schema(connection, FileKind.STUDY, opened=False, training=False)
    assert (found.missing, found.unexpected) == ((), ())


def test_who_joins_rates_in_a_pack_and_the_study_locks_and_publishes(tmp_path: Path) -> None:
    """Pack out, rated, merged; a ruling made before is told; both verifiers accept the bundle."""
    small = begun_study(tmp_path)
    ruling(small)
    given(small)
    for rater in ("R1", "R2"):
        rate_rest(small.study, rater)
    write_pack(small.study, "R5", tmp_path / "R5.pack.db")
    assert rate_rest(tmp_path / "R5.pack.db") == 8
    sent = submit(tmp_path / "R5.pack.db", rater=None, output=tmp_path / "R5.jsonl", interim=False, app=APP)
    merge_files(small.study, [sent.path], who=ADMIN, clock=clock)
    desk = small.desk("R5")
    assert EventKind.NOTICE in [event.draft.kind for event in desk.events]
    desk.close()
    assert all(one.completed == one.items for one in read_progress(small.study).raters)
    code = lock_small(small)
    assert failing(small) == []
    unblind_small(small, code)
    export_public(small.study, tmp_path / "public", app=APP, identities=IdentityFacts())
    bundle = Bundled(small=small, folder=tmp_path / "public", lock_code=code)
    assert program_fails(bundle) == ""
    assert script_fails(bundle) == ""
    raters = {row.rater for row in read_study_ratings(small.study).table.rows if row.value is not None}
    assert raters == {"R1", "R2", "R3", "R5"}


def test_what_the_leaver_still_sends_is_merged_and_counts(tmp_path: Path) -> None:
    """A pack that was out knew nothing of it: its ratings are those of one rater more."""
    small = begun_study(tmp_path)
    write_pack(small.study, "R3", tmp_path / "R3.pack.db")
    given(small)
    rate_rest(tmp_path / "R3.pack.db")
    sent = submit(tmp_path / "R3.pack.db", rater=None, output=tmp_path / "R3.jsonl", interim=False, app=APP)
    merge_files(small.study, [sent.path], who=ADMIN, clock=clock)
    table = read_study_ratings(small.study).table
    assert sum(row.rater == "R3" and row.value is not None for row in table.rows) == 8 * 2
    assert failing(small) == []
    for rater in ("R1", "R2", "R5"):
        rate_rest(small.study, rater)
    assert not lock_study(small.study, who=ADMIN, clock=clock).missing


def test_a_manifest_that_was_put_in_past_the_program_is_found(tmp_path: Path) -> None:
    """A row without its amendment in the audit log."""
    small = begun_study(tmp_path)
    given(small)
    with small.raw() as connection:
        connection.execute("DROP TABLE amendment")
    assert any("not the one on record" in line for line in failing(small))


def test_what_cannot_be_reassigned_is_refused(tmp_path: Path) -> None:
    """Nobody of that name, a code that is taken or is none, nothing left to give, locked."""
    small = begun_study(tmp_path)
    with pytest.raises(NotFoundError, match="no rater R9"):
        given(small, giver="R9")
    with pytest.raises(UsageError, match="differs from R1 in case alone"):
        given(small, taker="r1")
    with pytest.raises(UsageError, match="cannot take over from R3"):
        given(small, taker="R3")
    with pytest.raises(UsageError, match="cannot be a rater's code"):
        given(small, taker="R 5")
    done = rated_study(tmp_path / "rated")
    with pytest.raises(WrongStateError, match="completed every task"):
        given(done)
    lock_small(done)
    with pytest.raises(WrongStateError, match="amended while it is open"):
        given(done)
    assert small.actions() == ["seeded"]


def completed(small: SmallStudy, rater: str) -> int:
    desk = small.desk(rater)
    desk.close()
    return desk.session.completed_count


def test_a_rater_who_has_items_gets_the_tasks_after_all_others(tmp_path: Path) -> None:
    """Manifest and places stay; what both have stays with the leaver; the taker is told where it begins."""
    small = begun_study(tmp_path)
    before, theirs = items_of(small, "R1"), items_of(small, "R3")
    planned = plan_reassignment(small.study, giver="R3", taker="R1", entropy=random.Random(9))
    done = given(small, taker="R1")
    assert done.design == planned
    after = items_of(small, "R1")
    added = after[len(before) :]
    assert after[: len(before)] == before
    assert set(added) == set(theirs) - set(before)
    assert len(added) == 4
    assert (len(done.design.tasks), len(done.design.staying), done.design.kept) == (1, 1, 0)
    assert {one.rater: one.after for one in done.design.shares} == {"R1": 12, "R2": 8, "R3": 4}
    assert done.design.raters_of_tasks == {2: 3}
    assert done.amended.raters == ("R1", "R3")
    desk = small.desk("R1")
    notice = desk.notice(desk.unread[0])
    desk.close()
    assert "items 9 to 12" in notice.title
    assert failing(small) == []


def test_what_was_added_is_rated_only_once_it_was_told(tmp_path: Path) -> None:
    """The chain binds the amendment, and with it the items, before any rating of one of them."""
    small = begun_study(tmp_path)
    given(small, taker="R1")
    desk = small.desk("R1")
    desk.start_sitting()
    with pytest.raises(InvalidInputError, match="before the rater was told of it"):
        rate_item(desk, 8, levels=PLAIN)
    desk.mark_read(desk.unread[0])
    rate_item(desk, 8, levels=PLAIN)
    desk.close()
    assert completed(small, "R1") == 2


def test_the_rest_goes_to_a_third_and_all_of_it_is_published(tmp_path: Path) -> None:
    """Added by pack and in the study file, locked, unblinded; both verifiers accept the bundle."""
    small = begun_study(tmp_path)
    given(small, taker="R1")
    given(small, taker="R2")
    with pytest.raises(WrongStateError, match="R3 has completed every task"):
        given(small, taker="R5")
    write_pack(small.study, "R1", tmp_path / "R1.pack.db")
    assert rate_rest(tmp_path / "R1.pack.db") == 11
    sent = submit(tmp_path / "R1.pack.db", rater=None, output=tmp_path / "R1.jsonl", interim=False, app=APP)
    merge_files(small.study, [sent.path], who=ADMIN, clock=clock)
    assert rate_rest(small.study, "R2") == 11
    assert failing(small) == []
    code = lock_small(small)
    unblind_small(small, code)
    assert failing(small) == []
    export_public(small.study, tmp_path / "public", app=APP, identities=IdentityFacts())
    bundle = Bundled(small=small, folder=tmp_path / "public", lock_code=code)
    assert program_fails(bundle) == ""
    assert script_fails(bundle) == ""
    table = read_study_ratings(small.study).table
    assert sum(row.rater == "R1" and row.value is not None for row in table.rows) == 12 * 2


@pytest.mark.parametrize("leaves_first", [True, False])
def test_of_a_leaver_nothing_is_asked_again(tmp_path: Path, *, leaves_first: bool) -> None:
    """Nobody rates these items again: the former score counts as carried, for both verifiers, too."""
    small = begun_study(tmp_path)
    steps: list[Callable[[], object]] = [lambda: given(small), lambda: amendment_of(small, "D1")]
    for step in steps if leaves_first else steps[::-1]:
        step()
    withdrawal(small, items_of(small, "R5")[0])
    for rater in ("R1", "R2", "R5"):
        rate_rest(small.study, rater)
    rows = read_study_ratings(small.study, with_withdrawn=True).table.rows
    own = {row.dimension: row for row in rows if row.rater == "R3" and row.value is not None}
    assert {name: row.carried for name, row in own.items()} == {"D1": True, "D2": False}
    code = lock_small(small)
    unblind_small(small, code)
    export_public(small.study, tmp_path / "public", app=APP, identities=IdentityFacts())
    bundle = Bundled(small=small, folder=tmp_path / "public", lock_code=code)
    assert program_fails(bundle) == ""
    assert script_fails(bundle) == ""


def test_an_order_that_was_added_and_then_changed_is_found(tmp_path: Path) -> None:
    """Past the program: items in another order, or one that the leaver never had."""
    small = begun_study(tmp_path)
    given(small, taker="R1")
    with small.raw() as connection:
        body = json.loads(connection.execute("SELECT body FROM amendment").fetchone()[0])
        body["items"].reverse()
        text = canonical_bytes(body).decode()
        connection.execute("DROP TRIGGER amendment_no_update")
        connection.execute("UPDATE amendment SET body = ?, hash = ?", (text, sha256_hex(text.encode())))
    assert any("not those of the audit log" in line for line in failing(small))


def test_nobody_gets_further_items_unseen(tmp_path: Path) -> None:
    """Who has handed in takes nothing over; a window that was open before cannot hand in."""
    small = begun_study(tmp_path)
    desk = small.desk("R1")
    desk.start_sitting()
    for position in range(8):
        if not desk.session.of(desk.session.items[position]).completed:
            rate_item(desk, position, levels=PLAIN)
    given(small, taker="R1")
    with pytest.raises(WrongStateError, match="amended while you were rating"):
        desk.record(EventDraft(kind=EventKind.SUBMIT))
    desk.close()
    rate_rest(small.study, "R2")
    done = small.desk("R2")
    done.record(EventDraft(kind=EventKind.SUBMIT))
    done.close()
    with pytest.raises(WrongStateError, match="R2 has handed in"):
        given(small, taker="R2")


def test_who_joins_a_study_with_training_is_trained_first(tmp_path: Path) -> None:
    """A training of their own with the same material and another admit code; the file verifies."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1")
    done = given(small, giver="R3", taker="R5")
    assert done.amended.amendment.training is not None
    assert admit_code(small, "R5") != admit_code(small, "R3")
    assert failing(small) == []
    desk = small.desk("R5")
    with pytest.raises(WrongStateError, match="items are not open"):
        desk.start_sitting()
    desk.close()
    pass_training(small.study, "R5")
    rate_everything(small.study, "R5")
    assert failing(small) == []
    with small.raw() as connection:
        connection.execute("DROP TABLE amendment")
    assert any("R5 is not the one on record" in line for line in failing(small))
