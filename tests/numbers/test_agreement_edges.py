"""Agreement at its edges: undefined is None with a sentence, never nan, 0, 1 or a warning."""

from __future__ import annotations

import numpy as np
import pytest

from protocol.stats.alpha_engine import Metric
from protocol.stats.cohen_kappa import cohen_kappa, cohen_kappa_without_groups
from protocol.stats.krippendorff_alpha import METRICS, krippendorff_alpha
from protocol.stats.percent_agreement import (
    MeanOfUnits,
    all_raters_agree,
    n_pairable_units,
    percent_agreement,
)
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.sum_measure import GroupedCounts

Values = list[list[float | None]]


def _matrix(values: Values, levels: tuple[float, ...] = (0, 1, 2)) -> RatingMatrix:
    return RatingMatrix.from_values(values, levels=levels)


@pytest.mark.parametrize("metric", METRICS)
def test_no_variation_is_undefined_and_names_the_level(metric: Metric) -> None:
    """All ratings at the top: alpha is 0/0 however well raters agree."""
    found = krippendorff_alpha(_matrix([[2, 2], [2, 2], [2, 2]]), metric)
    assert found.value is None
    assert found.undefined == "no variation: every pairable rating is 2"
    assert percent_agreement(_matrix([[2, 2], [2, 2]])).value == 1.0


@pytest.mark.parametrize(
    "values",
    [[[0], [1], [2]], [[0, None], [None, 1]], [[None, None]]],
    ids=["one rater", "no overlap", "no rating"],
)
def test_without_a_unit_of_two_ratings_all_is_undefined(values: Values) -> None:
    """One rater, no overlap and no rating have the same answer."""
    matrix = _matrix(values)
    assert n_pairable_units(matrix) == 0
    for found in (krippendorff_alpha(matrix, "ordinal"), percent_agreement(matrix), all_raters_agree(matrix)):
        assert found.value is None
        assert found.undefined == "no unit has two ratings"


def test_one_unit_with_two_levels_has_alpha_exactly_zero() -> None:
    """A single disagreement is as bad as chance, in every metric."""
    assert [krippendorff_alpha(_matrix([[0, 2]]), metric).value for metric in METRICS] == [0.0] * 4


def test_a_level_only_on_single_rated_units_does_not_count() -> None:
    """The 2 of a unit with one rating is no variation among pairable ratings."""
    found = krippendorff_alpha(_matrix([[1, 1], [1, 1], [2, None]]), "nominal")
    assert found.value is None


def test_kappa_without_shared_units_is_undefined() -> None:
    """A pair without overlap says so; the count is 0."""
    found = cohen_kappa(_matrix([[0, None], [None, 1]]), 0, 1, "unweighted")
    assert found.estimate.undefined == "no unit was rated by both"
    assert found.n == 0


def test_kappa_of_raters_constant_on_one_level_is_undefined() -> None:
    """Both always 1: chance agreement is 1."""
    found = cohen_kappa(_matrix([[1, 1], [1, 1]]), 0, 1, "quadratic")
    assert found.estimate.value is None
    assert found.estimate.undefined == "no variation: both raters gave 1 on all 2 shared units"


def test_kappa_of_raters_constant_on_different_levels_is_zero() -> None:
    """Always 0 against always 2 is defined: no agreement, none expected."""
    found = cohen_kappa(_matrix([[0, 2], [0, 2], [0, 2]]), 0, 1, "linear")
    assert found.estimate.value == 0.0
    assert found.estimate.se == 0.0


def test_kappa_without_groups_equals_recomputation() -> None:
    """Leaving out a task in one pass gives the kappa of the rest, undefined where that is."""
    values: Values = [[0, 0], [1, 2], [1, 1], [2, 1], [None, 1], [0, 1], [2, 2], [1, None]]
    matrix = _matrix(values)
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 4], dtype=np.int64)
    for weights in ("unweighted", "linear", "quadratic"):
        found = cohen_kappa_without_groups(matrix, 0, 1, weights, groups)
        assert len(found.values) == 4
        for index, group in enumerate((0, 1, 2, 3)):
            again = cohen_kappa(matrix.of_units(groups != group), 0, 1, weights).estimate.value
            assert bool(found.defined[index])
            assert found.values[index] == pytest.approx(again, abs=1e-12)


def test_kappa_without_the_only_deviating_group_is_undefined() -> None:
    """The rest of the units is constant on one level."""
    matrix = _matrix([[1, 1], [1, 1], [0, 1]])
    found = cohen_kappa_without_groups(matrix, 0, 1, "unweighted", np.arange(3, dtype=np.int64))
    assert found.defined.tolist() == [True, True, False]


def test_percent_agreement_without_groups_equals_recomputation() -> None:
    """Units with one rating belong to no group."""
    matrix = _matrix([[0, 0, 1], [1, 1, None], [2, None, None], [0, 2, 2]])
    groups = np.array([0, 1, 2, 1], dtype=np.int64)
    found = GroupedCounts(matrix.counts, groups).without_each(
        MeanOfUnits(levels=matrix.level_values, weights="quadratic")
    )
    expected = [percent_agreement(matrix.of_units(groups != group), "quadratic").value for group in (0, 1)]
    assert found.values == pytest.approx(expected, abs=1e-12)


def test_weighted_agreement_depends_on_declared_levels_alpha_does_not() -> None:
    """An unused top level widens the range; alpha and kappa do not know it."""
    values: Values = [[0, 1], [1, 1], [2, 1], [0, 0], [2, 2]]
    narrow, wide = _matrix(values), _matrix(values, (0, 1, 2, 5))
    assert percent_agreement(narrow, "linear").value != percent_agreement(wide, "linear").value
    for metric in METRICS:
        assert krippendorff_alpha(narrow, metric).value == pytest.approx(
            krippendorff_alpha(wide, metric).value
        )
    assert cohen_kappa(narrow, 0, 1, "quadratic").estimate.value == pytest.approx(
        cohen_kappa(wide, 0, 1, "quadratic").estimate.value
    )


def test_a_value_that_is_no_level_is_refused() -> None:
    """A matrix is never built over a rating outside the declared levels."""
    with pytest.raises(ValueError, match="not a declared level"):
        _matrix([[0, 7]])
    with pytest.raises(ValueError, match="ascending"):
        _matrix([[0, 1]], (1, 0))
