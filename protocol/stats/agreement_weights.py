"""Weights of partial agreement between two levels."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Weights = Literal["unweighted", "linear", "quadratic", "ordinal"]
WEIGHTS: tuple[Weights, ...] = ("unweighted", "linear", "quadratic", "ordinal")
KAPPA_WEIGHTS: tuple[Weights, ...] = WEIGHTS[:3]
"""Those of Cohen's kappa."""


def agreement_weights(levels: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """Return the weight of every pair of levels, 1 for equal levels.

    In words: unweighted counts equal levels only; linear is 1 - |a - b| / range and quadratic
    1 - (a - b)^2 / range^2, on the level VALUES and over the range of the DECLARED levels. Ordinal, in
    Gwet's sense, is 1 - C(d + 1, 2) / C(q, 2) for levels d places apart of q declared ones: it knows
    their order alone. It has nothing to do with the ordinal metric of Krippendorff's alpha.

    Args:
        levels: Ascending level values, shape (levels,).
        weights: Which weights.

    Returns:
        Shape (levels, levels). A single declared level gives the weight 1.

    References:
        Cohen, J. (1968). Weighted kappa. Psychological Bulletin 70, 213-220. Gwet, K. L. (2014).
        Handbook of Inter-Rater Reliability, 4th ed.

    Example:
        >>> agreement_weights(np.array([0.0, 1.0, 4.0]), "linear").tolist()
        [[1.0, 0.75, 0.0], [0.75, 1.0, 0.25], [0.0, 0.25, 1.0]]
        >>> agreement_weights(np.array([0.0, 1.0, 4.0]), "ordinal")[0].round(3).tolist()
        [1.0, 0.667, 0.0]
    """
    if weights == "unweighted" or len(levels) < 2:
        return np.eye(len(levels))
    if weights == "ordinal":
        places = np.arange(len(levels))
        apart = np.abs(places[:, None] - places[None, :])
        pairs = len(levels) * (len(levels) - 1)
        ordinal: NDArray[np.float64] = 1 - apart * (apart + 1) / pairs
        return ordinal
    distance: NDArray[np.float64] = np.abs(levels[:, None] - levels[None, :]) / (levels[-1] - levels[0])
    return 1 - (distance if weights == "linear" else distance**2)
