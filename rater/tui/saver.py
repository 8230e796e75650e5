"""Writing from a screen that stays alive: waits for a file that another program holds, tells what failed.

One way for every write of the app, whatever screen it comes from. A failure changes nothing; what the
rater did is kept for another try.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol

from textual.app import App
from textual.screen import Screen

from protocol.errors import BlindraterError, FileBusyError, WrongStateError
from rater.tui.messages import Waiting
from rater.tui.screens.trouble import FinalScreen, NotSavedScreen

Then = Callable[[], object]
PATIENCE_S = 0.15
"""So long the screen stands still for another program that writes to the file."""
RETRY_S = 0.1
LONGEST_WAIT_S = 5.0
"""After so long the rater decides what to do."""


class Patient(Protocol):
    """A desk whose writes can be told how long to wait."""

    def patience(self, seconds: float) -> AbstractContextManager[None]:
        """Give up after so long on a file that another program is writing to."""


class Saver:
    """Writes for a screen.

    Args:
        screen: Where the waiting and the trouble is shown.
        desk: The open file.
        draw: Draws the screen anew and says something; called when `unsaved` changes.
    """

    def __init__(self, screen: Screen[Any], desk: Patient, draw: Callable[[str], object]) -> None:
        self._screen = screen
        self._desk = desk
        self._draw = draw
        self.unsaved = False
        """Whether something the rater did is not on disk."""

    def attempt(self, write: Then, kept: str, then: Then, otherwise: Then | None = None) -> None:
        """Write, then go on.

        Args:
            write: Puts it on disk.
            kept: What is written, in the rater's words.
            then: What follows once it is on disk.
            otherwise: What follows if the rater goes on without it.
        """
        self._attempt(write, kept, then, otherwise, waited_s=0.0)

    def _attempt(
        self, write: Then, kept: str, then: Then, otherwise: Then | None, *, waited_s: float
    ) -> None:
        try:
            with self._desk.patience(PATIENCE_S):
                write()
        except WrongStateError as error:
            self._app.push_screen(FinalScreen(error, kept))
        except FileBusyError as error:
            if waited_s < LONGEST_WAIT_S:
                waiting_s = waited_s + PATIENCE_S + RETRY_S
                self._wait(partial(self._attempt, write, kept, then, otherwise, waited_s=waiting_s))
                return
            self._tell(error, kept, partial(self.attempt, write, kept, then, otherwise), otherwise)
        except BlindraterError as error:
            self._tell(error, kept, partial(self.attempt, write, kept, then, otherwise), otherwise)
        else:
            self.unsaved = False
            then()
        if waited_s:
            self._app.post_message(Waiting(False))

    @property
    def _app(self) -> App[Any]:
        """Told at once: the screen may be gone when the wait is over."""
        return self._screen.app

    def _wait(self, again: Callable[[], None]) -> None:
        """Try again in a moment; until then the screen is alive and keys wait their turn."""
        self.unsaved = True
        self._draw("Another program is writing to the file: waiting for it.")
        self._app.post_message(Waiting(True))
        self._screen.set_timer(RETRY_S, again)

    def _tell(
        self, error: BlindraterError, kept: str, again: Callable[[], None], otherwise: Then | None
    ) -> None:
        self.unsaved = True
        self._draw("")

        def answered(tries: bool | None) -> None:
            if tries:
                again()
                return
            self.unsaved = False
            self._draw("Not saved; all is as before.")
            if otherwise is not None:
                otherwise()

        self._app.push_screen(NotSavedScreen(error, kept), answered)
