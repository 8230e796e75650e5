"""Lock manifests that this program never writes, and another key for a batch: each is said in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.canonical_json import sha256_hex
from protocol.errors import CheckFailedError
from rater.services.adjudication.adjudicating import read_adjudication
from rater.services.doors.doors import unlock_study
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verifying import verify_study
from tests.services.adjudicated_studies import finished_apart
from tests.services.extended_studies import extended_study
from tests.services.forging import Body, forging
from tests.services.manipulations import LOCKED
from tests.services.small_studies import ADMIN, SmallStudy, clock, locked_study, unblind_small
from tests.services.verified import failed

BODIES = {
    "empty": '{"v":1}',
    "a list": "[]",
    "deep": "[" * 100_000,
    "an adjudication that did not end": '{"adjudication":{"x":1},"raters":[]}',
}


def _locked(folder: Path) -> SmallStudy:
    return locked_study(folder).small


def _with_lock(small: SmallStudy, body: str) -> str:
    code = sha256_hex(body.encode())
    with forging(small, restore=True) as forger:
        forger.db.execute(
            "UPDATE lock_manifest SET lock_code = ?, body = ?"
            " WHERE lock_code = (SELECT lock_code FROM study)",
            (code, body),
        )
        forger.db.execute("UPDATE study SET lock_code = ?", (code,))
    return code


@pytest.mark.parametrize("make", [_locked, finished_apart])
@pytest.mark.parametrize("what", BODIES)
def test_no_door_opens_on_a_lock_manifest_that_is_none(
    tmp_path: Path, what: str, make: Callable[[Path], SmallStudy]
) -> None:
    """Neither `verify` nor `unblind` stumbles over it, with an adjudication or without."""
    small = make(tmp_path)
    code = _with_lock(small, BODIES[what])
    found = failed(verify_study(small.study, Anchors(lock_code=code)))
    assert "none that this program writes" in next(why for asked, why in found.items() if LOCKED in asked)
    with pytest.raises(CheckFailedError, match="none that this program writes"):
        unblind_small(small, code)


@pytest.mark.parametrize("what", BODIES)
def test_an_adjudication_under_such_a_lock_is_a_sentence(tmp_path: Path, what: str) -> None:
    """Reading it and unlocking it, too."""
    small = finished_apart(tmp_path)
    _with_lock(small, BODIES[what])
    with pytest.raises(CheckFailedError, match="none that this program writes"):
        read_adjudication(small.study)
    with pytest.raises(CheckFailedError, match="none that this program writes"):
        unlock_study(small.study, who=ADMIN, clock=clock)


def test_another_key_for_a_batch_is_named_by_the_record_of_its_sealing(tmp_path: Path) -> None:
    """Nobody has read of the batch; every amendment and its step of the log were written anew."""
    small = extended_study(tmp_path)
    assert failed(verify_study(small.study, Anchors())) == {}
    hashes: dict[str, str] = {}

    def other_key(body: Body) -> None:
        body["key"]["sealed_sha256"] = "0" * 64  # type: ignore[index]  # JSON

    def rename(entries: list[Body]) -> None:
        for entry in entries:
            details: dict[str, str] = entry["details"]  # type: ignore[assignment]  # JSON
            details.update({"sha256": hashes[details["amendment"]]} if "amendment" in details else {})

    with forging(small, restore=True) as forger:
        for (number,) in forger.db.execute("SELECT number FROM amendment").fetchall():
            forger.change_json("amendment", "body", other_key, f"number = {number}")
            (body,) = forger.db.execute("SELECT body FROM amendment WHERE number = ?", (number,)).fetchone()
            hashes[str(number)] = sha256_hex(body.encode())
            forger.db.execute("UPDATE amendment SET hash = ? WHERE number = ?", (hashes[str(number)], number))
        forger.write_audit(rename)
    found = failed(verify_study(small.study, Anchors()))
    assert list(found.values()) == ["the key or plan of batch 2 is not the one in the audit log"]
