"""The longer texts: first words, task card, anchors, finish. Printed, never laid out."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.rubric import Dimension, Rubric
from protocol.safe_text import inline
from protocol.session import ItemProgress, RaterSession
from protocol.study import TaskCard, VisibleProtocol
from rater.plain.dialogue import Dialogue
from rater.plain.wording import counted, local_time

RECORDED = (
    "Recorded: each answer that scores, quotes, notes, flags, completes or takes back is one event, on disk"
    " before it is said to be saved, with the time of day and the time since the item was printed. So are"
    " each item printed, its end reached, and each start of this program. Nothing is ever deleted: an undo is"
    " one more event."
)
SEEN_BY = (
    "Who sees it: the person who runs the study sees all of it, under your code. Public copies may leave out"
    " notes, quotes and exact times. No other rater sees it while you rate. Nothing leaves this machine by"
    " itself."
)


def print_welcome(
    out: Dialogue, *, rater: str, study: VisibleProtocol, session: RaterSession, saved_at: str | None
) -> None:
    """Say who the rater is taken for, where the work stands, what is recorded and who sees it."""
    if study.simulated:
        out.say("SIMULATED STUDY: its other ratings are made by a program.")
    out.say(f"You are {rater}. Study: {study.name}.")
    done = session.completed_count
    begun = sum(item.touched and not item.completed for item in session.progress.values())
    todo = len(session.items) - done - begun
    out.say(
        f"Your work: {counted(len(session.items), 'item')}, {done} completed, {begun} begun, {todo} to do."
        + (f" Last saved {local_time(saved_at)}." if saved_at is not None else "")
    )
    out.say(RECORDED)
    out.say(SEEN_BY)
    if study.contact:
        out.say(f"Questions: {study.contact}")


def print_card(out: Dialogue, card: TaskCard) -> None:
    """Print a task card in full."""
    out.say("Task card")
    out.text(card.brief)
    if card.user_has:
        out.say("What the user has to hand")
        out.text(card.user_has)
    for title, points in (
        ("Load-bearing claims", card.claims),
        ("Decision points", card.decision_points),
        ("Scripted steers", card.steers),
        ("To be kept", card.keep),
    ):
        if points:
            out.say(title)
            for number, point in enumerate(points, start=1):
                out.text(f"{number}. {point}")
    if card.prompted:
        out.say("Prompted: a user turn of this task asks for the check or the choice itself.")
    if card.content_note:
        out.say("Content note")
        out.text(card.content_note)
    out.say("End of the task card.")


def print_anchors(out: Dialogue, dimension: Dimension) -> None:
    """Print a dimension's question, and each level with its anchor."""
    out.say(f"{dimension.name}: {dimension.question}")
    for level in dimension.levels:
        out.text(f"{dimension.digit_of(level)} {inline(level.label)}: {level.anchor}")
    for sentence in _demands(dimension):
        out.say(sentence)


def print_guide(out: Dialogue, dimension: Dimension, rubric: Rubric) -> None:
    """Print a dimension's anchors and examples, and the decision rules of the rubric."""
    print_anchors(out, dimension)
    for level in dimension.levels:
        if level.example:
            out.say(f"Example of {dimension.digit_of(level)}")
            out.text(level.example)
    for number, rule in enumerate(rubric.rules, start=1):
        if number == 1:
            out.say("Decision rules")
        out.text(f"{number}. {rule}")
    out.say(f"Source: {rubric.title}, version {rubric.version}. {rubric.source}")


def print_finish(
    out: Dialogue, *, rater: str, study: VisibleProtocol, session: RaterSession, is_pack: bool
) -> None:
    """Say that all is done, how to change something, and what to do now."""
    count = len(session.items)
    everything = f"All {count} items are complete" if count > 1 else "Your item is complete"
    contact = f" ({study.contact})" if study.contact else ""
    out.say(f"{everything}, {rater}. Thank you. Nothing is left; every rating is on disk.")
    out.say(
        "To change something: i lists the items, g 4 goes to item 4. What you change counts until you hand in"
        " or the study is locked; each change is one more event."
    )
    if is_pack:
        out.say(
            "What to do now: quit with q, run `rater submit` with the file you opened, and send what it"
            f" writes to the person who gave you the file{contact}."
        )
    else:
        out.say(
            f"What to do now: quit with q, and say to the person who runs the study that {rater} is done"
            f"{contact}."
        )


def item_state(item: ItemProgress, rubric: Rubric) -> str:
    """Return where an item stands, for the list of items."""
    if item.completed:
        said = "done"
    elif item.touched:
        gaps = len(item.gaps(rubric))
        said = f"begun, {gaps} missing" if gaps else "begun, only to be completed"
    else:
        said = "to do"
    if item.reason is not None:
        said += f"; not ratable, {item.reason}"
    if item.flagged is not None:
        said += f"; flag: {item.flagged}"
    return f"{said}; noted" if item.note else said


def _demands(dimension: Dimension) -> Sequence[str]:
    if dimension.quote_from is None:
        return ()
    demands = [f"A score of {dimension.quote_from} or more counts only with a quote."]
    if dimension.read_to_end:
        demands.append(
            f"A score below {dimension.quote_from} counts only after every reply was read to the end."
        )
    return demands
