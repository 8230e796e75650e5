"""Coefficients corrected for chance and intraclass correlations: edges, laws, leave-one-out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from protocol.stats.agreement_weights import WEIGHTS, Weights
from protocol.stats.brennan_prediger import UniformChance, brennan_prediger
from protocol.stats.chance_corrected import Chance, ChanceCorrectedOfSums
from protocol.stats.cohen_kappa import cohen_kappa
from protocol.stats.conger_kappa import conger_kappa, conger_kappa_without_groups
from protocol.stats.estimate import Estimate
from protocol.stats.fleiss_kappa import MarginChance, fleiss_kappa
from protocol.stats.gwet_ac import UncertainChance, gwet_ac
from protocol.stats.intraclass_correlation import (
    ICC_FORMS,
    IccForm,
    intraclass_correlation,
    intraclass_correlation_without_groups,
)
from protocol.stats.jackknife import LeaveOneOut
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.sum_measure import GroupedCounts

Values = list[list[float | None]]
LEVELS = (0.0, 1.0, 3.0)
Measure = Callable[[RatingMatrix, Weights], Estimate]
WithoutGroups = Callable[[RatingMatrix, Weights, NDArray[np.int64]], LeaveOneOut]


def _without_groups(
    chance: Chance, matrix: RatingMatrix, weights: Weights, groups: NDArray[np.int64]
) -> LeaveOneOut:
    measure = ChanceCorrectedOfSums(levels=matrix.level_values, weights=weights, chance=chance)
    return GroupedCounts(matrix.counts, groups).without_each(measure)


MEASURES: dict[str, tuple[Measure, WithoutGroups]] = {
    "fleiss": (fleiss_kappa, partial(_without_groups, MarginChance())),
    "gwet": (gwet_ac, partial(_without_groups, UncertainChance())),
    "brennan": (brennan_prediger, partial(_without_groups, UniformChance())),
    "conger": (conger_kappa, conger_kappa_without_groups),
}

ratings = st.integers(1, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.none() | st.sampled_from(LEVELS), min_size=raters, max_size=raters),
        min_size=1,
        max_size=9,
    )
)
law = settings(max_examples=60, deadline=None)


def _matrix(values: Values, levels: tuple[float, ...] = LEVELS) -> RatingMatrix:
    return RatingMatrix.from_values(values, levels=levels)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("weights", WEIGHTS)
@given(values=ratings, n_groups=st.integers(1, 5))
@law
def test_leave_one_out_equals_recomputation(
    name: str, weights: Weights, values: Values, n_groups: int
) -> None:
    """In one pass, undefined where the rest is undefined."""
    measure, without = MEASURES[name]
    matrix = _matrix(values)
    if measure(matrix, weights).value is None:
        return
    groups = np.arange(len(values), dtype=np.int64) % n_groups
    found = without(matrix, weights, groups)
    pairable = (matrix.codes >= 0).sum(axis=1) >= 2
    present = sorted(set(groups[pairable].tolist()))
    assert len(found.values) == len(present)
    for index, group in enumerate(present):
        again = measure(matrix.of_units(groups != group), weights)
        assert bool(found.defined[index]) == (again.value is not None)
        if again.value is not None:
            assert found.values[index] == pytest.approx(again.value, abs=1e-9)


@pytest.mark.parametrize("form", ICC_FORMS)
@given(values=ratings)
@law
def test_intraclass_leave_one_out_equals_recomputation(form: IccForm, values: Values) -> None:
    """Sums over units taken away give the analysis of variance of the rest."""
    matrix = _matrix(values)
    if intraclass_correlation(matrix, form).estimate.value is None:
        return
    groups = np.arange(len(values), dtype=np.int64)
    active = (matrix.codes >= 0).any(axis=0)
    complete = (matrix.codes[:, active] >= 0).all(axis=1)
    found = intraclass_correlation_without_groups(matrix, form, groups)
    assert len(found.values) == np.count_nonzero(complete)
    for index, group in enumerate(groups[complete].tolist()):
        rest = matrix.of_units(groups != group)
        if ((rest.codes >= 0).any(axis=0) != active).any():
            continue
        again = intraclass_correlation(rest, form).estimate.value
        assert bool(found.defined[index]) == (again is not None)
        if again is not None:
            assert found.values[index] == pytest.approx(again, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("weights", WEIGHTS)
@given(values=st.lists(st.lists(st.sampled_from(LEVELS), min_size=2, max_size=2), min_size=1, max_size=10))
@law
def test_conger_of_two_complete_raters_is_cohen(weights: Weights, values: Values) -> None:
    """Two raters on the same units have one pair of margins."""
    matrix = _matrix(values)
    cohen = cohen_kappa(matrix, 0, 1, weights).estimate.value
    assert conger_kappa(matrix, weights).value == pytest.approx(cohen, abs=1e-9)


@given(values=ratings)
@law
def test_a_rater_who_rated_nothing_changes_nothing(values: Values) -> None:
    """An empty column enters neither margins nor complete units."""
    wider = [[*row, None] for row in values]
    for measure, _ in MEASURES.values():
        before, after = measure(_matrix(values), "linear"), measure(_matrix(wider), "linear")
        assert before.value == pytest.approx(after.value, abs=1e-12)
    one, other = (intraclass_correlation(_matrix(rows), "ICC2") for rows in (values, wider))
    assert one.estimate.value == pytest.approx(other.estimate.value, abs=1e-12)


def test_an_unused_level_moves_ac_and_brennan_prediger_only() -> None:
    """They count the declared levels; Fleiss and Conger do not, with any weights."""
    values: Values = [[0, 1], [1, 1], [3, 1], [0, 0], [3, 3]]
    narrow, wide = _matrix(values), _matrix(values, (*LEVELS, 9.0))
    for weights in WEIGHTS:
        assert gwet_ac(narrow, weights).value != pytest.approx(gwet_ac(wide, weights).value)
        assert brennan_prediger(narrow, weights).value != pytest.approx(brennan_prediger(wide, weights).value)
        assert fleiss_kappa(narrow, weights).value == pytest.approx(fleiss_kappa(wide, weights).value)
        assert conger_kappa(narrow, weights).value == pytest.approx(conger_kappa(wide, weights).value)


def test_all_ratings_equal() -> None:
    """AC and Brennan-Prediger are 1 with a standard error of 0; the kappas and the ICC are undefined."""
    matrix = _matrix([[1, 1], [1, 1], [1, 1]])
    for measure in (gwet_ac, brennan_prediger):
        found = measure(matrix)
        assert (found.value, found.se) == (1.0, 0.0)
    for kappa in (fleiss_kappa, conger_kappa):
        assert kappa(matrix).undefined == "chance agreement is 1: every rating is on one level"
    assert intraclass_correlation(matrix, "ICC2").estimate.value is None


@pytest.mark.parametrize("values", [[[0], [1]], [[0, None], [None, 1]]])
def test_without_pairs_all_is_undefined(values: Values) -> None:
    """One rater, or no unit with two ratings."""
    for measure, _ in MEASURES.values():
        assert measure(_matrix(values), "unweighted").undefined == "no unit has two ratings"
    assert intraclass_correlation(_matrix(values), "ICC1").estimate.undefined


def test_a_single_declared_level_is_undefined() -> None:
    """AC and Brennan-Prediger have no chance to correct for."""
    matrix = _matrix([[1, 1], [1, 1]], (1.0,))
    assert gwet_ac(matrix).undefined == "only one level is declared"


def test_one_unit_has_a_value_and_no_standard_error() -> None:
    """A variance needs two units."""
    found = fleiss_kappa(_matrix([[0, 3]]))
    assert found.value == -1.0
    assert found.se is None


def test_intraclass_correlation_counts_complete_units() -> None:
    """An incomplete unit is left out; without a complete one the reason has the count."""
    values: Values = [[0, 1], [3, 3], [1, 0], [None, 3]]
    assert intraclass_correlation(_matrix(values), "ICC1").n_complete_units == 3
    apart = intraclass_correlation(_matrix([[0, 1, None], [None, 1, 0], [3, None, 3]]), "ICC2")
    assert apart.estimate.undefined == "0 units were rated by all 3 raters, fewer than 2"


def test_a_constant_severity_lowers_agreement_not_consistency() -> None:
    """One rater always a step higher: ICC(C,1) is 1 without an F, ICC(A,1) is below."""
    matrix = RatingMatrix.from_values([[0, 1], [1, 2], [2, 3], [1, 2]], levels=(0, 1, 2, 3))
    consistent = intraclass_correlation(matrix, "ICC3")
    assert consistent.estimate.value == pytest.approx(1.0)
    assert consistent.f_test is None
    agreeing = intraclass_correlation(matrix, "ICC2").estimate.value
    assert agreeing is not None
    assert agreeing < 0.9


def test_negative_reliability_stays_negative() -> None:
    """Raters who contradict each other are not clipped at 0."""
    matrix = RatingMatrix.from_values([[0, 3], [3, 0], [0, 3], [3, 0]], levels=(0, 3))
    for form in ("ICC1", "ICC2", "ICC3"):
        value = intraclass_correlation(matrix, form).estimate.value
        assert value is not None
        assert value < 0
