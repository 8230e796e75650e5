"""The delete-one-group jackknife: the interval of every agreement coefficient.

A group is a task where tasks are known, else a unit. The measures give the values with each
group left out; this module turns them into an interval and knows nothing of ratings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.stats.estimate import Interval, IntervalEstimate
from protocol.stats.student_t import t_quantile

MIN_GROUPS = 5
ROUNDING = 1e-12
"""Leave-one-out values that differ by less are the same number in floating point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOneOut:
    """A measure with each group left out once."""

    values: NDArray[np.float64]
    """Shape (groups,); what stands where the measure is undefined is not read."""
    defined: NDArray[np.bool_]


def jackknife_se(values: NDArray[np.float64]) -> float:
    """Return the delete-one-group standard error: sqrt((G - 1) / G * sum((v - mean v)^2))."""
    n = len(values)
    return math.sqrt((n - 1) / n * float(np.sum((values - values.mean()) ** 2)))


def jackknife_interval(
    estimate: float,
    without: LeaveOneOut,
    *,
    group: str,
    level: float = 0.95,
    lowest: float = -math.inf,
    highest: float = 1.0,
) -> IntervalEstimate:
    """Return the jackknife interval of a measure, with Student's t.

    In words: estimate plus and minus the t quantile with G - 1 degrees of freedom times the
    delete-one-group standard error. Ends beyond the measure's range are held at its bound.

    Args:
        estimate: The measure on all data.
        without: The measure with each of the G groups left out, shape (G,).
        group: What a group is called: "task" or "unit".
        level: Confidence level.
        lowest: Smallest possible value of the measure.
        highest: Largest possible value of the measure.

    Degenerate: fewer than five groups; a leave-one-out value that is undefined (an interval of
    the rest would be too narrow); no spread at all (zero width). Each gives no interval and says why.

    References:
        Tukey, J. W. (1958). Bias and confidence in not-quite large samples. Annals of
        Mathematical Statistics 29, 614. Efron, B. & Stein, C. (1981). The jackknife estimate of
        variance. Annals of Statistics 9, 586-596.

    Example:
        The mean of 1, 2, 3, 4, 5 by jackknife is the ordinary t interval, 3 +- 2.776 * 0.7071:

        >>> out = LeaveOneOut(values=np.array([3.5, 3.25, 3.0, 2.75, 2.5]), defined=np.ones(5, dtype=bool))
        >>> found = jackknife_interval(3.0, out, group="task", highest=9.0).interval
        >>> round(found.lower, 3), round(found.upper, 3), round(found.se, 4)
        (1.037, 4.963, 0.7071)
    """
    n = len(without.values)
    if n < MIN_GROUPS:
        return IntervalEstimate.none(
            f"interval not estimable: {_counted(n, group)} with two ratings, fewer than {MIN_GROUPS}"
        )
    n_undefined = int(np.count_nonzero(~without.defined))
    if n_undefined:
        return IntervalEstimate.none(
            f"interval not estimable: the coefficient rests on single {group}s, without one of them it is "
            f"undefined ({n_undefined} of {n} leave-one-out values)"
        )
    se = jackknife_se(without.values)
    if se <= ROUNDING * max(1.0, abs(estimate)):
        return IntervalEstimate.none(
            f"interval not estimable: leaving out any of the {n} {group}s gives the same value, "
            "and an interval of zero width would claim certainty"
        )
    half = t_quantile((1 + level) / 2, df=n - 1) * se
    return IntervalEstimate(
        interval=Interval(
            lower=max(lowest, estimate - half),
            upper=min(highest, estimate + half),
            level=level,
            method=f"delete-one-{group} jackknife, t with {n - 1} df",
            se=se,
        )
    )


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
