"""The rating app: what is truly global to one rater at one file.

It reaches only the rating desk, which knows no origin. A test imports it in a fresh interpreter and
looks at what came with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import on
from textual.screen import Screen

from protocol.pace import BreakWatch, PaceKeeper
from rater.services.sitting.rating import RatingDesk
from rater.settings import Settings
from rater.tui.guarded_app import GuardedApp
from rater.tui.messages import Arrived
from rater.tui.screens.welcome import WelcomeScreen

if TYPE_CHECKING:
    from rater.tui.key_table import KeyTable


class RaterApp(GuardedApp):
    """One rater at one file.

    Args:
        desk: The open file.
        settings: What the rater chose.
        remember: Keeps the name of a theme for the next start; None where nothing is kept.
        monotonic: Clock for the reminder of a break, in seconds.

    Raises:
        InvalidInputError: Chosen keys clash, or name no action.
    """

    def __init__(
        self,
        desk: RatingDesk,
        *,
        settings: Settings | None = None,
        remember: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(settings=settings, remember=remember)
        self._desk = desk
        self._breaks = BreakWatch(60 * self._settings.break_after_min, monotonic)

    def close_file(self) -> None:
        """Record a text that is being typed, and close the file."""
        self._desk.close()

    def note_activity(self) -> None:
        """Take note that the rater is there."""
        self._desk.note_activity()
        self._breaks.note_activity()

    def get_default_screen(self) -> Screen[None]:
        """Return the first screen."""
        pace = PaceKeeper(self._desk.session).pace(self._desk.session)
        return WelcomeScreen(
            rater=self._desk.rater,
            study=self._desk.visible,
            session=self._desk.session,
            saved_at=self._desk.saved_at,
            pace=self._desk.words.of(pace.sentence()) if pace else "",
            words=self._desk.words,
            training=self._desk.training.progress.state if self._desk.training else None,
        )

    def on_mount(self) -> None:
        """Leave in order when the system asks to."""
        self.guard()
        self.call_after_refresh(self._load_screens)

    @on(WelcomeScreen.Started)
    def start_rating(self) -> None:
        """Begin or go on."""
        self.push_screen(self._load_screens()(self._desk, self.key_table))

    def _load_screens(self) -> Callable[[RatingDesk, KeyTable], Screen[Any]]:
        """Load what comes after the first page, while the rater reads that; return what makes it."""
        if self._desk.training is None:
            from rater.tui.screens.rating import RatingScreen

            return RatingScreen
        from rater.tui.screens.training_page import screen_for

        return screen_for

    @on(Arrived)
    def suggest_break(self, event: Arrived) -> None:
        """Say between two items when a break would do good."""
        from rater.tui.screens.at_desk import DeskScreen

        screen = self.screen
        if isinstance(screen, DeskScreen) and not event.said and (reminder := self._breaks.reminder()):
            screen.say(reminder)

    async def action_quit(self) -> None:
        """Quit; a text that is being typed is saved first, which takes one more press."""
        from rater.tui.screens.text_entry import TextEntryScreen

        if isinstance(self.screen, TextEntryScreen):
            self.screen.action_save()
        else:
            self.exit()

    def tell(self, message: str) -> None:
        """Say something on the rating screen."""
        from rater.tui.screens.rating import RatingScreen

        if isinstance(self.screen, RatingScreen):
            self.screen.say(message)
