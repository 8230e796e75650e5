"""Rows removed past the program: no table misses them; the audit log does, and verify names them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from protocol.canonical_json import sha256_hex
from protocol.errors import CheckFailedError
from rater.services.doors.doors import lock_study, unblind_study, unlock_study
from rater.services.packs.handing_out import issue_packs, recall_packs
from rater.services.packs.merging import merge_files
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verifying import verify_study
from tests.services.adjudicated_studies import finished_apart
from tests.services.extended_studies import extended_study
from tests.services.forging import canonical, forging
from tests.services.manipulations import AUDIT
from tests.services.small_studies import (
    ADMIN,
    SmallStudy,
    _templates,
    clock,
    lock_small,
    locked_study,
    returned_by,
    seeded_study,
)
from tests.services.verified import failed

RETURNED = "what raters sent back"
ADJUDICATIONS = "adjudications are those on record"


def _merge(small: SmallStudy, data: bytes) -> None:
    path = small.folder / "sent.jsonl"
    path.write_bytes(data)
    merge_files(small.study, [path], who=ADMIN, clock=clock)


def _with_returned_files(folder: Path) -> SmallStudy:
    """A file that was merged, one that parts from it, and one that came after the lock."""
    small = seeded_study(folder)
    _merge(small, returned_by("R1").interim1)
    with pytest.raises(CheckFailedError):
        _merge(small, returned_by("R1", copy="other").final)
    lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)
    _merge(small, returned_by("R1").final)
    return small


def _locked_twice(folder: Path) -> SmallStudy:
    small = locked_study(folder).small
    unlock_study(small.study, who=ADMIN, clock=clock)
    lock_small(small)
    return small


def _adjudicated_and_unlocked(folder: Path) -> SmallStudy:
    small = finished_apart(folder)
    unlock_study(small.study, who=ADMIN, clock=clock)
    return small


def _with_packs(folder: Path) -> SmallStudy:
    """Packs of R1 and R2 are out; that of R3 was, and is not."""
    small = seeded_study(folder)
    packs = small.folder / "packs"
    packs.mkdir()
    issue_packs(small.study, (), every=True, folder=packs, who=ADMIN, clock=clock)
    recall_packs(small.study, ["R3"], every=False, who=ADMIN, clock=clock)
    return small


@cache
def _made(make: Callable[[Path], SmallStudy]) -> SmallStudy:
    return make(_templates() / make.__name__)


def _copy_of(make: Callable[[Path], SmallStudy], folder: Path) -> SmallStudy:
    return SmallStudy(folder=Path(shutil.copytree(_made(make).folder, folder / "small")))


OLDER_LOCK = "lock_code <> (SELECT lock_code FROM study)"
FOREIGN_LOCK = canonical({"v": 1})

REMOVED = {
    "a fork": (
        _with_returned_files,
        "DELETE FROM returned_file WHERE status = 'fork'",
        RETURNED,
        "a file of R1 that the audit log calls fork was removed",
    ),
    "a merged file": (
        _with_returned_files,
        "DELETE FROM returned_file WHERE status = 'merged'",
        RETURNED,
        "calls merged was removed",
    ),
    "a late file": (
        _with_returned_files,
        "DELETE FROM returned_file WHERE status = 'late'",
        RETURNED,
        "calls late was removed",
    ),
    "a late file under another status": (
        _with_returned_files,
        "UPDATE returned_file SET status = 'fork' WHERE status = 'late'",
        RETURNED,
        "is none|another rater or status",
    ),
    "a voided lock": (
        _locked_twice,
        f"DELETE FROM lock_manifest WHERE {OLDER_LOCK}",
        AUDIT,
        "the lock manifest under .* was removed",
    ),
    "the text of a voided lock": (
        _locked_twice,
        f"UPDATE lock_manifest SET body = '{FOREIGN_LOCK}' WHERE {OLDER_LOCK}",
        AUDIT,
        "not the one the code belongs to",
    ),
    "a lock nobody made": (
        _locked_twice,
        f"INSERT INTO lock_manifest VALUES ('{sha256_hex(FOREIGN_LOCK.encode())}', '{FOREIGN_LOCK}')",
        AUDIT,
        "the log knows no lock",
    ),
    "the end of a voided adjudication": (
        _adjudicated_and_unlocked,
        "DELETE FROM adjudication_event WHERE seq > 3",
        ADJUDICATIONS,
        "that an unlocking ended is not as it was",
    ),
    "all of a voided adjudication": (
        _adjudicated_and_unlocked,
        "DELETE FROM adjudication_event",
        ADJUDICATIONS,
        "that an unlocking ended is not as it was",
    ),
    "a pack that is out": (_with_packs, "DELETE FROM pack_out", AUDIT, "out by the log alone"),
    "a pack that was taken back": (
        _with_packs,
        "INSERT INTO pack_out SELECT manifest_id, '' FROM manifest WHERE rater = 'R3'",
        AUDIT,
        "the pack of R3 is not out by the log alone",
    ),
}


@pytest.mark.parametrize("what", REMOVED)
def test_what_was_removed_past_the_program_is_named(tmp_path: Path, what: str) -> None:
    """Nothing fails before; afterwards the one question fails, with every guard put back."""
    make, statement, question, reason = REMOVED[what]
    small = _copy_of(make, tmp_path)
    assert failed(verify_study(small.study, Anchors())) == {}
    with forging(small, restore=True) as forger:
        assert forger.db.execute(statement).rowcount > 0
    found = failed(verify_study(small.study, Anchors()))
    assert len(found) == 1, found
    ((asked, why),) = found.items()
    assert question in asked
    assert re.search(reason, why), why


def test_no_lock_is_made_of_a_study_that_lost_an_amendment(tmp_path: Path) -> None:
    """The last rater's share of a batch is removed before that rater read of it: no chain misses it."""
    small = extended_study(tmp_path)
    with forging(small, restore=True) as forger:
        forger.db.execute("DELETE FROM amendment WHERE number = (SELECT max(number) FROM amendment)")
    before = small.study.read_bytes()
    with pytest.raises(CheckFailedError, match="amendments are not those of the audit log"):
        lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)
    assert small.study.read_bytes() == before


def test_no_key_is_opened_for_a_lock_whose_record_has_other_amendments(tmp_path: Path) -> None:
    """The log is written anew without the step of an amendment that the lock manifest has."""
    small = extended_study(tmp_path)
    code = lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True).lock_code
    with forging(small, restore=True) as forger:
        (number,) = forger.db.execute("SELECT max(number) FROM amendment").fetchone()
        forger.write_audit(
            lambda entries: entries.remove(
                next(one for one in entries if one["details"].get("amendment") == str(number))  # type: ignore[attr-defined]  # JSON
            )
        )
    with pytest.raises(CheckFailedError, match="amendments are not those of the audit log"):
        unblind_study(
            small.study, small.key.read_bytes(), small.secrets, lock_code=code, who=ADMIN, clock=clock
        )
