"""Percent agreement, plain and weighted, and the share of units on which all raters agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocol.stats.agreement_weights import Weights, agreement_weights
from protocol.stats.estimate import Estimate
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.values import Values

NO_PAIR = "no unit has two ratings"


def percent_agreement(matrix: RatingMatrix, weights: Weights = "unweighted") -> Estimate:
    """Return the mean over units of the share of agreeing pairs of raters.

    In words: for a unit with m ratings, r_k of them at level k, the share of ordered pairs of
    different raters, each pair counted with the weight of its two levels:
    sum_k r_k (r*_k - 1) / (m (m - 1)) with r*_k = sum_l w_kl r_l. Then the mean over units.

    Missing: units with fewer than two ratings do not count. Degenerate: no unit with two ratings
    is undefined. All ratings equal is 1, which is a fact and not an estimate without error.

    References:
        Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed., formula for p_a.

    Example:
        Three raters say 0, 0, 1 on one unit (2 of 6 ordered pairs agree) and 1, 1, 1 on another:

        >>> data = RatingMatrix.from_values([[0, 0, 1], [1, 1, 1]], levels=[0, 1])
        >>> round(percent_agreement(data).value, 4)
        0.6667
    """
    shares = unit_agreement(matrix, weights)
    return Estimate.of(float(shares.mean())) if len(shares) else Estimate.none(NO_PAIR)


def all_raters_agree(matrix: RatingMatrix) -> Estimate:
    """Return the share of units with two or more ratings whose ratings are all equal.

    Example:
        >>> data = RatingMatrix.from_values([[0, 0, 1], [1, 1, 1]], levels=[0, 1])
        >>> all_raters_agree(data).value
        0.5
    """
    agreeing = _unit_unanimous(matrix)
    return Estimate.of(float(agreeing.mean())) if len(agreeing) else Estimate.none(NO_PAIR)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanOfUnits:
    """A mean over units with two ratings or more; the columns are the units' own values and their number."""

    levels: NDArray[np.float64]
    weights: Weights | Literal["unanimous"]
    """Of agreement within the unit; "unanimous" is 1 where all its ratings are equal, else 0."""

    @property
    def columns(self) -> int:
        """The unit's value, and 1."""
        return 2

    def parts(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what units add; a unit with fewer than two ratings adds nothing."""
        pairable = counts.sum(axis=1) >= 2
        if self.weights == "unanimous":
            own = (counts.max(axis=1, initial=0) == counts.sum(axis=1)).astype(np.float64)
        else:
            own = agreement_of_counts(counts, self.levels, self.weights)
        return np.stack([np.where(pairable, own, 0.0), pairable.astype(np.float64)], axis=1)

    def of_sums(self, sums: NDArray[np.float64]) -> Values:
        """Return the mean at every row of sums."""
        defined = sums[:, 1] > 0.5
        values = np.divide(sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=defined)
        return Values(values=values, defined=defined)


def n_pairable_units(matrix: RatingMatrix) -> int:
    """Return how many units have two ratings or more."""
    return int(np.count_nonzero(pairable_units(matrix)))


def pairable_units(matrix: RatingMatrix) -> NDArray[np.bool_]:
    """Return which units have two ratings or more, shape (units,)."""
    enough: NDArray[np.bool_] = (matrix.codes >= 0).sum(axis=1) >= 2
    return enough


def unit_agreement(matrix: RatingMatrix, weights: Weights) -> NDArray[np.float64]:
    """Return the share of agreeing pairs of each unit with two ratings or more, shape (those units,)."""
    return agreement_of_counts(matrix.counts[pairable_units(matrix)], matrix.level_values, weights)


def agreement_of_counts(
    counts: NDArray[np.int64], levels: NDArray[np.float64], weights: Weights
) -> NDArray[np.float64]:
    """Return the share of agreeing pairs of each row of counts; 0 where there is no pair."""
    c = counts.astype(np.float64)
    m = c.sum(axis=1)
    agreeing = (c * (c @ agreement_weights(levels, weights) - 1)).sum(axis=1)
    shares: NDArray[np.float64] = np.divide(agreeing, m * (m - 1), out=np.zeros(len(c)), where=m >= 2)
    return shares


def _unit_unanimous(matrix: RatingMatrix) -> NDArray[np.float64]:
    counts = matrix.counts[pairable_units(matrix)]
    unanimous: NDArray[np.bool_] = counts.max(axis=1, initial=0) == counts.sum(axis=1)
    return unanimous.astype(np.float64)
