"""The folding of events: what a rater's ratings are now.

Nothing here is stored. The events are the record; this is the view of them that the rating screen
draws, `status` counts and the analysis reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from protocol.chain.events import UNDOABLE, Event, EventDraft, EventKind
from protocol.item_progress import (
    AskedAgain,
    Gap,
    GuessAnswer,
    ItemProgress,
    Mark,
    Quote,
    fold_item,
    next_progress,
)
from protocol.rubric import Rubric

__all__ = [
    "FOR_CLOSED_ITEMS",
    "Gap",
    "GuessAnswer",
    "ItemProgress",
    "Mark",
    "Quote",
    "RaterSession",
    "fold_item",
    "fold_session",
]

FOR_CLOSED_ITEMS = frozenset({EventKind.SHOW, EventKind.GUESS, EventKind.TOLD, EventKind.READ_TO_END})
"""What can still be said about an item whose rating is final, and be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterSession:
    """One rater's whole state: the progress of every item and the place in the order."""

    rubric: Rubric
    items: tuple[str, ...]
    """Item ids in the rater's order."""
    progress: Mapping[str, ItemProgress]
    """Only items with an event."""
    position: int = 0
    """Index of the item that was shown last."""
    asked: frozenset[str] = frozenset()
    """Items that carry the guess questions: they close when they are completed."""
    submitted: bool = False
    """The rater handed the file in: nothing changes any more."""
    read_at: Mapping[str, int] = field(default_factory=dict)
    """By hash of each amendment the rater has read the number of the event that says so."""
    rerates: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By hash of an amendment the dimensions that it asks again."""
    waits_unread: bool = False
    """Ask again also for what was not read yet: nobody waits for a chain that ended."""
    set_aside: frozenset[str] = frozenset()
    """Items that need no rating any more, by an amendment; what was said about them stays."""
    history: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)
    """The events of each item."""
    undo_stack: tuple[Event, ...] = ()
    redo_stack: tuple[Event, ...] = ()
    completed_count: int = 0
    """How many of the items that need a rating are completed; counted along, because a share can be long."""
    positions: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Item id to index in the order; made once."""

    def __post_init__(self) -> None:
        if len(self.positions) != len(self.items):
            places = {item_id: position for position, item_id in enumerate(self.items)}
            object.__setattr__(self, "positions", places)

    @property
    def noticed(self) -> frozenset[str]:
        """Hashes of the amendments the rater has read."""
        return frozenset(self.read_at)

    @property
    def asked_again(self) -> tuple[AskedAgain, ...]:
        """Where in the chain dimensions were asked again; at its end for what is still to be read."""
        return _asked_again_in(
            self.rerates, self.read_at, with_unread=self.waits_unread and not self.submitted
        )

    def _asked_again_of(self, item_id: str) -> tuple[AskedAgain, ...]:
        """Return where an item's dimensions were asked again; what was said about one set aside stands."""
        return () if item_id in self.set_aside else self.asked_again

    @property
    def current(self) -> ItemProgress:
        """Progress of the item at `position`."""
        return self.of(self.items[self.position])

    def of(self, item_id: str) -> ItemProgress:
        """Return the progress of an item, empty where nothing was said."""
        return self.progress.get(item_id) or ItemProgress(item_id=item_id)

    @property
    def required_count(self) -> int:
        """How many items need a rating."""
        return len(self.items) - len(self.set_aside)

    @property
    def is_finished(self) -> bool:
        """Whether every item that needs a rating is completed."""
        return self.completed_count == self.required_count

    def is_closed(self, item_id: str) -> bool:
        """Whether an item can no longer change: set aside, or completed and with guess questions."""
        return item_id in self.set_aside or (item_id in self.asked and self.of(item_id).completed)

    def is_closed_for(self, draft: EventDraft) -> bool:
        """Whether an item is closed for what the rater did; remarks that are no rating it still takes."""
        if draft.item_id is None:
            return False
        closed, open_again = self.is_closed(draft.item_id), self.open_again(draft.item_id)
        if not closed and not open_again:
            return False
        said = {event.seq: event.draft for event in self.history.get(draft.item_id, ())}
        while draft.kind is EventKind.RETRACT and draft.target in said:
            draft = said[draft.target]
        if open_again and (draft.dimension in open_again or draft.kind is EventKind.COMPLETE):
            return False
        return draft.kind not in FOR_CLOSED_ITEMS

    def open_again(self, item_id: str) -> frozenset[str]:
        """Return the dimensions for which alone a closed item is open, asked again by an amendment."""
        progress = self.of(item_id)
        reopened = item_id in self.asked and progress.complete_seq is not None and not progress.completed
        return progress.again if reopened and item_id not in self.set_aside else frozenset()

    def next_open(self, after: int) -> int | None:
        """Return the position of the next item that is not completed, searching round, or None."""
        count = len(self.items)
        if self.is_finished:
            return None
        for step in range(1, count + 1):
            position = (after + step) % count
            item_id = self.items[position]
            if item_id not in self.set_aside and not self.of(item_id).completed:
                return position
        return None

    def undo_draft(self) -> EventDraft | None:
        """Return the event that takes back the last step, or None."""
        return _retraction(self.undo_stack)

    def redo_draft(self) -> EventDraft | None:
        """Return the event that brings back the last undone step, or None."""
        return _retraction(self.redo_stack)

    def with_event(self, event: Event) -> RaterSession:
        """Return the session after one more event."""
        item_id = event.draft.item_id
        if item_id is None:
            said = replace(
                self,
                submitted=self.submitted or event.draft.kind is EventKind.SUBMIT,
                read_at={**self.read_at, **_notices_of(event)},
            )
            return said if said.asked_again == self.asked_again else said._folded_anew()
        history = {**self.history, item_id: (*self.history.get(item_id, ()), event)}
        before = self.of(item_id)
        after = next_progress(before, history[item_id], event, self.rubric, self._asked_again_of(item_id))
        change = 0 if item_id in self.set_aside else after.completed - before.completed
        moved = replace(
            self,
            history=history,
            progress={**self.progress, item_id: after},
            completed_count=self.completed_count + change,
            position=self.positions[item_id] if event.draft.kind is EventKind.SHOW else self.position,
        )
        return moved._with_stacks(event)

    def _folded_anew(self) -> RaterSession:
        """Return the session with every item folded; what was said before can no longer be undone."""
        again = self.asked_again
        progress = {
            item_id: fold_item(item_id, found, self.rubric, self._asked_again_of(item_id))
            for item_id, found in self.history.items()
        }
        counted = sum(one.completed for item_id, one in progress.items() if item_id not in self.set_aside)
        since = max((one.seq for one in again), default=0)
        return replace(
            self,
            progress=progress,
            completed_count=counted,
            undo_stack=tuple(one for one in self.undo_stack if one.seq > since),
            redo_stack=tuple(one for one in self.redo_stack if one.seq > since),
        )

    def _with_stacks(self, event: Event) -> RaterSession:
        if event.draft.kind is EventKind.COMPLETE and event.draft.item_id in self.asked:
            # The item closes: neither it nor anything said about it can be taken back.
            kept = tuple(one for one in self.undo_stack if one.draft.item_id != event.draft.item_id)
            return replace(self, undo_stack=kept, redo_stack=())
        if event.draft.kind in UNDOABLE:
            return replace(self, undo_stack=(*self.undo_stack, event), redo_stack=())
        if event.draft.kind is EventKind.RETRACT:
            target = event.draft.target
            if any(one.seq == target for one in self.undo_stack):
                kept = tuple(one for one in self.undo_stack if one.seq != target)
                return replace(self, undo_stack=kept, redo_stack=(*self.redo_stack, event))
            if self.redo_stack and self.redo_stack[-1].seq == target:
                return replace(self, redo_stack=self.redo_stack[:-1], undo_stack=(*self.undo_stack, event))
        return self


def _retraction(stack: tuple[Event, ...]) -> EventDraft | None:
    if not stack:
        return None
    last = stack[-1]
    return EventDraft(kind=EventKind.RETRACT, item_id=last.draft.item_id, target=last.seq)


def _notices_of(event: Event) -> dict[str, int]:
    """Return where the amendment an event tells of was read, if it is such an event."""
    shown = event.draft.shown_sha256
    return {shown: event.seq} if event.draft.kind is EventKind.NOTICE and shown else {}


_NEVER = 2**62
"""A number after that of every event."""


def _asked_again_in(
    rerates: Mapping[str, frozenset[str]], read_at: Mapping[str, int], *, with_unread: bool
) -> tuple[AskedAgain, ...]:
    found = [
        AskedAgain(seq=read_at.get(sha256, _NEVER), dimensions=dimensions)
        for sha256, dimensions in rerates.items()
        if with_unread or sha256 in read_at
    ]
    return tuple(sorted(found, key=lambda one: one.seq))


def fold_session(
    *,
    rubric: Rubric,
    items: tuple[str, ...],
    events: Iterable[Event],
    asked: Iterable[str] = (),
    set_aside: Iterable[str] = (),
    rerates: Mapping[str, frozenset[str]] | None = None,
    waits_unread: bool = False,
) -> RaterSession:
    """Fold a whole chain. Equal to adding its events one by one with `with_event`.

    Args:
        rubric: What is rated by.
        items: Item ids in the rater's order.
        events: The chain.
        asked: Items that carry the guess questions.
        set_aside: Items that need no rating any more; nothing said about them can be undone.
        rerates: By hash of an amendment the dimensions that it asks again.
        waits_unread: Ask again also for amendments that were not read yet.
    """
    history: dict[str, list[Event]] = {}
    session = RaterSession(
        rubric=rubric,
        items=items,
        progress={},
        asked=frozenset(asked),
        rerates=rerates or {},
        waits_unread=waits_unread,
    )
    position = 0
    submitted = False
    read_at: dict[str, int] = {}
    for event in events:
        item_id = event.draft.item_id
        if item_id is None:
            submitted = submitted or event.draft.kind is EventKind.SUBMIT
            read_at |= _notices_of(event)
            continue
        history.setdefault(item_id, []).append(event)
        if event.draft.kind is EventKind.SHOW:
            position = session.positions.get(item_id, position)
        session = session._with_stacks(event)
    aside = frozenset(set_aside)
    return replace(
        session,
        undo_stack=tuple(one for one in session.undo_stack if one.draft.item_id not in aside),
        redo_stack=tuple(one for one in session.redo_stack if one.draft.item_id not in aside),
        read_at=read_at,
        set_aside=aside,
        history={item_id: tuple(found) for item_id, found in history.items()},
        position=position,
        submitted=submitted,
    )._folded_anew()
