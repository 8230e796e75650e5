"""Ratings by the rubric they were made under, and agreement with and without those that were carried.

A rating is carried if the texts its dimension is rated by were amended after it. Dimensions whose
texts stayed have none, whatever the number of the rubric.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.stats.estimate import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedRatings:
    """One dimension of which some ratings were carried; the headline coefficient with and without them."""

    dimension: str
    ratings: int
    carried: int
    metric: str
    alpha: Estimate
    """Krippendorff's alpha of all ratings."""
    without: Estimate
    """The same without those that were carried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricCounts:
    """How many ratings stand under which version of the rubric."""

    versions: dict[int, int]
    """Number of the version to ratings, not ratable ones among them, hidden repeats left out."""
    carried: tuple[CarriedRatings, ...]


def is_amended(table: RatingTable) -> bool:
    """Whether the ratings know of more than one rubric."""
    return any(row.rubric_version is not None for row in table.rows)


def rubric_counts(table: RatingTable) -> RubricCounts | None:
    """Return what stands under which rubric, or None where it was never amended."""
    if not is_amended(table):
        return None
    rows = [row for row in table.rows if row.rubric_version is not None and row.occasion == 1]
    versions = Counter(row.rubric_version for row in rows if row.rubric_version is not None)
    return RubricCounts(
        versions=dict(sorted(versions.items())),
        carried=tuple(
            _carried(spec, table.of_dimension(spec.id))
            for spec in table.dimensions
            if any(row.carried for row in table.of_dimension(spec.id))
        ),
    )


def _carried(spec: DimensionSpec, rows: Sequence[RatingRow]) -> CarriedRatings:
    from protocol.analysis.coefficients import METRICS_BY_SCALE  # numpy: only where something was carried
    from protocol.analysis.unit_matrix import unit_matrix
    from protocol.stats.krippendorff_alpha import krippendorff_alpha

    metric = METRICS_BY_SCALE[spec.scale][0]
    kept = [row for row in rows if not row.carried]
    return CarriedRatings(
        dimension=spec.id,
        ratings=sum(row.value is not None or row.not_ratable is not None for row in rows),
        carried=sum(row.carried for row in rows),
        metric=metric,
        alpha=krippendorff_alpha(unit_matrix(rows, spec).matrix, metric),
        without=krippendorff_alpha(unit_matrix(kept, spec).matrix, metric)
        if kept
        else Estimate.none("every rating was carried"),
    )


def counts_to_json(table: RatingTable) -> dict[str, object]:
    """Return what `agreement --json` says of it; nothing where the rubric was never amended."""
    found = rubric_counts(table)
    if found is None:
        return {}
    return {
        "rubric_versions": [
            {"version": number, "ratings": count} for number, count in found.versions.items()
        ],
        "carried": [
            {
                "dimension": one.dimension,
                "ratings": one.ratings,
                "carried": one.carried,
                "measure": "krippendorff_alpha",
                "metric": one.metric,
                "value": one.alpha.value,
                "undefined": one.alpha.undefined,
                "value_without": one.without.value,
                "undefined_without": one.without.undefined,
            }
            for one in found.carried
        ],
    }
