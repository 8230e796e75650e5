"""The folding of a training chain: attempts at the gate, refreshers, and what they came to.

Nothing here is stored. Each attempt is a session of its own over the same items, in an order drawn
from the hash of the training manifest, so that a repeat meets them in another order and anybody
can check it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from protocol.canonical_json import tagged_sha256
from protocol.chain.events import Event, EventKind
from protocol.rubric import Rubric
from protocol.session import RaterSession
from protocol.timing import Timing
from protocol.training.gate import GateResult, judge
from protocol.training.reference import References
from protocol.training.training_manifest import TrainingManifest
from protocol.visible import TrainingGate

REFRESHER_ITEMS = 3


class TrainingState(StrEnum):
    """Where a rater stands before the study's items."""

    NOT_BEGUN = "not begun"
    UNDER_WAY = "under way"
    MAY_REPEAT = "not passed, may repeat"
    NOT_PASSED = "not passed"
    """The allowed repeats are used up: the admin decides."""
    PASSED = "passed"
    ADMITTED = "admitted"
    """Not passed, and let in by the admin."""

    @property
    def opens(self) -> bool:
        """Whether the study's items are open."""
        return self in (TrainingState.PASSED, TrainingState.ADMITTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingMaterial:
    """Everything a training chain can be about, but for the texts."""

    manifest: TrainingManifest
    rubric: Rubric
    references: Mapping[str, References]
    """By item id."""
    timing: Timing = "full"
    """Which times the study records."""

    @property
    def gate(self) -> TrainingGate:
        """The thresholds."""
        return self.manifest.gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way through the training items, or through a few of them as a refresher."""

    number: int
    """From 1 over all attempts and refreshers; decides the order of the items."""
    is_refresher: bool
    began_at: str | None
    session: RaterSession

    @property
    def is_finished(self) -> bool:
        """Whether every item of it is completed."""
        return self.session.is_finished


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSession:
    """One rater's whole training."""

    material: TrainingMaterial
    attempts: tuple[Attempt, ...] = ()
    admitted: bool = False

    @property
    def current(self) -> Attempt | None:
        """The attempt or refresher that began last."""
        return self.attempts[-1] if self.attempts else None

    @property
    def gate_attempts(self) -> tuple[Attempt, ...]:
        """The attempts at the gate, refreshers left out."""
        return tuple(attempt for attempt in self.attempts if not attempt.is_refresher)

    @property
    def repeats_left(self) -> int:
        """How often the training may still be repeated."""
        return self.material.gate.repeats - max(0, len(self.gate_attempts) - 1)

    @property
    def is_open_refresher(self) -> bool:
        """Whether a refresher was begun and not finished."""
        current = self.current
        return current is not None and current.is_refresher and not current.is_finished

    def result_of(self, attempt: Attempt) -> GateResult:
        """Return what an attempt came to; of a finished one this is the verdict."""
        session = attempt.session
        done = [session.of(item_id) for item_id in session.items if session.of(item_id).completed]
        return judge(done, self.material.references, self.material.rubric, self.material.gate)

    @property
    def state(self) -> TrainingState:
        """Where the rater stands."""
        tried = self.gate_attempts
        if any(attempt.is_finished and self.result_of(attempt).passed for attempt in tried):
            return TrainingState.PASSED
        if self.admitted:
            return TrainingState.ADMITTED
        if not tried:
            return TrainingState.NOT_BEGUN
        if not tried[-1].is_finished:
            return TrainingState.UNDER_WAY
        return TrainingState.MAY_REPEAT if self.repeats_left > 0 else TrainingState.NOT_PASSED

    def with_event(self, event: Event) -> TrainingSession:
        """Return the training after one more event."""
        kind = event.draft.kind
        if kind is EventKind.ADMIT:
            return replace(self, admitted=True)
        if kind in (EventKind.ATTEMPT, EventKind.REFRESHER):
            return replace(self, attempts=(*self.attempts, self._begun(event)))
        current = self.current
        if current is None:
            return self
        moved = replace(current, session=current.session.with_event(event))
        return replace(self, attempts=(*self.attempts[:-1], moved))

    def _begun(self, event: Event) -> Attempt:
        is_refresher = event.draft.kind is EventKind.REFRESHER
        number = len(self.attempts) + 1
        order = order_of(self.material.manifest, number)
        items = order[:REFRESHER_ITEMS] if is_refresher else order
        return Attempt(
            number=number,
            is_refresher=is_refresher,
            began_at=event.at,
            session=RaterSession(
                rubric=self.material.rubric, items=items, progress={}, asked=frozenset(items)
            ),
        )


def order_of(manifest: TrainingManifest, number: int) -> tuple[str, ...]:
    """Return the item ids in the order of an attempt; never that of the attempt before it."""
    start = bytes.fromhex(manifest.sha256)
    ids = [item.item_id for item in manifest.items]
    order: tuple[str, ...] = ()
    for attempt in range(1, number + 1):
        before, drawn = order, _drawn(start, attempt, ids)
        order = (*drawn[1:], drawn[0]) if drawn == before else drawn
    return order


def _drawn(start: bytes, attempt: int, ids: list[str]) -> tuple[str, ...]:
    def place(item_id: str) -> str:
        return tagged_sha256("training-order/v1", start, f"{attempt}:{item_id}".encode())

    return tuple(sorted(ids, key=place))


def fold_training(material: TrainingMaterial, events: Iterable[Event]) -> TrainingSession:
    """Fold a whole training chain."""
    training = TrainingSession(material=material)
    for event in events:
        training = training.with_event(event)
    return training
