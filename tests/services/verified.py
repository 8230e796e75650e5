"""What the tests of verify share: everything that left the admin's hands, and answers by question."""

from __future__ import annotations

from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer, Check
from tests.services.small_studies import (
    PastDoor,
)

AFTER_LOCK = "entries of the log after the lock were changed or left out"
"""Open whatever is at hand: nothing that left the admin's hands covers them."""


def by_question(checks: list[Check]) -> dict[str, Check]:
    assert len({check.question for check in checks}) == len(checks)
    return {check.question: check for check in checks}


def failed(checks: list[Check]) -> dict[str, str]:
    return {check.question: check.why for check in checks if check.answer is Answer.FAILED}


def full_anchors(past: PastDoor) -> Anchors:
    return Anchors(
        lock_code=past.lock_code,
        receipts={rater: (receipt,) for rater, receipt in past.small.receipts().items()},
        sealed=past.small.key.read_bytes(),
        secrets=past.small.secrets,
    )
