"""Weights of partial agreement between two levels."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Weights = Literal["unweighted", "linear", "quadratic"]
WEIGHTS: tuple[Weights, ...] = ("unweighted", "linear", "quadratic")


def agreement_weights(levels: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """Return the weight of every pair of levels, 1 for equal levels.

    In words: unweighted counts equal levels only; linear is 1 - |a - b| / range and quadratic
    1 - (a - b)^2 / range^2, on the level VALUES and over the range of the DECLARED levels.

    Args:
        levels: Ascending level values, shape (levels,).
        weights: Which weights.

    Returns:
        Shape (levels, levels). A single declared level gives the weight 1.

    References:
        Cohen, J. (1968). Weighted kappa. Psychological Bulletin 70, 213-220.

    Example:
        >>> agreement_weights(np.array([0.0, 1.0, 4.0]), "linear").tolist()
        [[1.0, 0.75, 0.0], [0.75, 1.0, 0.25], [0.0, 0.25, 1.0]]
    """
    if weights == "unweighted" or len(levels) < 2:
        return np.eye(len(levels))
    distance: NDArray[np.float64] = np.abs(levels[:, None] - levels[None, :]) / (levels[-1] - levels[0])
    return 1 - (distance if weights == "linear" else distance**2)
