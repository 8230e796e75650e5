"""What a rater may know of a study, as typed values.

`VisibleProtocol` goes into study files and packs; it has no field for a scaffold, a model, a
contrast or a claim. Apart from `protocol.study`, so that the rating app can be kept from ever
loading the admin's half, and starts without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from protocol.rubric import Rubric
from protocol.timing import Timing

if TYPE_CHECKING:
    from protocol.adjudication.plan import AdjudicationPlan
    from protocol.chain.amendment import WithdrawRule


class StudyKind(StrEnum):
    """What is rated."""

    STRESS_TEST = "stress-test"
    BENCHMARK_AUDIT = "benchmark-audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCard:
    """What a rater must know about a task to score it; the same for all its transcripts."""

    brief: str
    user_has: str = ""
    claims: tuple[str, ...] = ()
    """Load-bearing claims: if wrong, they change what the user does or break the deliverable."""
    decision_points: tuple[str, ...] = ()
    steers: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    """What a steer must leave alone."""
    prompted: bool = False
    """A user turn of the task asks for the check or the choice that is scored."""
    content_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibleQuestion:
    """A guess question as raters see it: display labels, tied to no item and no meaning."""

    id: str
    text: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingGate:
    """What a rater must reach in training; numbers as decimal texts, so that they can be hashed."""

    kappa: str
    agreement: str
    repeats: int
    refresher_after_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibleProtocol:
    """The rater-visible part of a protocol. Task cards travel with their opaque task ids."""

    name: str
    contact: str = ""
    simulated: bool = False
    rendered_view: bool = False
    """Raters may see Markdown rendered; the source is one key away, as ever."""
    rubric: Rubric
    questions: tuple[VisibleQuestion, ...] = ()
    training: TrainingGate | None = None
    """What must be reached in training before rating; None where the study has no training."""
    withdraw: WithdrawRule = "task"
    """What goes with an item that is withdrawn."""
    timing: Timing = "full"
    """Which times are recorded of the rater."""
    installation: bool = True
    """Whether the installation of each sitting is recorded."""
    adjudication: AdjudicationPlan | None = None
    """What goes to an adjudicator after the lock; None where nothing does."""
