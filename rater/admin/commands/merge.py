"""`rater-admin merge`: ratings files back into the study."""

from __future__ import annotations

from typing import Annotated

import typer

from protocol.safe_text import inline
from rater import __version__
from rater.admin.options import JsonOption, StudyArgument, login_name
from rater.admin.output import print_json, say, talk


def merge(
    study: StudyArgument,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Ratings files that came back, or a folder or address of them."
        ),
    ],
    json: JsonOption = False,
) -> None:
    """Verify ratings files and add what is new; all of them, or none."""
    from rater.services.exchange.exchange_intake import merge_sent
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    found = merge_sent(study, files, who=Who(name=login_name(), app=__version__), clock=utc_now)
    if json:
        print_json(
            {
                "schema": "merge/1",
                "files": [
                    {
                        "file": one.where,
                        "rater": one.rater,
                        "outcome": one.outcome,
                        "new_events": one.new_events,
                        **({"new_training_events": one.new_training_events} if one.has_training else {}),
                        "receipt": one.receipt,
                        "interim": one.interim,
                    }
                    for one in found.merged
                ],
                **({"set_aside": list(found.aside), "known": found.known} if found.exchange else {}),
            }
        )
        return
    for one in found.merged:
        kind = "interim" if one.interim else "final"
        training = f" and {one.new_training_events} of training" if one.has_training else ""
        say(
            f"{one.where}: {one.rater}, {kind}, {one.outcome}, {one.new_events} new events{training}, "
            f"receipt {one.receipt}"
        )
    for name in found.aside:
        talk(
            f"Left where it is, for its content is not what its name says: {inline(name)}. Ask for it again."
        )
    if found.exchange:
        talk(f"Files taken: {len(found.merged)}; merged before: {found.known}.")
