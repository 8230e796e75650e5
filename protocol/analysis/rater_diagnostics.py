"""One rater on one dimension: counts, severity, drift over the order of presentation, runs.

Usable before unblinding: it knows items by their ids. Severity cancels from paired effects; it is
shown because it moves mean levels and because a large one points to another reading of the rubric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from protocol.analysis.coefficients import METRICS_BY_SCALE
from protocol.analysis.rating_table import DimensionSpec, Number, RatingRow
from protocol.analysis.unit_matrix import UnitMatrix
from protocol.rubric import Scale
from protocol.stats.additive_severity import (
    Severity,
    additive_severities,
    connected_raters,
    own_minus_others,
    severity_against_others,
)
from protocol.stats.alpha_engine import AlphaOfSums
from protocol.stats.estimate import Estimate, IntervalEstimate
from protocol.stats.jackknife import LeaveOneOut, jackknife_interval
from protocol.stats.krippendorff_alpha import krippendorff_alpha
from protocol.stats.longest_run import LongestRun, longest_run
from protocol.stats.slope import Slope, least_squares_slope
from protocol.stats.sum_measure import GroupedCounts

NO_ORDER = "the order of presentation is not known"

MOST_COMPARED_RATERS = 100
"""With more, no rater is set against every other: the work grows with the cube of their number."""
NOT_COMPARED = (
    f"with more than {MOST_COMPARED_RATERS} raters each is not compared with all others; export the ratings "
    "and compare those of some raters"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure with its interval."""

    estimate: Estimate
    interval: IntervalEstimate | None
    """None where the figure itself is undefined."""
    n: int
    """Units it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterDiagnostics:
    """What one rater did on a dimension, first presentations."""

    rater: str
    n: int
    counts: tuple[int, ...]
    """Ratings at each declared level."""
    mean_level: float | None
    """None without a rating, and on a nominal scale."""
    n_not_ratable: int
    n_missing: int
    constant: Number | None
    """The one level the rater gave to all of two or more units, or None."""
    severity_additive: Measured
    severity_vs_others: Measured
    drift: Slope
    """Change of (own minus mean of the others) from one item to the next in this rater's order."""
    positions: int | None
    """From the first to the last position that entered the drift; None where there is none."""
    longest_run: LongestRun | None
    """In the order of presentation; None where it is not known."""
    run_from: int | None
    """Position of the run's first item."""
    alpha_gain: Measured
    """Alpha without this rater minus alpha with everybody, in the metric of the scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterGroups:
    """Raters who are linked by shared units, directly or over others."""

    groups: tuple[tuple[str, ...], ...]

    @property
    def connected(self) -> bool:
        """Whether all raters can be compared."""
        return len(self.groups) < 2


def rater_groups(data: UnitMatrix) -> RaterGroups:
    """Return which raters can be compared with which."""
    return RaterGroups(
        groups=tuple(
            tuple(data.raters[column] for column in group) for group in connected_raters(data.matrix)
        )
    )


def diagnostics_of(
    rows: Sequence[RatingRow], data: UnitMatrix, spec: DimensionSpec
) -> tuple[RaterDiagnostics, ...]:
    """Return the diagnostics of every rater of a dimension.

    Args:
        rows: First presentations.
        data: The same as a matrix.
        spec: The dimension.
    """
    by_rater: dict[str, list[RatingRow]] = {rater: [] for rater in data.raters}
    for row in rows:
        by_rater[row.rater].append(row)
    if len(data.raters) > MOST_COMPARED_RATERS:
        return tuple(_alone(by_rater[rater], rater, spec) for rater in data.raters)
    additive = additive_severities(data.matrix, data.groups) if _ordered(spec) else None
    return tuple(
        _of_rater(column, by_rater[rater], data, spec, additive[column] if additive else None)
        for column, rater in enumerate(data.raters)
    )


def _alone(own: Sequence[RatingRow], rater: str, spec: DimensionSpec) -> RaterDiagnostics:
    """Return what can be said of a rater without comparing with all the others."""
    values = [row.value for row in own if row.value is not None]
    not_compared = Measured(estimate=Estimate.none(NOT_COMPARED), interval=None, n=0)
    return RaterDiagnostics(
        rater=rater,
        n=len(values),
        counts=tuple(values.count(level) for level in spec.levels),
        mean_level=sum(values) / len(values) if values and _ordered(spec) else None,
        n_not_ratable=sum(row.not_ratable is not None for row in own),
        n_missing=sum(row.value is None and row.not_ratable is None for row in own),
        constant=values[0] if len(values) > 1 and len(set(values)) == 1 else None,
        severity_additive=not_compared,
        severity_vs_others=not_compared,
        drift=Slope(estimate=Estimate.none(NOT_COMPARED), interval=None, p=None, n=0),
        positions=None,
        longest_run=None,
        run_from=None,
        alpha_gain=not_compared,
    )


def _ordered(spec: DimensionSpec) -> bool:
    return spec.scale is not Scale.NOMINAL


def _of_rater(
    column: int, own: Sequence[RatingRow], data: UnitMatrix, spec: DimensionSpec, additive: Severity | None
) -> RaterDiagnostics:
    values = [row.value for row in own if row.value is not None]
    position_of = {
        row.unit: row.position for row in own if row.position is not None and row.value is not None
    }
    placed = sorted(
        (row.position, row.value) for row in own if row.position is not None and row.value is not None
    )
    run = longest_run([value for _, value in placed])
    others = severity_against_others(data.matrix, column, data.groups) if _ordered(spec) else None
    drift = _drift(column, data, spec, position_of)
    return RaterDiagnostics(
        rater=data.raters[column],
        n=len(values),
        counts=tuple(values.count(level) for level in spec.levels),
        mean_level=sum(values) / len(values) if values and _ordered(spec) else None,
        n_not_ratable=sum(row.not_ratable is not None for row in own),
        n_missing=sum(row.value is None and row.not_ratable is None for row in own),
        constant=values[0] if len(values) > 1 and len(set(values)) == 1 else None,
        severity_additive=_measured(additive, data),
        severity_vs_others=_measured(others, data),
        drift=drift,
        positions=placed[-1][0] - placed[0][0] if placed and drift.estimate.value is not None else None,
        longest_run=run,
        run_from=placed[run.start][0] if run else None,
        alpha_gain=_alpha_gain(column, data, spec),
    )


def _measured(found: Severity | None, data: UnitMatrix) -> Measured:
    if found is None:
        nominal = Estimate.none("levels of a nominal scale have no differences")
        return Measured(estimate=nominal, interval=None, n=0)
    return Measured(
        estimate=found.estimate,
        interval=None
        if found.estimate.value is None
        else jackknife_interval(found.estimate.value, found.without, group=data.group, highest=np.inf),
        n=found.n,
    )


def _drift(column: int, data: UnitMatrix, spec: DimensionSpec, position_of: Mapping[str, int]) -> Slope:
    if not _ordered(spec):
        reason = "levels of a nominal scale have no differences"
        return Slope(estimate=Estimate.none(reason), interval=None, p=None, n=0)
    found = own_minus_others(data.matrix, column)
    units = [unit for unit, shared in zip(data.units, found.shared, strict=True) if shared]
    known = np.array([unit in position_of for unit in units], dtype=np.bool_)
    if units and not known.any():
        return Slope(estimate=Estimate.none(NO_ORDER), interval=None, p=None, n=0)
    places = np.array([position_of[unit] for unit in units if unit in position_of], dtype=np.float64)
    return least_squares_slope(places, found.differences[known])


def _alpha_gain(column: int, data: UnitMatrix, spec: DimensionSpec) -> Measured:
    """How much alpha rises when the rater is left out, with the jackknife interval of the difference."""
    metric = METRICS_BY_SCALE[spec.scale][0]
    others = data.matrix.without_rater(column)
    whole, rest = krippendorff_alpha(data.matrix, metric), krippendorff_alpha(others, metric)
    n = int(np.count_nonzero((others.codes >= 0).sum(axis=1) >= 2))
    if whole.value is None or rest.value is None:
        reason = whole.undefined or rest.undefined or ""
        return Measured(estimate=Estimate.none(reason), interval=None, n=n)
    with_all = data.grouped.without_each(AlphaOfSums.of(data.matrix, metric))
    without = GroupedCounts(others.counts, data.groups).without_each(AlphaOfSums.of(others, metric))
    gain = rest.value - whole.value
    if len(with_all.values) != len(without.values):
        reason = "interval not estimable: some units have two ratings only with this rater"
        return Measured(estimate=Estimate.of(gain), interval=IntervalEstimate.none(reason), n=n)
    difference = LeaveOneOut(
        values=without.values - with_all.values, defined=without.defined & with_all.defined
    )
    interval = jackknife_interval(gain, difference, group=data.group, highest=np.inf)
    return Measured(estimate=Estimate.of(gain), interval=interval, n=n)
