"""Bang's blinding index: one number for each arm; its sign says which way the guesses lean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from protocol.stats.estimate import Estimate, IntervalEstimate
from protocol.stats.normal_interval import normal_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmAnswers:
    """The answers on the items of one arm."""

    correct: int
    wrong: int
    """Guesses of another arm of the study."""
    decoy: int = 0
    """Guesses of something that is no arm of the study."""
    dont_know: int = 0

    @property
    def n(self) -> int:
        """All answers."""
        return self.correct + self.wrong + self.decoy + self.dont_know

    def bang(self, n_arms: int) -> Fraction | None:
        """Return the index itself, exact; None where the arm has no answer."""
        return (self.correct - Fraction(self.wrong, n_arms - 1)) / self.n if self.n else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BangIndex:
    """The index of one arm with the intervals a trial would print."""

    estimate: Estimate
    ci95: IntervalEstimate
    one_sided95: IntervalEstimate
    """Its ends are the one-sided 95% limits, those of a two-sided 90% interval."""
    no_arm_named: bool = False
    """Only don't knows and decoys: the value 0 is by definition, not by evidence."""


def bang_index(answers: ArmAnswers, *, n_arms: int) -> BangIndex:
    """Return Bang's index of one arm with its standard error and intervals.

    In words: with p_c the share of right and p_w of wrong guesses among all answers on the arm's
    items, BI = p_c - p_w / (K - 1) and its variance [p_c + p_w / (K - 1)^2 - BI^2] / n. For K = 2
    this is Bang's index p_c - p_w. 1: always right; 0: as at random; -1 / (K - 1): always wrong.

    Args:
        answers: Counts of one arm. Don't knows and decoys stand in the denominator and are neither
            right nor wrong: then 0 is the mean both of guessing evenly among all answers offered and
            of guessing evenly among the arms alone.
        n_arms: Number of arms K, two or more.

    More than two arms, and decoys, are our generalisation. Missing: an item without an answer does
    not count.

    Degenerate: an arm without an answer is undefined. Only don't knows or decoys give 0 with
    standard error 0, no interval, and a flag. So do only right, or only wrong guesses: no interval.

    References:
        Bang, H., Ni, L. & Davis, C. E. (2004). Assessment of blinding in clinical trials.
        Controlled Clinical Trials 25, 143-156.

    Example:
        The first arm of the CRISP trial: 82 right, 25 wrong, 170 don't know.

        >>> crisp = bang_index(ArmAnswers(correct=82, wrong=25, dont_know=170), n_arms=2)
        >>> round(crisp.estimate.value, 4), round(crisp.one_sided95.interval.lower, 4)
        (0.2058, 0.1478)
    """
    n = answers.n
    exact = answers.bang(n_arms)
    if exact is None:
        reason = "no answer on an item of this arm"
        missing = IntervalEstimate.none(reason)
        return BangIndex(estimate=Estimate.none(reason), ci95=missing, one_sided95=missing)
    second_moment = Fraction(answers.correct, n) + Fraction(answers.wrong, n * (n_arms - 1) ** 2)
    se = math.sqrt((second_moment - exact**2) / n)
    lowest = -1 / (n_arms - 1)
    value = float(exact)
    return BangIndex(
        estimate=Estimate.of(value, se=se),
        ci95=normal_interval(value, se, lowest=lowest),
        one_sided95=normal_interval(value, se, lowest=lowest, level=0.90),
        no_arm_named=answers.correct + answers.wrong == 0,
    )
