"""Inter-rater agreement of a rating table, per dimension and per condition.

The unit is the transcript; only first presentations count. Intervals leave out whole tasks where
every rating has one, else whole units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from protocol.analysis.coefficients import (
    METRICS_BY_SCALE,
    Coefficient,
    alpha_of,
    alpha_without_rater,
    companion_weights,
    conger_of,
    corrected_of,
    icc_of,
    kappa_of,
    percent_of,
    unanimous_of,
    weights_of,
)
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.analysis.unit_matrix import Unit, UnitMatrix, unit_matrix
from protocol.rubric import Scale
from protocol.stats.cohen_kappa import contingency
from protocol.stats.intraclass_correlation import ICC_FORMS
from protocol.stats.percent_agreement import n_pairable_units


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
            kappa_of(data, first, second, weights)
            for first, second in combinations(columns, 2)
            for weights in weights_of(spec)
        ),
        leave_one_rater_out=tuple(
            alpha_without_rater(data, column, metric)
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


def _overall(data: UnitMatrix, spec: DimensionSpec) -> tuple[Coefficient, ...]:
    weightings = weights_of(spec)
    return (
        *(alpha_of(data, metric) for metric in METRICS_BY_SCALE[spec.scale]),
        *(percent_of(data, weights) for weights in weightings),
        unanimous_of(data),
        *(corrected_of(data, "gwet_ac", weights) for weights in weightings),
        *(corrected_of(data, "brennan_prediger", weights) for weights in weightings),
        *(corrected_of(data, "fleiss_kappa", weights) for weights in weightings),
        *(conger_of(data, weights) for weights in weightings),
        *(icc_of(data, form) for form in ICC_FORMS if spec.scale is not Scale.NOMINAL),
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
            *(alpha_of(data, metric) for metric in METRICS_BY_SCALE[spec.scale]),
            percent_of(data, "unweighted"),
            unanimous_of(data),
            corrected_of(data, "gwet_ac", companion_weights(spec)),
        ),
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
