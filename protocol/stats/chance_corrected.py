"""What Fleiss' kappa, Gwet's AC and Brennan-Prediger share: one agreement, three ideas of chance.

Gwet's frame: percent agreement p_a against a chance agreement p_e that depends on the shares of
the levels. The measures, each in its own module, say what p_e is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from protocol.stats.agreement_weights import Weights, agreement_weights
from protocol.stats.estimate import Estimate
from protocol.stats.percent_agreement import NO_PAIR, agreement_of_counts, pairable_units, unit_agreement
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.values import Values


class Chance(Protocol):
    """A model of agreement by chance."""

    def expected(self, shares: NDArray[np.float64], w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return p_e for every row of level shares, shape (rows, levels) to (rows,)."""
        ...

    def by_unit(
        self, unit_shares: NDArray[np.float64], shares: NDArray[np.float64], w: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return each unit's part in p_e, whose mean is p_e: (units, levels) to (units,)."""
        ...


def chance_corrected(matrix: RatingMatrix, weights: Weights, chance: Chance) -> Estimate:
    """Return (p_a - p_e) / (1 - p_e) with Gwet's linearised standard error.

    In words: p_a is the mean of the units' agreement over units with two ratings or more; the
    share of a level is the mean, over units with any rating, of the share of that unit's ratings.
    The variance is that of the units' linear contributions, over n (n - 1) with n the units with
    any rating.

    Missing: units with one rating count in the shares of the levels, not in p_a.

    Degenerate: no unit with two ratings; p_e = 1. With a single unit there is a value and no
    standard error.

    References:
        Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.; Gwet, K. L. (2008).
        Computing inter-rater reliability and its variance in the presence of high agreement.
        British Journal of Mathematical and Statistical Psychology 61, 29-48.

    Example:
        >>> from protocol.stats.brennan_prediger import UniformChance
        >>> data = RatingMatrix.from_values([[0, 0], [1, 1], [0, 1], [1, 1]], levels=[0, 1])
        >>> chance_corrected(data, "unweighted", UniformChance()).value
        0.5
    """
    pairable = pairable_units(matrix)
    if not pairable.any():
        return Estimate.none(NO_PAIR)
    if len(matrix.levels) < 2:
        return Estimate.none("only one level is declared")
    w = agreement_weights(matrix.level_values, weights)
    unit_shares = _unit_shares(matrix)
    rated = unit_shares.sum(axis=1) > 0
    n = int(np.count_nonzero(rated))
    shares = unit_shares[rated].mean(axis=0)
    expected = float(chance.expected(shares[None, :], w)[0])
    if _certain(expected):
        return Estimate.none("chance agreement is 1: every rating is on one level")
    own = np.zeros(len(pairable))
    own[pairable] = unit_agreement(matrix, weights)
    agreement = float(own[pairable].mean())
    value = (agreement - expected) / (1 - expected)
    if n < 2:
        return Estimate.of(value)
    scale = n / np.count_nonzero(pairable)
    parts = scale * (own - expected * pairable) / (1 - expected)
    chances = chance.by_unit(unit_shares, shares, w)
    linear = (parts - 2 * (1 - value) * (chances - expected) / (1 - expected))[rated]
    variance = float(((linear - value) ** 2).sum()) / (n * (n - 1))
    return Estimate.of(value, se=math.sqrt(variance) if variance > 1e-30 else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChanceCorrectedOfSums:
    """The coefficient; the columns are shares of levels, agreement, pairable units and rated units."""

    levels: NDArray[np.float64]
    weights: Weights
    chance: Chance

    @property
    def columns(self) -> int:
        """Levels, agreement, and two counts."""
        return len(self.levels) + 3

    def parts(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what units add."""
        m = counts.sum(axis=1)
        agreement = agreement_of_counts(counts, self.levels, self.weights)
        return np.column_stack([_shares_of(counts), agreement, m >= 2, m > 0]).astype(np.float64)

    def of_sums(self, sums: NDArray[np.float64]) -> Values:
        """Return (p_a - p_e) / (1 - p_e) at every row of sums."""
        w = agreement_weights(self.levels, self.weights)
        shares, agreement, n_pairable, n_rated = sums[:, :-3], sums[:, -3], sums[:, -2], sums[:, -1]
        expected = self.chance.expected(shares / np.maximum(n_rated, 1)[:, None], w)
        defined = (n_pairable > 0.5) & ~_certain(expected)
        mean = agreement / np.maximum(n_pairable, 1)
        values = np.divide(mean - expected, 1 - expected, out=np.zeros(len(sums)), where=defined)
        return Values(values=values, defined=defined)


def _certain(expected: float | NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether chance agreement is 1, up to the rounding of shares that add to 1."""
    return np.asarray(np.asarray(expected) > 1 - 1e-12)


def _unit_shares(matrix: RatingMatrix) -> NDArray[np.float64]:
    """Share of each level among a unit's ratings; zeros for a unit without any."""
    return _shares_of(matrix.counts)


def _shares_of(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1), 1)[:, None]
    return shares
