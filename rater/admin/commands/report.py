"""`rater-admin report`: what the study found, and how far that is from a claim."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.commands.export import FolderOption, ForceOption
from rater.admin.commands.ratings_options import (
    ColumnOption,
    DimensionOption,
    LabelOption,
    OriginsOption,
    RatingsOption,
    WhereOption,
    WideOption,
)
from rater.admin.options import JsonOption
from rater.admin.output import print_json, say, talk

if TYPE_CHECKING:
    from rater.services.results.report_files import Report

ReportProtocolOption = Annotated[
    Path | None,
    typer.Option(
        "--protocol", metavar="STUDY.TOML", help="With --ratings: rubric, level, plan and claims of the file."
    ),
]


def report(
    output: FolderOption,
    study: Annotated[
        Path | None, typer.Argument(metavar="STUDY", help="An unblinded study, or a locked audit.")
    ] = None,
    ratings: RatingsOption = None,
    protocol: ReportProtocolOption = None,
    where: WhereOption = None,
    wide: WideOption = None,
    column: ColumnOption = None,
    dimension: DimensionOption = None,
    label: LabelOption = None,
    origins: OriginsOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Write the report of an unblinded study, a locked audit or a ratings file: a page, Markdown, figures."""
    from protocol.report.document_markdown import HOW_TO_DRAW
    from rater.services.results.report_files import write_report
    from rater.services.results.reporting import study_report

    if ratings is not None:
        if study is not None:
            raise UsageError("Name one source of ratings.", next_step="Give a study file, or --ratings FILE.")
        found = _of_file(
            ratings,
            protocol,
            where=where,
            wide=wide,
            column=column,
            dimension=dimension,
            label=label,
            origins=origins,
        )
    elif study is None:
        raise UsageError("There is nothing to report on.", next_step="Give a study file, or --ratings FILE.")
    elif any((protocol, where, wide, column, dimension, label, origins)):
        raise UsageError(
            "--protocol, --where, --wide, --column, --dimension, --label and --origins belong to --ratings: a"
            " study declares its own.",
            next_step="Leave them out.",
        )
    else:
        found = study_report(study, app=__version__)
    written = write_report(found, output, replace=force)
    if written.figures_left_out:
        talk(HOW_TO_DRAW)
    if json:
        print_json({"schema": "report-files/1", "files": [str(path) for path in written.files]})
        return
    for path in written.files:
        say(str(path))


def _of_file(
    ratings: Path,
    protocol: Path | None,
    *,
    where: list[str] | None,
    wide: str | None,
    column: list[str] | None,
    dimension: list[str] | None,
    label: list[str] | None,
    origins: Path | None,
) -> Report:
    from protocol.analysis.raw_ratings import ReadingOptions
    from rater.services.results.analysing import read_ratings_file
    from rater.services.results.reporting import ratings_report

    if protocol is None:
        raise UsageError(
            "A report of a ratings file needs the protocol: rubric, level of evidence, plan and claims.",
            next_step="Add --protocol study.toml; `rater-admin init` writes one to start from.",
        )
    loaded = read_ratings_file(
        ratings,
        where=where or (),
        protocol=protocol,
        options=ReadingOptions.from_texts(
            wide=wide, columns=column or (), dimensions=dimension or (), labels=label or ()
        ),
        origins=origins,
    )
    for line in loaded.warnings:
        talk(f"Warning: {line}")
    chosen = [*(where or ()), *(f"dimension={name}" for name in dimension or ())]
    return ratings_report(loaded, file=ratings, protocol=protocol, app=__version__, filters=chosen)
