"""`rater-admin calibration`: the training of raters, and letting one in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.commands.ratings_options import print_blocks
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name
from rater.admin.output import print_json, say, talk, typed

if TYPE_CHECKING:
    from rater.services.progress.admissions import Admission


def calibration(
    study: StudyArgument,
    admit: Annotated[
        str | None,
        typer.Option("--admit", metavar="CODE", help="Let this rater in, on the record; needs --reason."),
    ] = None,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Show the training of raters beside the references, and who passed the gate; let one in."""
    from protocol.report.calibration_json import calibration_to_json
    from protocol.report.calibration_text import calibration_blocks
    from rater.services.progress.calibration import read_calibration
    from rater.services.progress.looks import ON_RECORD, record_look

    if admit is None and reason:
        raise UsageError("--reason belongs to --admit.", next_step="Add --admit CODE, or leave it out.")
    if admit is not None:
        _print_admission(_admit(study, admit, reason), study, as_json=json)
        return
    review = read_calibration(study)
    if review.gold and record_look(study, action="calibration", who=login_name(), app=__version__):
        talk(ON_RECORD)
    if json:
        print_json(calibration_to_json(review))
    else:
        print_blocks(calibration_blocks(review))


def _admit(study: Path, rater: str, reason: str) -> Admission:
    import secrets

    from rater.services.progress.admissions import admit_rater
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    who = Who(name=login_name(), app=__version__, reason=reason)
    return admit_rater(study, rater, who=who, clock=utc_now, entropy=secrets.SystemRandom())


def _print_admission(admission: Admission, study: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "schema": "admission/1",
                "rater": admission.rater,
                "code": admission.code,
                "in_study": admission.is_in_study,
                "at": admission.at,
            }
        )
    else:
        say(f"admit code of {admission.rater}: {admission.code}")
    if admission.is_in_study:
        talk(f"{admission.rater} is in, in {typed(study)} and in every pack made from it from now on.")
        talk("The code is needed only in a pack that was made before.")
    else:
        talk(f"A pack of {admission.rater} is out: give them this code to type there, under c.")
    talk("It is on the record.")
