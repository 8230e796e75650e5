"""What the figures of an audit show, as values: the coverage matrix and the level map.

As in `protocol.report.figure`, the numbers in a picture can be tested without a picture, and every
figure brings its text alternative.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.audit.coverage import BenchmarkFindings, BenchmarkLevels, Cell, Code, Coverage, step_of
from protocol.report.audit_text import cell_text, code_text


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPart:
    """One code in a cell: what stands there, and how high it is."""

    text: str
    place: int | None
    """Place among the levels, lowest 0; None without a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """A benchmark with its cells; a cell has one part where all coders say the same."""

    label: str
    cells: tuple[tuple[GridPart, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGrid:
    """The coverage matrix."""

    id: str
    title: str
    caption: str
    columns: tuple[str, ...]
    levels: tuple[str, ...]
    """Labels, lowest first."""
    rows: tuple[GridRow, ...]
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """One benchmark by one coder, on the steps of the map."""

    group: str
    label: str
    evidence: int | None
    claim: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMap:
    """From the level of the evidence to the level of the claim."""

    id: str
    title: str
    caption: str
    steps: tuple[str, ...]
    rows: tuple[LevelRow, ...]
    alt: str


AuditFigure = CodeGrid | LevelMap


def audit_figures(found: Coverage) -> tuple[AuditFigure, ...]:
    """Return the coverage matrix, and the level map where the plan has one."""
    return (_grid(found), *_map(found))


def _grid(found: Coverage) -> CodeGrid:
    rows = (
        f"{one.title}: " + ", ".join(f"{cell.dimension} {cell_text(cell)}" for cell in one.cells)
        for one in found.benchmarks
    )
    return CodeGrid(
        id="coverage",
        title="Coverage of the benchmarks",
        caption="Codes by benchmark and dimension. A cell is split where coders differ, in the order"
        f" {'/'.join(found.coders)}; U and hatching: no code could be given; a point and hatching: not"
        " completed.",
        columns=tuple(one.id for one in found.dimensions),
        levels=tuple(f"{level.value} {level.label}" for level in found.dimensions[0].levels),
        rows=tuple(_grid_row(one, found) for one in found.benchmarks),
        alt=f"Codes by benchmark and dimension, where coders differ in the order {'/'.join(found.coders)}. "
        + "; ".join(rows)
        + ".",
    )


def _grid_row(one: BenchmarkFindings, found: Coverage) -> GridRow:
    return GridRow(
        label=one.title,
        cells=tuple(
            _parts(cell, dimension.values)
            for cell, dimension in zip(one.cells, found.dimensions, strict=True)
        ),
    )


def _parts(cell: Cell, values: tuple[int, ...]) -> tuple[GridPart, ...]:
    alike = len({code_text(code) for code in cell.codes}) == 1
    return tuple(_part(code, values) for code in (cell.codes[:1] if alike else cell.codes))


def _part(code: Code, values: tuple[int, ...]) -> GridPart:
    return GridPart(text=code_text(code), place=None if code.level is None else values.index(int(code.level)))


def _map(found: Coverage) -> tuple[LevelMap, ...]:
    rows = [(one.title, level) for one in found.benchmarks for level in one.levels]
    if not rows:
        return ()
    words = (
        f"{title} by {level.coder}: {level.evidence or 'no level'} to {level.claim or 'no level'}"
        for title, level in rows
    )
    return (
        LevelMap(
            id="levels",
            title="Level of the evidence, and of what is claimed",
            caption="Disc: the level of the evidence that is scored. Diamond: the highest level that the"
            " benchmark's own paper claims. One row for each coder.",
            steps=found.steps,
            rows=tuple(_level_row(title, level, found.steps) for title, level in rows),
            alt=f"From the level of the evidence to that of the claim. {'; '.join(words)}.",
        ),
    )


def _level_row(title: str, level: BenchmarkLevels, steps: tuple[str, ...]) -> LevelRow:
    def place(label: str | None) -> int | None:
        return steps.index(step_of(label)) if label is not None and step_of(label) in steps else None

    return LevelRow(group=title, label=level.coder, evidence=place(level.evidence), claim=place(level.claim))
