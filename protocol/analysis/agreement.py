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
    ChanceMeasure,
    Coefficient,
    Resampling,
    alpha_of,
    alpha_without_rater,
    companion_weights,
    conger_of,
    corrected_of,
    icc_of,
    kappa_of,
    kappa_weights_of,
    percent_of,
    unanimous_of,
    weights_of,
    with_cautions,
)
from protocol.analysis.crowding import Crowding, crowding_of
from protocol.analysis.intra_rater import RepeatedRatings, repeats_of
from protocol.analysis.rater_conduct import Conduct, conduct_of
from protocol.analysis.rater_diagnostics import (
    MOST_COMPARED_RATERS,
    RaterDiagnostics,
    RaterGroups,
    diagnostics_of,
    rater_groups,
)
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.analysis.unit_matrix import Unit, UnitMatrix, unit_matrix
from protocol.rubric import Scale
from protocol.stats.cohen_kappa import contingency
from protocol.stats.intraclass_correlation import ICC_FORMS
from protocol.stats.percent_agreement import n_pairable_units
from protocol.stats.rating_matrix import RatingMatrix

DEFAULT_SEED = 20260101
"""Of what may be random, where no plan has one."""


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
class StratumAgreement:
    """Agreement inside a part of the units."""

    n_units: int
    n_ratings: int
    n_not_ratable: int
    coefficients: tuple[Coefficient, ...]
    crowding: Crowding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionAgreement:
    """Agreement inside one model and scaffold."""

    model: str
    scaffold: str
    inside: StratumAgreement


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAgreement:
    """Agreement inside one batch of tasks."""

    batch: int
    inside: StratumAgreement


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
    compared: bool
    """Whether raters are compared one by one; with very many of them they are not."""
    by_batch: tuple[BatchAgreement, ...]
    """Empty where there is but one batch."""
    raters: tuple[RaterDiagnostics, ...]
    rater_groups: RaterGroups
    repeats: tuple[RepeatedRatings, ...]
    """Raters who were shown items twice."""
    pair_tables: tuple[PairTable, ...]
    crowding: Crowding | None
    """None where no unit has two ratings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementResult:
    """Agreement of all dimensions, in their declared order, and how the raters worked."""

    dimensions: tuple[DimensionAgreement, ...]
    conduct: tuple[Conduct, ...]


def agreement(
    table: RatingTable, *, resampling: Resampling | None = None, seed: int = DEFAULT_SEED
) -> AgreementResult:
    """Return the agreement of a rating table and the diagnostics of its raters.

    Args:
        table: The ratings; origins are used where they are known.
        resampling: A bootstrap beside the jackknife, where it is wanted; nothing else is random.
        seed: For the sign-flip test of repeats where it has to draw patterns.
    """
    return AgreementResult(
        dimensions=tuple(
            _of_dimension(
                [row for row in table.rows if row.dimension == spec.id],
                spec,
                resampling=resampling,
                seed=seed,
            )
            for spec in table.dimensions
        ),
        conduct=conduct_of(table),
    )


def _of_dimension(
    every_row: Sequence[RatingRow], spec: DimensionSpec, *, resampling: Resampling | None, seed: int
) -> DimensionAgreement:
    rows = [row for row in every_row if row.occasion == 1]
    data = unit_matrix(rows, spec)
    compared = len(data.raters) <= MOST_COMPARED_RATERS
    columns = range(len(data.raters)) if compared else range(0)
    crowding = crowding_of(data.matrix, spec)
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
        coefficients=with_cautions(_overall(data, spec, resampling), crowding),
        pairs=tuple(
            one for first, second in combinations(columns, 2) for one in _pair(data, first, second, spec)
        ),
        leave_one_rater_out=tuple(
            one for column in columns if len(data.raters) > 1 for one in _without_rater(data, column, spec)
        ),
        by_condition=_conditions(rows, spec),
        compared=compared,
        by_batch=_batches(rows, spec),
        raters=diagnostics_of(rows, data, spec),
        rater_groups=rater_groups(data),
        repeats=repeats_of(every_row, spec, seed=seed),
        pair_tables=tuple(
            _pair_table(data, first, second, spec) for first, second in combinations(columns, 2)
        ),
        crowding=crowding,
    )


def _without_rater(data: UnitMatrix, column: int, spec: DimensionSpec) -> tuple[Coefficient, ...]:
    """Alpha of the other raters in every metric, with the caution of what is left."""
    alphas = [alpha_without_rater(data, column, metric) for metric in METRICS_BY_SCALE[spec.scale][:3]]
    return with_cautions(alphas, crowding_of(data.matrix.without_rater(column), spec))


def _pair(data: UnitMatrix, first: int, second: int, spec: DimensionSpec) -> tuple[Coefficient, ...]:
    """Kappa of a pair in every weighting, with the caution of the units that both rated."""
    both = data.matrix.codes[:, [first, second]]
    kappas = [kappa_of(data, first, second, weights) for weights in kappa_weights_of(spec)]
    shared = RatingMatrix(codes=both, levels=data.matrix.levels)
    return with_cautions(kappas, crowding_of(shared, spec))


def _overall(data: UnitMatrix, spec: DimensionSpec, resampling: Resampling | None) -> tuple[Coefficient, ...]:
    weightings = weights_of(spec)
    chance: tuple[ChanceMeasure, ...] = ("gwet_ac", "brennan_prediger", "fleiss_kappa")
    return (
        *(alpha_of(data, metric, resampling) for metric in METRICS_BY_SCALE[spec.scale]),
        *(percent_of(data, weights, resampling) for weights in weightings),
        unanimous_of(data, resampling),
        *(corrected_of(data, name, weights, resampling) for name in chance for weights in weightings),
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
        ConditionAgreement(model=model, scaffold=scaffold, inside=_stratum(own, spec))
        for (model, scaffold), own in sorted(by_condition.items())
    )


def _batches(rows: Sequence[RatingRow], spec: DimensionSpec) -> tuple[BatchAgreement, ...]:
    found = sorted({row.batch for row in rows if row.batch is not None})
    if len(found) < 2:
        return ()
    return tuple(
        BatchAgreement(batch=batch, inside=_stratum([row for row in rows if row.batch == batch], spec))
        for batch in found
    )


def _stratum(rows: Sequence[RatingRow], spec: DimensionSpec) -> StratumAgreement:
    data = unit_matrix(rows, spec)
    crowding = crowding_of(data.matrix, spec)
    return StratumAgreement(
        n_units=len(data.units),
        n_ratings=int(np.count_nonzero(data.matrix.codes >= 0)),
        n_not_ratable=sum(row.not_ratable is not None for row in rows),
        coefficients=with_cautions(
            [
                *(alpha_of(data, metric) for metric in METRICS_BY_SCALE[spec.scale][:3]),
                percent_of(data, "unweighted"),
                unanimous_of(data),
                corrected_of(data, "gwet_ac", companion_weights(spec)),
            ],
            crowding,
        ),
        crowding=crowding,
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
