"""Measures that depend on sums over units alone, and what such sums save.

Alpha, percent agreement and the coefficients corrected for chance are functions of sums over
units, and units with equal counts by level add the same. So leaving out a group is one
subtraction, a resample is one draw over the distinct patterns, and beyond counting the patterns
the cost does not grow with the number of units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from protocol.stats.values import Values

CELLS_AT_ONCE = 2_000_000
"""Rows times columns of sums that are held in memory together."""


class SumMeasure(Protocol):
    """What a unit adds, and what a sum of it comes to."""

    def parts(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what units with these counts add: (units, levels) to (units, columns)."""
        ...

    def of_sums(self, sums: NDArray[np.float64]) -> Values:
        """Return the measure at every row of sums, shape (rows, columns)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Distinct rows of counts."""

    counts: NDArray[np.int64]
    """Shape (patterns, levels)."""
    of_unit: NDArray[np.int64]
    """Pattern of every unit, shape (units,)."""

    @property
    def times(self) -> NDArray[np.int64]:
        """How many units have each pattern."""
        return np.bincount(self.of_unit, minlength=len(self.counts))


def patterns_of(counts: NDArray[np.int64]) -> Patterns:
    """Return the distinct rows of counts, shape (units, levels), in a fixed order.

    Example:
        >>> found = patterns_of(np.array([[2, 0], [1, 1], [2, 0]]))
        >>> found.counts.tolist(), found.times.tolist()
        ([[1, 1], [2, 0]], [1, 2])
    """
    n, q = counts.shape
    base = int(counts.max(initial=0)) + 1
    if base**q < 2**62:
        keys = np.zeros(n, dtype=np.int64)
        for level in range(q):
            keys = keys * base + counts[:, level]
        _, first, of_unit = np.unique(keys, return_index=True, return_inverse=True)
        return Patterns(counts=counts[first], of_unit=of_unit)
    rows, of_unit = np.unique(counts, axis=0, return_inverse=True)
    return Patterns(counts=rows, of_unit=of_unit.reshape(-1))


class GroupSums:
    """What groups of units add to a measure's sums; groups that add the same are of one kind."""

    def __init__(
        self, measure: SumMeasure, counts: NDArray[np.int64], groups: NDArray[np.int64], *, least: int = 2
    ) -> None:
        """Sort the units into groups.

        Args:
            measure: The measure.
            counts: Ratings by unit and level, shape (units, levels).
            groups: Group of every unit, shape (units,).
            least: A group that counts holds a unit with so many ratings; the units of all others
                are never left out and never resampled.
        """
        self._measure = measure
        patterns = patterns_of(counts)
        names = np.unique(groups[counts.sum(axis=1) >= least])
        member = np.isin(groups, names)
        index = np.searchsorted(names, groups[member])
        of_member = patterns.of_unit[member]
        self._counts = patterns.counts
        self._held: NDArray[np.float64] | None = None
        self.kind_of_group: NDArray[np.int64] = np.arange(len(names), dtype=np.int64)
        """Kind of each group, in the order of the groups' numbers."""
        outside = np.bincount(patterns.of_unit[~member], minlength=len(patterns.counts))
        self.rest = self._added(outside[None, :].astype(np.float64))[0]
        """What the units outside all these groups add, shape (columns,)."""
        if len(names) == len(index):
            of_group = np.empty(len(names), dtype=np.int64)
            of_group[index] = of_member
            used, self.kind_of_group = np.unique(of_group, return_inverse=True)
            self._counts = patterns.counts[used]
        else:
            kinds = len(names) * len(patterns.counts)
            held = np.bincount(index * len(patterns.counts) + of_member, minlength=kinds)
            self._held = held.reshape(len(names), -1).astype(np.float64)
        self.times: NDArray[np.int64] = np.bincount(self.kind_of_group)
        """How many groups there are of each kind."""

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.kind_of_group)

    def without_each(self) -> Values:
        """Return the measure with each group left out, in the order of the groups' numbers."""
        total = self.rest + sum(
            (self.times[start : start + len(sums)] @ sums for start, sums in self._kinds()),
            np.zeros_like(self.rest),
        )
        found = Values.joined([self._measure.of_sums(total - sums) for _, sums in self._kinds()])
        return Values(values=found.values[self.kind_of_group], defined=found.defined[self.kind_of_group])

    def resampled(self, *, replicates: int, seed: int) -> Values:
        """Return the measure of samples of as many groups, drawn with replacement.

        In words: one multinomial draw over the kinds of groups with their frequencies, which has the
        same distribution as drawing the groups one by one.
        """
        generator = np.random.default_rng(seed)
        shares = self.times / self.n_groups
        step = max(1, CELLS_AT_ONCE // max(len(self.rest), len(shares)))
        parts = []
        for start in range(0, replicates, step):
            drawn = generator.multinomial(self.n_groups, shares, size=min(step, replicates - start))
            sums = np.tile(self.rest, (len(drawn), 1))
            for first, kinds in self._kinds():
                sums += drawn[:, first : first + len(kinds)].astype(np.float64) @ kinds
            parts.append(self._measure.of_sums(sums))
        return Values.joined(parts)

    def _kinds(self) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """What a group of each kind adds, in batches that fit into memory, with each batch's first kind."""
        step = max(1, CELLS_AT_ONCE // max(1, len(self.rest)))
        for start in range(0, len(self.times), step):
            if self._held is None:
                yield start, self._measure.parts(self._counts[start : start + step])
            else:
                yield start, self._added(self._held[start : start + step])

    def _added(self, held: NDArray[np.float64]) -> NDArray[np.float64]:
        """What units add of which each row holds so many of every pattern: (rows, patterns) to sums."""
        width = self._measure.parts(self._counts[:1]).shape[1] if len(self._counts) else 0
        sums = np.zeros((len(held), width))
        step = max(1, CELLS_AT_ONCE // max(1, width))
        for start in range(0, len(self._counts), step):
            sums += held[:, start : start + step] @ self._measure.parts(self._counts[start : start + step])
        return sums


def value_of(measure: SumMeasure, counts: NDArray[np.int64]) -> Values:
    """Return the measure of all units, as one value."""
    patterns = patterns_of(counts)
    return measure.of_sums((patterns.times @ measure.parts(patterns.counts))[None, :])


def values_without_groups(
    measure: SumMeasure, counts: NDArray[np.int64], groups: NDArray[np.int64]
) -> Values:
    """Return the measure with each group left out, in the order of the groups' numbers.

    Groups without a unit of two ratings are never left out.
    """
    if not np.any(counts.sum(axis=1) >= 2):
        return Values.joined([])
    return GroupSums(measure, counts, groups).without_each()
