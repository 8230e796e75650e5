"""`rater-admin incident`: what was said outside the app."""

from __future__ import annotations

from typing import Annotated

import typer

from rater import __version__
from rater.admin.options import JsonOption, StudyArgument, login_name
from rater.admin.output import print_json, say


def incident(
    study: StudyArgument,
    rater: Annotated[str, typer.Option("--rater", metavar="CODE", help="Who may know a condition now.")],
    text: Annotated[
        str, typer.Option("--text", metavar="TEXT", help="What happened, without naming the condition.")
    ],
    items: Annotated[
        list[str] | None,
        typer.Option("--items", metavar="ID", help="Which item; may be repeated. None: all of the rater's."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Record that a rater may have learned a condition; `blinding` shows effects with and without."""
    from rater.services.amending.incidents import record_incident
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    recorded = record_incident(
        study,
        rater=rater,
        items=items or (),
        text=text,
        who=Who(name=login_name(), app=__version__),
        clock=utc_now,
    )
    if json:
        print_json(
            {
                "schema": "incident/1",
                "at": recorded.at,
                "rater": recorded.rater,
                "items": list(recorded.items),
                "text": recorded.text,
            }
        )
    else:
        about = ", ".join(recorded.items) or "all items"
        say(f"{recorded.at}: on the record for {recorded.rater}, {about}")
