"""Twelve manipulations of a finished study, each found and named.

Each is done past the program; verify is asked while the guards are dropped and again with the guards put
back word for word. It has what left the admin's hands: lock code and receipts, and the key.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.errors import CheckFailedError
from rater.services.packs.merging import merge_files
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from tests.services.forging import forging
from tests.services.manipulations import AUDIT, CODE, LOCKED, MANIPULATIONS, RECEIPT, SCHEMA, raised
from tests.services.small_studies import (
    ADMIN,
    PastDoor,
    SmallStudy,
    clock,
    locked_study,
    rate_all,
    rated_study,
    seed_small,
    unblinded_study,
    write_sources,
)
from tests.services.verified import AFTER_LOCK, failed, full_anchors


@pytest.mark.parametrize("name", MANIPULATIONS)
def test_a_manipulation_is_found_and_named(tmp_path: Path, name: str) -> None:
    """Every question it must fail fails with a fitting reason; dropped guards are a finding of their own."""
    manipulation = MANIPULATIONS[name]
    past = (unblinded_study if manipulation.unblinded else locked_study)(tmp_path)
    anchors = full_anchors(past)
    with forging(past.small, restore=False) as forger:
        guards = forger.guards
        manipulation.change(forger, past)
    anchors = replace(anchors, sealed=past.small.key.read_bytes())
    dropped = failed(verify_study(past.small.study, anchors))
    with past.small.raw() as db:
        for guard in guards:
            db.execute(guard)
    restored = failed(verify_study(past.small.study, anchors))
    for found in (dropped, restored):
        for question, reason in manipulation.named:
            fitting = [why for asked, why in found.items() if question in asked]
            assert fitting, (question, found)
            assert re.search(reason, fitting[0]), (reason, found)
    assert SCHEMA in dropped
    assert SCHEMA not in restored


@pytest.mark.parametrize("door", [locked_study, unblinded_study])
def test_a_study_nobody_touched_has_no_failed_line(tmp_path: Path, door: Callable[[Path], PastDoor]) -> None:
    """With everything from outside at hand, every line says ok but the one that nothing covers."""
    past = door(tmp_path)
    checks = verify_study(past.small.study, full_anchors(past))
    assert failed(checks) == {}
    assert [check.question for check in checks if check.answer is Answer.OPEN] == [AFTER_LOCK]


def test_the_twelve_of_the_list_are_all_there() -> None:
    """One and more of each; the tenth, a rolled-back copy, has tests of its own below."""
    assert {int(name.split()[0]) for name in MANIPULATIONS} | {10} == set(range(1, 13))


def test_dropped_guards_alone_are_named(tmp_path: Path) -> None:
    """Nothing else was done: the sentence lists the triggers."""
    past = locked_study(tmp_path)
    with forging(past.small, restore=False):
        pass
    found = failed(verify_study(past.small.study, full_anchors(past)))
    assert list(found) == [SCHEMA]
    assert "event_no_update" in found[SCHEMA]


def test_a_guard_that_was_weakened_is_named(tmp_path: Path) -> None:
    """The trigger is there, under its name, and lets everything through."""
    past = locked_study(tmp_path)
    with past.small.raw() as db:
        db.execute("DROP TRIGGER event_no_update")
        db.execute("CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT 1; END")
    assert "event_no_update" in failed(verify_study(past.small.study, full_anchors(past)))[SCHEMA]


def test_10_a_copy_from_before_the_lock_is_named_by_the_lock_code(tmp_path: Path) -> None:
    """Every hash of the older copy is right; the published code shows that there was a lock."""
    past = locked_study(tmp_path)
    anchors = full_anchors(past)
    shutil.rmtree(past.small.folder)
    older = rated_study(tmp_path)
    found = failed(verify_study(older.study, anchors))
    assert list(found) == ["the ratings are those of the published lock code"]
    assert "an older copy" in next(iter(found.values()))


def test_10_a_copy_from_before_the_last_ratings_is_named_by_the_receipts(tmp_path: Path) -> None:
    """The study is open; a rater holds the receipt of what the copy does not have."""
    small = rated_study(tmp_path)
    receipts = {rater: (receipt,) for rater, receipt in small.receipts().items()}
    with forging(small, restore=True) as forger:
        forger.db.execute("DELETE FROM event WHERE chain_id = ? AND seq > 9", (forger.manifest("R2").id,))
    found = failed(verify_study(small.study, Anchors(receipts=receipts)))
    assert list(found) == [f"the receipt {receipts['R2'][0]} of R2 is in the chain"]


def test_10_an_unblinded_study_that_is_made_to_look_locked_is_named_by_its_log(tmp_path: Path) -> None:
    """The tables are dropped and the state set back, but the log ends with the unblinding."""
    past = unblinded_study(tmp_path)
    with forging(past.small, restore=False) as forger:
        forger.db.execute("UPDATE study SET state = 'locked'")
        forger.db.execute("DROP TABLE allocation")
        forger.db.execute("DROP TABLE opened_protocol")
    found = failed(verify_study(past.small.study, full_anchors(past)))
    assert "by the log it is unblinded" in next(why for asked, why in found.items() if AUDIT in asked)


def test_11_a_foreign_submission_is_refused_at_the_door(tmp_path: Path) -> None:
    """Merging names the other study; the file of another seeding does not even reach the chain."""
    past = locked_study(tmp_path)
    other = seed_small(write_sources(tmp_path / "other"), seed=77)
    rate_all(other, raters=["R1"])
    from rater.services.sitting.submitting import submit

    done = submit(other.study, rater="R1", output=tmp_path / "F", interim=False, app="0")
    with pytest.raises(CheckFailedError, match="another study"):
        merge_files(past.small.study, [done.path], who=ADMIN, clock=clock)


@pytest.mark.parametrize("what", ["an incident is struck out", "a look is struck out"])
def test_a_log_that_was_rewritten_before_the_lock_is_named(tmp_path: Path, what: str) -> None:
    """The log is anchored by the lock code: its chain is whole, and it is not the one that was locked."""
    from rater.services.amending.incidents import record_incident
    from rater.services.progress.looks import record_look

    small = rated_study(tmp_path)
    if "incident" in what:
        record_incident(small.study, rater="R1", items=(), text="heard it", who=ADMIN, clock=clock)
    else:
        record_look(small.study, action="agreement", who="admin", app="0")
    from tests.services.small_studies import lock_small

    past = PastDoor(small=small, lock_code=lock_small(small))
    anchors = full_anchors(past)
    assert failed(verify_study(small.study, anchors)) == {}
    with forging(small, restore=True) as forger:
        forger.write_audit(lambda entries: entries.pop(1))  # type: ignore[arg-type]  # drops it
    found = failed(verify_study(small.study, anchors))
    assert any(LOCKED in asked for asked in found), found


def everything_anew(small: SmallStudy) -> None:
    """Raise R1's scores, lock anew and put every guard back: a rewrite that fits together."""
    with forging(small, restore=True) as forger:
        forger.write_chain(raised(forger.drafts()))
        forger.lock_anew()


def test_without_anchors_a_rewrite_that_fits_together_cannot_be_excluded(tmp_path: Path) -> None:
    """No line fails, and no line says that it did not happen."""
    past = locked_study(tmp_path)
    everything_anew(past.small)
    checks = verify_study(past.small.study, Anchors())
    assert failed(checks) == {}
    open_lines = [check.question for check in checks if check.answer is Answer.OPEN]
    assert open_lines == [
        "ratings or log were changed as a whole and locked anew",
        AFTER_LOCK,
        "a rater's whole chain was written anew or cut short",
        "the key was lost or replaced",
    ]


@pytest.mark.parametrize("anchor", ["lock code", "receipts"])
def test_each_anchor_alone_finds_that_rewrite(tmp_path: Path, anchor: str) -> None:
    """The lock code finds it, and so does the receipt of the rater it was done to."""
    past = locked_study(tmp_path)
    receipts = {rater: (receipt,) for rater, receipt in past.small.receipts().items()}
    everything_anew(past.small)
    anchors = Anchors(lock_code=past.lock_code) if anchor == "lock code" else Anchors(receipts=receipts)
    found = failed(verify_study(past.small.study, anchors))
    assert len(found) == 1
    assert (CODE if anchor == "lock code" else RECEIPT) in next(iter(found))


def test_the_levels_of_the_rewrite_are_the_forgers(tmp_path: Path) -> None:
    """The manipulation is a real one: what every analysis reads was changed."""
    past = locked_study(tmp_path)
    everything_anew(past.small)
    with past.small.raw() as db:
        levels = {
            json.loads(body).get("level")
            for (body,) in db.execute(
                "SELECT event.body FROM event JOIN manifest ON manifest_id = chain_id WHERE rater = 'R1'"
            )
        }
    assert levels == {None, 3}
