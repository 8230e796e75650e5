"""Starting the adjudicator's screen or its plain form, and what is said at the end.

Beside `rater.launching` and outside of both skins: the admin command line opens the app through here and
through nothing else.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from rater import __version__
from rater.exit_codes import ExitCode
from rater.launching import FRAMES_PER_S, check_terminal
from rater.settings import read_settings, remember_theme, settings_path


def run_adjudication(
    path: Path, *, adjudicator: str | None, name: str, plain: bool, ascii_only: bool
) -> bool:
    """Open a study for its adjudicator until the adjudicator quits.

    Args:
        path: The study file, locked.
        adjudicator: Code of the adjudicator; that of the plan unless given.
        name: Login name, for the record.
        plain: Line by line.
        ascii_only: No box and no block characters.

    Returns:
        Whether the adjudicator ended the adjudication.

    Raises:
        BlindraterError: The study cannot be adjudicated, or the terminal is none.
    """
    from rater.services.adjudication.adjudicating import open_adjudication
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    if not plain:
        check_terminal(debug=False)
    desk = open_adjudication(
        path, adjudicator=adjudicator, who=Who(name=name, app=__version__), clock=utc_now
    )
    try:
        if plain:
            from rater.plain.adjudicating import adjudicate_plainly

            return adjudicate_plainly(desk, ascii_only=ascii_only)
        os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_S)
        from rater.tui.adjudication_app import AdjudicationApp

        settings = read_settings(settings_path())
        app = AdjudicationApp(
            desk,
            settings=replace(settings, ascii=settings.ascii or ascii_only),
            remember=partial(remember_theme, settings_path()),
        )
        ended = app.run() == 0
        if app.return_code not in (None, ExitCode.DONE):
            raise SystemExit(app.return_code)  # a fault was told already, in words of its own
        return ended
    finally:
        desk.close()
