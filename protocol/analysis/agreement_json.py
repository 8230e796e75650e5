"""Agreement as the contracted JSON object `agreement/1`."""

from __future__ import annotations

from protocol.analysis.agreement import (
    AgreementResult,
    ConditionAgreement,
    DimensionAgreement,
    PairTable,
    RaterCounts,
)
from protocol.analysis.coefficients import Coefficient

SCHEMA = "agreement/1"


def agreement_to_json(result: AgreementResult, *, notes: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the object; undefined values are null beside a sentence, floats are finite.

    Args:
        result: The agreement.
        notes: Sentences that belong to the numbers, such as that the ratings are simulated.
    """
    return {
        "schema": SCHEMA,
        "notes": list(notes),
        "dimensions": [_dimension(one) for one in result.dimensions],
    }


def _dimension(found: DimensionAgreement) -> dict[str, object]:
    return {
        "dimension": found.spec.id,
        "scale": str(found.spec.scale),
        "levels": list(found.spec.levels),
        "n_units": found.n_units,
        "n_units_two_ratings": found.n_units_two_ratings,
        "n_raters": found.n_raters,
        "n_ratings": found.n_ratings,
        "n_not_ratable": found.n_not_ratable,
        "n_missing": found.n_missing,
        "resampled": {"group": found.group, "n": found.n_groups},
        "coefficients": [coefficient_to_json(one) for one in found.coefficients],
        "pairs": [coefficient_to_json(one) for one in found.pairs],
        "leave_one_rater_out": [coefficient_to_json(one) for one in found.leave_one_rater_out],
        "by_condition": [_condition(one) for one in found.by_condition],
        "raters": [_rater(one) for one in found.raters],
        "contingency": {
            "levels": list(found.spec.levels),
            "pairs": [_pair_table(one) for one in found.pair_tables],
        },
    }


def coefficient_to_json(found: Coefficient) -> dict[str, object]:
    """Return one coefficient: identifying fields, value or reason, standard error, interval or reason."""
    identity: dict[str, object] = {"measure": found.measure}
    for name, value in (
        ("metric", found.metric),
        ("weights", found.weights),
        ("form", found.form),
        ("rater", found.rater),
        ("raters", list(found.raters) if found.raters else None),
        ("n" if found.raters else "n_complete_units", found.n),
    ):
        if value is not None:
            identity[name] = value
    interval = found.interval.interval if found.interval is not None else None
    return identity | {
        "value": found.estimate.value,
        "undefined": found.estimate.undefined,
        "se": found.estimate.se,
        "ci": None
        if interval is None
        else {
            "lower": interval.lower,
            "upper": interval.upper,
            "level": interval.level,
            "method": interval.method,
            "se": interval.se,
        },
        "ci_undefined": found.interval.undefined if found.interval is not None else None,
        **_f_test(found),
    }


def _f_test(found: Coefficient) -> dict[str, object]:
    test = found.f_test
    if test is None:
        return {}
    limits = [test.lower, test.upper] if test.lower is not None and test.upper is not None else None
    return {
        "f_test": {
            "assumes": "independent units",
            "f": test.f,
            "df1": test.df1,
            "df2": test.df2,
            "p": test.p,
            "ci95": limits,
        }
    }


def _condition(found: ConditionAgreement) -> dict[str, object]:
    return {
        "model": found.model,
        "scaffold": found.scaffold,
        "n_units": found.n_units,
        "n_ratings": found.n_ratings,
        "n_not_ratable": found.n_not_ratable,
        "coefficients": [coefficient_to_json(one) for one in found.coefficients],
    }


def _rater(found: RaterCounts) -> dict[str, object]:
    return {
        "rater": found.rater,
        "n": found.n,
        "counts": list(found.counts),
        "mean_level": found.mean_level,
        "n_not_ratable": found.n_not_ratable,
        "n_missing": found.n_missing,
    }


def _pair_table(found: PairTable) -> dict[str, object]:
    return {
        "raters": list(found.raters),
        "n": found.n,
        "table": [list(row) for row in found.table],
        "mean_difference": found.mean_difference,
    }
