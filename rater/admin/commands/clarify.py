"""`rater-admin clarify`: a dated ruling in the raters' guide."""

from __future__ import annotations

from typing import Annotated

import typer

from rater import __version__
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name


def clarify(
    study: StudyArgument,
    dimension: Annotated[str, typer.Option("--dimension", metavar="ID", help="The dimension it is about.")],
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="The ruling, as raters read it.")],
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Add a dated ruling to a dimension's guide; anchors and ratings stay, every rater is told once."""
    from rater.admin.amending import print_amended
    from rater.services.amending.amendments import clarify as record
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    who = Who(name=login_name(), app=__version__, reason=reason)
    print_amended(record(study, dimension=dimension, text=text, who=who, clock=utc_now), json=json)
