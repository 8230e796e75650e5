"""Brennan and Prediger's coefficient: chance as if every level were equally likely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from protocol.stats.agreement_weights import Weights
from protocol.stats.chance_corrected import chance_corrected
from protocol.stats.estimate import Estimate
from protocol.stats.rating_matrix import RatingMatrix


class UniformChance:
    """Each declared level with the same probability: p_e = sum(w) / q^2."""

    def expected(self, shares: NDArray[np.float64], w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return p_e for every row of level shares."""
        return np.full(len(shares), float(w.mean()))

    def by_unit(
        self,
        unit_shares: NDArray[np.float64],
        shares: NDArray[np.float64],
        w: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return each unit's part in p_e."""
        return np.full(len(unit_shares), float(w.mean()))


def brennan_prediger(matrix: RatingMatrix, weights: Weights = "unweighted") -> Estimate:
    """Return Brennan and Prediger's coefficient with Gwet's standard error.

    In words: percent agreement, corrected by 1/q (weighted: the mean weight). Two raters and no
    weights give PABAK. q is the number of DECLARED levels: the value depends on it.

    Missing: units with fewer than two ratings enter only the count of units in the standard error.

    Degenerate: no unit with two ratings.

    References:
        Brennan, R. L. & Prediger, D. J. (1981). Coefficient kappa: some uses, misuses, and
        alternatives. Educational and Psychological Measurement 41, 687-699. Byrt, T., Bishop, J. &
        Carlin, J. B. (1993). Bias, prevalence and kappa. Journal of Clinical Epidemiology 46, 423-429.

    Example:
        p_a = 3/4, q = 2: (3/4 - 1/2) / (1/2) = 0.5:

        >>> data = RatingMatrix.from_values([[0, 0], [1, 1], [0, 1], [1, 1]], levels=[0, 1])
        >>> brennan_prediger(data).value
        0.5
    """
    return chance_corrected(matrix, weights, UniformChance())
