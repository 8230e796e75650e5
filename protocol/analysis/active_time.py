"""How long a rater worked on an item, from the clock readings in the rating events."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.chain.events import Event, EventKind

LONGEST_PAUSE_MS = 600_000
"""A longer time without a key press counts as this one: the rater had gone."""


def active_ms(history: Sequence[Event]) -> int | None:
    """Return the active milliseconds from the first look at an item to its completion.

    In words: the times between the item coming on the screen and each key press after it, added over
    all visits up to the last completion, no single pause counted for more than ten minutes.

    Args:
        history: The events of one item, in order.

    Returns:
        None where the item was never completed, or its clock readings are withheld.
    """
    completions = [place for place, event in enumerate(history) if event.draft.kind is EventKind.COMPLETE]
    if not completions:
        return None
    total, last, known = 0, 0, False
    for event in history[: completions[-1] + 1]:
        if event.draft.kind is EventKind.SHOW:
            # Its own reading still belongs to the item that was on the screen before.
            last = 0
        elif event.draft.elapsed_ms is not None:
            known = True
            total += min(max(0, event.draft.elapsed_ms - last), LONGEST_PAUSE_MS)
            last = event.draft.elapsed_ms
    return total if known else None
