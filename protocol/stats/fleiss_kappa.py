"""Fleiss' kappa, generalised to unequal numbers of ratings and to weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocol.stats.agreement_weights import Weights
from protocol.stats.chance_corrected import chance_corrected
from protocol.stats.estimate import Estimate
from protocol.stats.rating_matrix import RatingMatrix


class MarginChance:
    """Two ratings drawn from the shares of the levels: p_e = sum_kl w_kl pi_k pi_l."""

    def expected(self, shares: NDArray[np.float64], w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return p_e for every row of level shares."""
        found: NDArray[np.float64] = ((shares @ w) * shares).sum(axis=1)
        return found

    def by_unit(
        self, unit_shares: NDArray[np.float64], shares: NDArray[np.float64], w: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return each unit's part in p_e."""
        found: NDArray[np.float64] = unit_shares @ (w @ shares)
        return found


def fleiss_kappa(matrix: RatingMatrix, weights: Weights = "unweighted") -> Estimate:
    """Return Fleiss' kappa with Gwet's standard error.

    In words: percent agreement, corrected by the agreement of two ratings drawn at random from the
    shares of the levels over all units. Complete data without weights give Fleiss (1971).

    Missing: as in `chance_corrected`. Declared levels nobody used change nothing without weights.

    Degenerate: no unit with two ratings; every rating on one level (p_e = 1).

    References:
        Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological
        Bulletin 76, 378-382. Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed.

    Example:
        p_a = 3/4; shares 3/8 and 5/8, p_e = 34/64; (48 - 34) / (64 - 34) = 0.4667:

        >>> data = RatingMatrix.from_values([[0, 0], [1, 1], [0, 1], [1, 1]], levels=[0, 1])
        >>> round(fleiss_kappa(data).value, 4)
        0.4667
    """
    return chance_corrected(matrix, weights, MarginChance())
