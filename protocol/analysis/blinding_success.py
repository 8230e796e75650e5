"""Did the blind hold? Guesses against the conditions, once the allocation is open.

The unit of inference is the rater: one rater's guesses resemble each other, so the headline is the
spread between raters, and the intervals that trials print stand beside it for comparison only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from protocol.analysis.guess_rows import AskedQuestion, GuessRow, answers_on, count_table
from protocol.stats.bang_index import ArmAnswers, BangIndex, bang_index
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.estimate import Estimate, Interval, IntervalEstimate
from protocol.stats.james_index import JamesIndex, james_index
from protocol.stats.permutation_within import REPLICATES, PermutationWithin, permutation_within
from protocol.stats.student_t import mean_and_se, t_quantile

SURE_FROM = 3
"""Raters say how sure they are from 1 to 3; the check on sure guesses takes the surest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRate:
    """Right guesses among guesses, don't knows left out, decoys counted as wrong.

    Its exact bounds take guesses as independent.
    """

    hits: Proportion
    dealt: float
    """Share that would be right if the same guesses were dealt at random over the same items."""
    even: float
    """Share that would be right picking evenly among the answers offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmIndex:
    """Bang's index of one arm, as trials print it."""

    arm: str
    answers: ArmAnswers
    bang: BangIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessFigures:
    """What is computed of any set of answers."""

    counts: NDArray[np.int64]
    """Rows: arms, decoys, don't know; columns: true arms."""
    hit_rate: HitRate | None
    """None where nobody guessed."""
    james: JamesIndex
    arms: tuple[ArmIndex, ...]

    @property
    def n_answers(self) -> int:
        """All answers, don't knows among them."""
        return int(self.counts.sum())

    @property
    def n_dont_know(self) -> int:
        """Answers that name nothing."""
        return int(self.counts[-1].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredIndex:
    """Bang's index as a mean over raters: the spread between raters is the error."""

    value: Estimate
    ci95: IntervalEstimate
    n_raters: int
    n_left_out: int
    """Raters without an answer on an item of the arm (of each arm, for the mean over arms)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterGuesses:
    """One rater's answers."""

    rater: str
    n_answers: int
    n_guesses: int
    n_hits: int
    index: Fraction | None
    """Mean over arms of the rater's own Bang index; None without an answer on an item of each arm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CueCount:
    """The guesses for which raters named one cue."""

    cue: str | None
    n_answers: int
    guesses: Proportion | None
    """Hits among guesses; None where nobody guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SureGuesses:
    """The surest guesses alone, or why there are none to look at."""

    figures: GuessFigures | None
    undefined: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionBlinding:
    """Everything about one question."""

    asked: AskedQuestion
    undefined: str | None
    """Why there is nothing to compute; then the counts stand alone."""
    figures: GuessFigures
    headline: ClusteredIndex
    """Over all arms."""
    by_arm: dict[str, ClusteredIndex]
    permutation: PermutationWithin
    sure: SureGuesses
    raters: tuple[RaterGuesses, ...]
    cues: tuple[CueCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindingResult:
    """All questions of a study, model and scaffold apart."""

    questions: tuple[QuestionBlinding, ...]
    sure_from: int
    seed: int


def blinding_success(
    questions: Sequence[AskedQuestion],
    *,
    seed: int,
    sure_from: int = SURE_FROM,
    replicates: int = REPLICATES,
) -> BlindingResult:
    """Return how well raters guessed, question by question.

    Args:
        questions: The questions with their answers, in the names of the opened allocation.
        seed: Of the random dealings of the permutation test.
        sure_from: Guesses this sure or surer make the check on sure guesses.
        replicates: Number of random dealings.

    Raises:
        InvalidInputError: Rows that do not fit the arms or the answers offered.
    """
    for asked in questions:
        asked.require_sound()
    return BlindingResult(
        questions=tuple(
            _question(asked, seed=seed, sure_from=sure_from, replicates=replicates) for asked in questions
        ),
        sure_from=sure_from,
        seed=seed,
    )


def _question(asked: AskedQuestion, *, seed: int, sure_from: int, replicates: int) -> QuestionBlinding:
    # One order for any order of the rows: dealing at random must not depend on it.
    rows = sorted(asked.rows, key=lambda row: (row.rater, row.task, row.item))
    raters = sorted({row.rater for row in rows})
    by_rater = {rater: [row for row in rows if row.rater == rater] for rater in raters}
    own = {rater: _own_indices(asked, by_rater[rater]) for rater in raters}
    return QuestionBlinding(
        asked=asked,
        undefined=_why_undefined(asked, rows),
        figures=_figures(asked, rows),
        headline=_clustered(asked, [_over_arms(asked, own[rater]) for rater in raters]),
        by_arm={arm: _clustered(asked, [own[rater][arm] for rater in raters]) for arm in asked.arms},
        permutation=permutation_within(
            [row.arm for row in rows],
            [row.guess for row in rows],
            [(row.rater, row.task) for row in rows],
            seed=seed,
            replicates=replicates,
        ),
        sure=_sure(asked, rows, sure_from),
        raters=tuple(
            RaterGuesses(
                rater=rater,
                n_answers=len(by_rater[rater]),
                n_guesses=sum(row.guess is not None for row in by_rater[rater]),
                n_hits=sum(row.guess == row.arm for row in by_rater[rater]),
                index=_over_arms(asked, own[rater]),
            )
            for rater in raters
        ),
        cues=_cues(rows),
    )


def _why_undefined(asked: AskedQuestion, rows: Sequence[GuessRow]) -> str | None:
    if not rows:
        return "nobody answered this question"
    if len(asked.nameable) < 2:
        return f"fewer than two {asked.about}s of the study were among the answers: nothing to tell apart"
    return None


def _figures(asked: AskedQuestion, rows: Sequence[GuessRow]) -> GuessFigures:
    counts = count_table(asked, rows)
    undefined = _why_undefined(asked, rows)
    return GuessFigures(
        counts=counts,
        hit_rate=_hit_rate(asked, counts),
        james=JamesIndex.none(undefined) if undefined else james_index(counts),
        arms=tuple(_arm_index(asked, rows, arm) for arm in asked.arms),
    )


def _hit_rate(asked: AskedQuestion, counts: NDArray[np.int64]) -> HitRate | None:
    guessed = counts[:-1]
    n, n_arms = int(guessed.sum()), len(asked.arms)
    if n == 0:
        return None
    dealt = float(guessed.sum(axis=1)[:n_arms] @ guessed.sum(axis=0)) / n**2
    return HitRate(
        hits=Proportion(k=int(np.trace(guessed[:n_arms])), n=n), dealt=dealt, even=1 / len(asked.options)
    )


def _arm_index(asked: AskedQuestion, rows: Sequence[GuessRow], arm: str) -> ArmIndex:
    answers = answers_on(asked, rows, arm)
    reason = _no_index(asked, arm)
    if reason is None:
        return ArmIndex(arm=arm, answers=answers, bang=bang_index(answers, n_arms=len(asked.nameable)))
    missing = IntervalEstimate.none(reason)
    return ArmIndex(
        arm=arm,
        answers=answers,
        bang=BangIndex(estimate=Estimate.none(reason), ci95=missing, one_sided95=missing),
    )


def _no_index(asked: AskedQuestion, arm: str) -> str | None:
    if arm not in asked.options:
        return "no answer offered names this arm"
    return "no other arm could be named" if len(asked.nameable) < 2 else None


def _own_indices(asked: AskedQuestion, rows: Sequence[GuessRow]) -> dict[str, Fraction | None]:
    """Bang's index of each arm from one rater's answers."""
    return {
        arm: None if _no_index(asked, arm) else answers_on(asked, rows, arm).bang(len(asked.nameable))
        for arm in asked.arms
    }


def _over_arms(asked: AskedQuestion, own: dict[str, Fraction | None]) -> Fraction | None:
    """Mean over arms with equal weight: a favourite answer gains in one arm what it loses in others."""
    known = [value for arm in asked.nameable if (value := own[arm]) is not None]
    complete = len(known) == len(asked.nameable) and len(known) > 1
    return sum(known, Fraction(0)) / len(known) if complete else None


def _clustered(asked: AskedQuestion, of_raters: Sequence[Fraction | None]) -> ClusteredIndex:
    """Student t over raters, held inside the range of the index."""
    values = [value for value in of_raters if value is not None]
    n = len(values)
    left_out = len(of_raters) - n

    def without_interval(value: Estimate, reason: str) -> ClusteredIndex:
        return ClusteredIndex(
            value=value, ci95=IntervalEstimate.none(reason), n_raters=n, n_left_out=left_out
        )

    if n == 0:
        reason = "no rater answered on items of every arm that could be named"
        return without_interval(Estimate.none(reason), reason)
    if n == 1:
        return without_interval(
            Estimate.of(float(values[0])), "one rater: how far raters differ cannot be seen"
        )
    summary = mean_and_se(values)
    if summary.se == 0:
        return without_interval(
            Estimate.of(summary.mean),
            f"all {n} raters have the same index, and an interval of zero width would claim certainty",
        )
    half = t_quantile(0.975, df=n - 1) * summary.se
    interval = Interval(
        lower=max(-1 / (len(asked.nameable) - 1), summary.mean - half),
        upper=min(1.0, summary.mean + half),
        level=0.95,
        method=f"Student t over {n} raters",
        se=summary.se,
    )
    return ClusteredIndex(
        value=Estimate.of(summary.mean, se=summary.se),
        ci95=IntervalEstimate(interval=interval),
        n_raters=n,
        n_left_out=left_out,
    )


def _sure(asked: AskedQuestion, rows: Sequence[GuessRow], sure_from: int) -> SureGuesses:
    if all(row.sure is None for row in rows):
        return SureGuesses(figures=None, undefined="no answer says how sure the rater was")
    chosen = [row for row in rows if row.guess is not None and row.sure is not None and row.sure >= sure_from]
    if not chosen:
        return SureGuesses(figures=None, undefined=f"no guess was as sure as {sure_from}")
    return SureGuesses(figures=_figures(asked, chosen))


def _cues(rows: Sequence[GuessRow]) -> tuple[CueCount, ...]:
    cues = sorted({row.cue for row in rows if row.cue is not None})
    found = []
    for cue in (*cues, None):
        own = [row for row in rows if row.cue == cue]
        guesses = [row for row in own if row.guess is not None]
        if own:
            hits = sum(row.guess == row.arm for row in guesses)
            rate = Proportion(k=hits, n=len(guesses)) if guesses else None
            found.append(CueCount(cue=cue, n_answers=len(own), guesses=rate))
    return tuple(sorted(found, key=lambda one: (one.cue is None, -one.n_answers)))
