"""The papers of a lock and a rater's own check: what was counted, from two files and a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from protocol.canonical_json import sha256_hex
from protocol.errors import CheckFailedError, InvalidInputError, NotFoundError, UsageError, WrongStateError
from rater.services.doors.doors import lock_study, unlock_study
from rater.services.doors.lock_papers import LockPapers, PaperNames, write_lock_papers
from rater.services.packs.receipts import check_receipt_of
from rater.services.sitting.submitting import submit
from rater.services.who import Who
from tests.services.returned_files import merge, write
from tests.services.small_studies import (
    ADMIN,
    APP,
    MODELS,
    SmallStudy,
    clock,
    locked_study,
    rated_study,
    returned_by,
    seeded_study,
)

NOWHERE = PaperNames()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gapped:
    """A study that was locked with some of R1's work and none of the others'."""

    small: SmallStudy
    lock_code: str
    papers: LockPapers


def locked_with(folder: Path, arrived: bytes | None) -> Gapped:
    small = seeded_study(folder)
    if arrived is not None:
        merge(small, write(folder, "arrived.jsonl", arrived))
    who = Who(name="admin", app=APP, reason="R2 fell ill")
    code = lock_study(small.study, who=who, clock=clock, accept_missing=True).lock_code
    return Gapped(small=small, lock_code=code, papers=write_lock_papers(small.study, NOWHERE, force=False))


def receipt_in(data: bytes) -> str:
    return data.decode().rsplit('"receipt":"', 1)[1][:19]


def answer(gapped: Gapped, data: bytes) -> tuple[bool, str]:
    found = check_receipt_of(
        write(gapped.small.folder, "mine.jsonl", data),
        receipt_in(data),
        gapped.papers.manifest,
        lock_code=gapped.lock_code,
    )
    return found.counted, found.answer


def test_the_manifest_is_the_lock_code_to_the_byte(tmp_path: Path) -> None:
    """sha256sum of the file is the code; the name holds its beginning."""
    door = locked_study(tmp_path)
    papers = write_lock_papers(door.small.study, NOWHERE, force=False)
    assert sha256_hex(papers.manifest.read_bytes()) == door.lock_code
    assert papers.manifest.name == f"study.lock-{door.lock_code[:8]}.json"


def test_the_message_has_code_receipts_and_no_condition(tmp_path: Path) -> None:
    """Every rater finds the own receipt; models and scaffolds are not in it."""
    door = locked_study(tmp_path)
    papers = write_lock_papers(door.small.study, NOWHERE, force=False)
    text = papers.message.read_text(encoding="utf-8")
    assert door.lock_code in text
    for rater, receipt in door.small.receipts().items():
        assert f"{rater}  {receipt}  8 of 8 items" in text
    assert papers.manifest.name in text
    assert not any(word in text for word in (*MODELS, "checks", "plain"))
    assert "Not every item" not in text


def test_the_message_says_what_is_missing_and_why(tmp_path: Path) -> None:
    """Gaps by rater, with the reason the lock was given."""
    text = locked_with(tmp_path, returned_by("R1").interim2).papers.message.read_text(encoding="utf-8")
    assert "Not every item was completed: R1 3, R2 8, R3 8." in text
    assert "R2 fell ill" in text


def test_papers_are_written_again_and_never_over_something_else(tmp_path: Path) -> None:
    """The same content is no fault; another one is refused; an open study has none."""
    door = locked_study(tmp_path)
    papers = write_lock_papers(door.small.study, NOWHERE, force=False)
    assert write_lock_papers(door.small.study, NOWHERE, force=False) == papers
    papers.message.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="there already"):
        write_lock_papers(door.small.study, NOWHERE, force=False)
    write_lock_papers(door.small.study, NOWHERE, force=True)
    assert door.lock_code in papers.message.read_text(encoding="utf-8")
    unlock_study(door.small.study, who=ADMIN, clock=clock)
    with pytest.raises(WrongStateError, match="open"):
        write_lock_papers(door.small.study, NOWHERE, force=False)


def test_a_file_that_was_merged_whole_is_counted_unchanged(tmp_path: Path) -> None:
    """Final or interim: what arrived is what was locked."""
    mine = returned_by("R1")
    assert answer(locked_with(tmp_path / "a", mine.final), mine.final) == (True, "Counted, unchanged.")
    assert answer(locked_with(tmp_path / "b", mine.interim1), mine.interim1) == (True, "Counted, unchanged.")


def test_what_came_too_late_is_not_said_to_be_counted(tmp_path: Path) -> None:
    """Only the part that had arrived; or nothing at all."""
    mine = returned_by("R1")
    counted, said = answer(locked_with(tmp_path / "a", mine.interim1), mine.final)
    assert not counted
    assert "unchanged, are the first" in said
    counted, said = answer(locked_with(tmp_path / "b", None), mine.final)
    assert not counted
    assert said.startswith("Nothing of the")


def test_an_earlier_copy_and_another_chain_are_not_unchanged(tmp_path: Path) -> None:
    """The lock has more than the file, or another work under the same code."""
    gapped = locked_with(tmp_path, returned_by("R1").interim2)
    counted, said = answer(gapped, returned_by("R1").interim1)
    assert not counted
    assert "earlier copy" in said
    counted, said = answer(gapped, returned_by("R1", copy="twin").final)
    assert not counted
    assert said.startswith("Something else was counted")


def test_the_check_refuses_what_does_not_belong_together(tmp_path: Path) -> None:
    """Another receipt, another lock code, a changed file or manifest, and files that are not there."""
    mine = returned_by("R1").final
    gapped = locked_with(tmp_path, mine)
    file, manifest = write(tmp_path, "mine.jsonl", mine), gapped.papers.manifest
    receipt = receipt_in(mine)
    assert check_receipt_of(file, f" {receipt.lower()} ", manifest).counted
    with pytest.raises(CheckFailedError, match="receipt of this file"):
        check_receipt_of(file, "AAAA-AAAA-AAAA-AAAA", manifest)
    with pytest.raises(CheckFailedError, match="not to the one you gave"):
        check_receipt_of(file, receipt, manifest, lock_code="0" * 64)
    altered = write(tmp_path, "altered.jsonl", mine.replace(b'\\"level\\":1', b'\\"level\\":2', 1))
    with pytest.raises(CheckFailedError, match="is not the one that was recorded"):
        check_receipt_of(altered, receipt, manifest)
    with pytest.raises(CheckFailedError, match="no lock manifest"):
        check_receipt_of(file, receipt, file)
    with pytest.raises(InvalidInputError, match="no complete ratings file"):
        check_receipt_of(manifest, receipt, manifest)
    with pytest.raises(NotFoundError):
        check_receipt_of(tmp_path / "none", receipt, manifest)
    with pytest.raises(InvalidInputError):
        check_receipt_of(tmp_path, receipt, manifest)


def test_a_manifest_that_was_mailed_still_answers(tmp_path: Path) -> None:
    """A line end that a mail program added changes nothing; any other byte does."""
    mine = returned_by("R1").final
    gapped = locked_with(tmp_path, mine)
    file = write(tmp_path, "mine.jsonl", mine)
    mailed = write(tmp_path, "mailed.json", gapped.papers.manifest.read_bytes() + b"\r\n")
    assert check_receipt_of(file, receipt_in(mine), mailed, lock_code=gapped.lock_code).counted


def test_a_lock_of_another_study_says_nothing(tmp_path: Path) -> None:
    """The same rater code in another study is another rater."""
    mine = returned_by("R1").final
    gapped = locked_with(tmp_path, mine)
    body = gapped.papers.manifest.read_text(encoding="utf-8")
    study = body.split('"study":"')[1].split('"')[0]
    other = write(tmp_path, "other.json", body.replace(study, "x" * len(study)).encode())
    found = check_receipt_of(write(tmp_path, "mine.jsonl", mine), receipt_in(mine), other)
    assert not found.counted
    assert "another study" in found.answer


def test_a_rater_in_the_study_file_can_check_too(tmp_path: Path) -> None:
    """What `submit` wrote from the study file before the lock is counted, unchanged."""
    small = rated_study(tmp_path)
    done = submit(small.study, rater="R2", output=tmp_path / "r2.jsonl", interim=False, app=APP)
    lock_study(small.study, who=ADMIN, clock=clock)
    papers = write_lock_papers(small.study, NOWHERE, force=False)
    assert check_receipt_of(done.path, done.receipt, papers.manifest).counted
