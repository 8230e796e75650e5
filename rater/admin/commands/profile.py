"""`rater-admin profile`: what is known of a model in a scaffold in a context, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError, WrongStateError
from rater import __version__
from rater.admin.commands.export import ForceOption
from rater.admin.commands.ratings_options import (
    ColumnOption,
    DimensionOption,
    LabelOption,
    OriginsOption,
    RatingsOption,
    WhereOption,
    WideOption,
    print_blocks,
)
from rater.admin.options import JsonOption
from rater.admin.output import print_json, say, talk

if TYPE_CHECKING:
    from protocol.profile.profile import Profile
    from rater.services.results.profiling import Told, Wanted
    from rater.services.results.report_files import WrittenReport


def profile(
    study: Annotated[Path | None, typer.Argument(metavar="STUDY", help="An unblinded study file.")] = None,
    ratings: RatingsOption = None,
    protocol: Annotated[
        Path | None,
        typer.Option("--protocol", metavar="STUDY.TOML", help="With --ratings: rubric, scaffolds and plan."),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The model of the system.")
    ] = None,
    scaffold: Annotated[
        str | None, typer.Option("--scaffold", metavar="NAME", help="The scaffold of the system.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="A profile of each system that fits.")] = False,
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="KEY=TEXT",
            help="users, setting, policy, oversight, tools or memory, where study.toml does not say.",
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="RUN.JSON", help="The run manifest: versions, dates and settings."),
    ] = None,
    audit: Annotated[
        Path | None,
        typer.Option("--audit", metavar="FILE", help="What `coverage --json` printed of a benchmark audit."),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", metavar="A.JSON B.JSON", help="Lay two profiles side by side."),
    ] = None,
    overall: Annotated[
        bool, typer.Option("--overall", help="Is refused: a profile has no value over its rows.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Also write JSON, Markdown and a page."),
    ] = None,
    where: WhereOption = None,
    wide: WideOption = None,
    column: ColumnOption = None,
    dimension: DimensionOption = None,
    label: LabelOption = None,
    origins: OriginsOption = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Show the alignment profile of a system: a row per dimension, gaps in view, never one number."""
    from protocol.profile.profile_file import NO_OVERALL
    from rater.services.results.profiling import Told, Wanted, read_context

    if overall:
        raise WrongStateError(NO_OVERALL, next_step="Read the rows.")
    if force and output is None:
        raise UsageError("--force belongs to -o.", next_step="Leave it out.")
    of_file = (protocol, where, wide, column, dimension, label, origins)
    if compare is not None:
        if any((study, ratings, model, scaffold, every, context, run, audit, *of_file)):
            raise UsageError("--compare takes two profile files and nothing else.", next_step="See --help.")
        _compare(compare[0], compare[1], output=output, force=force, json=json)
        return
    if (study is None) == (ratings is None):
        raise UsageError("Name one source of ratings.", next_step="Give a study file, or --ratings FILE.")
    if every and model is not None and scaffold is not None:
        raise UsageError("--all and one system do not go together.", next_step="Leave one of them out.")
    told = Told(context=read_context(context or ()), run=run, audit=audit)
    wanted = Wanted(model=model, scaffold=scaffold, every=every)
    if study is not None:
        if any(of_file):
            raise UsageError(
                "--protocol, --where, --wide, --column, --dimension, --label and --origins belong to"
                " --ratings: a study declares its own.",
                next_step="Leave them out.",
            )
        from rater.services.results.profiling import study_profiles

        found = study_profiles(study, wanted, told, app=__version__)
    else:
        found = _of_file(
            ratings,
            protocol,
            wanted,
            told,
            where=where,
            wide=wide,
            column=column,
            dimension=dimension,
            label=label,
            origins=origins,
        )
    _show(found, output=output, force=force, json=json, every=every)


def _show(found: tuple[Profile, ...], *, output: Path | None, force: bool, json: bool, every: bool) -> None:
    from protocol.profile.profile_file import profile_json
    from protocol.report.profile_text import profile_blocks

    if output is not None:
        from rater.services.results.profile_files import write_profiles

        _tell(write_profiles(found, output, replace=force))
    if json:
        objects = [profile_json(one) for one in found]
        print_json({"schema": "profiles/1", "profiles": objects} if every else objects[0])
        return
    for note in found[0].notes:
        say(note)
    print_blocks(profile_blocks(found))


def _compare(first: Path, second: Path, *, output: Path | None, force: bool, json: bool) -> None:
    from protocol.report.profile_comparison import comparison_blocks, comparison_document, comparison_json
    from rater.services.results.profiling import compare_files

    found = compare_files(first, second)
    if output is not None:
        from rater.services.results.profile_files import write_comparison

        _tell(write_comparison(found, output, replace=force))
    if json:
        print_json(comparison_json(found))
        return
    for note in comparison_document(found).notices:
        say(note)
    print_blocks(comparison_blocks(found))


def _tell(written: WrittenReport) -> None:
    from protocol.report.document_markdown import HOW_TO_DRAW

    if written.figures_left_out:
        talk(HOW_TO_DRAW)
    for path in written.files:
        talk(f"Written: {path}")


def _of_file(
    ratings: Path | None,
    protocol: Path | None,
    wanted: Wanted,
    told: Told,
    *,
    where: list[str] | None,
    wide: str | None,
    column: list[str] | None,
    dimension: list[str] | None,
    label: list[str] | None,
    origins: Path | None,
) -> tuple[Profile, ...]:
    from protocol.analysis.raw_ratings import ReadingOptions
    from rater.services.results.analysing import read_ratings_file
    from rater.services.results.profiling import ratings_profiles

    if ratings is None or protocol is None:
        raise UsageError(
            "A profile of a ratings file needs the protocol: rubric, scaffold texts, level and plan.",
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
    return ratings_profiles(
        loaded,
        wanted,
        told,
        file=ratings,
        protocol=protocol,
        app=__version__,
        filters=chosen,
        origins=origins,
    )
