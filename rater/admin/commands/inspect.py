"""`rater-admin inspect`: what is in files of transcripts. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rater.admin.commands.map_option import MapOption, mapped_sources
from rater.admin.output import print_json, print_table, say

if TYPE_CHECKING:
    from protocol.sources.factorial import Cell
    from protocol.sources.report import Count
    from rater.services.inspecting import Inspection, Spread

_SHOWN_NAMES = 20


def inspect(
    sources: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Files of transcripts (JSON Lines).")
    ],
    mapping: MapOption = None,
    protocol: Annotated[
        Path | None,
        typer.Option(
            "--protocol", metavar="STUDY.TOML", help="Compare with the scaffolds and tasks of this study."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show format, models, scaffolds, tasks, roles, lengths and gaps of transcripts."""
    from rater.services.inspecting import inspect_sources

    named = mapped_sources(sources, mapping)
    found = inspect_sources(named.paths, mapping=named.mapping, protocol=protocol)
    if as_json:
        print_json(_as_json(found))
    else:
        _print_inspection(found)


def _print_inspection(found: Inspection) -> None:
    for file in found.files:
        say(f"{file.where}: {file.format}, {_many(file.transcripts, 'transcript')}")
    cells = found.cells
    say("")
    say(
        f"{_many(found.transcripts, 'transcript')}: {_many(len(cells.models), 'model')} x "
        f"{_many(len(cells.scaffolds), 'scaffold')} x {_many(len(cells.tasks), 'task')}{_of_study(found)}"
    )
    say("")
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
    _print_gaps(found)


def _print_gaps(found: Inspection) -> None:
    cells = found.cells
    say("")
    if cells.complete:
        say("Every cell is filled, and none twice.")
        return
    _print_names("missing cells", [_cell_text(cell) for cell in cells.missing])
    _print_names(
        "doubled cells",
        [
            f"{_cell_text(one.cell)}, replicate {one.replicate}: {'; '.join(one.read_from)}"
            for one in cells.doubled
        ],
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
        "complete": cells.complete,
        "missing": [asdict(cell) for cell in cells.missing],
        "doubled": [
            {**asdict(one.cell), "replicate": one.replicate, "read_from": list(one.read_from)}
            for one in cells.doubled
        ],
        "tasks_without_card": list(cells.tasks_without_card),
        "unknown_scaffolds": list(cells.unknown_scaffolds),
        "roles": {one.what: one.times for one in found.roles},
        "replaced": [asdict(one) for one in found.replaced],
        "left_behind": [asdict(one) for one in found.left_behind],
    }
