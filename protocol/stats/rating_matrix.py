"""Ratings of one dimension as an array: units in rows, raters in columns.

Every agreement measure reads this form. It is apart from the measures because the rule for
missing ratings and for declared levels is decided here, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MISSING = -1


@dataclass(frozen=True, kw_only=True)
class RatingMatrix:
    """Ratings as positions in the declared levels.

    A missing rating is `MISSING`. The levels are the declared ones, ascending; a level that
    nobody used stays. It has no slots: counts are asked for by every measure and kept.
    """

    codes: NDArray[np.int64]
    """Shape (units, raters)."""
    levels: tuple[float, ...]

    @classmethod
    def from_values(
        cls, values: Sequence[Sequence[float | None]], *, levels: Sequence[float]
    ) -> RatingMatrix:
        """Build the matrix from level values, None where a rating is missing.

        Raises:
            ValueError: The levels are not strictly ascending, the rows differ in length, or a
                value is not a declared level.
        """
        ascending = tuple(float(level) for level in levels)
        if list(ascending) != sorted(set(ascending)):
            raise ValueError("declared levels stand in ascending order, each once")
        position = {level: code for code, level in enumerate(ascending)}
        if len({len(row) for row in values}) > 1:
            raise ValueError("every unit has one entry per rater")
        codes = []
        for row in values:
            for value in row:
                if value is not None and value not in position:
                    raise ValueError(f"{value} is not a declared level")
            codes.append([MISSING if value is None else position[value] for value in row])
        width = len(values[0]) if values else 0
        return cls(codes=np.asarray(codes, dtype=np.int64).reshape(len(codes), width), levels=ascending)

    @property
    def level_values(self) -> NDArray[np.float64]:
        """The declared levels as an array, shape (levels,)."""
        return np.asarray(self.levels, dtype=np.float64)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many raters gave each level to each unit, shape (units, levels)."""
        found = np.zeros((len(self.codes), len(self.levels)), dtype=np.int64)
        for code in range(len(self.levels)):
            found[:, code] = (self.codes == code).sum(axis=1)
        return found

    def without_rater(self, column: int) -> RatingMatrix:
        """Return the matrix with one rater's column removed."""
        return RatingMatrix(codes=np.delete(self.codes, column, axis=1), levels=self.levels)

    def of_units(self, selected: NDArray[np.bool_]) -> RatingMatrix:
        """Return the rows of the selected units."""
        return RatingMatrix(codes=self.codes[selected], levels=self.levels)


def sums_by_group(
    amounts: NDArray[np.float64], groups: NDArray[np.int64], n_groups: int
) -> NDArray[np.float64]:
    """Add up the rows of each group: (units, columns) becomes (groups, columns)."""
    sums = np.zeros((n_groups, amounts.shape[1]))
    for column in range(amounts.shape[1]):
        sums[:, column] = np.bincount(groups, weights=amounts[:, column], minlength=n_groups)
    return sums
