"""The one table every analysis reads: ratings with what is known about their origin.

A study file and a ratings file become the same table, so that a number never depends on where
the ratings came from. The levels are the declared ones; they stand beside the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from protocol.analysis.row_filter import RowFilter, select
from protocol.rubric import Rubric, Scale

Number = int | float
COLUMNS = (
    "unit",
    "rater",
    "dimension",
    "value",
    "not_ratable",
    "model",
    "scaffold",
    "task",
    "replicate",
    "occasion",
    "position",
    "elapsed_ms",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRow:
    """One rater's answer for one dimension of one unit."""

    unit: str
    rater: str
    dimension: str
    value: Number | None
    """None for a missing rating and for one that is not ratable."""
    not_ratable: str | None = None
    """The reason code, where the rater said that no level can be given."""
    model: str | None = None
    scaffold: str | None = None
    task: str | None = None
    """The block of the design; an opaque id serves as well."""
    replicate: int = 1
    occasion: int = 1
    """1 for the first presentation; later ones enter no comparison of raters and no effect."""
    position: int | None = None
    """Place of the unit in this rater's order, from 1."""
    elapsed_ms: int | None = None
    """Active time this rater spent on the unit, all dimensions together."""
    confidence: int | None = None
    """How sure the rater was, 1 to 3, where the rubric asked."""
    rubric_version: int | None = None
    """Which rubric the rating was made under, from 1, where the rubric was amended."""
    carried: bool = False
    """It was made by texts of its dimension that were amended later."""
    batch: int | None = None
    """With which batch the unit came, where a study has more than one."""

    def text_of(self, column: str) -> str | None:
        """Return a column as the text a filter compares, or None where it is not known."""
        cell = getattr(self, column)
        return None if cell is None else str(cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut:
    """A rule for ratings that an analysis may leave out."""

    label: str
    """Which ratings, in a word or two."""
    what: str
    """Which ratings, as words after "without"."""
    applies: Callable[[RatingRow], bool]


def cell_of(row: RatingRow, column: str) -> str | int | float | None:
    """Return the cell of a column; a yes or no is 1 or 0."""
    cell: str | int | float | None = getattr(row, column)
    return int(cell) if isinstance(cell, bool) else cell


def told_rule(applies: Callable[[RatingRow], bool]) -> LeaveOut:
    """Return the rule for ratings whose rater said to know the condition."""
    return LeaveOut(
        label="told",
        what="items whose condition the rater said to know or to have been told",
        applies=applies,
    )


def incident_rule(applies: Callable[[RatingRow], bool]) -> LeaveOut:
    """Return the rule for ratings after an incident on the record."""
    return LeaveOut(
        label="incidents", what="ratings completed after an incident that concerns them", applies=applies
    )


def carried_rule() -> LeaveOut:
    """Return the rule for ratings made by texts of the rubric that were amended later."""
    return LeaveOut(
        label="carried",
        what="ratings made before an amendment of what their dimension is rated by",
        applies=lambda row: row.carried,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionSpec:
    """A dimension's scale and its declared levels, ascending by value."""

    id: str
    scale: Scale
    levels: tuple[Number, ...]

    def __post_init__(self) -> None:
        if list(self.levels) != sorted(set(self.levels)):
            raise ValueError(f"levels of {self.id} stand in ascending order, each once")

    @property
    def top(self) -> Number:
        """The highest declared level."""
        return self.levels[-1]


def specs_of(rubric: Rubric) -> tuple[DimensionSpec, ...]:
    """Return the dimensions of a rubric with their levels in ascending order."""
    return tuple(
        DimensionSpec(id=dimension.id, scale=dimension.scale, levels=tuple(sorted(dimension.values)))
        for dimension in rubric.dimensions
    )


def exact(value: Number) -> Fraction:
    """Return a level as the fraction its decimal text stands for: 0.1 is one tenth."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingTable:
    """Rows and the dimensions they rate; every row's dimension is declared, every value a level."""

    rows: tuple[RatingRow, ...]
    dimensions: tuple[DimensionSpec, ...]

    @property
    def batches(self) -> tuple[int, ...]:
        """The batches of the first occasions, where there is more than one."""
        found = sorted({row.batch for row in self.rows if row.batch is not None and row.occasion == 1})
        return tuple(found) if len(found) > 1 else ()

    def of_dimension(self, dimension: str) -> tuple[RatingRow, ...]:
        """Return the first-occasion rows of a dimension."""
        return tuple(row for row in self.rows if row.dimension == dimension and row.occasion == 1)

    def where(self, filters: Sequence[RowFilter], *, source: str) -> RatingTable:
        """Return the table with the rows that pass every filter.

        Raises:
            UsageError: A filter names an unknown column, or leaves no row.
        """
        if not filters:
            return self
        known = [
            name for name in (*COLUMNS, "batch") if any(row.text_of(name) is not None for row in self.rows)
        ]
        rows = select(self.rows, filters, columns=known, text_of=RatingRow.text_of, source=source)
        rated = {row.dimension for row in rows}
        return replace(
            self, rows=rows, dimensions=tuple(spec for spec in self.dimensions if spec.id in rated)
        )
