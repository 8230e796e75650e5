"""Student's t: quantile, probability, and the interval of a mean.

`scipy.special` alone: `scipy.stats` costs seconds at start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy import special

from protocol.stats.estimate import Interval, IntervalEstimate


def t_quantile(probability: float, *, df: float) -> float:
    """Return the value below which a t variable with `df` degrees of freedom falls."""
    return float(special.stdtrit(df, probability))


def t_below(value: float, *, df: float) -> float:
    """Return the probability that a t variable with `df` degrees of freedom is at most `value`."""
    return float(special.stdtr(df, value))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanAndSe:
    """Mean of differences with its standard error."""

    mean: float
    se: float
    """Exactly 0 if and only if all differences are equal."""


def mean_and_se(differences: Sequence[Fraction]) -> MeanAndSe:
    """Return mean and standard error of at least two differences, from exact sums."""
    n = len(differences)
    unit = math.lcm(*(value.denominator for value in differences))
    steps = [value.numerator * (unit // value.denominator) for value in differences]
    total = sum(steps)
    squares = Fraction(n * sum(step * step for step in steps) - total * total, n * unit * unit)
    return MeanAndSe(mean=float(Fraction(total, n * unit)), se=math.sqrt(squares / (n - 1) / n))


def t_interval(differences: Sequence[Fraction], *, level: float, over: str = "tasks") -> IntervalEstimate:
    """Return the Student t interval of a mean.

    In words: mean plus and minus the t quantile with n - 1 degrees of freedom times s / sqrt(n).
    The differences are one per task, or per unit that `over` names, n of them; a task without a
    difference is not in the list.

    Degenerate: fewer than two differences, or all equal (the width would be zero, which claims a
    certainty the data do not give): no interval, with the reason.

    References:
        Student (1908). The probable error of a mean. Biometrika 6, 1-25.

    Example:
        >>> sleep = [Fraction(x, 10) for x in (12, 24, 13, 13, 0, 10, 18, 8, 46, 14)]
        >>> found = t_interval(sleep, level=0.95).interval
        >>> round(found.lower, 4), round(found.upper, 4)
        (0.7001, 2.4599)
    """
    n = len(differences)
    if n < 2:
        return IntervalEstimate.none(f"an interval of a mean needs two differences, found {n}")
    summary = mean_and_se(differences)
    if summary.se == 0:
        return IntervalEstimate.none(
            f"all {n} differences are equal: an interval of zero width would claim a certainty that "
            f"{n} {over} do not give"
        )
    half = t_quantile((1 + level) / 2, df=n - 1) * summary.se
    return IntervalEstimate(
        interval=Interval(
            lower=summary.mean - half,
            upper=summary.mean + half,
            level=level,
            method=f"Student t over {n} {over}",
            se=summary.se,
        )
    )
