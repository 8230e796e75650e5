"""Inter-rater agreement of a rating table, per dimension and per condition.

The unit is the transcript; only first presentations count. Intervals leave out whole tasks where
every rating has one, else whole units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.analysis.unit_matrix import Unit, UnitMatrix, unit_matrix
from protocol.rubric import Scale
from protocol.stats.agreement_weights import WEIGHTS, Weights
from protocol.stats.alpha_engine import Metric, alpha_without_groups
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.cohen_kappa import cohen_kappa, cohen_kappa_without_groups, contingency
from protocol.stats.estimate import Estimate, IntervalEstimate
from protocol.stats.jackknife import LeaveOneOut, jackknife_interval
from protocol.stats.krippendorff_alpha import krippendorff_alpha
from protocol.stats.percent_agreement import (
    all_raters_agree,
    all_raters_agree_without_groups,
    n_pairable_units,
    percent_agreement,
    percent_agreement_without_groups,
)

Measure = Literal[
    "krippendorff_alpha", "percent_agreement", "all_raters_agree", "cohen_kappa", "alpha_leave_one_rater_out"
]
METRICS_BY_SCALE: dict[Scale, tuple[Metric, ...]] = {
    Scale.NOMINAL: ("nominal",),
    Scale.ORDINAL: ("ordinal", "nominal", "interval"),
    Scale.INTERVAL: ("interval", "ordinal", "nominal"),
}
"""The metric that fits the scale stands first: it is the headline coefficient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """A coefficient with the fields that identify it, its value and its interval."""

    measure: Measure
    metric: Metric | None = None
    weights: Weights | None = None
    rater: str | None = None
    """The rater left out."""
    raters: tuple[str, str] | None = None
    n: int | None = None
    """Units rated by both raters of a pair."""
    estimate: Estimate
    interval: IntervalEstimate | None
    """None where the value itself is undefined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterCounts:
    """What one rater did on a dimension."""

    rater: str
    n: int
    counts: tuple[int, ...]
    """Ratings at each declared level."""
    mean_level: float | None
    """None without a rating, and on a nominal scale."""
    n_not_ratable: int
    n_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTable:
    """Levels of one rater against those of another, on the units both rated."""

    raters: tuple[str, str]
    n: int
    table: tuple[tuple[int, ...], ...]
    """Rows: levels of the first rater; columns: levels of the second."""
    mean_difference: float | None
    """First minus second; treats levels as equally spaced. None without a shared unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionAgreement:
    """Agreement inside one model and scaffold."""

    model: str
    scaffold: str
    n_units: int
    n_ratings: int
    n_not_ratable: int
    coefficients: tuple[Coefficient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionAgreement:
    """Everything about one dimension."""

    spec: DimensionSpec
    n_units: int
    n_units_two_ratings: int
    """Only these enter the coefficients."""
    n_raters: int
    n_ratings: int
    n_not_ratable: int
    n_missing: int
    group: Unit
    """What the intervals leave out."""
    n_groups: int
    coefficients: tuple[Coefficient, ...]
    pairs: tuple[Coefficient, ...]
    leave_one_rater_out: tuple[Coefficient, ...]
    by_condition: tuple[ConditionAgreement, ...]
    """Empty where models and scaffolds are not known."""
    raters: tuple[RaterCounts, ...]
    pair_tables: tuple[PairTable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementResult:
    """Agreement of all dimensions, in their declared order."""

    dimensions: tuple[DimensionAgreement, ...]


def agreement(table: RatingTable) -> AgreementResult:
    """Return the agreement of a rating table; nothing in it is random."""
    return AgreementResult(
        dimensions=tuple(_of_dimension(table.of_dimension(spec.id), spec) for spec in table.dimensions)
    )


def _of_dimension(rows: Sequence[RatingRow], spec: DimensionSpec) -> DimensionAgreement:
    data = unit_matrix(rows, spec)
    columns = range(len(data.raters))
    return DimensionAgreement(
        spec=spec,
        n_units=len(data.units),
        n_units_two_ratings=n_pairable_units(data.matrix),
        n_raters=int(np.count_nonzero((data.matrix.codes >= 0).any(axis=0))),
        n_ratings=int(np.count_nonzero(data.matrix.codes >= 0)),
        n_not_ratable=sum(row.not_ratable is not None for row in rows),
        n_missing=sum(row.value is None and row.not_ratable is None for row in rows),
        group=data.group,
        n_groups=len(set(data.groups.tolist())),
        coefficients=_overall(data, spec),
        pairs=tuple(
            _kappa(data, first, second, weights)
            for first, second in combinations(columns, 2)
            for weights in _weights(spec)
        ),
        leave_one_rater_out=tuple(
            _alpha_without_rater(data, column, metric)
            for column in columns
            if len(data.raters) > 1
            for metric in METRICS_BY_SCALE[spec.scale]
        ),
        by_condition=_conditions(rows, spec),
        raters=tuple(_rater_counts(rater, rows, spec) for rater in data.raters),
        pair_tables=tuple(
            _pair_table(data, first, second, spec) for first, second in combinations(columns, 2)
        ),
    )


def _weights(spec: DimensionSpec) -> tuple[Weights, ...]:
    return WEIGHTS[:1] if spec.scale is Scale.NOMINAL else WEIGHTS


def _overall(data: UnitMatrix, spec: DimensionSpec) -> tuple[Coefficient, ...]:
    return (
        *(_alpha(data, metric) for metric in METRICS_BY_SCALE[spec.scale]),
        *(_percent(data, weights) for weights in _weights(spec)),
        _unanimous(data),
    )


def _conditions(rows: Sequence[RatingRow], spec: DimensionSpec) -> tuple[ConditionAgreement, ...]:
    by_condition: dict[tuple[str, str], list[RatingRow]] = {}
    for row in rows:
        if row.model is None or row.scaffold is None:
            return ()
        by_condition.setdefault((row.model, row.scaffold), []).append(row)
    return tuple(
        _condition(model, scaffold, own, spec) for (model, scaffold), own in sorted(by_condition.items())
    )


def _condition(
    model: str, scaffold: str, rows: Sequence[RatingRow], spec: DimensionSpec
) -> ConditionAgreement:
    data = unit_matrix(rows, spec)
    return ConditionAgreement(
        model=model,
        scaffold=scaffold,
        n_units=len(data.units),
        n_ratings=int(np.count_nonzero(data.matrix.codes >= 0)),
        n_not_ratable=sum(row.not_ratable is not None for row in rows),
        coefficients=(
            *(_alpha(data, metric) for metric in METRICS_BY_SCALE[spec.scale]),
            _percent(data, "unweighted"),
            _unanimous(data),
        ),
    )


def _alpha(data: UnitMatrix, metric: Metric) -> Coefficient:
    estimate = krippendorff_alpha(data.matrix, metric)
    without = alpha_without_groups(data.matrix, metric, data.groups)
    return Coefficient(
        measure="krippendorff_alpha",
        metric=metric,
        estimate=estimate,
        interval=_interval(estimate, without, data.group),
    )


def _alpha_without_rater(data: UnitMatrix, column: int, metric: Metric) -> Coefficient:
    remaining = UnitMatrix(
        matrix=data.matrix.without_rater(column),
        units=data.units,
        raters=(*data.raters[:column], *data.raters[column + 1 :]),
        group=data.group,
        groups=data.groups,
    )
    found = _alpha(remaining, metric)
    return Coefficient(
        measure="alpha_leave_one_rater_out",
        metric=metric,
        rater=data.raters[column],
        estimate=found.estimate,
        interval=found.interval,
    )


def _percent(data: UnitMatrix, weights: Weights) -> Coefficient:
    estimate = percent_agreement(data.matrix, weights)
    without = percent_agreement_without_groups(data.matrix, weights, data.groups)
    return Coefficient(
        measure="percent_agreement",
        weights=weights,
        estimate=estimate,
        interval=_share_interval(estimate, without, data),
    )


def _unanimous(data: UnitMatrix) -> Coefficient:
    estimate = all_raters_agree(data.matrix)
    without = all_raters_agree_without_groups(data.matrix, data.groups)
    return Coefficient(
        measure="all_raters_agree", estimate=estimate, interval=_share_interval(estimate, without, data)
    )


def _kappa(data: UnitMatrix, first: int, second: int, weights: Weights) -> Coefficient:
    found = cohen_kappa(data.matrix, first, second, weights)
    without = cohen_kappa_without_groups(data.matrix, first, second, weights, data.groups)
    return Coefficient(
        measure="cohen_kappa",
        weights=weights,
        raters=(data.raters[first], data.raters[second]),
        n=found.n,
        estimate=found.estimate,
        interval=_interval(found.estimate, without, data.group, lowest=-1.0),
    )


def _interval(
    estimate: Estimate, without: LeaveOneOut, group: Unit, *, lowest: float = -np.inf
) -> IntervalEstimate | None:
    if estimate.value is None:
        return None
    return jackknife_interval(estimate.value, without, group=group, lowest=lowest)


def _share_interval(estimate: Estimate, without: LeaveOneOut, data: UnitMatrix) -> IntervalEstimate | None:
    """The interval of a share; complete agreement gets the exact bound on disagreement instead."""
    found = _interval(estimate, without, data.group, lowest=0.0)
    if found is None or estimate.value != 1.0:
        return found
    n = n_pairable_units(data.matrix)
    bound = Proportion(k=0, n=n).upper(0.95)
    return IntervalEstimate.none(
        f"no interval around complete agreement: 0 of {n} units show disagreement, so at most {bound:.3f} of "
        "units would (exact one-sided 95% bound, units taken as independent)"
    )


def _rater_counts(rater: str, rows: Sequence[RatingRow], spec: DimensionSpec) -> RaterCounts:
    own = [row for row in rows if row.rater == rater]
    values = [row.value for row in own if row.value is not None]
    mean = sum(values) / len(values) if values and spec.scale is not Scale.NOMINAL else None
    return RaterCounts(
        rater=rater,
        n=len(values),
        counts=tuple(values.count(level) for level in spec.levels),
        mean_level=mean,
        n_not_ratable=sum(row.not_ratable is not None for row in own),
        n_missing=sum(row.value is None and row.not_ratable is None for row in own),
    )


def _pair_table(data: UnitMatrix, first: int, second: int, spec: DimensionSpec) -> PairTable:
    table = contingency(data.matrix, first, second)
    n = int(table.sum())
    levels = data.matrix.level_values
    difference = float((table * (levels[:, None] - levels[None, :])).sum()) / n if n else None
    return PairTable(
        raters=(data.raters[first], data.raters[second]),
        n=n,
        table=tuple(tuple(int(cell) for cell in row) for row in table),
        mean_difference=None if spec.scale is Scale.NOMINAL else difference,
    )
