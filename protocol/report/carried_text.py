"""Sentences on ratings that were made before an amendment of the rubric; every output carries them."""

from __future__ import annotations

from protocol.analysis.carried_ratings import CarriedRatings, rubric_counts
from protocol.analysis.rating_table import RatingTable
from protocol.report.number_text import count_text, decimal_text
from protocol.stats.estimate import Estimate


def rubric_notices(table: RatingTable) -> tuple[str, ...]:
    """Return how many ratings stand under which rubric, and what the carried ones do to agreement."""
    found = rubric_counts(table)
    if found is None:
        return ()
    versions = ", ".join(
        f"{count} under version {number}{' (as seeded)' if number == 1 else ''}"
        for number, count in found.versions.items()
    )
    return (
        f"The rubric was amended while the study was open. Ratings: {versions}.",
        *(_sentence(one) for one in found.carried),
    )


def _sentence(one: CarriedRatings) -> str:
    return (
        f"{one.dimension}: {one.carried} of {count_text(one.ratings, 'rating')} made before its texts were"
        f" amended, and carried. Krippendorff's alpha ({one.metric}) with them {_value(one.alpha)}, without"
        f" them {_value(one.without)}."
    )


def _value(estimate: Estimate) -> str:
    return f"undefined ({estimate.undefined})" if estimate.value is None else decimal_text(estimate.value)
