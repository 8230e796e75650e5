"""The keys of the adjudicator: those of the rating screen that mean the same, under the same ids.

A user's own keys apply to both screens, because they are looked up by id.
"""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding

from rater.tui.keymap import FINDING_KEYS, GOING_KEYS, RATING_KEYS, READING_KEYS, SCORE_KEYS

_TAKEN = {
    "score.nr": "Decide that it cannot be rated",
    "quote.start": "Go to the next quote of the opinions",
    "item.enter": "Go to the next disagreement that is not decided",
    "item.undo": "Take back the last step, wherever it was",
    "item.redo": "Bring back the step that was undone last",
    "item.told": "I know or was told which condition this is",
    "help.card": "Task card of this item",
    "help.guide": "Anchors, rules, and both opinions in full",
    "help.theme": "Dark, light, high contrast, colour-blind safe",
    "help.keys": "All keys: this list",
    "help.quit": "Quit; everything saved stays, and you can go on later",
    "help.escape": "End the search",
    "go.next": "Next disagreement",
    "go.back": "Previous disagreement",
    "go.open": "Next disagreement that is not decided",
}
_ACTIONS = {
    "quote.start": "evidence",
    "item.enter": "next_open",
    "go.next": "place(1)",
    "go.back": "place(-1)",
}
_NAMES = {
    "quote.start": "evidence",
    "item.enter": "next open",
    "go.next": "next",
    "go.back": "previous",
    "go.open": "next open",
}
FINISH = "F"


def _taken(binding: Binding) -> Binding:
    name = binding.id or ""
    return replace(
        binding,
        action=_ACTIONS.get(name, binding.action),
        description=_NAMES.get(name, binding.description),
        tooltip=_TAKEN[name],
    )


ADJUDICATION_KEYS: tuple[Binding, ...] = (
    *FINDING_KEYS,
    *(replace(one, tooltip="Level of the decision, then the reason") for one in SCORE_KEYS),
    *(_taken(one) for one in (*RATING_KEYS, *GOING_KEYS) if one.id in _TAKEN),
    *READING_KEYS,
)
END_KEY = Binding(
    FINISH, "finish", "finish", id="adjudication.finish", tooltip="End the adjudication", show=False
)
HINTS = (
    "item.enter",
    "item.undo",
    "read.page",
    "quote.start",
    "help.keys",
    "help.guide",
    "score.nr",
    "help.card",
)
"""Binding ids of the line of hints, the most needed first."""
