"""A question on the condition, asked once after an item was completed and closed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from protocol.rating_words import DONT_KNOW, HOW_SURE
from protocol.session import GuessAnswer
from protocol.visible import VisibleQuestion
from rater.tui import tones
from rater.tui.safe import label
from rater.tui.screens.choice import ChoiceScreen


class GuessScreen(ChoiceScreen[GuessAnswer]):
    """Asks for the answer, how sure it is, and the words that gave it away. It cannot be skipped by accident.

    Args:
        question: What is asked.
        item_number: The item it is about, counted from 1.
    """

    def __init__(self, question: VisibleQuestion, item_number: int) -> None:
        super().__init__()
        self._question = question
        self._item_number = item_number
        self._answers = [*question.options, DONT_KNOW]
        self._option: int | None = None
        self._sure: int | None = None
        self._asks_sure = False

    def compose(self) -> ComposeResult:
        """Make the list and the field for words."""
        with Vertical(id="choice"):
            yield Static(
                Content.assemble(
                    (f"Item {self._item_number}: ", tones.HEADING), label(self._question.text, tones.HEADING)
                ),
                id="choice-title",
                markup=False,
            )
            yield OptionList(*self._entries(self._answers), markup=False, compact=True)
            yield Input(placeholder="words, or nothing")
            yield Static(
                Content.styled("digit, or ↑ ↓ Enter · never changes your scores", tones.MUTED),
                id="choice-keys",
                markup=False,
            )

    def on_mount(self) -> None:
        """Ask for the answer first."""
        self.query_one(Input).display = False
        self.choose_nothing()

    def on_key(self, event: events.Key) -> None:
        """Choose by digit."""
        index = self.chosen_digit(event) if self.options.display else None
        if index is not None:
            event.stop()
            self._choose(index)

    @on(OptionList.OptionSelected)
    def choose_highlighted(self, event: OptionList.OptionSelected) -> None:
        """Choose the highlighted answer."""
        self._choose(event.option_index)

    @on(Input.Submitted)
    def take_words(self, event: Input.Submitted) -> None:
        """Finish with the words that gave it away."""
        self._finish(event.value.strip())

    def _choose(self, index: int) -> None:
        if self._asks_sure:
            self._sure = index + 1
            self._ask_words()
        elif index == len(self._answers) - 1:
            self._finish("")
        else:
            self._option = index
            self._ask_sure()

    def _ask_sure(self) -> None:
        self._asks_sure = True
        self._ask("How sure are you?")
        options = self.options
        options.clear_options()
        options.add_options(self._entries(HOW_SURE))
        self.choose_nothing()

    def _ask_words(self) -> None:
        self._ask("Which words gave it away? Enter alone if none did.")
        self.options.display = False
        field = self.query_one(Input)
        field.display = True
        field.focus()

    def _ask(self, text: str) -> None:
        self.query_one("#choice-title", Static).update(Content.styled(text, tones.HEADING))

    def _finish(self, words: str) -> None:
        self.dismiss(
            GuessAnswer(question=self._question.id, option=self._option, sure=self._sure, words=words)
        )

    def _entries(self, texts: Sequence[str]) -> list[Option]:
        return [Option(self.numbered(number, text)) for number, text in enumerate(texts, start=1)]
