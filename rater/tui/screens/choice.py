"""Dialogues with a list: what they have in common, and the plain one that asks for one of its entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from rater.tui import tones
from rater.tui.safe import rows

FRAME_ROWS = 8
WIDEST = 76
FRAME_COLUMNS = 8
NUMBER_COLUMNS = 4

ResultT = TypeVar("ResultT")
AnswerT = TypeVar("AnswerT")


class ChoiceScreen(ModalScreen[ResultT]):
    """A dialogue with one list, which takes no more room than there is."""

    CSS_PATH = "choice.tcss"
    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move(1)", "Down", id="read.down", tooltip="Next in the list", show=False),
        Binding("k", "move(-1)", "Up", id="read.up", tooltip="Previous in the list", show=False),
    ]

    @property
    def options(self) -> OptionList:
        """The list."""
        return self.query_one(OptionList)

    def choose_nothing(self) -> None:
        """Highlight no entry, so that Enter answers only after an arrow key."""
        self.options.highlighted = None

    def action_move(self, by: int) -> None:
        """Move the highlight."""
        (self.options.action_cursor_down if by > 0 else self.options.action_cursor_up)()

    def on_resize(self, event: events.Resize) -> None:
        """Leave room for the frame."""
        self.options.styles.max_height = max(1, event.size.height - FRAME_ROWS)

    def chosen_digit(self, event: events.Key) -> int | None:
        """Return the index in the list that a digit key names, or None."""
        if event.character is None or not event.character.isdecimal():
            return None
        index = int(event.character) - 1
        return index if 0 <= index < self.options.option_count else None

    def numbered(self, number: int, head: str, text: str = "") -> Content:
        """Return an entry that a digit chooses, with its further rows under its text."""
        width = min(WIDEST, self.app.size.width) - FRAME_COLUMNS - NUMBER_COLUMNS
        lines = [
            Content(f"{f'{number:>2}' if index == 0 else '':<{NUMBER_COLUMNS}}{row}")
            for index, row in enumerate(rows(f"{head}  {text}" if text else head, width))
        ]
        bold = NUMBER_COLUMNS + (len(head) if text else 0)
        return Content("\n").join([lines[0].stylize(tones.STRONG, 0, bold), *lines[1:]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Generic[AnswerT]):
    """An entry of a list and what choosing it answers."""

    answer: AnswerT
    head: str
    text: str = ""
    """Words beside the head, less bold."""


class OneOfScreen(ChoiceScreen[AnswerT | None]):
    """Asks for one entry, by its digit or with the arrows and Enter; None where the rater goes back.

    Args:
        question: What is to be answered.
        choices: The entries; at least one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Cancel", id="choice.cancel", tooltip="Back without an answer"),
    ]

    def __init__(self, question: Content, choices: Sequence[Choice[AnswerT]]) -> None:
        super().__init__()
        self._question = question
        self._choices = tuple(choices)

    def compose(self) -> ComposeResult:
        """Make the list."""
        with Vertical(id="choice"):
            yield Static(self._question, id="choice-title", markup=False)
            yield OptionList(
                *(
                    Option(self.numbered(number, choice.head, choice.text))
                    for number, choice in enumerate(self._choices, start=1)
                ),
                markup=False,
                compact=True,
            )
            yield Static(
                Content.styled("digit, or ↑ ↓ Enter · Esc cancel", tones.MUTED),
                id="choice-keys",
                markup=False,
            )

    def on_mount(self) -> None:
        """Choose nothing beforehand: Enter alone must not answer."""
        self.choose_nothing()

    def action_cancel(self) -> None:
        """Go back without an answer."""
        self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Choose by digit."""
        index = self.chosen_digit(event)
        if index is not None:
            event.stop()
            self.dismiss(self._choices[index].answer)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Choose the highlighted entry."""
        self.dismiss(self._choices[event.option_index].answer)
