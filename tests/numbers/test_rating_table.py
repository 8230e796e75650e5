"""The rating table: exact levels, filters, declared levels."""

from __future__ import annotations

from fractions import Fraction

import pytest

from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable, exact, specs_of
from protocol.analysis.row_filter import RowFilter
from protocol.errors import UsageError
from protocol.rubric import Dimension, Level, Rubric, Scale


def _row(unit: str, **known: str | int) -> RatingRow:
    return RatingRow(unit=unit, rater="A", dimension="d", value=1, **known)  # type: ignore[arg-type]


SPEC = DimensionSpec(id="d", scale=Scale.ORDINAL, levels=(0, 1))


def test_levels_become_the_fraction_of_their_decimal_text() -> None:
    """0.1 is one tenth, not the nearest binary number."""
    assert exact(0.1) == Fraction(1, 10)
    assert exact(-2) == Fraction(-2)
    assert exact(1e-5) == Fraction(1, 100_000)


def test_declared_levels_are_ascending_and_distinct() -> None:
    """Anything else is a fault of the caller."""
    with pytest.raises(ValueError, match="ascending"):
        DimensionSpec(id="d", scale=Scale.ORDINAL, levels=(1, 0))
    assert SPEC.top == 1


def test_a_rubric_gives_its_levels_by_value() -> None:
    """Declared highest first, the levels still ascend by value."""
    levels = tuple(Level(value=value, label="", anchor="") for value in (3, 2, 1))
    dimension = Dimension(id="x", name="", question="", scale=Scale.INTERVAL, levels=levels)
    (spec,) = specs_of(Rubric(id="r", title="", source="", dimensions=(dimension,)))
    assert (spec.levels, spec.scale) == ((1, 2, 3), Scale.INTERVAL)


def test_filters_know_only_columns_that_hold_something() -> None:
    """Before unblinding nobody can filter on a model."""
    blinded = RatingTable(rows=(_row("u1", task="t1"), _row("u2", task="t2")), dimensions=(SPEC,))
    kept = blinded.where([RowFilter(column="task", value="t2")], source="study.db")
    assert [row.unit for row in kept.rows] == ["u2"]
    with pytest.raises(UsageError, match="'model'"):
        blinded.where([RowFilter(column="model", value="m")], source="study.db")


def test_a_filtered_table_keeps_only_the_dimensions_it_rates() -> None:
    """Others would show up as empty."""
    other = DimensionSpec(id="e", scale=Scale.ORDINAL, levels=(0, 1))
    table = RatingTable(rows=(_row("u1"), _row("u2")), dimensions=(SPEC, other))
    assert table.where([], source="s") is table
    assert table.where([RowFilter(column="unit", value="u1")], source="s").dimensions == (SPEC,)
