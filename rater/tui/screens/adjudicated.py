"""The last page of an adjudication: all is decided; one key ends it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from protocol import rating_words
from rater.tui import tones
from rater.tui.adjudication_keys import FINISH


class AdjudicatedScreen(ModalScreen[bool]):
    """Asks whether the adjudication ends now.

    Args:
        decided: How many disagreements there were.
    """

    CSS_PATH = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(FINISH, "end", "End it", id="adjudicated.end", tooltip="End the adjudication now"),
        Binding("escape,enter", "back", "Back", id="adjudicated.back", tooltip="Look at decisions again"),
        Binding("q", "app.quit", "Quit", id="adjudicated.quit", tooltip="Quit; end it another time"),
    ]

    def __init__(self, decided: int) -> None:
        super().__init__()
        self._decided = decided

    def compose(self) -> ComposeResult:
        """Say what ending means."""
        count = rating_words.counted(self._decided, "disagreement")
        lines = (
            f"{count[0].upper()}{count[1:]} decided, each on disk.",
            "",
            "Ending the adjudication makes the decisions final and prints a new lock code, which is to be "
            "published like the first. The raters' own ratings stay as they are.",
        )
        with Vertical(id="page"):
            yield Static(Content.styled("All is decided", tones.HEADING), id="page-title", markup=False)
            yield Static(Content("\n".join(lines)), id="page-text", markup=False)
            yield Static(
                Content.assemble(
                    (FINISH, tones.STRONG),
                    " end it now · ",
                    ("Esc", tones.STRONG),
                    " back to the decisions · ",
                    ("q", tones.STRONG),
                    " quit, end it later",
                ),
                id="page-keys",
                markup=False,
            )

    def action_end(self) -> None:
        """End it."""
        self.dismiss(True)

    def action_back(self) -> None:
        """Go back to the decisions."""
        self.dismiss(False)
