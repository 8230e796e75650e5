"""Equivalence of a mean shift to zero: two one-sided t tests."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from protocol.stats.estimate import Estimate
from protocol.stats.student_t import mean_and_se, t_below


def tost_p(differences: Sequence[Fraction], *, delta: float) -> Estimate:
    """Return the p-value of "the mean shift is smaller than delta in size".

    In words: the larger of two one-sided t tests, against -delta and against +delta, with n - 1
    degrees of freedom. p <= .05 says the same as a 90% t interval inside plus and minus delta.

    Args:
        differences: One per task.
        delta: Equivalence margin in levels, above 0.

    Degenerate: fewer than two differences, or all equal (the standard error is 0 and there is no
    t; the bound on the share of changed tasks speaks instead).

    References:
        Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power
        approach. Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680.

    Example:
        Mean 0, s 2/3, SE .2108, t .5 / .2108 = 2.37 with 9 df:

        >>> diffs = [Fraction(x) for x in (1, 0, -1, 1, 0, -1, 0, 0, 0, 0)]
        >>> round(tost_p(diffs, delta=0.5).value, 4)
        0.0209
    """
    n = len(differences)
    if n < 2:
        return Estimate.none(f"a t test needs two differences, found {n}")
    summary = mean_and_se(differences)
    if summary.se == 0:
        return Estimate.none(
            "all differences are equal: the standard error is 0 and the equivalence test has no t; "
            "the bound on the share of changed tasks is used instead"
        )
    above_lower = 1 - t_below((summary.mean + delta) / summary.se, df=n - 1)
    below_upper = t_below((summary.mean - delta) / summary.se, df=n - 1)
    return Estimate.of(max(above_lower, below_upper))
