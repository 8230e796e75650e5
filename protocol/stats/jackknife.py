"""The delete-one-group jackknife: the interval of every agreement coefficient.

A group is a task where tasks are known, else a unit. The measures give the values with each
group left out; this module turns them into an interval and knows nothing of ratings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocol.stats.estimate import Interval, IntervalEstimate
from protocol.stats.student_t import t_quantile
from protocol.stats.values import Values

MIN_GROUPS = 5
ROUNDING = 1e-12
"""Leave-one-out values that differ by less are the same number in floating point."""
LeaveOneOut = Values
"""A measure with each group left out once, shape (groups,)."""
IntervalScale = Literal["plain", "log", "logit"]
"""Where the interval is symmetric: the measure itself, the logarithm of its distance to 1, its log odds."""


def jackknife_se(values: NDArray[np.float64]) -> float:
    """Return the delete-one-group standard error: sqrt((G - 1) / G * sum((v - mean v)^2))."""
    n = len(values)
    return math.sqrt((n - 1) / n * float(np.sum((values - values.mean()) ** 2)))


def effective_df(values: NDArray[np.float64]) -> float:
    """Return the degrees of freedom of the jackknife standard error.

    In words: a variance estimated from G groups has G - 1 degrees of freedom if the groups'
    influences are normal. Where a few groups carry most of it (ratings near a ceiling), it has fewer:
    2 / (e / G + 2 / (G - 1)), with e the excess kurtosis of the leave-one-out values, taken as 0
    where it is negative. At least 1.

    References:
        Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components.
        Biometrics Bulletin 2, 110-114. Box, G. E. P. (1953). Non-normality and tests on variances.
        Biometrika 40, 318-335.

    Example:
        Influences 0 nine times and 1 once: kurtosis 8.11, e = 5.11, 2 / (.511 + .222) = 2.73.

        >>> round(effective_df(np.array([0.0] * 9 + [1.0])), 2)
        2.73
    """
    n = len(values)
    deviations = values - values.mean()
    squares = deviations**2
    excess = float((squares**2).mean() / squares.mean() ** 2) - 3
    return max(1.0, 2 / (max(excess, 0.0) / n + 2 / (n - 1)))


def jackknife_interval(
    estimate: float,
    without: LeaveOneOut,
    *,
    group: str,
    level: float = 0.95,
    lowest: float = -math.inf,
    highest: float = 1.0,
    scale: IntervalScale = "plain",
) -> IntervalEstimate:
    """Return the jackknife interval of a measure, with Student's t.

    In words: estimate plus and minus the t quantile with G - 1 degrees of freedom times the
    delete-one-group standard error; with fewer, `effective_df`, where a few groups carry the
    variance. On the scale "log" the same is done for log(1 - estimate), with standard error
    se / (1 - estimate), and "logit" for its log odds, with se / (estimate (1 - estimate)); the ends are
    taken back. Ends beyond the measure's range are held at its bound.

    Args:
        estimate: The measure on all data.
        without: The measure with each of the G groups left out, shape (G,).
        group: What a group is called: "task" or "unit".
        level: Confidence level.
        lowest: Smallest possible value of the measure.
        highest: Largest possible value of the measure.
        scale: Where the interval is symmetric. Shares and coefficients that crowd below 1 are covered
            better by one that is not symmetric itself.

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
    df = effective_df(without.values)
    ends = _ends(estimate, t_quantile((1 + level) / 2, df=df) * se, scale)
    return IntervalEstimate(
        interval=Interval(
            lower=max(lowest, ends.lower),
            upper=min(highest, ends.upper),
            level=level,
            method=f"delete-one-{group} jackknife, {_t_text(df, n)}{_SCALE_TEXTS[scale]}",
            se=se,
        )
    )


_SCALE_TEXTS: dict[IntervalScale, str] = {
    "plain": "",
    "log": ", on log(1 - value)",
    "logit": ", on the log odds",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    lower: float
    upper: float


def _ends(estimate: float, half: float, scale: IntervalScale) -> _Ends:
    if scale == "plain" or estimate >= 1:
        return _Ends(lower=estimate - half, upper=estimate + half)
    distance = 1 - estimate
    if scale == "log":
        stretch = _exp(half / distance)
        return _Ends(lower=1 - distance * stretch, upper=1 - distance / stretch)
    stretch = _exp(half / (estimate * distance))
    return _Ends(
        lower=estimate / (estimate + distance * stretch),
        upper=estimate * stretch / (estimate * stretch + distance),
    )


def _exp(exponent: float) -> float:
    """The exponential, held where the next step would lose it: such an end is the bound of the range."""
    return math.exp(min(exponent, 300.0))


def _t_text(df: float, n: int) -> str:
    return f"t with {n - 1} df" if df > n - 1 - 1e-9 else f"t with {df:.1f} effective df"


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
