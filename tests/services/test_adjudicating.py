"""Adjudication between lock and unblinding: what it needs, what it binds, what it never touches."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.canonical_json import parse_canonical, sha256_hex
from protocol.chain.events import EventDraft, EventKind
from protocol.errors import (
    CheckFailedError,
    NotFoundError,
    StorageError,
    UsageError,
    WrongStateError,
)
from rater.services.adjudication.adjudicating import (
    finish_adjudication,
    open_adjudication,
    read_adjudication,
    waive_adjudication,
)
from rater.services.adjudication.adjudication_record import AdjudicationState
from rater.services.doors.doors import lock_study, unlock_study
from rater.services.doors.lock_papers import lock_message
from rater.services.progress.progress import read_progress
from rater.services.results.analysing import analyse_agreement
from rater.services.results.study_ratings import read_study_ratings
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from rater.services.who import Who
from tests.services.adjudicated_studies import (
    SECRET_NOTE,
    code_of,
    decide,
    decide_all,
    finish,
    finished_apart,
    locked_apart,
    open_adjudicator,
    rate_apart,
    seed_adjudicated,
)
from tests.services.small_audits import write_audit
from tests.services.small_studies import (
    ADMIN,
    SmallStudy,
    clock,
    lock_small,
    locked_study,
    rated_study,
    unblind_small,
)


def _failed(small: SmallStudy) -> list[str]:
    return [one.question for one in verify_study(small.study, Anchors()) if one.answer is Answer.FAILED]


def test_the_queue_is_what_the_raters_left_apart(tmp_path: Path) -> None:
    """Four cells of D1 where R2 went higher, one of D2 where R3 gave no level; nothing else."""
    found = read_adjudication(locked_apart(tmp_path).study)
    assert (found.state, found.decided) == (AdjudicationState.NEEDED, 0)
    assert sorted(cell.id.dimension for cell in found.cells) == ["D1"] * 4 + ["D2"]


def test_unblinding_waits_for_the_end(tmp_path: Path) -> None:
    """Refused before it began, while it is under way and when all is decided; open once it is finished."""
    small = locked_apart(tmp_path)
    for step in ("needed", "begun", "decided"):
        if step == "begun":
            open_adjudicator(small).close()
        elif step == "decided":
            decide_all(small)
        with pytest.raises(WrongStateError, match="adjudication") as refused:
            unblind_small(small, code_of(small))
        assert "rater-admin adjudicate" in refused.value.next_step
    assert "unblind-intent" not in small.actions()
    done = finish(small)
    unblind_small(small, done.lock_code)
    assert small.actions()[-1] == "unblinded"
    assert _failed(small) == []


def test_the_old_code_opens_nothing_any_more(tmp_path: Path) -> None:
    """The code that holds is the reissued one."""
    small = locked_apart(tmp_path)
    old = code_of(small)
    decide_all(small)
    finish(small)
    with pytest.raises(CheckFailedError, match="not the lock code"):
        unblind_small(small, old)


def test_finishing_binds_the_chain_and_the_lock_before(tmp_path: Path) -> None:
    """The new manifest is the old one with the chain's end and the old code; the ratings are the same."""
    small = locked_apart(tmp_path)
    old = code_of(small)
    decide_all(small)
    done = finish(small)
    with small.raw() as connection:
        bodies = dict(connection.execute("SELECT lock_code, body FROM lock_manifest").fetchall())
        head = connection.execute(
            "SELECT seq, hash FROM adjudication_event ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    assert set(bodies) == {old, done.lock_code}
    assert sha256_hex(bodies[done.lock_code].encode()) == done.lock_code == code_of(small)
    before, after = (parse_canonical(bodies[code].encode()) for code in (old, done.lock_code))
    assert {name for name in after if after[name] != before.get(name)} == {"adjudication", "audit"}
    entry = after["adjudication"]
    assert isinstance(entry, dict)
    chains = entry["chains"]
    assert isinstance(chains, list)
    assert isinstance(chains[0], dict)
    assert (chains[0]["events"], chains[0]["head"]) == head
    assert (entry["lock_code"], entry["cells"], entry["decided"]) == (old, 5, 5)


def test_the_code_of_the_lock_before_is_recognised(tmp_path: Path) -> None:
    """Who verifies with the code that was published first is told which one to give."""
    small = locked_apart(tmp_path)
    old = code_of(small)
    decide_all(small)
    finish(small)
    (failed,) = (
        one for one in verify_study(small.study, Anchors(lock_code=old)) if one.answer is Answer.FAILED
    )
    assert "before the adjudication" in failed.why


def test_an_open_disagreement_keeps_it_from_being_finished(tmp_path: Path) -> None:
    """The sentence says how many are left and how to go on."""
    small = locked_apart(tmp_path)
    desk = open_adjudicator(small)
    decide(desk, 0)
    desk.close()
    with pytest.raises(WrongStateError, match="4 of 5 disagreements are not decided") as refused:
        finish(small)
    assert "--as A1" in refused.value.next_step


def test_waiving_needs_a_reason_and_keeps_what_was_decided(tmp_path: Path) -> None:
    """It may be waived untouched or half done; the reason stands in the lock manifest and its message."""
    small = locked_apart(tmp_path)
    with pytest.raises(UsageError, match="reason"):
        waive_adjudication(small.study, who=Who(name="admin", app="0"), clock=clock)
    desk = open_adjudicator(small)
    decide(desk, 0)
    desk.close()
    who = Who(name="admin", app="0", reason="nobody can be found")
    done = waive_adjudication(small.study, who=who, clock=clock)
    assert (done.decided, done.cells) == (1, 5)
    found = read_adjudication(small.study)
    assert (found.state, found.reason, found.decided) == ("waived", "nobody can be found", 1)
    with small.raw() as connection:
        body = connection.execute(
            "SELECT body FROM lock_manifest WHERE lock_code = ?", (done.lock_code,)
        ).fetchone()[0]
    message = lock_message("Small study", done.lock_code, body.encode(), manifest_name="lock.json")
    assert "nobody can be found" in message
    assert done.earlier in message
    unblind_small(small, done.lock_code)
    assert _failed(small) == []


def test_waiving_before_it_began(tmp_path: Path) -> None:
    """There is no chain to bind, and the study can be unblinded and verified."""
    small = locked_apart(tmp_path)
    done = waive_adjudication(small.study, who=ADMIN, clock=clock)
    unblind_small(small, done.lock_code)
    assert _failed(small) == []


def test_once_ended_nothing_can_be_decided_or_ended_again(tmp_path: Path) -> None:
    """Opening, finishing and waiving are refused with a sentence."""
    small = finished_apart(tmp_path)
    for again in (
        lambda: open_adjudicator(small),
        lambda: finish(small),
        lambda: waive_adjudication(small.study, who=ADMIN, clock=clock),
    ):
        with pytest.raises(WrongStateError, match="finished"):
            again()


def test_a_study_without_the_table_says_what_to_write_at_seeding(tmp_path: Path) -> None:
    """And it locks and unblinds as ever."""
    past = locked_study(tmp_path)
    with pytest.raises(WrongStateError, match="no adjudication") as refused:
        read_adjudication(past.small.study)
    assert '[adjudication] who = "A1"' in refused.value.next_step
    unblind_small(past.small, past.lock_code)


def test_before_the_lock_there_is_nothing_to_decide(tmp_path: Path) -> None:
    """The state forbids it; the sentence names the door."""
    small = seed_adjudicated(tmp_path / "small")
    with pytest.raises(WrongStateError, match="after `rater-admin lock`"):
        open_adjudicator(small)
    assert read_adjudication(small.study).state is AdjudicationState.WAITING


def test_only_the_adjudicator_of_the_plan(tmp_path: Path) -> None:
    """Another code is not found, and the sentence names the right one."""
    with pytest.raises(NotFoundError, match="no adjudicator R1") as refused:
        open_adjudication(locked_apart(tmp_path).study, adjudicator="R1", who=ADMIN, clock=clock)
    assert "A1" in refused.value.next_step


def test_raters_who_agree_everywhere_leave_nothing_to_decide(tmp_path: Path) -> None:
    """It is put on the record all the same, and the study goes on."""
    from tests.services.small_studies import rate_all

    small = seed_adjudicated(tmp_path / "small")
    rate_all(small)
    lock_small(small)
    with pytest.raises(WrongStateError, match="agree everywhere") as refused:
        open_adjudicator(small)
    assert "--finish" in refused.value.next_step
    unblind_small(small, finish(small).lock_code)


def test_unlocking_voids_it_on_the_record_and_a_new_lock_begins_anew(tmp_path: Path) -> None:
    """The old chain stays as it was, verifiable and without effect."""
    small = locked_apart(tmp_path)
    decide_all(small)
    with small.raw() as connection:
        chain, head = connection.execute(
            "SELECT chain_id, hash FROM adjudication_event ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    unlock_study(small.study, who=ADMIN, clock=clock)
    details = small.audit()[-1]["details"]
    assert isinstance(details, dict)
    assert (details["void_adjudication"], details["void_adjudication_head"]) == (chain, head)
    assert read_adjudication(small.study).state is AdjudicationState.WAITING
    lock_study(small.study, who=ADMIN, clock=lambda: "2026-11-24T13:00:00.000Z")
    assert (read_adjudication(small.study).state, read_adjudication(small.study).decided) == ("needed", 0)
    assert _failed(small) == []
    desk = open_adjudicator(small, seed=8)
    assert desk.session.decided == 0
    desk.close()
    assert _failed(small) == []


def test_a_finished_adjudication_is_voided_by_unlocking_too(tmp_path: Path) -> None:
    """The reissued code is void, and the next lock asks for an adjudication again."""
    small = finished_apart(tmp_path)
    assert unlock_study(small.study, who=ADMIN, clock=clock)
    lock_study(small.study, who=ADMIN, clock=lambda: "2026-11-24T13:00:00.000Z")
    assert read_adjudication(small.study).state is AdjudicationState.NEEDED
    assert _failed(small) == []


def test_agreement_is_that_of_the_raters_whatever_was_decided(tmp_path: Path) -> None:
    """Same table, same coefficients, before, while and after."""
    small = locked_apart(tmp_path)
    before = read_study_ratings(small.study).table
    decide_all(small)
    finish(small)
    after = read_study_ratings(small.study).table
    assert after == before
    assert analyse_agreement(after) == analyse_agreement(before)


def test_each_step_is_on_disk_and_another_window_is_refused(tmp_path: Path) -> None:
    """What one window saved, the next start has; two at once cannot write past each other."""
    small = locked_apart(tmp_path)
    desk, other = open_adjudicator(small), open_adjudicator(small)
    decide(desk, 0)
    cell = other.cell(1)
    with pytest.raises(StorageError, match="another window"):
        other.record(
            EventDraft(kind=EventKind.SCORE, item_id=cell.item_id, dimension=cell.dimension, level=1)
        )
    other.close()
    desk.close()
    again = open_adjudicator(small)
    assert again.session.decided == 1
    again.close()


def test_an_unlock_meanwhile_ends_the_work(tmp_path: Path) -> None:
    """The next key says so and changes nothing."""
    small = locked_apart(tmp_path)
    desk = open_adjudicator(small)
    unlock_study(small.study, who=ADMIN, clock=clock)
    with pytest.raises(WrongStateError, match="unlocked"):
        decide(desk, 0)
    desk.close()


def test_what_the_desk_gives_out_names_no_rater_and_no_condition(tmp_path: Path) -> None:
    """Opinions know a chain; the pages show sides. Both quotes are there."""
    small = locked_apart(tmp_path)
    desk = open_adjudicator(small)
    place = next(place for place in range(desk.places) if desk.cell(place).dimension == "D1")
    opinions = desk.opinions(place)
    assert sorted(one.answer.level or 0 for one in opinions) == [1, 3]
    assert [len(one.quotes) for one in opinions] == [1, 1]
    assert {one.note for one in opinions} == {SECRET_NOTE}
    with small.raw() as connection:
        queue = connection.execute("SELECT body FROM adjudication").fetchone()[0]
    assert not any(name in queue for name in ("R1", "R2", "R3", "canary", "checks", "plain"))
    desk.close()


def test_status_names_the_next_step(tmp_path: Path) -> None:
    """Adjudicate, then finish, then unblind."""
    small = locked_apart(tmp_path)
    assert "adjudicate" in read_progress(small.study).next_step
    assert "--as A1" in read_progress(small.study).next_step
    decide_all(small)
    assert read_progress(small.study).next_step.endswith("--finish")
    finish(small)
    assert "unblind" in read_progress(small.study).next_step


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("UPDATE adjudication_event SET hash = 'ff' WHERE seq = 2", "unbroken chain"),
        ("DELETE FROM adjudication_event WHERE seq > 3", "as they were at the lock"),
        ("UPDATE adjudication SET body = replace(body, '\"A1\"', '\"A2\"')", "on record"),
        (
            "INSERT INTO adjudication_event SELECT 'stray', seq, hash, body, withheld"
            " FROM adjudication_event",
            "on record",
        ),
    ],
)
def test_verify_finds_what_was_changed(tmp_path: Path, statement: str, question: str) -> None:
    """Past the triggers, as anybody with sqlite3 can."""
    small = finished_apart(tmp_path)
    with small.raw() as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'adjudication%'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)
    assert any(question in failed for failed in _failed(small))


def test_the_u_of_an_audit_goes_to_the_third_coder(tmp_path: Path) -> None:
    """Even where both coders gave it; the decision is what coverage then shows as consensus."""
    audit = write_audit(tmp_path)
    text = audit.protocol.read_text(encoding="utf-8")
    audit.protocol.write_text(f'{text}\n[adjudication]\nwho = "C3"\n', encoding="utf-8")
    audit.seed()
    audit.code(
        lambda coder, benchmark, dimension: (
            None
            if (benchmark, dimension) == ("alpha-bench", "A1")
            else 2
            if (coder, benchmark, dimension) == ("C2", "beta-bench", "A2")
            else 1
        )
    )
    lock_study(audit.study, who=ADMIN, clock=clock)
    found = read_adjudication(audit.study)
    assert sorted(cell.id.dimension for cell in found.cells) == ["A1", "A2"]
    desk = open_adjudication(audit.study, adjudicator="C3", who=ADMIN, clock=clock)
    for place in range(desk.places):
        decide(desk, place, level=0)
    desk.close()
    finish_adjudication(audit.study, who=ADMIN, clock=clock)
    assert [one.question for one in verify_study(audit.study, Anchors()) if one.answer is Answer.FAILED] == []


def test_hidden_things_stay_out_of_the_queue(tmp_path: Path) -> None:
    """A withdrawn item is not adjudicated."""
    from rater.services.amending.amendments import withdraw

    small = seed_adjudicated(tmp_path / "small")
    rate_apart(small)
    with small.raw() as connection:
        item = connection.execute("SELECT item_id FROM item LIMIT 1").fetchone()[0]
        task = connection.execute("SELECT task_id FROM item WHERE item_id = ?", (item,)).fetchone()[0]
        gone = {one for (one,) in connection.execute("SELECT item_id FROM item WHERE task_id = ?", (task,))}
    withdraw(small.study, item=item, who=ADMIN, clock=clock)
    lock_small(small)
    assert not gone & {cell.id.item_id for cell in read_adjudication(small.study).cells}


def test_an_open_study_with_ratings_is_not_touched(tmp_path: Path) -> None:
    """A study without the table has not one byte of adjudication in it."""
    small = rated_study(tmp_path)
    assert b"adjudication" not in small.study.read_bytes()
