"""`rater-admin report`: what the study found, and how far that is from a claim."""

from __future__ import annotations

from rater import __version__
from rater.admin.commands.export import FolderOption, ForceOption
from rater.admin.options import JsonOption, StudyArgument
from rater.admin.output import print_json, say


def report(
    study: StudyArgument, output: FolderOption, force: ForceOption = False, json: JsonOption = False
) -> None:
    """Write the report of an unblinded study as Markdown."""
    from rater.services.reporting import write_report

    written = write_report(study, output, app=__version__, replace=force)
    if json:
        print_json({"schema": "report-files/1", "files": [str(written)]})
    else:
        say(str(written))
