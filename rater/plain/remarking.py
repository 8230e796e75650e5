"""Commands that say more about an item, and those that take back: notes, flag, told, undo, redo."""

from __future__ import annotations

from protocol import rating_words
from protocol.chain.events import Event, EventDraft, EventKind
from protocol.rating_moves import live_events, original_of
from rater.plain import wording
from rater.plain.dialogue import RefusedError
from rater.plain.sitting import PlainSitting

REMOVE = "-"
"""Typed in place of a text, takes the text away."""


def note(sitting: PlainSitting, argument: str) -> None:
    """Write the note of the item."""
    _write_note(sitting, argument, None)


def note_dimension(sitting: PlainSitting, argument: str) -> None:
    """Write the note of the dimension that is asked."""
    _write_note(sitting, argument, sitting.dimension.id)


def _write_note(sitting: PlainSitting, argument: str, dimension_id: str | None) -> None:
    progress = sitting.progress
    before = progress.note if dimension_id is None else progress.mark(dimension_id).note
    name = "this item" if dimension_id is None else sitting.dimension.name
    typed = argument or _ask_text(sitting, f"Note on {name}", before)
    text = "" if typed == REMOVE else typed or before
    if text == before:
        sitting.out.say("The note stays as it was.")
        return
    draft = EventDraft(kind=EventKind.NOTE, dimension=dimension_id, texts={"note": text})
    if sitting.record(draft):
        sitting.out.say(f"Note on {name} saved." if text else f"Note on {name} removed, saved.")


def flag(sitting: PlainSitting, argument: str) -> None:
    """Flag the item for the person who runs the study, or take the flag back."""
    before = sitting.progress.flagged
    title = "Flag: what should the person who runs the study look at?"
    typed = argument or _ask_text(sitting, title, before or "")
    if typed == REMOVE and before is not None:
        _retract(sitting, EventKind.FLAG, "The flag is taken back, saved.")
    elif not typed and before is None:
        raise RefusedError("Not flagged: a flag needs a reason.")
    elif typed == REMOVE:
        raise RefusedError("This item has no flag to take back.")
    elif not typed or typed == before:
        sitting.out.say("The flag stays as it was.")
    elif sitting.record(EventDraft(kind=EventKind.FLAG, texts={"note": typed})):
        sitting.out.say("Flagged, saved.")


def told(sitting: PlainSitting) -> None:
    """Record that the rater knows which condition this is, or take that back."""
    if not sitting.words.asks_told:
        raise RefusedError("Nothing is hidden in an audit: there is no condition to know.")
    if sitting.progress.told:
        _retract(sitting, EventKind.TOLD, "Taken back: you do not know which this is. Saved.")
    elif sitting.record(EventDraft(kind=EventKind.TOLD)):
        sitting.out.say("Saved: you know or were told which this is. K again takes it back.")


def undo(sitting: PlainSitting) -> None:
    """Take back the last step, on whatever item it was."""
    stack = sitting.session.undo_stack
    _take_back(sitting, sitting.session.undo_draft(), stack[-1] if stack else None, "undo", "Undone")


def redo(sitting: PlainSitting) -> None:
    """Bring back the step that was undone last."""
    stack = sitting.session.redo_stack
    _take_back(sitting, sitting.session.redo_draft(), stack[-1] if stack else None, "redo", "Done again")


def _take_back(
    sitting: PlainSitting, draft: EventDraft | None, last: Event | None, verb: str, done: str
) -> None:
    if draft is None or last is None or draft.item_id is None:
        raise RefusedError(f"There is nothing to {verb}.")
    step = original_of(sitting.session, last)
    position = sitting.session.positions[draft.item_id]
    if not sitting.record(draft):
        return
    said = wording.shortened(rating_words.step(step.draft, sitting.session.rubric))
    sitting.out.say(f"{done}, saved: {said}")
    if sitting.has_item and position == sitting.session.position:
        sitting.aim(step.draft.dimension)
    else:
        sitting.go(position, dimension=step.draft.dimension)


def _retract(sitting: PlainSitting, kind: EventKind, said: str) -> None:
    """Take back all events of a kind on this item, one after the other."""
    while live := live_events(sitting.session, sitting.item.id, kind):
        if not sitting.record(EventDraft(kind=EventKind.RETRACT, target=live[0])):
            return
    sitting.out.say(said)


def _ask_text(sitting: PlainSitting, title: str, before: str) -> str:
    """Ask for one line of the rater's own text; Enter alone changes nothing."""
    if before:
        sitting.out.say(f"{title}. It is now:")
        sitting.out.text(before)
        return sitting.out.ask("New text, - to remove it, Enter alone to leave it:")
    return sitting.out.ask(f"{title.removesuffix('?')}, or Enter alone for none:")
