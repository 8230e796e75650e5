"""`rater-admin export`: data out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.options import JsonOption, StudyArgument, login_name
from rater.admin.output import print_json, say, talk, typed

FolderOption = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write; must be new.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over an earlier run of this command.")]


def export(
    study: StudyArgument,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="The folder to write; must be new.")
    ] = None,
    public: Annotated[
        Path | None,
        typer.Option(
            "--public",
            metavar="DIR",
            help="Write the bundle for a referee there: it opens the conditions, and names nobody.",
        ),
    ] = None,
    for_r: Annotated[
        Path | None,
        typer.Option(
            "--r",
            metavar="DIR",
            help="Write the tidy ratings and an R script with ordinal mixed models there.",
        ),
    ] = None,
    scout: Annotated[
        Path | None,
        typer.Option("--scout", metavar="DIR", help="Write validation cases for Inspect Scout there."),
    ] = None,
    label_studio: Annotated[
        Path | None,
        typer.Option(
            "--label-studio",
            metavar="DIR",
            help="Write tasks, annotations and interface for Label Studio there.",
        ),
    ] = None,
    dataset: Annotated[
        Path | None,
        typer.Option(
            "--dataset",
            metavar="DIR",
            help="Write a Hugging Face datasets folder, Parquet and card, there (extra: parquet).",
        ),
    ] = None,
    inspect: Annotated[
        Path | None,
        typer.Option(
            "--inspect",
            metavar="DIR",
            help="Write copies of Inspect logs with the human scores there (extra: collect).",
        ),
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(
            "--log", metavar="FILE", help="With --inspect: a log the study was seeded from; may be repeated."
        ),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="PART=FIELD",
            help="With --inspect: as it was given to `seed`, where study.toml does not say it.",
        ),
    ] = None,
    raters: Annotated[
        Path | None,
        typer.Option(
            "--raters",
            metavar="FILE",
            help="With --public: names that must not be in it (default: raters.toml beside the study).",
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="TEXT",
            help="With --public: a text the identity check finds, and that may stand.",
        ),
    ] = None,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Write tidy ratings, evidence, agreement and effects as files, or a bundle that strangers can check."""
    folders = (output, public, for_r, scout, label_studio, dataset, inspect)
    if sum(folder is not None for folder in folders) != 1:
        raise UsageError(
            "One folder to write is needed.",
            next_step="Give one of --output, --public, --r, --scout, --label-studio, --dataset, --inspect.",
        )
    if inspect is None and (log or mapping):
        raise UsageError("--log and --map belong to --inspect.", next_step="Leave them out.")
    if public is not None:
        _export_public(study, public, raters, allow or [], force=force, json=json)
        return
    if raters is not None or allow:
        raise UsageError("--raters and --allow belong to --public.", next_step="Leave them out.")
    if inspect is not None:
        _export_inspect(study, inspect, log or [], mapping or [], force=force, json=json)
        return
    if scout is not None or label_studio is not None or dataset is not None:
        _hand_back(study, scout, label_studio, dataset, force=force, json=json)
        return
    from rater.services.progress.looks import announce_look, record_look
    from rater.services.results.exporting import export_for_r, export_study

    if for_r is not None:
        names = export_for_r(study, for_r, app=__version__, replace=force)
        for line in announce_look(study):
            talk(line)
        talk(f"Run it with: Rscript {typed(for_r / 'analysis.R')} (needs the R package ordinal)")
        _print_files(for_r, names, json=json)
    elif output is not None:
        record_look(study, action="export", who=login_name(), app=__version__)
        names = export_study(study, output, app=__version__, replace=force)
        for line in announce_look(study):
            talk(line)
        _print_files(output, names, json=json)


def _print_files(folder: Path, names: Sequence[str], *, json: bool) -> None:
    if json:
        print_json({"schema": "export-files/1", "folder": str(folder), "files": list(names)})
        return
    for name in names:
        say(str(folder / name))


def _export_public(
    study: Path, folder: Path, raters: Path | None, allowed: list[str], *, force: bool, json: bool
) -> None:
    from rater.services.results.identity_facts import identity_facts
    from rater.services.results.public_bundle import export_public

    facts = identity_facts(study, raters)
    names = export_public(study, folder, app=__version__, identities=facts, allowed=allowed, overwrite=force)
    if not facts.names:
        talk("No names were looked for: there is no raters.toml. Give --raters FILE, or read the files.")
    talk(f"Check it as a stranger would: python3 {folder / 'verify.py'} --lock-code CODE")
    _print_files(folder, names, json=json)


def _hand_back(
    study: Path,
    scout: Path | None,
    label_studio: Path | None,
    dataset: Path | None,
    *,
    force: bool,
    json: bool,
) -> None:
    from rater.services.results.handing_back import export_dataset, export_label_studio, export_scout

    if scout is not None:
        _print_files(scout, export_scout(study, scout, replace=force), json=json)
    elif label_studio is not None:
        _print_files(label_studio, export_label_studio(study, label_studio, replace=force), json=json)
    elif dataset is not None:
        names = export_dataset(study, dataset, app=__version__, replace=force)
        talk("Before you publish it: state a licence in README.md, and read the items for what names people.")
        _print_files(dataset, names, json=json)


def _export_inspect(
    study: Path, folder: Path, logs: list[Path], mapping: list[str], *, force: bool, json: bool
) -> None:
    from datetime import UTC, datetime

    from protocol.sources.source_plan import SourceOverrides
    from rater.services.results.inspect_scores import export_inspect

    if not logs:
        raise UsageError("--inspect needs the logs.", next_step="Add --log FILE for each.")
    written = export_inspect(
        study,
        logs,
        folder,
        overrides=SourceOverrides(map=tuple(mapping)),
        now=lambda: datetime.now(UTC),
        replace=force,
    )
    talk(f"{written.scores} scores in {written.samples} samples; the logs themselves are as they were.")
    if written.without_value:
        talk(f"Without a score, because the raters gave no level or came to none: {written.without_value}.")
    if written.not_found:
        talk(f"Rated, but in none of these logs: {written.not_found} items.")
    _print_files(folder, written.files, json=json)
