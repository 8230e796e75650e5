"""Checking a receipt: reads the rater's file and the lock manifest, and nothing of the study."""

from __future__ import annotations

from pathlib import Path

from protocol.chain.receipt_check import ReceiptCheck, check_receipt
from rater.services.input_files import read_bounded

LARGEST_FILE = 256 * 2**20


def check_receipt_of(
    ratings: Path, receipt: str, lock_manifest: Path, *, lock_code: str | None = None
) -> ReceiptCheck:
    """Say whether a rater's file is what was locked.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file cannot be read, or is not what it should be.
        CheckFailedError: A file was changed, or receipt or lock code belong to another.
    """
    return check_receipt(
        _read(ratings, wanted="the ratings that were sent"),
        receipt,
        _read(lock_manifest, wanted="the lock manifest"),
        where=str(ratings),
        lock_where=str(lock_manifest),
        lock_code=lock_code,
    )


def _read(path: Path, *, wanted: str) -> bytes:
    return read_bounded(path, wanted=wanted, largest=LARGEST_FILE, too_large="The file is far too large.")
