"""What every app of ours has: the last gates against leaking and hostile text, and how it ends.

The rating app and the adjudicator's are two apps over two desks; what keeps both safe stands once, here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import constants, events, on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.reactive import Initialize, Reactive
from textual.theme import BUILTIN_THEMES, Theme

from protocol.errors import BlindraterError
from rater.crash_report import sentence_for, write_report
from rater.settings import THEMES, Settings
from rater.tui.key_queue import KeyQueue
from rater.tui.messages import Waiting
from rater.tui.safe import AsciiFilter, ControlFilter
from rater.tui.smallest import fits
from rater.tui.theme import BY_NAME

if TYPE_CHECKING:
    from rater.tui.key_table import KeyTable

SHEETS: list[str | PurePath] = [
    # From here and not from where an app stands: apps of other packages are made of this one, too.
    Path(__file__).with_name("screens") / f"{name}.tcss"
    for name in (
        "welcome",
        "rating",
        "page",
        "choice",
        "overview",
        "text_entry",
        "training_page",
        "trouble",
        "adjudicating",
    )
]
"""Style sheets of all screens: read one by one as screens come up, each makes Textual read all again."""
_ALL_THEMES = {**BUILTIN_THEMES, **{own.name: own for own in BY_NAME.values()}}
HANG_UP_GRACE_S = 10.0
"""Longer than a write waits for another program."""


class StoppedByFaultError(Exception):
    """Stands for an unexpected fault on the terminal: a sentence, without any value of the fault."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __rich__(self) -> Text:
        """Return what Textual prints in place of a traceback with the values of variables."""
        return Text(self.sentence)


def _theme_at_start(app: GuardedApp) -> str:
    return app.chosen_theme


class GuardedApp(App[int]):
    """An app over one open file.

    Args:
        settings: What the user chose.
        remember: Keeps the name of a theme for the next start; None where nothing is kept.

    Raises:
        InvalidInputError: Chosen keys clash, or name no action.
    """

    TITLE = "blindrater"
    CSS_PATH = SHEETS
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", id="app.quit", tooltip="Quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "Quit", id="app.interrupt", tooltip="Quit", show=False, system=True),
    ]

    # A theme that is set later makes Textual read every style sheet a second time.
    theme: Reactive[str] = Reactive(Initialize(_theme_at_start))

    def __init__(
        self, *, settings: Settings | None = None, remember: Callable[[str], None] | None = None
    ) -> None:
        self._settings = settings or Settings()
        self._has_colours = "NO_COLOR" not in os.environ
        # With the ANSI colours NO_COLOR leaves no colour code at all; else it only turns them grey.
        super().__init__(ansi_color=None if self._has_colours else True)
        self._remember = remember
        if self._settings.keys:
            self.set_keymap(self.key_table.keymap)
        self._control_filter = ControlFilter()
        self._ascii_filter = AsciiFilter()
        self._fault_told = False
        self._keys = KeyQueue(self, super().on_event)
        self._was_small = False
        self.animation_level = "none"

    @property
    def chosen_theme(self) -> str:
        """Name of the theme the rater chose, as Textual knows it."""
        return BY_NAME[self._settings.theme].name if self._has_colours else constants.DEFAULT_THEME

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's themes and ours; asked for with every row that is drawn."""
        return _ALL_THEMES

    def close_file(self) -> None:
        """Close the open file, with what has to be saved first."""
        raise NotImplementedError

    def note_activity(self) -> None:
        """Called when a key was pressed or the mouse moved."""

    def tell(self, message: str) -> None:
        """Say something on the screen, where there is a place for it."""

    @on(Waiting)
    def hold_keys(self, event: Waiting) -> None:
        """Keep keys back while a write waits for another program: they were meant for what comes after it."""
        if event.begins:
            self._keys.hold()
        else:
            self._keys.release()

    def guard(self) -> None:
        """Leave in order when the system asks to, and let no fault print what it holds."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._stop_for_task)
        if not self.is_headless and hasattr(signal, "SIGHUP"):
            loop.add_signal_handler(signal.SIGTERM, self.exit)
            signal.signal(signal.SIGHUP, partial(self._hang_up, loop))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters and, last, those that decide which characters go out."""
        letters = [self._ascii_filter] if self._settings.ascii else []
        return [*super().get_line_filters(), self._control_filter, *letters]

    async def on_event(self, event: events.Event) -> None:
        """Let keys in one at a time; hand everything else on."""
        if isinstance(event, events.Key | events.Paste | events.MouseEvent):
            self.note_activity()
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._keys.add(event)
        else:
            await super().on_event(event)

    @cached_property
    def key_table(self) -> KeyTable:
        """Which keys do what."""
        from rater.tui.key_table import make_key_table

        return make_key_table(self._settings.keys)

    def on_resize(self, event: events.Resize) -> None:
        """Cover everything while the terminal is too small."""
        enough = fits(event.size.width, event.size.height)
        if enough and not self._was_small:
            return
        from rater.tui.screens.trouble import TooSmallScreen

        self._was_small = True
        covered = isinstance(self.screen, TooSmallScreen)
        if covered and enough:
            self.pop_screen()
        elif not covered and not enough:
            self.push_screen(TooSmallScreen())

    def action_theme(self) -> None:
        """Take the next theme and keep it for the next start."""
        if not self._has_colours:
            self.tell("Colours are off: the variable NO_COLOR is set.")
            return
        names = [one.name for one in BY_NAME.values()]
        chosen = THEMES[(names.index(self.theme) + 1) % len(names)]
        self.theme = BY_NAME[chosen].name
        try:
            if self._remember is not None:
                self._remember(chosen)
        except BlindraterError as error:
            self.tell(f"Theme {chosen}, for this time only. {error.what}")
        else:
            self.tell(f"Theme {chosen}.")

    def _hang_up(self, loop: asyncio.AbstractEventLoop, number: int, frame: object) -> None:
        """End soon when the terminal is gone, even if something waits for ever to draw on it."""
        leave = partial(os._exit, 128 + number)
        last = threading.Timer(HANG_UP_GRACE_S, leave)
        last.daemon = True
        last.start()
        if loop.is_closed():
            leave()
        loop.call_soon_threadsafe(self._close_and, leave)

    def _close_and(self, leave: Callable[[], object]) -> None:
        """Record a text that is being typed, close the file, and leave."""
        try:
            self.close_file()
        finally:
            leave()

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
