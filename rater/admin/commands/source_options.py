"""The options of every command that reads transcripts: --map, --format, --failed-runs, --replicates.

`--map model=a scaffold=b` reads naturally, but an option takes one value: what follows arrives
among the files. An argument that has the form of a mapping entry and names no file is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError

if TYPE_CHECKING:
    from protocol.sources.source_plan import SourceOverrides


def _complete_map(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return PART=FIELD for the fields that the named sources have."""
    from rater.services.sources.source_fields import complete_mapping

    return complete_mapping(_paths_among(ctx), incomplete)


def _complete_source(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return fields after `--map PART=`, which bash hands over as three words; else nothing: file names."""
    from rater.services.sources.source_fields import complete_mapping

    begun = [str(one) for one in ctx.params.get("mapping") or ()]
    if not begun or "=" in begun[-1]:
        return []
    entries = complete_mapping(_paths_among(ctx), f"{begun[-1]}={incomplete}")
    return [entry.partition("=")[2] for entry in entries]


def _paths_among(ctx: typer.Context) -> list[Path]:
    """Return what may be sources: those read, and words left over where an option lacks its value."""
    words = [str(one) for one in (*(ctx.params.get("sources") or ()), *ctx.args)]
    return [Path(word) for word in words if not word.startswith("-")]


def _complete_format(incomplete: str) -> list[str]:
    from protocol.sources.registry import FORMATS

    return [known.name for known in FORMATS if known.name.startswith(incomplete)]


RunManifestOption = Annotated[
    Path | None,
    typer.Option(
        "--run", metavar="RUN.JSON", help="How the transcripts were made; else run.json beside them."
    ),
]
SourcesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="SOURCE...",
        help="Files, folders or archives of transcripts.",
        autocompletion=_complete_source,
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="PART=FIELD",
        help="Where model, scaffold, task or replicate stands: scaffold=metadata.prompt takes a field, "
        "scaffold=file.parts.2 a part of the file's name, model=:NAME one fixed name. May be repeated; "
        "several entries may follow one --map.",
        autocompletion=_complete_map,
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="The format of the sources, where it is not found by content.",
        autocompletion=_complete_format,
    ),
]
FailedRunsOption = Annotated[
    bool | None,
    typer.Option(
        "--failed-runs/--no-failed-runs",
        help="Take runs that did not come to their end too (default: as [sources] says, else not).",
    ),
]
LargestOption = Annotated[
    int | None,
    typer.Option(
        "--largest-mib",
        min=1,
        max=4096,
        metavar="N",
        help="The largest single transcript that is read, in MiB (default: as [sources] says, else 64).",
    ),
]
ReplicatesOption = Annotated[
    str | None,
    typer.Option(
        "--replicates",
        metavar="RULE",
        help="Which replicates of a cell: all, first, or sample:N by the seed of [sources] (default: as "
        "[sources] says, else all).",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSources:
    """The sources named on a command line, and how it says they are read."""

    paths: tuple[Path, ...]
    overrides: SourceOverrides


def named_sources(
    arguments: Sequence[Path],
    entries: Sequence[str] | None,
    *,
    format_name: str | None = None,
    failed_runs: bool | None = None,
    largest_mib: int | None = None,
    replicates: str | None = None,
) -> NamedSources:
    """Tell files from mapping entries.

    Raises:
        UsageError: An entry cannot be read, or no file is left.
    """
    from protocol.sources.origin import ORIGIN_FIELDS, parse_mapping
    from protocol.sources.source_plan import SourceOverrides

    entry = re.compile(rf"(?:{'|'.join(ORIGIN_FIELDS)})=.*", re.DOTALL)
    given = list(entries or ())
    paths: list[Path] = []
    for argument in arguments:
        if given and entry.fullmatch(str(argument)) and not argument.exists():
            given.append(str(argument))
        else:
            paths.append(argument)
    if not paths:
        raise UsageError("No file of transcripts is named.", next_step="Name at least one before --map.")
    parse_mapping(given)
    return NamedSources(
        paths=tuple(paths),
        overrides=SourceOverrides(
            map=tuple(given),
            format=format_name,
            failed_runs=failed_runs,
            largest_mib=largest_mib,
            replicates=replicates,
        ),
    )
