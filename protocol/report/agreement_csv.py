"""Agreement as CSV: one row per coefficient, the same fields as the JSON."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.analysis.agreement import AgreementResult
from protocol.analysis.coefficients import Coefficient
from protocol.report.csv_text import Cell, csv_text

COLUMNS = (
    "dimension",
    "part",
    "model",
    "scaffold",
    "measure",
    "metric",
    "weights",
    "form",
    "rater",
    "rater_a",
    "rater_b",
    "n",
    "value",
    "undefined",
    "se",
    "ci_lower",
    "ci_upper",
    "ci_level",
    "ci_se",
    "ci_method",
    "ci_undefined",
    "ci_caution",
    "bootstrap_lower",
    "bootstrap_upper",
)


def agreement_csv(result: AgreementResult) -> str:
    """Return the coefficients as CSV text; an undefined value is an empty cell beside its reason."""
    return csv_text(COLUMNS, _rows(result))


def _rows(result: AgreementResult) -> Iterable[tuple[Cell, ...]]:
    for found in result.dimensions:
        name = found.spec.id
        for part, coefficients in (
            ("overall", found.coefficients),
            ("pair", found.pairs),
            ("leave_one_rater_out", found.leave_one_rater_out),
            ("intra_rater", [one for repeats in found.repeats for one in repeats.coefficients]),
        ):
            for one in coefficients:
                yield (name, part, None, None, *_cells(one))
        for condition in found.by_condition:
            for one in condition.inside.coefficients:
                yield (name, "condition", condition.model, condition.scaffold, *_cells(one))
        for batch in found.by_batch:
            for one in batch.inside.coefficients:
                yield (name, f"batch {batch.batch}", None, None, *_cells(one))


def _cells(one: Coefficient) -> tuple[Cell, ...]:
    first, second = one.raters or (None, None)
    identity = (one.measure, one.metric, one.weights, one.form, one.rater, first, second, one.n)
    value = (one.estimate.value, one.estimate.undefined, one.estimate.se)
    interval = one.interval.interval if one.interval else None
    resampled = one.bootstrap
    drawn = (one.caution, resampled.lower if resampled else None, resampled.upper if resampled else None)
    if interval is None:
        nothing = (None, None, None, None, None)
        return (*identity, *value, *nothing, one.interval.undefined if one.interval else None, *drawn)
    ends = (interval.lower, interval.upper, interval.level, interval.se, interval.method)
    return (*identity, *value, *ends, None, *drawn)
