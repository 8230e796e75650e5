"""The percentile bootstrap over units or tasks: a second column beside the jackknife, for agreement only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protocol.stats.jackknife import MIN_GROUPS, ROUNDING
from protocol.stats.sum_measure import GroupedCounts, SumMeasure

MAX_UNDEFINED = 0.05
"""Share of resamples without a value above which an interval of the rest would be too narrow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapInterval:
    """Percentiles of the resamples, or the reason why none are given."""

    lower: float | None
    upper: float | None
    se: float | None
    """Standard deviation of the defined resamples."""
    mean: float | None
    """Their mean."""
    undefined: str | None
    undefined_share: float | None
    """Share of resamples without a value; None where nothing was drawn."""
    level: float
    method: str
    replicates: int
    seed: int


def bootstrap_interval(
    measure: SumMeasure,
    grouped: GroupedCounts,
    *,
    group: str,
    replicates: int,
    seed: int,
    level: float = 0.95,
) -> BootstrapInterval:
    """Return the percentile bootstrap interval of a measure over groups of units.

    In words: as many groups as there are, drawn with replacement, whole, with all their ratings;
    chance agreement is computed anew in each resample; the ends are quantiles of the resamples that
    have a value. Units with equal counts are interchangeable, so one multinomial draw over the
    distinct patterns stands for a resample, and its cost does not depend on the number of units.

    Args:
        measure: A measure of sums over units.
        grouped: Units sorted into the groups that are drawn.
        group: What a group is called: "task" or "unit".
        replicates: Number of resamples.
        seed: Of the draws.
        level: Confidence level.

    Degenerate: fewer than five groups; more than 5% of the resamples without a value; resamples that
    all give the same value.

    References:
        Efron, B. & Tibshirani, R. J. (1993). An Introduction to the Bootstrap, chapter 13. Zapf, A.,
        Castell, S., Morawietz, L. & Karch, A. (2016). Measuring inter-rater reliability for nominal
        data. BMC Medical Research Methodology 16, 93.

    Example:
        Ten units, five of them unanimous: resampled shares are binomial, 95% of them in .2 to .8.

        >>> from protocol.stats.percent_agreement import MeanOfUnits
        >>> share = MeanOfUnits(levels=np.array([0.0, 1.0]), weights="unanimous")
        >>> grouped = GroupedCounts(np.array([[2, 0], [1, 1]] * 5), np.arange(10))
        >>> found = bootstrap_interval(share, grouped, group="unit", replicates=10_000, seed=1)
        >>> round(found.lower, 1), round(found.upper, 1)
        (0.2, 0.8)
    """
    n = grouped.n_groups
    method = f"percentile bootstrap over {group}s"

    def nothing(reason: str, undefined_share: float | None = None) -> BootstrapInterval:
        return BootstrapInterval(
            lower=None,
            upper=None,
            se=None,
            mean=None,
            undefined=reason,
            undefined_share=undefined_share,
            level=level,
            method=method,
            replicates=replicates,
            seed=seed,
        )

    if n < MIN_GROUPS:
        return nothing(f"interval not estimable: {n} {group}s, fewer than {MIN_GROUPS}")
    found = grouped.resampled(measure, replicates=replicates, seed=seed)
    values = found.values[found.defined]
    missing = 1 - len(values) / replicates
    if missing > MAX_UNDEFINED:
        return nothing(
            f"interval not estimable: {missing:.0%} of the resamples have no variation, more than "
            f"{MAX_UNDEFINED:.0%}",
            missing,
        )
    if float(np.ptp(values)) <= ROUNDING:
        return nothing(
            "interval not estimable: every resample gives the same value, and an interval of zero width "
            "would claim certainty",
            missing,
        )
    ends = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return BootstrapInterval(
        lower=float(ends[0]),
        upper=float(ends[1]),
        se=float(values.std(ddof=1)),
        mean=float(values.mean()),
        undefined=None,
        undefined_share=missing,
        level=level,
        method=method,
        replicates=replicates,
        seed=seed,
    )
