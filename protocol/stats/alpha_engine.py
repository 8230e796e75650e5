"""Krippendorff's alpha as a function of sums over units: for leave-one-out values, resamples and large data.

Ordinal alpha is interval alpha on mid-rank scores, and those change with every resample, so the
sums hold the coincidences of every pair of levels; the other metrics need one sum of disagreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.sum_measure import value_of
from protocol.stats.values import Values

Metric = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlphaOfSums:
    """Alpha; the columns are pairable ratings at each level, then observed disagreement or coincidences."""

    levels: NDArray[np.float64]
    metric: Metric
    used: NDArray[np.bool_]
    """Levels that occur on units with two ratings or more; no other has a column."""

    @classmethod
    def of(cls, matrix: RatingMatrix, metric: Metric) -> AlphaOfSums:
        """Return alpha of a matrix's units."""
        counts = matrix.counts
        used = counts[counts.sum(axis=1) >= 2].sum(axis=0) > 0
        return cls(levels=matrix.level_values[used], metric=metric, used=used)

    @property
    def columns(self) -> int:
        """Levels, and pairs of levels or the disagreement."""
        q = len(self.levels)
        return q + (q * (q - 1) // 2 if self.metric == "ordinal" else 1)

    def parts(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what units add; a unit with fewer than two ratings adds nothing."""
        m = counts.sum(axis=1)
        c = np.where(m[:, None] >= 2, counts[:, self.used], 0).astype(np.float64)
        per_pair = 1 / np.maximum(m - 1, 1)
        if self.metric == "ordinal":
            lower, upper = _pairs(len(self.levels))
            return np.concatenate([c, c[:, lower] * c[:, upper] * per_pair[:, None]], axis=1)
        own = ((c @ self._distances()) * c).sum(axis=1) * per_pair
        return np.concatenate([c, own[:, None]], axis=1)

    def of_sums(self, sums: NDArray[np.float64]) -> Values:
        """Return 1 - D_o / D_e at every row of sums."""
        q = len(self.levels)
        n = sums[:, :q]
        total = n.sum(axis=1)
        defined = np.count_nonzero(n > 0, axis=1) >= 2
        if self.metric == "ordinal":
            scores = np.cumsum(n, axis=1) - n / 2
            lower, upper = _pairs(q)
            squares = (scores[:, lower] - scores[:, upper]) ** 2
            observed = 2 * (squares * sums[:, q:]).sum(axis=1)
            expected = 2 * (squares * n[:, lower] * n[:, upper]).sum(axis=1)
        else:
            observed = sums[:, q]
            expected = ((n @ self._distances()) * n).sum(axis=1)
        defined &= expected > 0
        ratio = np.divide(observed * (total - 1), expected, out=np.zeros_like(observed), where=defined)
        return Values(values=1 - ratio, defined=defined)

    def _distances(self) -> NDArray[np.float64]:
        first, second = self.levels[:, None], self.levels[None, :]
        if self.metric == "nominal":
            return 1 - np.eye(len(self.levels))
        squares: NDArray[np.float64] = (first - second) ** 2
        if self.metric == "interval":
            return squares
        return np.divide(
            squares, (first + second) ** 2, out=np.zeros_like(squares), where=first + second != 0
        )


@lru_cache(maxsize=8)
def _pairs(q: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the lower and of the upper level of every pair of levels."""
    return np.triu_indices(q, k=1)


def alpha_from_counts(counts: NDArray[np.int64], levels: NDArray[np.float64], metric: Metric) -> float:
    """Return alpha of units that all have two ratings or more and are not all on one level.

    In words: each unit adds (c c' - diag c) / (m - 1) to the coincidence matrix O, with c its
    counts by level and m its ratings; n are the row sums, N their sum. With d_kl the distance of
    two levels, D_o = sum_kl O_kl d_kl and D_e = sum_kl n_k n_l d_kl / (N - 1). Ordinal distances are
    (g_k - g_l)^2 with the mid-ranks g = cumsum(n) - n / 2.

    Args:
        counts: Ratings by unit and level, shape (units, levels).
        levels: Ascending level values, shape (levels,).
        metric: The distance.

    References:
        Krippendorff, K. (2011). Computing Krippendorff's Alpha-Reliability.

    Example:
        Two units, two raters: 0 0 and 0 1. N = 4, one of two pairs disagrees: alpha is 0.

        >>> alpha_from_counts(np.array([[2, 0], [1, 1]]), np.array([0.0, 1.0]), "nominal")
        0.0
    """
    every_level = np.ones(len(levels), dtype=np.bool_)
    return float(value_of(AlphaOfSums(levels=levels, metric=metric, used=every_level), counts).values[0])
