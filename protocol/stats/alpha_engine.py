"""Krippendorff's alpha, own and fast: for leave-one-out values and large data.

Ordinal alpha is interval alpha on mid-rank scores, so one quadratic form serves both, and
leaving out a group costs one pass over the units instead of one coincidence matrix per group.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocol.stats.jackknife import LeaveOneOut
from protocol.stats.rating_matrix import RatingMatrix, sums_by_group

Metric = Literal["nominal", "ordinal", "interval"]


def alpha_from_counts(counts: NDArray[np.int64], levels: NDArray[np.float64], metric: Metric) -> float:
    """Return alpha of units that all have two ratings or more and are not all on one level.

    In words: each unit adds (c c' - diag c) / (m - 1) to the coincidence matrix O, with c its
    counts by level and m its ratings; n are the row sums, N their sum. With scores g (the level
    values, or cumsum(n) - n / 2 for ordinal), D_o = 2 (sum n g^2 - g'Og) and
    D_e = 2 (N sum n g^2 - (sum n g)^2) / (N - 1).

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
    without_none = _Sample(counts, levels, metric).alphas(np.zeros((1, counts.shape[1])), _no_unit(counts))
    return float(without_none.values[0])


def alpha_without_groups(matrix: RatingMatrix, metric: Metric, groups: NDArray[np.int64]) -> LeaveOneOut:
    """Return alpha with each group of units left out.

    Args:
        matrix: The ratings.
        metric: The distance.
        groups: Group of every unit, shape (units,). Groups without a unit of two ratings do not
            appear in the result.
    """
    counts = matrix.counts
    pairable = counts.sum(axis=1) >= 2
    kept = counts[pairable]
    names, index = np.unique(groups[pairable], return_inverse=True)
    removed = sums_by_group(kept.astype(np.float64), index, len(names))
    return _Sample(kept, matrix.level_values, metric).alphas(removed, index)


def _no_unit(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """No unit belongs to any group that is left out."""
    return np.full(len(counts), -1, dtype=np.int64)


class _Sample:
    """Sums over all units that every leave-one-out value shares."""

    def __init__(self, counts: NDArray[np.int64], levels: NDArray[np.float64], metric: Metric) -> None:
        self._c = counts.astype(np.float64)
        self._per_pair = 1 / (self._c.sum(axis=1) - 1)
        self._levels = levels
        self._metric = metric
        scaled = self._c * self._per_pair[:, None]
        self._coincidences = scaled.T @ self._c - np.diag(scaled.sum(axis=0))

    def alphas(self, removed: NDArray[np.float64], group: NDArray[np.int64]) -> LeaveOneOut:
        """Return alpha without each group; `removed` holds each group's counts by level."""
        n = self._c.sum(axis=0) - removed
        total = n.sum(axis=1)
        defined = np.count_nonzero(n > 0, axis=1) >= 2
        if self._metric == "nominal":
            observed = total - self._matches(group, len(removed))
            expected = (total**2 - (n**2).sum(axis=1)) / np.maximum(total - 1, 1)
        else:
            scores = self._scores(n, total)
            squares = (n * scores**2).sum(axis=1)
            observed = squares - self._products(scores, group)
            centre = (n * scores).sum(axis=1)
            expected = (total * squares - centre**2) / np.maximum(total - 1, 1)
        ratio = np.divide(observed, expected, out=np.zeros_like(observed), where=defined)
        return LeaveOneOut(values=1 - ratio, defined=defined)

    def _scores(self, n: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores by left-out group and level, centred so that large values lose no digits."""
        raw = np.cumsum(n, axis=1) - n / 2 if self._metric == "ordinal" else self._levels[None, :]
        mean = (n * raw).sum(axis=1) / np.maximum(total, 1)
        centred: NDArray[np.float64] = raw - mean[:, None]
        return centred

    def _matches(self, group: NDArray[np.int64], n_groups: int) -> NDArray[np.float64]:
        """Trace of the coincidence matrix without each group."""
        own = (self._c * (self._c - 1)).sum(axis=1) * self._per_pair
        return float(np.trace(self._coincidences)) - _sums(own, group, n_groups)

    def _products(self, scores: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
        """The quadratic form g'Og without each group, with that group's own scores."""
        whole = ((scores @ self._coincidences) * scores).sum(axis=1)
        left_out = group >= 0
        c, g = self._c[left_out], scores[group[left_out]]
        own = ((c * g).sum(axis=1) ** 2 - (c * g**2).sum(axis=1)) * self._per_pair[left_out]
        products: NDArray[np.float64] = whole - _sums(own, group[left_out], len(scores))
        return products


def _sums(amounts: NDArray[np.float64], group: NDArray[np.int64], n_groups: int) -> NDArray[np.float64]:
    left_out = group >= 0
    return sums_by_group(amounts[left_out, None], group[left_out], n_groups)[:, 0]
