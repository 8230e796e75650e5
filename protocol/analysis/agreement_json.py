"""Agreement as the contracted JSON object `agreement/1`."""

from __future__ import annotations

from protocol.analysis.agreement import (
    AgreementResult,
    DimensionAgreement,
    PairTable,
    StratumAgreement,
)
from protocol.analysis.coefficients_json import coefficient_to_json
from protocol.analysis.crowding import Crowding
from protocol.analysis.rater_diagnostics import NOT_COMPARED
from protocol.analysis.rater_flags import flags_of
from protocol.analysis.raters_json import conduct_to_json, rater_to_json, repeats_to_json

SCHEMA = "agreement/1"


def agreement_to_json(result: AgreementResult, *, notes: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the object; undefined values are null beside a sentence, floats are finite.

    Args:
        result: The agreement.
        notes: Sentences that belong to the numbers, such as that the ratings are simulated.
    """
    flags = flags_of(result)
    return {
        "schema": SCHEMA,
        "notes": list(notes),
        "dimensions": [_dimension(one) for one in result.dimensions],
        "raters": [conduct_to_json(one, flags) for one in result.conduct],
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
        "crowding": _crowding(found.crowding),
        "coefficients": [coefficient_to_json(one) for one in found.coefficients],
        "pairs": [coefficient_to_json(one) for one in found.pairs],
        **({} if found.compared else {"raters_not_compared": NOT_COMPARED}),
        "leave_one_rater_out": [coefficient_to_json(one) for one in found.leave_one_rater_out],
        "by_condition": [
            {"model": one.model, "scaffold": one.scaffold, **_stratum(one.inside)}
            for one in found.by_condition
        ],
        **(
            {"by_batch": [{"batch": one.batch, **_stratum(one.inside)} for one in found.by_batch]}
            if found.by_batch
            else {}
        ),
        "intra_rater": [part for one in found.repeats for part in repeats_to_json(one)],
        "raters": [rater_to_json(one) for one in found.raters],
        "rater_groups": [list(group) for group in found.rater_groups.groups],
        "contingency": {
            "levels": list(found.spec.levels),
            "pairs": [_pair_table(one) for one in found.pair_tables],
        },
    }


def _crowding(found: Crowding | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "level": found.level,
        "share": found.share,
        "at_bottom": found.at_bottom,
        "at_top": found.at_top,
        "kind": found.kind,
        "units_off_level": found.units_off.k,
        "disagreeing_units": found.disagreeing.k,
        "units": found.disagreeing.n,
        "disagreement_upper_one_sided95": found.disagreeing.upper(0.95),
    }


def _stratum(found: StratumAgreement) -> dict[str, object]:
    return {
        "n_units": found.n_units,
        "n_ratings": found.n_ratings,
        "n_not_ratable": found.n_not_ratable,
        "coefficients": [coefficient_to_json(one) for one in found.coefficients],
    }


def _pair_table(found: PairTable) -> dict[str, object]:
    return {
        "raters": list(found.raters),
        "n": found.n,
        "table": [list(row) for row in found.table],
        "mean_difference": found.mean_difference,
    }
