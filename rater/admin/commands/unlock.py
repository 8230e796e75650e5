"""`rater-admin unlock`: back from the first door, on the record."""

from __future__ import annotations

from rater import __version__
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name
from rater.admin.output import print_json, say


def unlock(study: StudyArgument, reason: ReasonOption = "", json: JsonOption = False) -> None:
    """Open a locked study for rating again; its lock code is void from now on."""
    from rater.services.doors.doors import unlock_study
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    code = unlock_study(study, who=Who(name=login_name(), app=__version__, reason=reason), clock=utc_now)
    if json:
        print_json({"schema": "unlock/1", "void_lock_code": code})
    else:
        say(f"The study is open. Lock code {code} is void: say so wherever it was published.")
