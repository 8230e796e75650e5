"""What a verifier brings from outside the study file: nothing in here was in the admin's hands alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocol.errors import InvalidInputError
from rater.services.doors.key_files import Secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What the verifier brings from outside the study file."""

    lock_code: str | None = None
    """As it was published."""
    receipts: Mapping[str, Sequence[str]] | None = None
    """Receipt codes by rater, as the raters kept them."""
    sealed: bytes | None = None
    """The bytes of study.key."""
    later: tuple[bytes, ...] = ()
    """The bytes of the keys of batches."""
    secrets: Secrets | None = None
    """What opens it; without, only its hash is compared."""


def parse_receipts(text: str, *, where: str) -> dict[str, tuple[str, ...]]:
    """Read receipts: one on a line, rater code and receipt with a blank between; several of a rater count.

    Raises:
        InvalidInputError: A line is something else, or there is none.
    """
    receipts: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts: Sequence[str] = line.split()
        if len(parts) != 2 or not _RECEIPT.fullmatch(plain_receipt(parts[1])):
            raise InvalidInputError(
                "This is no receipt.", where=f"{where}, line {number}", next_step=_RECEIPT_FORM
            )
        rater, receipt = parts[0], plain_receipt(parts[1])
        receipts[rater] = tuple(dict.fromkeys((*receipts.get(rater, ()), receipt)))
    if not receipts:
        raise InvalidInputError("There is no receipt in the file.", where=where, next_step=_RECEIPT_FORM)
    return receipts


_RECEIPT = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}")
_RECEIPT_FORM = "Write a rater code, a blank and the receipt, such as: R1 ABCD-EFGH-IJKL-MNOP"


def plain_receipt(receipt: str) -> str:
    """Return a receipt as it is compared: without blanks around it, in capitals."""
    return receipt.strip().upper()
