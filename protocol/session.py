"""The folding of events: what a rater's ratings are now.

Nothing here is stored. The events are the record; this is the view of them that the rating screen
draws, `status` counts and the analysis reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from protocol.chain.events import UNDOABLE, Event, EventDraft, EventKind, Span
from protocol.rubric import Dimension, Rubric

FOR_CLOSED_ITEMS = frozenset({EventKind.SHOW, EventKind.GUESS, EventKind.TOLD, EventKind.READ_TO_END})
"""What can still be said about an item whose rating is final, and be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A quoted span attached to a score."""

    seq: int
    """Number of the event that attached it; names it when it is removed."""
    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One dimension of one item: a level, or a reason why there is none, or neither."""

    level: int | None = None
    reason: str | None = None
    quotes: tuple[Quote, ...] = ()
    note: str = ""
    sure: int | None = None
    """How sure the rater is of the level, 1 to 3."""
    seq: int | None = field(default=None, compare=False)
    """Number of the event that gave the level or the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAgain:
    """From an event on, what was said about some dimensions before it counts no more."""

    seq: int
    """The event that says that the rater read why."""
    dimensions: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessAnswer:
    """What a rater guessed on one question."""

    question: str
    option: int | None
    """None is "don't know"."""
    sure: int | None = None
    cue: str | None = None
    words: str = ""
    """What gave it away, in the rater's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Why an item is not complete."""

    dimension: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemProgress:
    """Everything a rater has said about one item."""

    item_id: str
    marks: Mapping[str, Mark] = field(default_factory=dict)
    reason: str | None = None
    """Not-ratable code of the whole item."""
    reason_seq: int | None = field(default=None, compare=False)
    """Number of the event that gave it."""
    note: str = ""
    flagged: str | None = None
    told: bool = False
    read_to_end: bool = False
    complete_seq: int | None = None
    """Number of the event with which the rater completed it, whatever it has."""
    completed: bool = False
    """The rater completed it, and it still has all it needs."""
    guesses: Mapping[str, GuessAnswer] = field(default_factory=dict)
    """By question."""
    again: frozenset[str] = frozenset()
    """Dimensions that an amendment of the rubric asks again, of every item."""

    @property
    def is_asked_again(self) -> bool:
        """Whether the rater completed the item, and an amendment asks a dimension again."""
        return bool(self.again) and self.complete_seq is not None and not self.completed

    def counts(self, dimension: str, rubric: Rubric) -> bool:
        """Whether what stands for a dimension is a rating.

        It is one if the item is completed. A dimension that is asked again holds the others of an item
        back no more, once that was completed: no rating is lost by an amendment.
        """
        if self.completed or self.complete_seq is None or dimension in self.again or not self.again:
            return self.completed
        return not any(self.gap(one) for one in rubric.dimensions if one.id not in self.again)

    def mark(self, dimension: str) -> Mark:
        """Return the mark of a dimension, empty where nothing was said."""
        return self.marks.get(dimension, Mark())

    @property
    def touched(self) -> bool:
        """Whether the rater has said anything about it."""
        said = self.marks or self.reason or self.note or self.flagged or self.told
        return bool(said or self.complete_seq)

    def gaps(self, rubric: Rubric) -> tuple[Gap, ...]:
        """Return what is missing before the item can be completed, in the rubric's order."""
        if self.reason is not None:
            return ()
        return tuple(gap for dimension in rubric.dimensions if (gap := self.gap(dimension)) is not None)

    def gap(self, dimension: Dimension) -> Gap | None:
        """Return what one dimension lacks, or None."""
        mark = self.mark(dimension.id)
        if mark.reason is not None:
            return None
        if mark.level is None:
            return Gap(dimension=dimension.id, why="no score yet")
        if dimension.needs_quote(mark.level) and not mark.quotes:
            return Gap(dimension=dimension.id, why=f"level {mark.level} needs a quote")
        if dimension.needs_reading(mark.level) and not self.read_to_end:
            return Gap(dimension=dimension.id, why="read every reply to the end first")
        if dimension.confidence and mark.sure is None:
            return Gap(dimension=dimension.id, why="no confidence yet")
        return None


def fold_item(
    item_id: str, events: Iterable[Event], rubric: Rubric, again: Sequence[AskedAgain] = ()
) -> ItemProgress:
    """Fold the events of one item, in order, into what holds now.

    Args:
        item_id: The item.
        events: What was said about it.
        rubric: What is rated by.
        again: Where in the chain dimensions were asked again, in order.
    """
    history = tuple(events)
    dropped = _retracted(history)
    progress = ItemProgress(item_id=item_id)
    waiting = list(again)
    for event in history:
        while waiting and waiting[0].seq < event.seq:
            progress = _without_marks(progress, waiting.pop(0))
        if event.seq not in dropped:
            progress = _apply(progress, event.seq, event.draft)
    for one in waiting:
        progress = _without_marks(progress, one)
    return _settled(progress, rubric, again)


def _without_marks(progress: ItemProgress, again: AskedAgain) -> ItemProgress:
    """Take what stands for some dimensions out of view; a code for the whole item still answers for all."""
    marks = {name: mark for name, mark in progress.marks.items() if name not in again.dimensions}
    return replace(progress, marks=marks)


def _next_progress(
    before: ItemProgress,
    history: tuple[Event, ...],
    event: Event,
    rubric: Rubric,
    again: Sequence[AskedAgain],
) -> ItemProgress:
    """Return what holds after one more event; only a retraction needs the whole history."""
    if event.draft.kind is EventKind.RETRACT or (again and again[-1].seq > event.seq):
        return fold_item(before.item_id, history, rubric, again)
    return _settled(_apply(before, event.seq, event.draft), rubric, again)


def _settled(progress: ItemProgress, rubric: Rubric, again: Sequence[AskedAgain]) -> ItemProgress:
    """Return the progress with whether it is completed: since dimensions were asked again, said anew."""
    since = max((one.seq for one in again), default=0)
    said = progress.complete_seq or 0
    whole = bool(said) and not progress.gaps(rubric) and (progress.reason is not None or said > since)
    asked = frozenset[str]().union(*(one.dimensions for one in again)) if again else frozenset()
    if (progress.completed, progress.again) == (whole, asked):
        return progress
    return replace(progress, completed=whole, again=asked)


def _retracted(events: Iterable[Event]) -> frozenset[int]:
    """Numbers of the events that no longer count; a retracted retraction does not count either."""
    dropped: set[int] = set()
    for event in sorted(events, key=lambda event: event.seq, reverse=True):
        target = event.draft.target
        if event.draft.kind is EventKind.RETRACT and event.seq not in dropped and target is not None:
            dropped.add(target)
    return frozenset(dropped)


def _apply(progress: ItemProgress, seq: int, draft: EventDraft) -> ItemProgress:
    dimension = draft.dimension
    match draft.kind:
        case EventKind.SCORE if dimension is not None:
            scored = replace(progress.mark(dimension), level=draft.level, reason=None, sure=None, seq=seq)
            return _with_mark(replace(progress, reason=None), dimension, scored)
        case EventKind.NOT_RATABLE if dimension is not None:
            return _with_mark(
                progress,
                dimension,
                replace(progress.mark(dimension), level=None, reason=draft.reason, sure=None, seq=seq),
            )
        case EventKind.NOT_RATABLE:
            return replace(progress, reason=draft.reason, reason_seq=seq)
        case EventKind.CLEAR if dimension is not None:
            cleared = replace(progress.mark(dimension), level=None, reason=None, sure=None)
            return _with_mark(progress, dimension, cleared)
        case EventKind.CLEAR:
            return replace(progress, reason=None)
        case EventKind.NOTE if dimension is not None:
            noted = replace(progress.mark(dimension), note=draft.texts.get("note", ""))
            return _with_mark(progress, dimension, noted)
        case EventKind.NOTE:
            return replace(progress, note=draft.texts.get("note", ""))
        case EventKind.CONFIDENCE if dimension is not None:
            mark = progress.mark(dimension)
            return (
                progress
                if mark.level is None
                else _with_mark(progress, dimension, replace(mark, sure=draft.sure))
            )
        case EventKind.QUOTE if dimension is not None and draft.span is not None:
            mark = progress.mark(dimension)
            quote = Quote(seq=seq, span=draft.span, text=draft.texts.get("quote", ""))
            return _with_mark(progress, dimension, replace(mark, quotes=(*mark.quotes, quote)))
        case EventKind.UNQUOTE if dimension is not None:
            mark = progress.mark(dimension)
            kept = tuple(quote for quote in mark.quotes if quote.seq != draft.target)
            return _with_mark(progress, dimension, replace(mark, quotes=kept))
        case EventKind.READ_TO_END:
            return replace(progress, read_to_end=True)
        case EventKind.TOLD:
            return replace(progress, told=True)
        case EventKind.FLAG:
            return replace(progress, flagged=draft.texts.get("note", ""))
        case EventKind.COMPLETE:
            return replace(progress, complete_seq=seq)
        case EventKind.GUESS if draft.question is not None:
            answer = GuessAnswer(
                question=draft.question,
                option=draft.option,
                sure=draft.sure,
                cue=draft.cue,
                words=draft.texts.get("cue", ""),
            )
            return replace(progress, guesses={**progress.guesses, draft.question: answer})
        case _:
            return progress


def _with_mark(progress: ItemProgress, dimension: str, mark: Mark) -> ItemProgress:
    marks = {**progress.marks, dimension: mark}
    if mark == Mark():
        del marks[dimension]
    return replace(progress, marks=marks)


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
        after = _next_progress(before, history[item_id], event, self.rubric, self.asked_again)
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
            item_id: fold_item(item_id, found, self.rubric, again) for item_id, found in self.history.items()
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
