"""What is in sources of transcripts, before any of it becomes a study. Reads and writes nothing.

Only origins and lengths stay in memory, so what is inspected may be larger than the machine.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.sources.factorial import Cell, CellCheck, check_cells
from protocol.sources.limits import DEFAULT_LIMITS, SourceLimits
from protocol.sources.origin import ORIGIN_FIELDS, FixedValue
from protocol.sources.reading import SourceReading
from protocol.sources.replicates import chosen
from protocol.sources.report import Count, SourceFile, counts_of
from protocol.sources.source_plan import SourceOverrides, mapping_of, overridden, reading_options
from protocol.study import SourcesPlan
from protocol.transcript import Origin, Transcript
from rater.services.reading_study import read_study_file
from rater.services.sources.opening_sources import read_paths

_SHOWN_VALUES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a number varies over the transcripts of a condition."""

    lowest: int
    median: float
    highest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSummary:
    """One model under one scaffold. System messages are not counted: raters never see them."""

    model: str
    scaffold: str
    transcripts: int
    tasks: int
    messages: Spread
    characters: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTaken:
    """Where one part of the origin was taken from, and what that gave."""

    part: str
    taken_from: str
    values: tuple[str, ...]
    """The first ones, in order."""
    distinct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledCell:
    """A cell of the design as the mapping gives it."""

    cell: Cell
    replicates: tuple[int, ...]
    read_from: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Everything `inspect` reports."""

    files: tuple[SourceFile, ...]
    transcripts: int
    cells: CellCheck
    filled: tuple[FilledCell, ...]
    mapped: tuple[PartTaken, ...]
    conditions: tuple[ConditionSummary, ...]
    roles: tuple[Count, ...]
    replaced: tuple[Count, ...]
    left_behind: tuple[Count, ...]
    skipped: tuple[Count, ...]
    failed: tuple[Count, ...]
    failed_runs_taken: bool
    replicates_left_out: int
    study: str | None
    """The name of the study the cells were compared with."""


@dataclass(slots=True)
class _Seen:
    """What is kept of a transcript."""

    origin: Origin
    read_from: str
    messages: int
    characters: int


def inspect_sources(
    paths: Sequence[Path],
    *,
    overrides: SourceOverrides | None = None,
    protocol: Path | None = None,
    limits: SourceLimits = DEFAULT_LIMITS,
) -> Inspection:
    """Read sources of transcripts and describe them.

    Args:
        paths: Files, folders and archives.
        overrides: What the command line says on how they are read.
        protocol: A study.toml; its scaffolds and tasks are then those that should be there, and its
            plan for sources holds.
        limits: The bounds on what a source may cost.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file cannot be read or has mistakes.
    """
    study = None if protocol is None else read_study_file(protocol).protocol
    plan = overridden(study.sources if study else SourcesPlan(), overrides or SourceOverrides())
    reading = SourceReading(reading_options(plan, limits))
    seen: list[_Seen] = []
    roles: Counter[str] = Counter()
    for transcript in read_paths(paths, reading):
        seen.append(_seen(transcript))
        roles.update(str(message.role) for message in transcript.conversation.messages)
    report = reading.finish()
    taken = [seen[place] for place in chosen([one.origin for one in seen], plan)]
    return Inspection(
        files=report.files,
        transcripts=len(taken),
        cells=check_cells(taken, study),
        filled=_filled(taken),
        mapped=_mapped(taken, plan),
        conditions=_conditions(taken),
        roles=counts_of(roles),
        replaced=report.replaced,
        left_behind=report.left_behind,
        skipped=report.skipped,
        failed=report.failed,
        failed_runs_taken=plan.failed_runs,
        replicates_left_out=len(seen) - len(taken),
        study=None if study is None else study.name,
    )


def _seen(transcript: Transcript) -> _Seen:
    shown = [one for one in transcript.conversation.messages if one.role != "system"]
    return _Seen(
        origin=transcript.origin,
        read_from=transcript.read_from,
        messages=len(shown),
        characters=sum(len(message.text) for message in shown),
    )


def _conditions(seen: Iterable[_Seen]) -> tuple[ConditionSummary, ...]:
    grouped: defaultdict[tuple[str, str], list[_Seen]] = defaultdict(list)
    for one in seen:
        grouped[one.origin.model, one.origin.scaffold].append(one)
    return tuple(
        ConditionSummary(
            model=model,
            scaffold=scaffold,
            transcripts=len(members),
            tasks=len({member.origin.task for member in members}),
            messages=_spread([member.messages for member in members]),
            characters=_spread([member.characters for member in members]),
        )
        for (model, scaffold), members in sorted(grouped.items())
    )


def _filled(seen: Iterable[_Seen]) -> tuple[FilledCell, ...]:
    grouped: defaultdict[Cell, list[_Seen]] = defaultdict(list)
    for one in seen:
        cell = Cell(model=one.origin.model, scaffold=one.origin.scaffold, task=one.origin.task)
        grouped[cell].append(one)
    return tuple(
        FilledCell(
            cell=cell,
            replicates=tuple(member.origin.replicate for member in members),
            read_from=tuple(member.read_from for member in members),
        )
        for cell, members in sorted(grouped.items())
    )


def _mapped(seen: Sequence[_Seen], plan: SourcesPlan) -> tuple[PartTaken, ...]:
    mapping = mapping_of(plan)
    parts = []
    for part in ORIGIN_FIELDS:
        values = sorted({str(getattr(one.origin, part)) for one in seen})
        place = mapping.place(part)
        if isinstance(place, FixedValue):
            taken_from = "the same for all"
        else:
            taken_from = place.path if place else "as usual in the format"
        parts.append(
            PartTaken(
                part=part,
                taken_from=taken_from,
                values=tuple(values[:_SHOWN_VALUES]),
                distinct=len(values),
            )
        )
    return tuple(parts)


def _spread(values: Sequence[int]) -> Spread:
    return Spread(lowest=min(values), median=statistics.median(values), highest=max(values))
