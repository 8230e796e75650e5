"""Tidy ratings, one row per rating, into the table every analysis reads.

Every mistake of the kept rows is collected before anything is refused; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from protocol.analysis.delimited_text import EXPECTED, read_delimited, refuse
from protocol.analysis.level_declaration import LevelDeclaration
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.analysis.raw_ratings import RawRow, RawTable, ReadingOptions, listed
from protocol.analysis.row_filter import RowFilter, select
from protocol.errors import InvalidInputError, Problem, UsageError

SIMULATED_WORDS = ("yes", "true", "1")
REQUIRED = ("unit", "rater", "dimension", "value")
_BATCH_DIGITS = 3
ORIGIN = ("model", "scaffold", "task", "replicate")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRatings:
    """The table, and what the reader should know about how it was made."""

    table: RatingTable
    warnings: tuple[str, ...]
    simulated: bool = False
    """A column of that name says so for at least one row."""


def parse_tidy(text: str, *, source: str, declaration: LevelDeclaration) -> ParsedRatings:
    """Read tidy ratings as blindrater itself writes them.

    Raises:
        InvalidInputError: No table of ratings, or rows with mistakes; all of them are listed.
        UsageError: The declaration does not fit the dimensions.
    """
    return ratings_of(
        read_delimited(text, source=source),
        source=source,
        filters=(),
        declaration=declaration,
        options=ReadingOptions(),
    )


def ratings_of(
    raw: RawTable,
    *,
    source: str,
    filters: Sequence[RowFilter],
    declaration: LevelDeclaration,
    options: ReadingOptions,
) -> ParsedRatings:
    """Understand tidy rows.

    Args:
        raw: Rows with the columns unit, rater, dimension, value and others.
        source: The file's name, for messages.
        filters: Rows that do not pass are left aside before anything else is looked at.
        declaration: Levels and scales as declared; levels that are not are taken from the rows.
        options: Words that stand for levels.

    Raises:
        InvalidInputError: A column is missing, or rows have mistakes; all of them are listed.
        UsageError: A filter or a declaration does not fit the columns or dimensions.
    """
    raw = _of_wanted(raw, options, source)
    missing = [name for name in REQUIRED if name not in raw.columns]
    if missing:
        separator = (
            " The cells seem to be separated by semicolons, not commas or tabs."
            if len(raw.columns) == 1
            else ""
        )
        raise InvalidInputError(
            f"The header has no column {', '.join(missing)}.{separator}", where=source, next_step=EXPECTED
        )
    kept = select(raw.rows, filters, columns=raw.columns, text_of=RawRow.text_of, source=source)
    reading = _Reading(options, origin_columns=[name for name in ORIGIN if name in raw.columns])
    ratings = [rating for row in kept if (rating := reading.rating(row)) is not None]
    refuse(reading.problems, source)
    parsed = _with_levels(ratings, kept, source, declaration)
    simulated = any(row.cells.get("simulated", "").lower() in SIMULATED_WORDS for row in kept)
    return replace(parsed, simulated=simulated)


def _of_wanted(raw: RawTable, options: ReadingOptions, source: str) -> RawTable:
    """The rows of the dimensions that were named; a table without the column is about the one that was."""
    if not options.dimensions:
        return raw
    if "dimension" not in raw.columns:
        if len(options.dimensions) > 1:
            raise UsageError(
                "--dimension names several, and the ratings have no column that tells them apart.",
                where=source,
                next_step="Name one, or add a column dimension.",
            )
        filled = tuple(
            replace(row, cells={**row.cells, "dimension": options.dimensions[0]}) for row in raw.rows
        )
        return RawTable(columns=(*raw.columns, "dimension"), rows=filled)
    present = {row.cells.get("dimension", "") for row in raw.rows}
    for name in options.dimensions:
        if name not in present:
            raise UsageError(
                f"--dimension names {name!r}, which these ratings do not have.",
                where=source,
                next_step=f"Dimensions: {listed(sorted(present))}.",
            )
    return replace(raw, rows=tuple(row for row in raw.rows if options.wants(row.cells["dimension"])))


class _Reading:
    """Turns rows into ratings and keeps what it must remember to see contradictions."""

    def __init__(self, options: ReadingOptions, *, origin_columns: Sequence[str]) -> None:
        self.problems: list[Problem] = []
        self._options = options
        self._origin_columns = origin_columns
        self._first_row: dict[tuple[str, str, str, int], RawRow] = {}
        self._origin_of: dict[str, tuple[tuple[str, ...], RawRow]] = {}

    def rating(self, row: RawRow) -> RatingRow | None:
        before = len(self.problems)
        for name in ("unit", "rater", "dimension"):
            if not row.cells[name]:
                self._problem(row, name, "an empty cell", "a name")
        value = self._options.level_of(row.cells["value"], row.cells["dimension"])
        if value is None and row.cells["value"]:
            self._problem(row, "value", repr(row.cells["value"]), "a number, or nothing for a missing rating")
        code = row.cells.get("not_ratable") or None
        if code and row.cells["value"]:
            self._problem(row, "not_ratable", f"{code!r} beside a value", "one of the two")
        counted = {name: self._whole_number(row, name) for name in ("replicate", "occasion")}
        self._check_origin(row)
        rating = RatingRow(
            unit=row.cells["unit"],
            rater=row.cells["rater"],
            dimension=row.cells["dimension"],
            value=value,
            not_ratable=code,
            model=row.cells.get("model") or None,
            scaffold=row.cells.get("scaffold") or None,
            task=row.cells.get("task") or None,
            position=self._whole_number_or_none(row, "position", least=1),
            elapsed_ms=self._whole_number_or_none(row, "elapsed_ms", least=0),
            confidence=self._whole_number_or_none(row, "confidence", least=1),
            batch=_batch(row.cells.get("batch", "")),
            replicate=counted["replicate"],
            occasion=counted["occasion"],
        )
        self._check_repeated(row, rating)
        return rating if len(self.problems) == before else None

    def _problem(self, row: RawRow, column: str, found: str, expected: str) -> None:
        self.problems.append(Problem(where=row.where(column), found=found, expected=expected))

    def _whole_number(self, row: RawRow, column: str) -> int:
        text = row.cells.get(column) or "1"
        if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) >= 1):
            self._problem(row, column, repr(text), "a whole number from 1")
            return 1
        return int(text)

    def _whole_number_or_none(self, row: RawRow, column: str, *, least: int) -> int | None:
        text = row.cells.get(column)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) >= least):
            self._problem(
                row, column, repr(text), f"a whole number from {least}, or nothing where it is not known"
            )
            return None
        return int(text)

    def _check_origin(self, row: RawRow) -> None:
        origin = tuple(row.cells.get(name, "") for name in self._origin_columns)
        known, first = self._origin_of.setdefault(row.cells["unit"], (origin, row))
        if origin != known:
            self._problem(
                row,
                "unit",
                f"{row.cells['unit']!r} as {' / '.join(origin)}",
                f"{' / '.join(known)}, as in {_place(first, row)}",
            )

    def _check_repeated(self, row: RawRow, rating: RatingRow) -> None:
        key = (rating.unit, rating.rater, rating.dimension, rating.occasion)
        first = self._first_row.setdefault(key, row)
        if first is not row:
            self._problem(
                row,
                "unit",
                f"a second rating of unit {rating.unit!r} by {rating.rater!r} on {rating.dimension!r}",
                f"one per occasion; the first is in {_place(first, row)}",
            )


def _batch(text: str) -> int | None:
    """Return the number of a batch; what other programs call so, and is no small number, is none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) <= _BATCH_DIGITS else None


def _place(other: RawRow, row: RawRow) -> str:
    return other.at if other.file == row.file else f"{other.file}, {other.at}"


def _with_levels(
    ratings: Sequence[RatingRow], rows: Sequence[RawRow], source: str, declaration: LevelDeclaration
) -> ParsedRatings:
    dimensions = list(dict.fromkeys(rating.dimension for rating in ratings))
    declaration.check_names(dimensions, source=source)
    specs: list[DimensionSpec] = []
    warnings: list[str] = []
    for dimension in declaration.order(dimensions):
        values = [
            rating.value for rating in ratings if rating.dimension == dimension and rating.value is not None
        ]
        declared = declaration.declared(dimension)
        specs.append(declared or declaration.seen(dimension, values))
        if declared is None:
            warnings.append(_seen_warning(specs[-1]))
    allowed = {spec.id: spec.levels for spec in specs}
    refuse(
        [
            Problem(
                where=row.where("value"),
                found=f"{rating.value}",
                expected=f"a declared level of {rating.dimension}: {_listed(allowed[rating.dimension])}",
            )
            for rating, row in zip(ratings, rows, strict=True)
            if rating.value is not None and rating.value not in allowed[rating.dimension]
        ],
        source,
    )
    return ParsedRatings(
        table=RatingTable(rows=tuple(ratings), dimensions=tuple(specs)), warnings=tuple(warnings)
    )


def _seen_warning(spec: DimensionSpec) -> str:
    return (
        f"The levels of {spec.id} were taken from the ratings ({_listed(spec.levels) or 'none'}): a level "
        "that nobody used is not known. Gwet's AC, Brennan-Prediger and weighted percent agreement depend "
        "on it, and so do no_headroom and raised_to_ceiling. Declare them with --levels or --protocol."
    )


def _listed(levels: Sequence[float]) -> str:
    return ", ".join(str(level) for level in levels)
