"""The training of a study as an admin looks at it: raters beside references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.rubric import Rubric
from protocol.session import ItemProgress
from protocol.training.attempts import Attempt
from protocol.training.gate import GateResult
from protocol.training.reference import References, TrainingItem
from protocol.visible import TrainingGate


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedAttempt:
    """One attempt or refresher of a rater."""

    attempt: Attempt
    result: GateResult
    """Of the items completed so far; the verdict once all of them are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterReview:
    """One rater's training."""

    rater: str
    state: str
    repeats_left: int | None
    """None where the study's items are open and nothing is to be repeated."""
    attempts: tuple[ReviewedAttempt, ...]
    last_at: str | None

    @property
    def last(self) -> ReviewedAttempt | None:
        """The last attempt at the gate."""
        tried = [one for one in self.attempts if not one.attempt.is_refresher]
        return tried[-1] if tried else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldReview:
    """One rater on the gold items of the study."""

    rater: str
    items: tuple[ItemProgress, ...]
    """The completed ones."""
    assigned: int
    result: GateResult
    """Its thresholds decide nothing here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationReview:
    """A study's training, item by item and rater by rater."""

    name: str
    simulated: bool
    rubric: Rubric
    gate: TrainingGate
    items: tuple[TrainingItem, ...]
    """In id order, numbered from 1 in what is printed."""
    raters: tuple[RaterReview, ...]
    gold_references: Mapping[str, References]
    """By item id."""
    gold: tuple[GoldReview, ...]
