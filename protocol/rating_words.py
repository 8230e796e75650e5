"""What rating is called: steps, standings and the longer statements that every way to rate shares.

The rating app and the plain mode differ in their keys and commands, and say those themselves. All
else is said here once. Texts from files come out as they are: who shows them makes them safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from protocol.chain.events import EventDraft, EventKind
from protocol.item_lists import count_items
from protocol.kind_words import OF_TRANSCRIPTS, KindWords
from protocol.rubric import Dimension, Rubric
from protocol.session import RaterSession
from protocol.timing import Timing
from protocol.visible import TaskCard, VisibleProtocol

DONT_KNOW = "don't know"
WITHDRAWN = "This item is withdrawn from your work: no rating is asked for, and none can be given."
HOW_SURE = ("a guess", "fairly sure", "sure")
"""What a 1, 2 or 3 means: for a guess on the condition, and for the confidence in a score."""

SEEN_BY = (
    "The person who runs the study sees all of it, under your code. Public copies may leave out notes, quotes"
    " and exact times. No other rater sees it while you rate. Nothing leaves this machine by itself."
)

_STEPS = {
    EventKind.SCORE: "score",
    EventKind.CLEAR: "clearing",
    EventKind.NOT_RATABLE: "not ratable",
    EventKind.NOTE: "note",
    EventKind.CONFIDENCE: "confidence",
    EventKind.QUOTE: "quote",
    EventKind.UNQUOTE: "removed quote",
    EventKind.TOLD: "I know this one",
    EventKind.FLAG: "flag",
    EventKind.COMPLETE: "completing the item",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """A part of a page: a title with its paragraph or its points."""

    title: str
    text: str = ""
    points: tuple[str, ...] = ()


def asked_again(session: RaterSession, item_id: str) -> str:
    """Return what is asked again of an item, for who comes to it; nothing where nothing is."""
    progress = session.of(item_id)
    again = progress.again if progress.is_asked_again else frozenset[str]()
    names = [one.name for one in session.rubric.dimensions if one.id in again and progress.gap(one)]
    if not names:
        return ""
    return f"Asked again, by the amended rubric: {' and '.join(names)}. The rest stands as you left it."


def reopened_for(session: RaterSession, item_id: str) -> str:
    """Return what is asked again of a closed item, and that the rest stays."""
    again = session.open_again(item_id)
    names = [one.name for one in session.rubric.dimensions if one.id in again]
    return f"Of this item {' and '.join(names)} alone is asked again; the rest of its rating is final."


def local_time(at: str, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return a stored time as the rater's clock shows it."""
    return datetime.fromisoformat(at).astimezone().strftime(pattern)


def counted(count: int, what: str) -> str:
    """Return a number with its noun, such as "1 quote" or "2 quotes"."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def run_of(keys: Sequence[str]) -> str:
    """Return keys in short, such as 0-3, where they are a run of digits."""
    is_run = len(keys) > 1 and "".join(keys) in "0123456789"
    return f"{keys[0]}-{keys[-1]}" if is_run else " ".join(keys)


def digits_of(dimension: Dimension) -> str:
    """Return the digits that score a dimension, such as 0-3."""
    return run_of([dimension.digit_of(level) for level in dimension.levels])


def step(draft: EventDraft, rubric: Rubric) -> str:
    """Return what a step was, such as "score 2 for Verification support"."""
    words = _STEPS.get(draft.kind, draft.kind.value)
    if draft.level is not None:
        words += f" {draft.level}"
    if draft.reason is not None:
        words += f" ({draft.reason})"
    if draft.kind is EventKind.CONFIDENCE and draft.sure is not None:
        words += f" {draft.sure}"
    if draft.dimension is not None:
        words += f" for {rubric.dimension(draft.dimension).name}"
    text = draft.texts.get("note") or draft.texts.get("quote")
    return f"{words}: {text}" if text else words


def recorded(*, act: str, came_up: str, timing: Timing = "full", installation: bool = True) -> str:
    """Return what is recorded.

    Args:
        timing: Which times the study records.
        installation: Whether the study records on which installation a sitting was.
        act: What the rater does at a time, such as "key".
        came_up: What an item did before it is rated, such as "came up".
    """
    times = {
        "full": f"with the time of day and the time since the item {came_up}",
        "minutes": "with the time of day to the minute and no other time",
        "off": "without any time",
    }[timing]
    mark = (
        ", with a random mark that says if you work on one installation of it or on several, and not on which"
        if installation
        else ""
    )
    return (
        f"Each {act} that scores, quotes, notes, flags, completes or takes back is one event, on disk before"
        f" it is said to be saved, {times}. So are each"
        f" item shown, its end reached, and each start of this program{mark}. Nothing is ever deleted: an"
        " undo is one more event."
    )


def work(session: RaterSession, words: KindWords = OF_TRANSCRIPTS) -> str:
    """Return where the work stands, such as "4 items: 1 completed, 1 begun, 2 to do"."""
    counts = count_items(session)
    return (
        f"{counted(counts.all, words.item)}: {counts.done} completed, {counts.incomplete} begun,"
        f" {counts.todo} to do" + (f", {counts.set_aside} withdrawn" if counts.set_aside else "")
    )


def goodbye(session: RaterSession, words: KindWords = OF_TRANSCRIPTS) -> str:
    """Return the last words of a sitting."""
    count = counted(session.required_count, words.item)
    return (
        f"Everything is saved: {session.completed_count} of {count} completed. The same command goes on from"
        " here."
    )


def card_parts(card: TaskCard) -> tuple[Titled, ...]:
    """Return the parts of a task card that follow its brief; empty ones are left out."""
    parts = (
        Titled(title="What the user has to hand", text=card.user_has),
        Titled(title="Load-bearing claims", points=card.claims),
        Titled(title="Decision points", points=card.decision_points),
        Titled(title="Scripted steers", points=card.steers),
        Titled(title="To be kept", points=card.keep),
        Titled(
            title="Prompted",
            text="A user turn of this task asks for the check or the choice itself." if card.prompted else "",
        ),
        Titled(title="Content note", text=card.content_note),
    )
    return tuple(part for part in parts if part.text or part.points)


def demands_of(dimension: Dimension) -> tuple[str, ...]:
    """Return what a dimension asks for besides a score."""
    demands: list[str] = []
    if dimension.quote_from is not None:
        demands.append(f"A score of {dimension.quote_from} or more counts only with a quote.")
        if dimension.read_to_end:
            demands.append(
                f"A score below {dimension.quote_from} counts only after every reply was read to the end."
            )
    if dimension.confidence:
        demands.append("A score counts only once you said how sure of it you are.")
    return tuple(demands)


def finish_parts(
    session: RaterSession,
    study: VisibleProtocol,
    *,
    rater: str,
    pack: str | None,
    to_change: str,
    words: KindWords = OF_TRANSCRIPTS,
) -> tuple[Titled, ...]:
    """Return what a rater reads who has completed everything.

    Args:
        session: Where the work stands.
        study: What a rater may know of the study.
        rater: The rater's code.
        pack: Name of the pack that is rated in, or None for a study file.
        to_change: Which keys or commands lead back to an item.
        words: Of this kind of study.
    """
    contact = f" ({study.contact})" if study.contact else ""
    hand_in = (
        f"Quit with q, run `rater submit {pack}`, send the file it writes to the person who gave you the pack"
        f"{contact}, and keep the receipt it shows."
        if pack is not None
        else f"Quit with q, and tell the person who runs the {words.study}{contact} that {rater} is done."
    )
    flagged = count_items(session).flagged
    left = "Nothing. Every rating is on disk."
    if flagged:
        left = f"Nothing. Every rating is on disk; {counted(flagged, words.item)} with a flag of yours."
    return (
        Titled(title="What is left", text=left),
        Titled(
            title="To change something",
            text=f"{to_change} What you change counts until you hand in or the {words.study} is locked; each"
            " change is one more event.",
        ),
        Titled(title="What to do now", text=hand_in),
    )


def finished(session: RaterSession, rater: str, words: KindWords = OF_TRANSCRIPTS) -> str:
    """Return the sentence for a rater who has completed everything."""
    count = session.required_count
    if not count:
        return f"{words.of('Nothing is left for you to rate')}, {rater}. Thank you."
    everything = f"All {count} {words.item}s are complete" if count != 1 else f"Your {words.item} is complete"
    return f"{everything}, {rater}. Thank you."
