"""Where the rating screen goes next: what a dimension lacks, and which dimension comes after a mark.

Shared by the rating app and the plain mode; needs neither a terminal nor a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from protocol.chain.events import Event, EventKind, Span
from protocol.rubric import Dimension, NotRatableReason, Rubric
from protocol.session import ItemProgress, RaterSession
from protocol.visible import VisibleQuestion


class Lack(StrEnum):
    """What a dimension lacks before its item can be completed."""

    SCORE = "score"
    QUOTE = "quote"
    READING = "reading"
    """The text was not read to its end."""
    CONFIDENCE = "confidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The first thing an item lacks."""

    dimension: Dimension
    lack: Lack


def lack_of(progress: ItemProgress, dimension: Dimension) -> Lack | None:
    """Return what a dimension lacks, or None."""
    if progress.reason is not None or progress.gap(dimension) is None:
        return None
    mark = progress.mark(dimension.id)
    if mark.level is None:
        return Lack.SCORE
    if dimension.needs_quote(mark.level) and not mark.quotes:
        return Lack.QUOTE
    if dimension.needs_reading(mark.level) and not progress.read_to_end:
        return Lack.READING
    return Lack.CONFIDENCE


def first_missing(progress: ItemProgress, dimensions: Sequence[Dimension]) -> Missing | None:
    """Return the first thing an item lacks in the given order of dimensions, or None."""
    for dimension in dimensions:
        lack = lack_of(progress, dimension)
        if lack is not None:
            return Missing(dimension=dimension, lack=lack)
    return None


def dimension_after(progress: ItemProgress, dimensions: Sequence[Dimension], active: str) -> str:
    """Return the dimension to go to once the active one was marked.

    A dimension that lacks a quote or a confidence stays active. Else the next one without a score is
    meant, else the next without its quote, else the next without its confidence, else the active one
    stays.
    """
    position = next(index for index, dimension in enumerate(dimensions) if dimension.id == active)
    if lack_of(progress, dimensions[position]) in (Lack.QUOTE, Lack.CONFIDENCE):
        return active
    others = [*dimensions[position + 1 :], *dimensions[:position]]
    for wanted in (Lack.SCORE, Lack.QUOTE, Lack.CONFIDENCE):
        for dimension in others:
            if lack_of(progress, dimension) is wanted:
                return dimension.id
    return active


def dimension_to_start(progress: ItemProgress, dimensions: Sequence[Dimension]) -> str:
    """Return the dimension that is active when an item comes on the screen."""
    missing = first_missing(progress, dimensions)
    return (missing.dimension if missing else dimensions[0]).id


def reasons_for(rubric: Rubric, *, whole_item: bool) -> tuple[NotRatableReason, ...]:
    """Return the not-ratable codes that may stand for one dimension, or for the whole item."""
    allowed = ("item", "both") if whole_item else ("dimension", "both")
    return tuple(reason for reason in rubric.not_ratable if reason.scope in allowed)


def position_to_resume(session: RaterSession) -> int:
    """Return the position to open at: the item shown last, or after its completion the next open one."""
    if session.items[session.position] in session.set_aside:
        following = session.next_open(session.position)
        return session.position if following is None else following
    events = session.history.get(session.items[session.position], ())
    if events and events[-1].draft.kind in (EventKind.COMPLETE, EventKind.GUESS):
        following = session.next_open(session.position)
        return session.position if following is None else following
    return session.position


def live_events(session: RaterSession, item_id: str, kind: EventKind) -> tuple[int, ...]:
    """Return the numbers of an item's events of a kind that still count, newest first."""
    dropped: set[int] = set()
    live: list[int] = []
    for event in reversed(session.history.get(item_id, ())):
        if event.seq in dropped:
            continue
        if event.draft.kind is EventKind.RETRACT and event.draft.target is not None:
            dropped.add(event.draft.target)
        elif event.draft.kind is kind:
            live.append(event.seq)
    return tuple(live)


def original_of(session: RaterSession, event: Event) -> Event:
    """Return the event that a chain of undo and redo is about in the end."""
    history = {one.seq: one for one in session.history.get(event.draft.item_id or "", ())}
    while event.draft.kind is EventKind.RETRACT and event.draft.target in history:
        event = history[event.draft.target]
    return event


def quoted_span_of(session: RaterSession, event: Event) -> Span | None:
    """Return the place in the text that an event is about: of a quote, or of the quote it removes."""
    if event.draft.kind is EventKind.UNQUOTE:
        said = session.history.get(event.draft.item_id or "", ())
        return next((one.draft.span for one in said if one.seq == event.draft.target), None)
    return event.draft.span


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingGuess:
    """A question on the condition that is still to be answered on a completed item."""

    item_id: str
    question: VisibleQuestion


def pending_guess(session: RaterSession, questions: Sequence[VisibleQuestion]) -> PendingGuess | None:
    """Return the next question to ask, in the rater's order of items, or None."""
    if not questions or not session.asked:
        return None
    closed = (
        item_id
        for item_id in session.progress
        if item_id not in session.set_aside and session.is_closed(item_id)
    )
    for item_id in sorted(closed, key=session.positions.__getitem__):
        for question in questions:
            if question.id not in session.of(item_id).guesses:
                return PendingGuess(item_id=item_id, question=question)
    return None
