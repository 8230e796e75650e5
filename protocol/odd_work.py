"""What in a rater's record is worth a question: two windows at once, another machine, a strange pace.

None of it is proof of anything and none of it leaves a rating out: a new laptop is no fault, and a clock can
be wrong. Nothing here needs a condition. Where a study does not record times or installations, nothing is
said about them.

References:
    Brysbaert (2019), Journal of Memory and Language 109, 104047: adults read English non-fiction silently at
    238 words a minute. Rayner, Schotter, Masson, Potter and Treiman (2016), Psychological Science in the
    Public Interest 17, 4-34: nobody reads several times as fast and understands as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from statistics import median
from typing import Literal

from protocol.chain.events import INSTALLATION, Event, EventKind
from protocol.conversation import Conversation
from protocol.wording import seconds_text

FAST_SHARE = 1 / 3
"""An item done in less than this share of the usual time is a fast one."""
MIN_TIMED = 10
"""With fewer timed items nothing is said about pace."""
WORDS_A_MINUTE = 238
FASTEST_READING = 3
"""So many times the usual reading speed is taken for no reading."""
CLOCK_SLACK_S = 60
"""Overlaps up to this long are put down to clocks that were corrected."""

Installation = Literal["same", "another", "unknown"]


class OddKind(StrEnum):
    """What is odd."""

    OVERLAP = "overlap"
    INSTALLATIONS = "installations"
    FORK = "fork"
    PACE = "pace"
    READING = "reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """One thing worth a question to the rater, in words."""

    kind: OddKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The events from one start of the app to the next."""

    number: int
    """The sitting's number, from 1; 0 before the first start."""
    began_at: str | None
    ended_at: str | None
    """Times of the first and of the latest event; None where no time is recorded."""
    installation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTime:
    """How long an item took, and how much there was to read."""

    active_ms: int
    words: int


def stretches_of(events: Sequence[Event]) -> tuple[Stretch, ...]:
    """Return the sittings of a chain, or of a part of one."""
    number = 0
    found: dict[int, list[Event]] = {}
    for event in events:
        number += event.draft.kind is EventKind.SITTING
        found.setdefault(number, []).append(event)
    return tuple(_stretch(number, its) for number, its in found.items())


def _stretch(number: int, events: Sequence[Event]) -> Stretch:
    times = [event.at for event in events if event.at is not None]
    return Stretch(
        number=number,
        began_at=times[0] if times else None,
        ended_at=max(times, default=None),
        installation=events[0].draft.texts.get(INSTALLATION),
    )


def odd_sittings(events: Sequence[Event]) -> Iterator[Odd]:
    """Yield what is odd about the sittings of one chain."""
    stretches = stretches_of(events)
    latest: Stretch | None = None
    for one in stretches:
        overlap_s = _overlap_s(latest, one) if latest else 0
        if latest is not None and overlap_s > CLOCK_SLACK_S:
            yield Odd(
                kind=OddKind.OVERLAP,
                text=f"sitting {one.number} began at {one.began_at}, {_length(overlap_s)} before sitting "
                f"{latest.number} ended: two windows or machines at once, or a clock that was wrong",
            )
        if one.ended_at is not None and (
            latest is None or latest.ended_at is None or one.ended_at > latest.ended_at
        ):
            latest = one
    marked = [one for one in stretches if one.installation is not None]
    order = list(dict.fromkeys(one.installation for one in marked))
    if len(order) > 1:
        runs = [
            f"{_numbers([one.number for one in run])} on installation {order.index(mark) + 1}"
            for mark, run in groupby(marked, key=lambda one: one.installation)
        ]
        yield Odd(
            kind=OddKind.INSTALLATIONS,
            text=f"worked on {len(order)} installations of the program: {', '.join(runs)}",
        )


def odd_fork(ours: Sequence[Event], theirs: Sequence[Event], number: int) -> Iterator[Odd]:
    """Yield what a kept file says that parts from the study's chain.

    Args:
        ours: The chain in the study.
        theirs: That of the file.
        number: Of the first event that differs.
    """
    where = {"same": ", on the same installation", "another": ", on another installation", "unknown": ""}
    yield Odd(
        kind=OddKind.FORK,
        text=f"a file was kept that parts from the study at event {number}"
        f"{where[which_installation(ours, theirs, number)]}; {len(theirs) - number + 1} events of it are in"
        " no result",
    )
    for one in stretches_of(ours[number - 1 :]):
        for other in stretches_of(theirs[number - 1 :]):
            overlap_s = _overlap_s(one, other)
            if overlap_s > CLOCK_SLACK_S:
                yield Odd(
                    kind=OddKind.OVERLAP,
                    text=f"a sitting in the study and one in a kept file overlap by {_length(overlap_s)} "
                    f"from {max(one.began_at or '', other.began_at or '')} on",
                )


def which_installation(ours: Sequence[Event], theirs: Sequence[Event], number: int) -> Installation:
    """Return whether two copies of one chain were gone on with on one installation.

    Args:
        ours: One copy.
        theirs: The other.
        number: Of the first event in which they differ.
    """
    marks = [_mark_at(events, number) for events in (ours, theirs)]
    if None in marks:
        return "unknown"
    return "same" if marks[0] == marks[1] else "another"


def _mark_at(events: Sequence[Event], number: int) -> str | None:
    """Return the installation on which an event was written."""
    started = [event for event in events[:number] if event.draft.kind is EventKind.SITTING]
    return started[-1].draft.texts.get(INSTALLATION) if started else None


def odd_pace(times: Sequence[ItemTime], others_median_s: float | None) -> Iterator[Odd]:
    """Yield what is odd about how fast a rater completes items.

    Args:
        times: Of the completed items whose time is known.
        others_median_s: Median of the other raters' medians; None where nobody else was timed.
    """
    own = median_s(times)
    if own is None:
        return
    if others_median_s is not None and own < FAST_SHARE * others_median_s:
        yield Odd(
            kind=OddKind.PACE,
            text=f"takes {seconds_text(own)} for an item (median of {len(times)}), less than a third of the "
            f"others' {seconds_text(others_median_s)}",
        )
    speed = FASTEST_READING * WORDS_A_MINUTE
    unread = sum(one.active_ms < 60_000 * one.words / speed for one in times)
    if 2 * unread >= len(times):
        yield Odd(
            kind=OddKind.READING,
            text=f"completed {unread} of {len(times)} items sooner than they can be read at {speed} words a "
            f"minute, {FASTEST_READING} times the usual speed",
        )


def median_s(times: Sequence[ItemTime]) -> float | None:
    """Return the median time of an item in seconds, or None with too few of them."""
    if len(times) < MIN_TIMED:
        return None
    return median(one.active_ms for one in times) / 1000


def others_medians(medians: Mapping[str, float]) -> dict[str, float | None]:
    """Return for each rater the median of the other raters' medians."""
    found: dict[str, float | None] = {}
    for rater in medians:
        rest = [value for other, value in medians.items() if other != rater]
        found[rater] = median(rest) if rest else None
    return found


def words_of(conversation: Conversation) -> int:
    """Return how many words a rater has to read; texts of tools, which are folded, do not count."""
    return sum(len(one.text.split()) for one in conversation.messages if one.role in ("user", "assistant"))


def _overlap_s(one: Stretch, other: Stretch) -> float:
    if None in (one.began_at, one.ended_at, other.began_at, other.ended_at):
        return 0
    began = max(one.began_at or "", other.began_at or "")
    ended = min(one.ended_at or "", other.ended_at or "")
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _length(seconds: float) -> str:
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _numbers(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"sitting {numbers[0]}"
    return f"sittings {numbers[0]} to {numbers[-1]}"
