"""The textbook interval: an estimate plus and minus a normal quantile of standard errors."""

from __future__ import annotations

from scipy import special

from protocol.stats.estimate import Interval, IntervalEstimate

ROUNDING = 1e-12
"""A standard error below this is 0 in floating point."""


def normal_interval(
    value: float, se: float, *, lowest: float, highest: float = 1.0, level: float = 0.95
) -> IntervalEstimate:
    """Return the normal-approximation interval, held inside the measure's range.

    Args:
        value: The estimate.
        se: Its standard error by the measure's own formula, observations taken as independent.
        lowest: Smallest possible value of the measure.
        highest: Largest possible value.
        level: Confidence level; the ends of a 90% interval are the one-sided 95% limits.

    Degenerate: a standard error of 0 gives no interval, with the reason.

    Example:
        >>> found = normal_interval(0.5, 0.1, lowest=0.0).interval
        >>> round(found.lower, 3), round(found.upper, 3)
        (0.304, 0.696)
    """
    if se <= ROUNDING:
        return IntervalEstimate.none(
            "the standard error is 0, and an interval of zero width would claim a certainty that the "
            "answers do not give"
        )
    half = float(special.ndtri((1 + level) / 2)) * se
    return IntervalEstimate(
        interval=Interval(
            lower=max(lowest, value - half),
            upper=min(highest, value + half),
            level=level,
            method="normal approximation, answers taken as independent",
            se=se,
        )
    )
