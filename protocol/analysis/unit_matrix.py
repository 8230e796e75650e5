"""Rows of one dimension as a matrix of units by raters, with the groups its intervals leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocol.analysis.rating_table import DimensionSpec, RatingRow
from protocol.stats.rating_matrix import MISSING, RatingMatrix
from protocol.stats.sum_measure import GroupedCounts

Unit = Literal["task", "unit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMatrix:
    """The matrix with the names of its rows and columns, all in alphabetical order."""

    matrix: RatingMatrix
    units: tuple[str, ...]
    raters: tuple[str, ...]
    group: Unit
    """Tasks where every unit has one: transcripts of one task are not independent."""
    groups: NDArray[np.int64]
    """Group of every unit."""
    grouped: GroupedCounts
    """The units in their groups, for measures of sums."""

    def with_raters(self, columns: Sequence[int]) -> UnitMatrix:
        """Return the matrix with some of the raters' columns."""
        matrix = RatingMatrix(codes=self.matrix.codes[:, list(columns)], levels=self.matrix.levels)
        return replace(
            self,
            matrix=matrix,
            raters=tuple(self.raters[column] for column in columns),
            grouped=GroupedCounts(matrix.counts, self.groups),
        )


def unit_matrix(rows: Sequence[RatingRow], spec: DimensionSpec) -> UnitMatrix:
    """Return the ratings of one dimension and one occasion as a matrix.

    A unit or rater that has rows but no level keeps its row or column, filled with missing ratings.
    """
    units = sorted({row.unit for row in rows})
    raters = sorted({row.rater for row in rows})
    row_of = {unit: index for index, unit in enumerate(units)}
    column_of = {rater: index for index, rater in enumerate(raters)}
    code_of = {level: code for code, level in enumerate(spec.levels)}
    codes = np.full((len(units), len(raters)), MISSING, dtype=np.int64)
    for row in rows:
        if row.value is not None:
            codes[row_of[row.unit], column_of[row.rater]] = code_of[row.value]
    task_of = {row.unit: row.task for row in rows if row.task is not None}
    tasks = sorted(set(task_of.values()))
    known = bool(units) and len(task_of) == len(units)
    position = {task: index for index, task in enumerate(tasks)}
    groups = [position[task_of[unit]] for unit in units] if known else list(range(len(units)))
    matrix = RatingMatrix(codes=codes, levels=tuple(float(level) for level in spec.levels))
    numbers = np.asarray(groups, dtype=np.int64)
    return UnitMatrix(
        matrix=matrix,
        units=tuple(units),
        raters=tuple(raters),
        group="task" if known else "unit",
        groups=numbers,
        grouped=GroupedCounts(matrix.counts, numbers),
    )
