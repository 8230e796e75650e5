"""Cohen's kappa of two raters: unweighted, linear, quadratic."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.stats.agreement_weights import Weights, agreement_weights
from protocol.stats.estimate import Estimate
from protocol.stats.jackknife import LeaveOneOut
from protocol.stats.rating_matrix import RatingMatrix, sums_by_group


@dataclass(frozen=True, slots=True, kw_only=True)
class CohenKappa:
    """Kappa of one pair of raters."""

    estimate: Estimate
    """The standard error is that of Fleiss, Cohen and Everitt, not assuming kappa = 0."""
    n: int
    """Units rated by both."""


def shared_units(matrix: RatingMatrix, first: int, second: int) -> NDArray[np.bool_]:
    """Return which units both raters rated, shape (units,)."""
    both: NDArray[np.bool_] = (matrix.codes[:, first] >= 0) & (matrix.codes[:, second] >= 0)
    return both


def contingency(matrix: RatingMatrix, first: int, second: int) -> NDArray[np.int64]:
    """Return how often the first rater gave level i where the second gave j, shape (levels, levels)."""
    both = shared_units(matrix, first, second)
    q = len(matrix.levels)
    cells = matrix.codes[both, first] * q + matrix.codes[both, second]
    return np.bincount(cells, minlength=q * q).reshape(q, q)


def cohen_kappa(matrix: RatingMatrix, first: int, second: int, weights: Weights) -> CohenKappa:
    """Return Cohen's kappa with its standard error.

    In words: (p_o - p_e) / (1 - p_e); p_o is the weighted share of agreement, p_e the same for
    independent raters with these two margins. Weights are on the level values.

    Args:
        matrix: The ratings.
        first: Column of one rater.
        second: Column of the other.
        weights: Unweighted, linear or quadratic.

    Missing: units rated by both count, no others. Declared levels nobody used change nothing.

    Degenerate: no unit rated by both; both raters gave one and the same level throughout (p_e is
    1). Each constant on a level of its own is defined, and 0.

    References:
        Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and
        Psychological Measurement 20, 37-46. Cohen, J. (1968). Weighted kappa. Psychological
        Bulletin 70, 213-220. Fleiss, J. L., Cohen, J. & Everitt, B. S. (1969). Large sample
        standard errors of kappa and weighted kappa. Psychological Bulletin 72, 323-327.

    Example:
        Two raters agree on 3 of 4 units; p_e = (2 * 3 + 2 * 1) / 16 = 0.5, kappa = 0.5:

        >>> data = RatingMatrix.from_values([[0, 0], [0, 0], [1, 1], [1, 0]], levels=[0, 1])
        >>> cohen_kappa(data, 0, 1, "unweighted").estimate.value
        0.5
    """
    table = contingency(matrix, first, second)
    n = int(table.sum())
    if n == 0:
        return CohenKappa(estimate=Estimate.none("no unit was rated by both"), n=0)
    if _on_one_level(table.sum(axis=1), table.sum(axis=0)):
        level = matrix.levels[int(np.argmax(table.sum(axis=1)))]
        reason = f"no variation: both raters gave {level:g} on all {n} shared units"
        return CohenKappa(estimate=Estimate.none(reason), n=n)
    w = agreement_weights(matrix.level_values, weights)
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    independent = np.outer(rows, columns)
    expected = float((w * independent).sum())
    kappa = 1 - float(((1 - w) * p).sum()) / float(((1 - w) * independent).sum())
    mean_weights = (w @ columns)[:, None] + (rows @ w)[None, :]
    spread = float((p * (w - mean_weights * (1 - kappa)) ** 2).sum()) - (kappa - expected * (1 - kappa)) ** 2
    scale = math.sqrt(n) * (1 - expected)
    return CohenKappa(estimate=Estimate.of(kappa, se=_root(spread) / scale), n=n)


def cohen_kappa_without_groups(
    matrix: RatingMatrix, first: int, second: int, weights: Weights, groups: NDArray[np.int64]
) -> LeaveOneOut:
    """Return Cohen's kappa with each group of shared units left out, groups of shape (units,)."""
    both = shared_units(matrix, first, second)
    a, b = matrix.codes[both, first], matrix.codes[both, second]
    names, index = np.unique(groups[both], return_inverse=True)
    disagreement = 1 - agreement_weights(matrix.level_values, weights)
    observed = disagreement[a, b]
    identity = np.eye(len(matrix.levels))
    rows = identity[a].sum(axis=0) - sums_by_group(identity[a], index, len(names))
    columns = identity[b].sum(axis=0) - sums_by_group(identity[b], index, len(names))
    n = rows.sum(axis=1)
    left = observed.sum() - np.bincount(index, weights=observed, minlength=len(names))
    expected = ((rows @ disagreement) * columns).sum(axis=1) / np.maximum(n, 1)
    one_level = (np.minimum(rows, columns).max(axis=1, initial=0) == n) | (n == 0)
    ratio = np.divide(left, expected, out=np.zeros(len(names)), where=~one_level)
    return LeaveOneOut(values=1 - ratio, defined=~one_level)


def _on_one_level(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> bool:
    return bool(np.minimum(rows, columns).max() == rows.sum())


def _root(variance: float) -> float:
    """Square root of a variance whose rounding error may leave it a hair below zero or above it."""
    return math.sqrt(variance) if variance > 1e-15 else 0.0
