"""What a rater said about one item: the folding of its events into marks, gaps and completion.

Apart from the session, which holds all items of a rater and the place in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from protocol.chain.events import Event, EventDraft, EventKind, Span
from protocol.rubric import Dimension, Rubric


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


def next_progress(
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
