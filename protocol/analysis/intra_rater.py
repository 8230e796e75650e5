"""Does a rater give the same level twice? Repeated presentations against the first ones.

Repeats enter nothing else: they are neither more units nor more raters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from protocol.analysis.coefficients import (
    METRICS_BY_SCALE,
    Coefficient,
    alpha_of,
    companion_weights,
    kappa_of,
    with_cautions,
)
from protocol.analysis.crowding import crowding_of
from protocol.analysis.rating_table import DimensionSpec, RatingRow, exact
from protocol.analysis.unit_matrix import unit_matrix
from protocol.rubric import Scale
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.estimate import Estimate, Interval, IntervalEstimate
from protocol.stats.sign_flip import SignFlip, sign_flip_test
from protocol.stats.student_t import mean_and_se, t_interval

MIN_REPEATS = 5
"""With fewer the mean shift has no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatShift:
    """Mean of second minus first rating; treats levels as equally spaced."""

    mean: Fraction
    se: float | None
    ci95: IntervalEstimate
    sign_flip: SignFlip


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRatings:
    """One rater's repeats on one dimension."""

    rater: str
    same: Proportion
    """Repeats with the level of the first time."""
    levels_given: int
    """How many different levels the rater used on these items, both times together."""
    percent: Coefficient
    kappa: Coefficient
    alpha: Coefficient
    shift: RepeatShift | None
    """None on a nominal scale."""

    @property
    def n(self) -> int:
        """Items with a level both times."""
        return self.same.n

    @property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """Exact agreement, kappa and alpha of the two occasions."""
        return (self.percent, self.kappa, self.alpha)


def repeats_of(rows: Sequence[RatingRow], spec: DimensionSpec, *, seed: int) -> tuple[RepeatedRatings, ...]:
    """Return every rater's repeats on a dimension, raters by name.

    Args:
        rows: All rows of the dimension, every occasion.
        spec: The dimension.
        seed: For the sign-flip test where it has to draw patterns.

    The second presentation is compared with the first; a third or later one is left out. An item
    without a level on one of the two occasions has no pair.
    """
    by_rater: dict[str, list[RatingRow]] = {}
    for row in rows:
        if row.value is not None and row.occasion in (1, 2):
            by_rater.setdefault(row.rater, []).append(row)
    found = []
    for rater, own in sorted(by_rater.items()):
        twice = {row.unit for row in own if row.occasion == 1} & {
            row.unit for row in own if row.occasion == 2
        }
        if twice:
            found.append(_of_rater(rater, [row for row in own if row.unit in twice], spec, seed))
    return tuple(found)


def _of_rater(rater: str, rows: Sequence[RatingRow], spec: DimensionSpec, seed: int) -> RepeatedRatings:
    data = unit_matrix([replace(row, rater=f"occasion {row.occasion}") for row in rows], spec)
    first, second = data.matrix.codes[:, 0], data.matrix.codes[:, 1]
    same = Proportion(k=int((first == second).sum()), n=len(first))
    kappa, alpha = with_cautions(
        [
            kappa_of(data, 0, 1, companion_weights(spec)),
            alpha_of(data, METRICS_BY_SCALE[spec.scale][0]),
        ],
        crowding_of(data.matrix, spec),
    )
    return RepeatedRatings(
        rater=rater,
        same=same,
        levels_given=len(set(data.matrix.codes.ravel().tolist())),
        percent=Coefficient(
            measure="percent_agreement",
            weights="unweighted",
            rater=rater,
            n=same.n,
            estimate=Estimate.of(same.share),
            interval=_clopper_pearson(same),
        ),
        kappa=replace(kappa, rater=rater, raters=None, n=same.n),
        alpha=replace(alpha, rater=rater, n=same.n),
        shift=None if spec.scale is Scale.NOMINAL else _shift(first.tolist(), second.tolist(), spec, seed),
    )


def _clopper_pearson(found: Proportion) -> IntervalEstimate:
    return IntervalEstimate(
        interval=Interval(
            lower=found.lower(0.975),
            upper=found.upper(0.975),
            level=0.95,
            method="Clopper-Pearson, items taken as independent",
            se=None,
        )
    )


def _shift(first: list[int], second: list[int], spec: DimensionSpec, seed: int) -> RepeatShift:
    levels = [exact(level) for level in spec.levels]
    differences = [levels[after] - levels[before] for before, after in zip(first, second, strict=True)]
    n = len(differences)
    few = n < MIN_REPEATS
    return RepeatShift(
        mean=sum(differences, Fraction(0)) / n,
        se=mean_and_se(differences).se if n > 1 else None,
        ci95=IntervalEstimate.none(f"{n} repeats, fewer than {MIN_REPEATS}: no interval")
        if few
        else t_interval(differences, level=0.95, over="repeats"),
        sign_flip=sign_flip_test(differences, seed=seed, of="repeats"),
    )
