"""Krippendorff's alpha: the point estimate, through the krippendorff package.

The package raises, warns or returns nan at its edges and trusts the order of the value domain;
this module is the only one that calls it, and calls it only where it is right.
"""

from __future__ import annotations

from typing import Literal

import krippendorff
import numpy as np

from protocol.stats.alpha_engine import Metric, alpha_from_counts
from protocol.stats.estimate import Estimate
from protocol.stats.percent_agreement import NO_PAIR
from protocol.stats.rating_matrix import RatingMatrix

METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval", "ratio")
PACKAGE_UNITS = 100_000
"""Above this many units the package needs seconds and hundreds of megabytes; the own engine,
tested equal to it, answers instead."""

_LEVEL_OF_MEASUREMENT: dict[Metric, Literal["nominal", "ordinal", "interval", "ratio"]] = {
    "nominal": "nominal",
    "ordinal": "ordinal",
    "interval": "interval",
    "ratio": "ratio",
}


def krippendorff_alpha(matrix: RatingMatrix, metric: Metric) -> Estimate:
    """Return Krippendorff's alpha.

    In words: 1 - D_o / D_e, the observed disagreement of pairs of ratings inside units over the
    disagreement expected if ratings were paired at random, both from the coincidence matrix.
    The distance of two levels is 0 or 1 (nominal), the squared number of ratings that lie between
    them, half of each end included (ordinal, by order), the squared difference of their values
    (interval), or that difference over their sum, squared (ratio).

    Args:
        matrix: The ratings, units by raters.
        metric: The distance.

    Missing: a unit with fewer than two ratings drops out, and a level that occurs only on such
    units does not count. Unused declared levels change nothing.

    Degenerate: no unit with two ratings; no variation among the pairable ratings (0/0, even when
    raters agree on everything); the ratio metric with a negative level. One unit with two different
    ratings gives exactly 0.

    References:
        Krippendorff, K. (2011). Computing Krippendorff's Alpha-Reliability. University of
        Pennsylvania. Krippendorff, K. (2018). Content Analysis, 4th ed., chapter 12.

    Example:
        Krippendorff (2011), example A: two observers, ten units, binary, alpha 0.095:

        >>> a, b = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
        >>> data = RatingMatrix.from_values(list(zip(a, b)), levels=[0, 1])
        >>> round(krippendorff_alpha(data, "nominal").value, 3)
        0.095
    """
    counts = matrix.counts
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return Estimate.none(NO_PAIR)
    used = counts.sum(axis=0) > 0
    if np.count_nonzero(used) < 2:
        level = matrix.levels[int(np.argmax(used))]
        return Estimate.none(f"no variation: every pairable rating is {level:g}")
    if metric == "ratio" and matrix.levels[0] < 0:
        return Estimate.none(f"the ratio metric needs levels from 0 up, and {matrix.levels[0]:g} is declared")
    if len(counts) > PACKAGE_UNITS:
        return Estimate.of(alpha_from_counts(counts, matrix.level_values, metric))
    value = krippendorff.alpha(
        value_counts=counts,
        value_domain=matrix.level_values,
        level_of_measurement=_LEVEL_OF_MEASUREMENT[metric],
    )
    return Estimate.of(float(value))
