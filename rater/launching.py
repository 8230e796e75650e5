"""Opens a file and the app on it, in the terminal or line by line; without a command-line library.

Apart from `rater.cli` because Typer costs as much to load as half the app, and a rater who types
`rater rate FILE` does not need it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from protocol.errors import UsageError
from rater import __version__
from rater.exit_codes import ExitCode
from rater.settings import THEMES, Settings, read_settings, remember_theme, settings_path

FRAMES_PER_S = "120"
"""Textual's default of 60 adds up to 15 ms to every key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the rater wants to see it this time."""

    plain: bool
    theme: str | None
    ascii_only: bool


def run_sitting(path: Path, *, rater: str | None, look: Look, debug: bool) -> int:
    """Open a file and rate in it until the rater quits."""
    if look.plain:
        if look.theme is not None:
            raise UsageError("--plain draws no colours.", next_step="Leave --theme or --plain out.")
        from rater.plain.running import rate_plainly

        return rate_plainly(path, rater=rater, app=__version__, ascii_only=look.ascii_only)
    from db.connection import check_file

    check_file(path)
    check_terminal(debug=debug)
    settings = _settings(look)
    from rater.installation import installation_secret
    from rater.services.sitting.opening import open_desk

    desk = open_desk(path, rater=rater, app=__version__, installation=installation_secret())
    try:
        os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_S)
        from rater.tui.app import RaterApp

        rating_app = RaterApp(desk, settings=settings, remember=partial(remember_theme, settings_path()))
        rating_app.run()
        if rating_app.return_code in (None, ExitCode.DONE):
            from protocol.rating_words import goodbye
            from rater.services.sitting.unsent import unsent_reminder

            kept = (
                " The text you were typing is saved as it stood; u takes it back."
                if desk.record_held()
                else ""
            )
            sys.stderr.write(f"{goodbye(desk.session, desk.words)}{kept}\n")
            if reminder := unsent_reminder(desk):
                sys.stderr.write(f"{reminder}\n")
        return rating_app.return_code or ExitCode.DONE
    finally:
        desk.close()


def _settings(look: Look) -> Settings:
    """Return the rater's settings with what the command line says; a theme named there is remembered.

    Raises:
        UsageError: There is no such theme.
        InvalidInputError: The settings file is wrong.
        StorageError: The theme cannot be remembered.
    """
    settings = read_settings(settings_path())
    if look.theme is not None and look.theme != settings.theme:
        if look.theme not in THEMES:
            raise UsageError(
                f'There is no theme "{look.theme}".', next_step=f"The themes are {', '.join(THEMES)}."
            )
        remember_theme(settings_path(), look.theme)
        settings = replace(settings, theme=look.theme)
    return replace(settings, ascii=settings.ascii or look.ascii_only)


def check_terminal(*, debug: bool) -> None:
    """Refuse what the app cannot run in, or must not.

    Raises:
        UsageError: No terminal, one that is too small, or Textual's log switched on.
    """
    if not debug:
        _refuse_recorders()
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageError(
            "The rating app needs a terminal for its input and output.",
            next_step="Start it in a terminal window, without a pipe or redirection, or take --plain.",
        )
    from rater.tui.smallest import fits, too_small

    size = os.get_terminal_size(sys.stdout.fileno())
    if not fits(size.columns, size.lines):
        raise UsageError(too_small(size.columns, size.lines))


def _refuse_recorders() -> None:
    """Textual's log holds every key, and its devtools send them to another program."""
    found = [name for name in ("TEXTUAL_LOG", "TEXTUAL_SCREENSHOT", "TEXTUAL_PRESS") if os.environ.get(name)]
    if {"devtools", "debug"} & set(os.environ.get("TEXTUAL", "").split(",")):
        found.append("TEXTUAL")
    if found:
        raise UsageError(
            f"{' and '.join(found)} would record or press keys while you rate.",
            next_step=f"Unset {'it' if len(found) == 1 else 'them'} and start again.",
        )
