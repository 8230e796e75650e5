"""Gwet's AC1 and AC2: the coefficient that stays readable where ratings crowd on one level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocol.stats.agreement_weights import Weights
from protocol.stats.chance_corrected import chance_corrected
from protocol.stats.estimate import Estimate
from protocol.stats.rating_matrix import RatingMatrix


class UncertainChance:
    """Chance agreement only where raters guess: p_e = sum(w) / (q (q - 1)) * sum_k pi_k (1 - pi_k)."""

    def expected(self, shares: NDArray[np.float64], w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return p_e for every row of level shares."""
        found: NDArray[np.float64] = self._scale(w) * (shares * (1 - shares)).sum(axis=1)
        return found

    def by_unit(
        self, unit_shares: NDArray[np.float64], shares: NDArray[np.float64], w: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return each unit's part in p_e."""
        found: NDArray[np.float64] = self._scale(w) * (unit_shares @ (1 - shares))
        return found

    def _scale(self, w: NDArray[np.float64]) -> float:
        q = len(w)
        return float(w.sum()) / (q * (q - 1))


def gwet_ac(matrix: RatingMatrix, weights: Weights = "unweighted") -> Estimate:
    """Return Gwet's AC1 (unweighted) or AC2 (weighted) with its standard error.

    In words: percent agreement, corrected by a chance agreement that is small when nearly all
    ratings sit on one level. q is the number of DECLARED levels: the value depends on it.

    Missing: as in `chance_corrected`.

    Degenerate: no unit with two ratings. All ratings equal is 1 with a standard error of 0, which is
    no certainty: no interval is printed.

    References:
        Gwet, K. L. (2008). British Journal of Mathematical and Statistical Psychology 61, 29-48.
        Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.

    Example:
        p_a = 3/4; shares 3/8 and 5/8, p_e = 2 * 15/64 = 30/64; (48 - 30) / (64 - 30) = 0.5294:

        >>> data = RatingMatrix.from_values([[0, 0], [1, 1], [0, 1], [1, 1]], levels=[0, 1])
        >>> round(gwet_ac(data).value, 4)
        0.5294
    """
    return chance_corrected(matrix, weights, UncertainChance())
