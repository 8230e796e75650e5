"""Runs of one and the same answer: how long, and how likely in a random order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import comb


@dataclass(frozen=True, slots=True, kw_only=True)
class LongestRun:
    """The longest stretch of equal answers."""

    value: float
    length: int
    start: int
    """Index of its first answer."""
    p: float
    """At most the probability of a run so long, of any answer, if the same answers came in random order."""


def longest_run(answers: Sequence[float]) -> LongestRun | None:
    """Return the longest run of equal answers, the first of several, or None without an answer.

    In words: for each answer that occurs k times among n, the exact probability that a random order
    holds a run of it of at least this length, by inclusion and exclusion over the k spread out in
    n - k + 1 gaps; the probabilities of all answers are added, and the sum held at 1 (Bonferroni).

    Degenerate: one and the same answer throughout has p = 1: any order looks like this.

    References:
        Feller, W. (1968). An Introduction to Probability Theory and Its Applications, vol. 1, 3rd
        ed., chapter II.5, for the number of ways to spread indistinguishable balls.

    Example:
        Two a and two b: "aabb" has a run of 2. Of the 6 orders, 3 hold "aa" and 3 hold "bb".

        >>> longest_run([1, 1, 0, 0])
        LongestRun(value=1, length=2, start=0, p=1.0)
        >>> longest_run([0] * 8 + [1, 2] * 8).p < 0.001
        True
    """
    best: LongestRun | None = None
    position = 0
    for value, run in groupby(answers):
        length = len(list(run))
        if best is None or length > best.length:
            best = LongestRun(value=value, length=length, start=position, p=1.0)
        position += length
    if best is None:
        return None
    n = len(answers)
    counts = {value: answers.count(value) for value in set(answers)}
    chance = sum((_run_probability(n, k, best.length) for k in counts.values()), Fraction(0))
    return LongestRun(
        value=best.value, length=best.length, start=best.start, p=float(min(Fraction(1), chance))
    )


def _run_probability(n: int, k: int, length: int) -> Fraction:
    """Probability that a random order of k alike among n holds a run of at least `length` of them."""
    gaps = n - k + 1
    ways = 0
    for runs in range(1, min(gaps, k // length) + 1):
        sign = 1 if runs % 2 else -1
        ways += sign * comb(gaps, runs) * comb(n - runs * length, gaps - 1)
    return Fraction(ways, comb(n, gaps - 1))
