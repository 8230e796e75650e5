"""`rater-admin inspect`: what is in files of transcripts. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rater.admin.commands.source_options import (
    FailedRunsOption,
    FormatOption,
    LargestOption,
    MapOption,
    ReplicatesOption,
    SourcesArgument,
    named_sources,
)
from rater.admin.output import print_json, print_table, say

if TYPE_CHECKING:
    from protocol.sources.factorial import Cell
    from protocol.sources.report import Count
    from rater.services.sources.inspecting import Inspection, Spread

_SHOWN_NAMES = 20
_SHOWN_CELLS = 40
_SHOWN_VALUES = 4
_SHOWN_LENGTH = 40


def inspect(
    sources: SourcesArgument,
    mapping: MapOption = None,
    format_name: FormatOption = None,
    failed_runs: FailedRunsOption = None,
    largest_mib: LargestOption = None,
    replicates: ReplicatesOption = None,
    protocol: Annotated[
        Path | None,
        typer.Option(
            "--protocol", metavar="STUDY.TOML", help="Compare with the scaffolds and tasks of this study."
        ),
    ] = None,
    fields: Annotated[
        bool, typer.Option("--fields", help="List the fields that --map can name, and stop.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show format, models, scaffolds, tasks, roles, lengths and gaps of transcripts."""
    from rater.services.sources.inspecting import inspect_sources

    named = named_sources(
        sources,
        mapping,
        format_name=format_name,
        failed_runs=failed_runs,
        largest_mib=largest_mib,
        replicates=replicates,
    )
    if fields:
        _print_fields(named.paths, as_json=as_json)
        return
    found = inspect_sources(named.paths, overrides=named.overrides, protocol=protocol)
    if as_json:
        print_json(_as_json(found))
    else:
        _print_inspection(found, dry_run=bool(named.overrides.map))


def _print_fields(paths: tuple[Path, ...], *, as_json: bool) -> None:
    from rater.services.sources.source_fields import fields_of

    found = fields_of(paths)
    if as_json:
        print_json(
            {
                "schema": "source-fields/1",
                "fields": [
                    {"path": one.path, "records": one.records, "values": list(one.values)[:_SHOWN_NAMES]}
                    for one in found
                ],
            }
        )
        return
    print_table(
        ("field", "records", "different values", "such as"),
        [(one.path, str(one.records), str(len(one.values)), _such_as(list(one.values))) for one in found],
        right=("records", "different values"),
        title="Fields of the first records, for --map PART=FIELD",
    )


def _such_as(values: list[str]) -> str:
    shown = [value if len(value) <= _SHOWN_LENGTH else f"{value[:_SHOWN_LENGTH]}..." for value in values]
    return ", ".join(shown[:_SHOWN_VALUES])


def _print_mapping(found: Inspection) -> None:
    print_table(
        ("part", "taken from", "different values", "such as"),
        [(one.part, one.taken_from, str(one.distinct), _such_as(list(one.values))) for one in found.mapped],
        right=("different values",),
    )
    print_table(
        ("model", "scaffold", "task", "replicates", "read from"),
        [
            (
                one.cell.model,
                one.cell.scaffold,
                one.cell.task,
                _numbers_text(one.replicates),
                one.read_from[0] + (f" and {len(one.read_from) - 1} more" if one.read_from[1:] else ""),
            )
            for one in found.filled[:_SHOWN_CELLS]
        ],
        title="The cells this mapping gives",
    )
    if len(found.filled) > _SHOWN_CELLS:
        say(f"and {len(found.filled) - _SHOWN_CELLS} more cells; --json lists all")
    say("")


def _numbers_text(numbers: tuple[int, ...]) -> str:
    """Return replicate numbers, one that stands several times with how often: 1 (8 times), 2."""
    return ", ".join(
        f"{number} ({numbers.count(number)} times)" if numbers.count(number) > 1 else str(number)
        for number in sorted(set(numbers))
    )


def _print_inspection(found: Inspection, *, dry_run: bool) -> None:
    for file in found.files:
        say(f"{file.where}: {file.format}, {_many(file.transcripts, 'transcript')}")
    cells = found.cells
    say("")
    say(
        f"{_many(found.transcripts, 'transcript')}: {_many(len(cells.models), 'model')} x "
        f"{_many(len(cells.scaffolds), 'scaffold')} x {_many(len(cells.tasks), 'task')}{_of_study(found)}"
    )
    say("")
    if dry_run:
        _print_mapping(found)
    print_table(
        ("model", "scaffold", "transcripts", "tasks", "messages", "characters"),
        [
            (
                one.model,
                one.scaffold,
                str(one.transcripts),
                str(one.tasks),
                _spread_text(one.messages),
                _spread_text(one.characters),
            )
            for one in found.conditions
        ],
        right=("transcripts", "tasks", "messages", "characters"),
    )
    say("messages and characters: lowest / median / highest of a transcript, without system messages")
    say("")
    say(f"roles: {_counts_text(found.roles)}")
    if found.replaced:
        say(f"read as something else: {_counts_text(found.replaced)}")
    if found.left_behind:
        say(f"left behind: {_counts_text(found.left_behind)}")
    if found.skipped:
        say(f"passed over: {_counts_text(found.skipped)}")
    if found.failed:
        taken = "taken" if found.failed_runs_taken else "left out; --failed-runs takes them"
        say(f"failed runs, {taken}: {_counts_text(found.failed)}")
    if found.replicates_left_out:
        say(f"left out by the rule for replicates: {_many(found.replicates_left_out, 'transcript')}")
    _print_gaps(found)


def _print_gaps(found: Inspection) -> None:
    cells = found.cells
    say("")
    if not found.transcripts:
        say("There is no transcript to rate.")
    elif cells.complete:
        say("Every cell is filled, and none twice.")
    _print_names("missing cells", [_cell_text(cell) for cell in cells.missing])
    _print_names(
        "doubled cells",
        [
            f"{_cell_text(one.cell)}, replicate {one.replicate}: {'; '.join(one.read_from)}"
            for one in cells.doubled
        ],
    )
    _print_names(
        f"unbalanced cells (most have {_many(cells.replicates, 'replicate')})",
        [f"{_cell_text(one.cell)}: {one.replicates}" for one in cells.unbalanced],
    )
    _print_names("tasks without a card in the study", list(cells.tasks_without_card))
    _print_names("scaffolds that the study does not have", list(cells.unknown_scaffolds))


def _print_names(title: str, names: list[str]) -> None:
    if not names:
        return
    say(f"{title}: {len(names)}")
    for name in names[:_SHOWN_NAMES]:
        say(f"  {name}")
    if len(names) > _SHOWN_NAMES:
        say(f"  and {len(names) - _SHOWN_NAMES} more; --json lists all")


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _of_study(found: Inspection) -> str:
    return "" if found.study is None else f' (scaffolds and tasks of the study "{found.study}")'


def _cell_text(cell: Cell) -> str:
    return f"{cell.model} x {cell.scaffold} x {cell.task}"


def _spread_text(spread: Spread) -> str:
    return f"{spread.lowest} / {spread.median:g} / {spread.highest}"


def _counts_text(counts: tuple[Count, ...]) -> str:
    return ", ".join(f"{one.what} {one.times}" for one in counts)


def _as_json(found: Inspection) -> dict[str, object]:
    from dataclasses import asdict

    cells = found.cells
    return {
        "schema": "inspect/1",
        "files": [asdict(file) for file in found.files],
        "transcripts": found.transcripts,
        "study": found.study,
        "models": list(cells.models),
        "scaffolds": list(cells.scaffolds),
        "tasks": list(cells.tasks),
        "conditions": [asdict(one) for one in found.conditions],
        "complete": cells.complete and found.transcripts > 0,
        "missing": [asdict(cell) for cell in cells.missing],
        "doubled": [
            {**asdict(one.cell), "replicate": one.replicate, "read_from": list(one.read_from)}
            for one in cells.doubled
        ],
        "replicates": cells.replicates,
        "unbalanced": [{**asdict(one.cell), "replicates": one.replicates} for one in cells.unbalanced],
        "replicates_left_out": found.replicates_left_out,
        "mapped": [asdict(one) for one in found.mapped],
        "cells": [
            {**asdict(one.cell), "replicates": list(one.replicates), "read_from": list(one.read_from)}
            for one in found.filled
        ],
        "skipped": [asdict(one) for one in found.skipped],
        "failed": [asdict(one) for one in found.failed],
        "failed_runs_taken": found.failed_runs_taken,
        "tasks_without_card": list(cells.tasks_without_card),
        "unknown_scaffolds": list(cells.unknown_scaffolds),
        "roles": {one.what: one.times for one in found.roles},
        "replaced": [asdict(one) for one in found.replaced],
        "left_behind": [asdict(one) for one in found.left_behind],
    }
