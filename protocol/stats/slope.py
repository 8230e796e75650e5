"""The slope of a straight line, with its test: does something drift?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.stats.estimate import Estimate, Interval, IntervalEstimate
from protocol.stats.student_t import t_below, t_quantile

MIN_POINTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Change of y per step of x."""

    estimate: Estimate
    interval: IntervalEstimate | None
    """None where there is no slope."""
    p: float | None
    """Two-sided, of no slope."""
    n: int


def least_squares_slope(x: NDArray[np.float64], y: NDArray[np.float64], *, level: float = 0.95) -> Slope:
    """Return the least-squares slope of y on x with Student's t.

    In words: b = S_xy / S_xx, its standard error sqrt(S_res / (n - 2) / S_xx), t with n - 2 degrees of
    freedom. Where x is a position drawn at random, as the order of items is, the test does not lean
    on the shape of y.

    Degenerate: fewer than ten points; x that does not vary; points exactly on a line have no error,
    and then neither interval nor p.

    References:
        Student's t for a regression coefficient, as in any textbook.

    Example:
        >>> x = np.arange(10.0)
        >>> found = least_squares_slope(x, np.array([0, 1, 1, 2, 1, 3, 2, 4, 3, 4.0]))
        >>> round(found.estimate.value, 3), round(found.estimate.se, 3), found.p < 0.001
        (0.406, 0.071, True)
    """
    n = len(x)
    if n < MIN_POINTS:
        return _none(f"{n} points, fewer than {MIN_POINTS}", n)
    deviations = x - x.mean()
    spread = float((deviations**2).sum())
    if spread == 0:
        return _none("every point is at the same place", n)
    slope = float((deviations * y).sum()) / spread
    residuals = y - y.mean() - slope * deviations
    variance = float((residuals**2).sum()) / (n - 2)
    if variance <= 1e-18 * max(1.0, float((y**2).mean())):
        reason = "the points lie exactly on a line: there is no error to compare the slope with"
        return Slope(estimate=Estimate.of(slope), interval=IntervalEstimate.none(reason), p=None, n=n)
    se = math.sqrt(variance / spread)
    half = t_quantile((1 + level) / 2, df=n - 2) * se
    return Slope(
        estimate=Estimate.of(slope, se=se),
        interval=IntervalEstimate(
            interval=Interval(
                lower=slope - half,
                upper=slope + half,
                level=level,
                method=f"Student t of a slope, {n - 2} df",
                se=se,
            )
        ),
        p=2 * t_below(-abs(slope) / se, df=n - 2),
        n=n,
    )


def _none(reason: str, n: int) -> Slope:
    return Slope(estimate=Estimate.none(reason), interval=None, p=None, n=n)
