"""`rater-admin coverage`: what the benchmarks of an audit cover, and at which level they speak."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.commands.export import ForceOption
from rater.admin.commands.ratings_options import print_blocks
from rater.admin.options import JsonOption, StudyArgument, login_name
from rater.admin.output import print_json, say, talk


def coverage(
    study: StudyArgument,
    figures: Annotated[
        Path | None,
        typer.Option(
            "--figures", metavar="DIR", help="Draw both as SVG and PNG into a new folder (extra figures)."
        ),
    ] = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Show the coverage matrix and the level map of a benchmark audit."""
    from protocol.audit.audit_json import coverage_to_json
    from protocol.report.audit_text import coverage_blocks
    from rater.services.auditing.audit_results import read_coverage
    from rater.services.auditing.figure_files import write_figures
    from rater.services.progress.looks import ON_RECORD, record_look

    if force and figures is None:
        raise UsageError("--force belongs to --figures.", next_step="Leave it out.")
    found = read_coverage(study)
    if record_look(study, action="agreement", who=login_name(), app=__version__):
        talk(ON_RECORD)
    names = () if figures is None else write_figures(found.coverage, figures, replace=force)
    if json:
        print_json(coverage_to_json(found.coverage, notes=found.notices))
    else:
        for notice in found.notices:
            say(notice)
        print_blocks(coverage_blocks(found.coverage))
    if figures is not None:
        talk(f"Drawn into {figures}: {', '.join(names)}")
