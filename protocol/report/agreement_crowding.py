"""Floor and ceiling in words: why alpha is low or undefined although raters agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protocol.analysis.agreement import DimensionAgreement
from protocol.analysis.coefficients import Coefficient
from protocol.analysis.crowding import Crowding
from protocol.report.number_text import UNDEFINED, decimal_text

READ_THE_COUNTS = (
    "Alpha and kappa are low or undefined where nearly all ratings sit on one level: read the counts."
)
_HEADS = {"ceiling": "Ceiling", "floor": "Floor", "one level": "One level"}


def crowding_sentences(found: DimensionAgreement) -> Iterable[str]:
    """Return what has to be said where at least three quarters of the ratings are on one level."""
    crowding = found.crowding
    if crowding is None or crowding.kind is None:
        yield READ_THE_COUNTS
        return
    place = {"ceiling": ", the highest", "floor": ", the lowest", "one level": ""}[crowding.kind]
    head = (
        f"{_HEADS[crowding.kind]}: {crowding.share:.0%} of the ratings are at level {crowding.level}{place}."
    )
    if crowding.units_off.k == 0:
        undefined = "Raters agree throughout, and alpha and kappa are undefined: nothing varies."
        yield f"{head} {undefined} {_bound(crowding)}"
    else:
        yield (
            f"{head} Alpha and kappa rest on the {crowding.units_off.k} of {crowding.units_off.n} units with "
            "another one, and can be low although raters agree. Beside alpha "
            f"{_value_of(found.coefficients, 'krippendorff_alpha')} stand percent agreement "
            f"{_value_of(found.coefficients, 'percent_agreement')} and Gwet's AC "
            f"{_value_of(found.coefficients, 'gwet_ac')} (unweighted). {_bound(crowding)}"
        )


def _bound(crowding: Crowding) -> str:
    units = crowding.disagreeing
    return (
        f"{units.k} of {units.n} units show disagreement; at most {units.upper(0.95):.1%} would (exact "
        "one-sided 95% bound, units taken as independent)."
    )


def _value_of(coefficients: Sequence[Coefficient], measure: str) -> str:
    value = next((one.estimate.value for one in coefficients if one.measure == measure), None)
    return UNDEFINED if value is None else decimal_text(value)


def caution_sentences(coefficients: Sequence[Coefficient], name_of: dict[int, str]) -> Iterable[str]:
    """Return one sentence per caution, naming the intervals it holds for.

    Args:
        coefficients: With their cautions.
        name_of: The name of each by its place in the sequence.
    """
    explained: dict[str, list[str]] = {}
    for index, one in enumerate(coefficients):
        if one.caution is not None:
            explained.setdefault(one.caution, []).append(name_of[index])
    return (
        f"Read the intervals of {', '.join(dict.fromkeys(names))} as too narrow: {why}."
        for why, names in explained.items()
    )
