"""The option --map of every command that reads transcripts.

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
    from protocol.sources.origin import OriginMapping

MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="PART=FIELD",
        help="Where model, scaffold, task or replicate stands in a line: scaffold=metadata.prompt takes a "
        "field, model=:NAME one fixed name. May be repeated; several entries may follow one --map.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedSources:
    """The files named on a command line, and the mapping given with them."""

    paths: tuple[Path, ...]
    mapping: OriginMapping | None


def mapped_sources(arguments: Sequence[Path], entries: Sequence[str] | None) -> MappedSources:
    """Tell files from mapping entries.

    Raises:
        UsageError: An entry cannot be read, or no file is left.
    """
    from protocol.sources.origin import ORIGIN_FIELDS, parse_mapping

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
    return MappedSources(paths=tuple(paths), mapping=parse_mapping(given) if given else None)
