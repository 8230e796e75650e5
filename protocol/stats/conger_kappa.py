"""Conger's kappa: several raters, each with margins of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocol.stats.agreement_weights import Weights, agreement_weights
from protocol.stats.estimate import Estimate
from protocol.stats.jackknife import LeaveOneOut
from protocol.stats.percent_agreement import NO_PAIR, pairable_units, unit_agreement
from protocol.stats.rating_matrix import RatingMatrix, sums_by_group


def conger_kappa(matrix: RatingMatrix, weights: Weights = "unweighted") -> Estimate:
    """Return Conger's kappa.

    In words: percent agreement, corrected by the agreement two different raters would reach if
    each drew from the level shares of its own ratings, averaged over all pairs of raters. With two
    raters who rated the same units it is Cohen's kappa.

    Missing: a rater's shares are over the units that rater rated; percent agreement is over units
    with two ratings.

    Degenerate: no unit with two ratings; all raters constant on one and the same level (p_e = 1).

    References:
        Conger, A. J. (1980). Integration and generalization of kappas for multiple raters.
        Psychological Bulletin 88, 322-328. Gwet, K. L. (2014), for missing ratings.

    Example:
        p_a = 3/4; rater A is at level 0 on half, B on a quarter: p_e = 1/8 + 3/8; kappa = 0.5:

        >>> data = RatingMatrix.from_values([[0, 0], [1, 1], [0, 1], [1, 1]], levels=[0, 1])
        >>> conger_kappa(data).value
        0.5
    """
    if not pairable_units(matrix).any():
        return Estimate.none(NO_PAIR)
    w = agreement_weights(matrix.level_values, weights)
    counts = _counts_by_rater(matrix).sum(axis=0)[None, :, :]
    expected = float(_expected(counts, w)[0])
    if expected > 1 - 1e-12:
        return Estimate.none("chance agreement is 1: every rating is on one level")
    agreement = float(unit_agreement(matrix, weights).mean())
    return Estimate.of((agreement - expected) / (1 - expected))


def conger_kappa_without_groups(
    matrix: RatingMatrix, weights: Weights, groups: NDArray[np.int64]
) -> LeaveOneOut:
    """Return Conger's kappa with each group of units left out, groups of shape (units,)."""
    pairable = pairable_units(matrix)
    names = np.unique(groups[pairable])
    if not len(names):
        return LeaveOneOut(values=np.zeros(0), defined=np.zeros(0, dtype=np.bool_))
    w = agreement_weights(matrix.level_values, weights)
    by_rater = _counts_by_rater(matrix)
    own = np.zeros(len(pairable))
    own[pairable] = unit_agreement(matrix, weights)
    flat = by_rater.reshape(len(by_rater), -1)
    table = np.column_stack([flat, own, pairable.astype(np.float64)])
    member = np.isin(groups, names)
    index = np.searchsorted(names, groups[member])
    rest = table.sum(axis=0) - sums_by_group(table[member], index, len(names))
    expected = _expected(rest[:, :-2].reshape(len(names), *by_rater.shape[1:]), w)
    defined = (rest[:, -1] > 0.5) & (expected < 1 - 1e-12)
    mean = rest[:, -2] / np.maximum(rest[:, -1], 1)
    values = np.divide(mean - expected, 1 - expected, out=np.zeros(len(names)), where=defined)
    return LeaveOneOut(values=values, defined=defined)


def _counts_by_rater(matrix: RatingMatrix) -> NDArray[np.float64]:
    """One at the level each rater gave each unit, shape (units, raters, levels)."""
    levels = np.arange(len(matrix.levels))
    given: NDArray[np.bool_] = matrix.codes[:, :, None] == levels[None, None, :]
    return given.astype(np.float64)


def _expected(counts: NDArray[np.float64], w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over pairs of different raters of sum_kl w_kl p_ak p_bl; counts are (rows, raters, levels).

    A rater without ratings in a row has no shares and is in no pair.
    """
    n = counts.sum(axis=2)
    shares = counts / np.maximum(n, 1)[:, :, None]
    raters = (n > 0).sum(axis=1)
    everyone = shares.sum(axis=1)
    all_pairs = ((everyone @ w) * everyone).sum(axis=1)
    with_self = ((shares @ w) * shares).sum(axis=(1, 2))
    found: NDArray[np.float64] = (all_pairs - with_self) / np.maximum(raters * (raters - 1), 1)
    return found
