"""Commands that print, and those that go: nothing here says anything about an item."""

from __future__ import annotations

import re
from collections.abc import Iterable

from protocol.errors import StorageError
from protocol.item_lists import ItemFilter, positions_of
from protocol.safe_text import neutralise
from rater.plain import pages, wording
from rater.plain.dialogue import RefusedError
from rater.plain.sitting import PlainSitting

MOST_LISTED = 200
"""So many items are listed at once."""
MOST_NAMED = 12

_RANGE = re.compile(r"(\d{1,9})(?:\s*-\s*(\d{1,9}))?", re.ASCII)
_MESSAGE = re.compile(r"(?:m|message)\s*(\d{1,9})", re.ASCII)

_FILTERS = {which.value.replace(" ", ""): which for which in ItemFilter} | {"begun": ItemFilter.INCOMPLETE}


def card(sitting: PlainSitting) -> None:
    """Print the task card."""
    pages.print_card(sitting.out, sitting.item.card, sitting.words)


def anchors(sitting: PlainSitting) -> None:
    """Print the anchors, examples and rules for the dimension that is asked, or for all."""
    if sitting.active is not None:
        dimension = sitting.dimension
        pages.print_guide(sitting.out, dimension, sitting.session.rubric, sitting.desk.rulings(dimension.id))
        return
    for dimension in sitting.dimensions:
        pages.print_anchors(sitting.out, dimension, sitting.desk.rulings(dimension.id))


def lines(sitting: PlainSitting, argument: str) -> None:
    """Print the conversation, some of its lines, or one message."""
    if not argument:
        _ = sitting.item
        sitting.print_conversation()
        return
    if sitting.is_noted:
        raise RefusedError("The conversation is not printed yet: l alone prints it.")
    if found := _RANGE.fullmatch(argument):
        sitting.print_rows(sitting.numbered.printed_lines(int(found[1]), int(found[2] or found[1])))
    elif found := _MESSAGE.fullmatch(argument):
        sitting.print_message(int(found[1]))
    else:
        raise RefusedError("l prints the conversation, l 12-40 lines 12 to 40, l m 2 message 2.")


def unfold(sitting: PlainSitting, argument: str) -> None:
    """Print a message with the tool texts that were left out."""
    if sitting.is_noted:
        raise RefusedError("The conversation is not printed yet: l alone prints it.")
    foldable = sorted(sitting.numbered.foldable)
    if not foldable:
        raise RefusedError("Nothing of this conversation was left out.")
    if not (argument.isascii() and argument.isdecimal()):
        named = ", ".join(f"o {number}" for number in foldable[:MOST_NAMED])
        more = ", ..." if len(foldable) > MOST_NAMED else ""
        raise RefusedError(f"Name the message of which something was left out: {named}{more}.")
    sitting.print_message(int(argument))


def unfold_all(sitting: PlainSitting) -> None:
    """Print the conversation with all tool texts."""
    _ = sitting.item
    sitting.print_conversation(folded=False)


def page(sitting: PlainSitting) -> None:
    """Show the conversation in the rater's own pager."""
    if sitting.out.pager is None:
        raise RefusedError(
            "There is no pager: name one in the variable PAGER and start in a terminal. l prints the"
            " conversation."
        )
    text = "".join(f"{neutralise(row)}\n" for row in sitting.numbered.printed())
    try:
        sitting.out.pager(text)
    except StorageError as error:
        raise RefusedError(f"{error}") from error
    if not sitting.progress.read_to_end:
        sitting.out.say(
            "What a pager showed does not count as read to the end: l prints the conversation, which does."
        )


def where(sitting: PlainSitting) -> None:
    """Say where the item in hand stands."""
    session = sitting.session
    state = pages.item_state(sitting.progress, session.rubric)
    closed = ", closed: its rating is final" if sitting.is_closed else ""
    closed = ", withdrawn: no rating is asked for" if sitting.is_withdrawn else closed
    sitting.out.say(
        f"{sitting.words.item.capitalize()} {session.position + 1} of {len(session.items)}: {state}{closed}"
    )
    sitting.out.say(wording.summary(sitting.progress, sitting.dimensions))
    for dimension in sitting.dimensions:
        if found := sitting.progress.mark(dimension.id).note:
            sitting.out.say(f"Note on {dimension.name}: {found}")
    for remark in wording.remarks(sitting.progress):
        sitting.out.say(remark)


def items(sitting: PlainSitting, argument: str) -> None:
    """List the items in their order, or some of them, with where each stands."""
    session = sitting.session
    count = len(session.items)
    chosen: Iterable[int] = range(count)
    if found := _RANGE.fullmatch(argument):
        chosen = range(max(1, int(found[1])) - 1, min(int(found[2] or found[1]), count))
    elif argument in _FILTERS:
        chosen = positions_of(session, _FILTERS[argument])
    elif argument:
        raise RefusedError(f"i lists all items; i {', i '.join(_FILTERS)} or i 20-40 some of them.")
    listed = 0
    for index in chosen:
        listed += 1
        if listed > MOST_LISTED:
            sitting.out.say(f"So far {MOST_LISTED}: i {index + 1}-{index + MOST_LISTED} lists from here on.")
            break
        here = ", this item" if index == session.position else ""
        item_id = session.items[index]
        aside = item_id in session.set_aside
        state = "withdrawn" if aside else pages.item_state(session.of(item_id), session.rubric)
        sitting.out.say(f"{index + 1}{here}: {state}")
    if not listed:
        sitting.out.say("No item.")
    sitting.out.say(f"{session.completed_count} of {session.required_count} completed.")


def go(sitting: PlainSitting, argument: str) -> None:
    """Go to an item by its number."""
    count = len(sitting.session.items)
    position = sitting.out.choice(argument, count)
    if position is None:
        raise RefusedError(f"Name an item by its number, g 1 to g {count}: i lists them.")
    if sitting.has_item and position == sitting.session.position:
        raise RefusedError(f"This is item {position + 1}.")
    sitting.go(position)


def next_item(sitting: PlainSitting) -> None:
    """Go to the next item, whatever its state."""
    _go_by(sitting, 1)


def previous_item(sitting: PlainSitting) -> None:
    """Go to the previous item."""
    _go_by(sitting, -1)


def next_open(sitting: PlainSitting) -> None:
    """Go to the next item that is not completed."""
    sitting.go_on()


def back(sitting: PlainSitting) -> None:
    """Go back to the dimension before."""
    ids = [dimension.id for dimension in sitting.dimensions]
    if sitting.active == ids[0]:
        raise RefusedError("This is the first dimension: p goes to the previous item.")
    sitting.active = ids[-1] if sitting.active is None else ids[ids.index(sitting.active) - 1]


def dimension(sitting: PlainSitting, argument: str) -> None:
    """Ask a dimension by its number or id."""
    ids = [one.id for one in sitting.dimensions]
    chosen = sitting.out.choice(argument, len(ids), ids)
    if chosen is None:
        named = "; ".join(f"d {number} {one.name}" for number, one in enumerate(sitting.dimensions, start=1))
        raise RefusedError(f"Name a dimension: {named}.")
    sitting.active = ids[chosen]


def _go_by(sitting: PlainSitting, by: int) -> None:
    position = sitting.session.position + by
    if not 0 <= position < len(sitting.session.items):
        raise RefusedError(f"This is the {'last' if by > 0 else 'first'} item.")
    sitting.go(position)
