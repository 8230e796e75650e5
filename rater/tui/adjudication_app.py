"""The adjudicator's app: one screen over one desk, behind the same gates as the rating app."""

from __future__ import annotations

from collections.abc import Callable

from rater.services.adjudication.adjudication_desk import AdjudicationDesk
from rater.settings import Settings
from rater.tui.guarded_app import GuardedApp
from rater.tui.screens.adjudicating import AdjudicationScreen


class AdjudicationApp(GuardedApp):
    """One adjudicator at one study file; its result is 0 where the adjudicator ended the adjudication.

    Args:
        desk: The open file.
        settings: What the user chose.
        remember: Keeps the name of a theme for the next start.
    """

    def __init__(
        self,
        desk: AdjudicationDesk,
        *,
        settings: Settings | None = None,
        remember: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(settings=settings, remember=remember)
        self._desk = desk

    def get_default_screen(self) -> AdjudicationScreen:
        """Return the one screen."""
        return AdjudicationScreen(self._desk, self.key_table)

    def on_mount(self) -> None:
        """Leave in order when the system asks to."""
        self.guard()

    def close_file(self) -> None:
        """Close the file."""
        self._desk.close()

    def tell(self, message: str) -> None:
        """Say something on the screen."""
        if isinstance(self.screen, AdjudicationScreen):
            self.screen.say(message)

    async def action_quit(self) -> None:
        """Quit; nothing is typed here that could be lost."""
        self.exit()
