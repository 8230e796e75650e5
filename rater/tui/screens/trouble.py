"""What is said when something went wrong: not saved, ratings final, terminal too small."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from protocol.errors import BlindraterError
from rater.tui import tones
from rater.tui.safe import label
from rater.tui.smallest import too_small


class NotSavedScreen(ModalScreen[bool]):
    """A write failed: the state is as before, and what the rater did is kept for another try.

    Args:
        error: What happened.
        kept: What was not saved, in the rater's words.
    """

    CSS_PATH = "trouble.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "retry", "Try again", id="trouble.retry", tooltip="Try to save it again"),
        Binding(
            "escape", "give_up", "Go on without", id="trouble.give_up", tooltip="Go on without saving it"
        ),
        Binding("q", "app.quit", "Quit", id="trouble.quit", tooltip="Quit without saving it"),
    ]

    def __init__(self, error: BlindraterError, kept: str) -> None:
        super().__init__()
        self._error = error
        self._kept = kept

    def compose(self) -> ComposeResult:
        """Say what happened and what can be done."""
        with Vertical(id="trouble"):
            yield Static(Content.styled("NOT SAVED", tones.UNSAVED), markup=False)
            yield Static(label(self._error.what), markup=False)
            if self._error.next_step:
                yield Static(label(self._error.next_step), markup=False)
            yield Static(
                Content.assemble(("Not on disk: ", tones.STRONG), label(self._kept)),
                id="trouble-kept",
                markup=False,
            )
            yield Static("Everything you saved before is safe.", markup=False)
            yield Static(
                Content.assemble(
                    ("r", tones.STRONG),
                    " try again · ",
                    ("Esc", tones.STRONG),
                    " go on without it · ",
                    ("q", tones.STRONG),
                    " quit without it",
                ),
                markup=False,
            )

    def action_retry(self) -> None:
        """Ask for another try."""
        self.dismiss(True)

    def action_give_up(self) -> None:
        """Go on as before the step."""
        self.dismiss(False)


class FinalScreen(Screen[None]):
    """The study was locked, the work handed in or a pack given out meanwhile.

    Args:
        error: What happened.
        kept: What came too late.
    """

    CSS_PATH = "trouble.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter,escape", "app.quit", "Quit", id="final.quit", tooltip="Quit")
    ]

    def __init__(self, error: BlindraterError, kept: str) -> None:
        super().__init__()
        self._error = error
        self._kept = kept

    def compose(self) -> ComposeResult:
        """Say that nothing can be added."""
        with Vertical(id="trouble"):
            yield Static(Content.styled("Rating has ended here", tones.HEADING), markup=False)
            yield Static(label(self._error.what), markup=False)
            yield Static(label(self._error.next_step), markup=False)
            yield Static(Content.assemble(("Came too late: ", tones.STRONG), label(self._kept)), markup=False)
            yield Static(Content.assemble(("q", tones.STRONG), " quit"), markup=False)


class TooSmallScreen(ModalScreen[None]):
    """Covers everything while the terminal is too small; what is below stays as it is."""

    CSS_PATH = "trouble.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "app.quit", "Quit", id="small.quit", tooltip="Quit")
    ]

    def compose(self) -> ComposeResult:
        """Make the sentence."""
        yield Static(id="too-small", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Say how large the terminal is now."""
        text = too_small(event.size.width, event.size.height)
        self.query_one("#too-small", Static).update(Content(f"{text}\n\nNothing is lost. q quits."))
