"""The rating app: what is truly global, and the last gates against leaking and against hostile text.

It reaches only the rating desk, which knows no origin. A test imports it in a fresh interpreter and
looks at what came with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import events, on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from rater.crash_report import sentence_for, write_report
from rater.services.rating import RatingDesk
from rater.tui import wording
from rater.tui.key_queue import KeyQueue
from rater.tui.safe import ControlFilter
from rater.tui.screens.rating import RatingScreen
from rater.tui.screens.text_entry import TextEntryScreen
from rater.tui.screens.trouble import TooSmallScreen
from rater.tui.screens.welcome import WelcomeScreen
from rater.tui.smallest import fits
from rater.tui.theme import DARK


class StoppedByFaultError(Exception):
    """Stands for an unexpected fault on the terminal: a sentence, without any value of the fault."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __rich__(self) -> Text:
        """Return what Textual prints in place of a traceback with the values of variables."""
        return Text(self.sentence)


class RaterApp(App[int]):
    """One rater at one file.

    Args:
        desk: The open file.
    """

    TITLE = "blindrater"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", id="app.quit", tooltip="Quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "Quit", id="app.interrupt", tooltip="Quit", show=False, system=True),
    ]

    def __init__(self, desk: RatingDesk) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._desk = desk
        self._control_filter = ControlFilter()
        self._fault_told = False
        self._keys = KeyQueue(self, super().on_event)
        self.animation_level = "none"
        if "NO_COLOR" not in os.environ:
            self.register_theme(DARK)
            self.theme = DARK.name

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters and, last, the one that lets no control character out."""
        return [*super().get_line_filters(), self._control_filter]

    async def on_event(self, event: events.Event) -> None:
        """Let keys in one at a time; hand everything else on."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._keys.add(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Open the first screen, and leave in order when the system asks to."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._stop_for_task)
        if not self.is_headless and hasattr(signal, "SIGTERM"):
            loop.add_signal_handler(signal.SIGTERM, self.exit)
        self.push_screen(
            WelcomeScreen(
                rater=self._desk.rater,
                study=self._desk.visible,
                session=self._desk.session,
                last_saved=wording.local_time(self._desk.saved_at, "%Y-%m-%d %H:%M:%S"),
            )
        )

    @on(WelcomeScreen.Started)
    def start_rating(self) -> None:
        """Begin or go on."""
        self.switch_screen(RatingScreen(self._desk))

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while the terminal is too small."""
        enough = fits(event.size.width, event.size.height)
        covered = isinstance(self.screen, TooSmallScreen)
        if covered and enough:
            self.pop_screen()
        elif not covered and not enough:
            self.push_screen(TooSmallScreen())

    async def action_quit(self) -> None:
        """Quit; a text that is being typed is saved first, which takes one more press."""
        if isinstance(self.screen, TextEntryScreen):
            self.screen.action_save()
        else:
            self.exit()

    def _handle_exception(self, error: Exception) -> None:
        """Stop with one sentence: Textual's own answer prints the variables, and so transcripts."""
        if self._fault_told:
            return
        self._fault_told = True
        stopped = StoppedByFaultError(sentence_for(write_report(error)))
        stopped.__cause__ = error
        super()._handle_exception(stopped)

    def _stop_for_task(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Asyncio would print the fault of a task with its values."""
        fault = context.get("exception")
        if isinstance(fault, Exception):
            self._handle_exception(fault)
