"""The command that prints training items again, with their references."""

from __future__ import annotations

from protocol.safe_text import inline
from protocol.session import ItemProgress
from protocol.training.wording import agrees, given, reference_mark
from rater.plain.dialogue import Dialogue, RefusedError
from rater.plain.sitting import PlainSitting
from rater.services.sitting.training_desk import TrainingDesk


def training(sitting: PlainSitting, argument: str) -> None:
    """List the training items that can be read, or print one of them.

    Raises:
        RefusedError: The study has no training, none can be read now, or there is no such number.
    """
    room, out = sitting.training, sitting.out
    if room is None:
        raise RefusedError("This study has no training.")
    items = room.open_references()
    if not items:
        raise RefusedError("No training item is completed yet in this attempt.")
    if not argument:
        for one in items:
            out.text(f"{one.number}  {inline(one.item.card.brief)}")
        out.say(f"R {items[0].number} prints training item {items[0].number} with its references.")
        return
    found = next((one for one in items if str(one.number) == argument), None)
    if found is None:
        raise RefusedError("Name a training item by its number: R lists them.")
    item = found.item
    out.say(f"Training item {found.number}")
    out.text(item.card.brief)
    for number, message in enumerate(item.conversation.messages, start=1):
        out.say(f"Message {number}, {message.role}")
        out.text(message.text)
        for call in message.tool_calls:
            out.text(f"tool call {call.name}: {call.arguments}")
    print_references(out, room, room.last_progress(item.id))


def print_references(out: Dialogue, room: TrainingDesk, progress: ItemProgress) -> None:
    """Print own score, reference and explanation of every dimension."""
    references = room.references(progress.item_id)
    for dimension in room.dimensions:
        reference = references[dimension.id]
        same = "the same" if agrees(progress, dimension, reference) else "not the same"
        out.say(
            f"{dimension.name}: you {given(progress, dimension)}, reference"
            f" {reference_mark(reference, dimension)}: {same}."
        )
        out.text(reference.why)
