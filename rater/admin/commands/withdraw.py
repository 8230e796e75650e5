"""`rater-admin withdraw`: an item that is broken or was given away."""

from __future__ import annotations

from typing import Annotated

import typer

from rater import __version__
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name


def withdraw(
    study: StudyArgument,
    item: Annotated[str, typer.Option("--item", metavar="ID", help="The item, as the rating app names it.")],
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Withdraw an item, and what goes with it by the rule of study.toml; nothing is opened or deleted."""
    from rater.admin.amending import print_amended
    from rater.services.amending.amendments import withdraw as record
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    who = Who(name=login_name(), app=__version__, reason=reason)
    print_amended(record(study, item=item, who=who, clock=utc_now), json=json)
