"""Ordinal effect sizes: how often one is above the other, whatever the levels' spacing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction


def paired_dominance(differences_by_task: Sequence[Sequence[int | Fraction]]) -> Fraction:
    """Return paired dominance (paired Cliff's delta).

    In words: the mean over tasks of the mean over raters of the sign of (scaffold - baseline);
    the probability of superiority is (dominance + 1) / 2. A strictly increasing relabelling of
    the levels changes nothing.

    Args:
        differences_by_task: For each task the raters' own differences; at least one task, none empty.

    References:
        Cliff, N. (1993). Dominance statistics: ordinal analyses to answer ordinal questions.
        Psychological Bulletin 114, 494-509.

    Example:
        Two raters see a rise on the first task, one of two on the second: (1 + 1/2) / 2.

        >>> paired_dominance([[Fraction(2), Fraction(1)], [Fraction(1), Fraction(0)]])
        Fraction(3, 4)
    """
    by_count: Counter[int] = Counter()
    for own in differences_by_task:
        by_count[len(own)] += sum(_sign(one) for one in own)
    total = sum((Fraction(signs, count) for count, signs in by_count.items()), Fraction(0))
    return total / len(differences_by_task)


def unpaired_cliffs_delta(first: Sequence[int | Fraction], second: Sequence[int | Fraction]) -> Fraction:
    """Return Cliff's delta of two groups: P(first > second) - P(first < second) over all pairs.

    It ignores the pairing by task and is secondary. Both groups hold at least one value.

    References:
        Cliff, N. (1996). Ordinal Methods for Behavioral Data Analysis.

    Example:
        >>> unpaired_cliffs_delta([Fraction(2), Fraction(1)], [Fraction(1), Fraction(1)])
        Fraction(1, 2)
    """
    ordered = sorted(second)
    wins = sum(bisect_left(ordered, one) - (len(ordered) - bisect_right(ordered, one)) for one in first)
    return Fraction(wins, len(first) * len(second))


def _sign(value: int | Fraction) -> int:
    return (value > 0) - (value < 0)
