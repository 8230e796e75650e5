"""Correlation of two scores of the same units, and how far it lies above that of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.stats.estimate import Estimate
from protocol.stats.rating_matrix import sums_by_group
from protocol.stats.values import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedScores:
    """Two scores of each unit that has both, with the unit's group."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    groups: NDArray[np.int64]
    """0 to G - 1, shape (units,)."""

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.first)

    def sums(self, n_groups: int) -> NDArray[np.float64]:
        """Return, by group, what correlation needs: number, sums, squares, products."""
        x, y = self.first, self.second
        if self.n:
            x, y = x - x.mean(), y - y.mean()
        parts = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)
        return sums_by_group(parts, self.groups, n_groups)


def correlation(scores: PairedScores) -> Estimate:
    """Return Pearson's correlation of two scores.

    Degenerate: fewer than three units; a score that does not vary.

    References:
        Pearson, K. (1896). Mathematical contributions to the theory of evolution III. Philosophical
        Transactions of the Royal Society A 187, 253-318.

    Example:
        >>> first, second = np.array([0.0, 1, 2]), np.array([0.0, 2, 1])
        >>> round(correlation(PairedScores(first=first, second=second, groups=np.arange(3))).value, 3)
        0.5
    """
    found = _correlations(scores.sums(int(scores.groups.max(initial=0)) + 1).sum(axis=0)[None, :])
    if scores.n < 3:
        return Estimate.none(f"{scores.n} units have both scores, fewer than 3")
    if not found.defined[0]:
        return Estimate.none("no variation: one of the scores is always the same")
    return Estimate.of(float(found.values[0]))


def above_others(own: PairedScores, others: Sequence[PairedScores], n_groups: int) -> Values:
    """Return own correlation minus the mean of the others', on all data and without each group.

    The first value is that on all data; undefined where own, or one of the others', is.
    """
    everyone = [_correlations(_with_and_without(one.sums(n_groups))) for one in (own, *others)]
    defined = np.logical_and.reduce([one.defined for one in everyone])
    mean = np.mean([one.values for one in everyone[1:]], axis=0)
    return Values(values=everyone[0].values - mean, defined=defined)


def _with_and_without(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    total = sums.sum(axis=0)
    return np.concatenate([total[None, :], total - sums])


def _correlations(sums: NDArray[np.float64]) -> Values:
    n, x, y, xx, yy, xy = sums.T
    enough = np.maximum(n, 1)
    first, second = xx - x * x / enough, yy - y * y / enough
    defined = (n >= 3) & (first > 1e-9 * np.maximum(xx, 1e-9)) & (second > 1e-9 * np.maximum(yy, 1e-9))
    scale = np.sqrt(np.where(defined, first * second, 1.0))
    return Values(values=np.where(defined, (xy - x * y / enough) / scale, 0.0), defined=defined)
