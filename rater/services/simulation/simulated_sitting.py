"""A simulated rater at the desk: the same events, through the same door, as a person's.

Nothing writes ratings past the desk: what `demo` and `simulate` leave behind is a real chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from protocol.chain.events import EventDraft, EventKind
from protocol.item import Item
from rater.services.simulation.simulated_raters import SimulatedRating
from rater.services.sitting.rating import RatingDesk

MOST_SURE = 3

RateItem = Callable[[Item], Sequence[SimulatedRating]]


@dataclass(slots=True)
class SimulatedClock:
    """Wall and monotonic time of a simulated rater; it moves only when told to."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 5, 9, 0, tzinfo=UTC))

    def wall(self) -> str:
        """Return the time as ISO 8601 in UTC with milliseconds."""
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def monotonic(self) -> float:
        """Return seconds on the same clock."""
        return self.now.timestamp()

    def pass_time(self, seconds: float) -> None:
        """Move on."""
        self.now += timedelta(seconds=seconds)


def rate_everything(desk: RatingDesk, rate: RateItem, *, clock: SimulatedClock, random: Random) -> None:
    """Rate every item of a desk, in its order, and complete it.

    Args:
        desk: An open desk; its clock is the one given here.
        rate: Gives the ratings of an item.
        clock: Moved on between the steps.
        random: Source of the time each step takes.
    """
    desk.start_sitting()
    for position in range(len(desk.session.items)):
        item = desk.item(position)
        desk.show(position)
        clock.pass_time(random.uniform(40.0, 180.0))
        desk.record(EventDraft(kind=EventKind.READ_TO_END, item_id=item.id))
        for rating in rate(item):
            clock.pass_time(random.uniform(2.0, 20.0))
            _record(desk, item.id, rating)
            if rating.level is not None and desk.visible.rubric.dimension(rating.dimension).confidence:
                sure = random.randint(1, MOST_SURE)
                draft = EventDraft(kind=EventKind.CONFIDENCE, dimension=rating.dimension, sure=sure)
                desk.record(replace(draft, item_id=item.id))
        clock.pass_time(1.0)
        desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item.id))


def _record(desk: RatingDesk, item_id: str, rating: SimulatedRating) -> None:
    if rating.quote is not None:
        desk.record(
            EventDraft(
                kind=EventKind.QUOTE,
                item_id=item_id,
                dimension=rating.dimension,
                span=rating.quote.span,
                texts={"quote": rating.quote.text},
            )
        )
    if rating.level is not None:
        desk.record(
            EventDraft(kind=EventKind.SCORE, item_id=item_id, dimension=rating.dimension, level=rating.level)
        )
    else:
        desk.record(
            EventDraft(
                kind=EventKind.NOT_RATABLE,
                item_id=item_id,
                dimension=rating.dimension,
                reason=rating.not_ratable,
            )
        )
    if rating.note:
        desk.record(
            EventDraft(
                kind=EventKind.NOTE,
                item_id=item_id,
                dimension=rating.dimension,
                texts={"note": rating.note},
            )
        )
