"""Severity, slope, runs, correlation: by hand, against other software's formulas, and by law."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.stats.additive_severity import (
    additive_severities,
    connected_raters,
    own_minus_others,
    severity_against_others,
)
from protocol.stats.correlation import PairedScores, above_others, correlation
from protocol.stats.longest_run import longest_run
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.slope import least_squares_slope

LEVELS = (0.0, 1.0, 2.0, 4.0)
Values = list[list[float | None]]

ratings = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.none() | st.sampled_from(LEVELS), min_size=raters, max_size=raters),
        min_size=2,
        max_size=9,
    )
)
law = settings(max_examples=60, deadline=None)


def _matrix(values: Values) -> RatingMatrix:
    return RatingMatrix.from_values(values, levels=LEVELS)


def _by_least_squares(values: Values) -> np.ndarray | None:
    """Rater effects of rating ~ unit + rater by a general solver, sum to zero; None where not identified."""
    cells = [
        (unit, rater, value)
        for unit, row in enumerate(values)
        for rater, value in enumerate(row)
        if value is not None and sum(one is not None for one in row) >= 2
    ]
    raters = sorted({rater for _, rater, _ in cells})
    if len(raters) < 2:
        return None
    design = np.zeros((len(cells) + 1, len(values) + len(raters)))
    target = np.zeros(len(cells) + 1)
    for index, (unit, rater, value) in enumerate(cells):
        design[index, unit] = design[index, len(values) + raters.index(rater)] = 1
        target[index] = value
    design[-1, len(values) :] = 1
    used = design.any(axis=0)
    if np.linalg.matrix_rank(design[:, used]) < used.sum():
        return None
    found = np.linalg.lstsq(design[:, used], target, rcond=None)[0]
    return np.asarray(found[-len(raters) :])


@given(values=ratings)
@law
def test_severities_are_those_of_a_general_least_squares_solver(values: Values) -> None:
    """In any design with gaps; undefined exactly where the solver finds no single answer."""
    matrix = _matrix(values)
    expected = _by_least_squares(values)
    found = additive_severities(matrix, np.arange(len(values)))
    compared = [one.estimate.value for one in found if one.n]
    if expected is None:
        assert all(value is None for value in compared)
        return
    assert compared == pytest.approx(expected.tolist(), abs=1e-9)
    assert sum(value for value in compared if value is not None) == pytest.approx(0, abs=1e-9)


@given(values=ratings, n_groups=st.integers(1, 5))
@law
def test_leave_one_out_severities_equal_recomputation(values: Values, n_groups: int) -> None:
    """Both kinds, each group taken away in turn."""
    matrix = _matrix(values)
    groups = np.arange(len(values), dtype=np.int64) % n_groups
    pairable = (matrix.codes >= 0).sum(axis=1) >= 2
    present = sorted(set(groups[pairable].tolist()))
    for column, found in enumerate(additive_severities(matrix, groups)):
        if not found.n:
            continue
        for index, group in enumerate(present):
            rest = matrix.of_units(groups != group)
            again = additive_severities(rest, groups[groups != group])
            alive = all(
                one.n
                for one, whole in zip(again, additive_severities(matrix, groups), strict=True)
                if whole.n
            )
            assert bool(found.without.defined[index]) == (alive and again[column].estimate.value is not None)
            if found.without.defined[index]:
                assert found.without.values[index] == pytest.approx(again[column].estimate.value, abs=1e-9)
    found = severity_against_others(matrix, 0, groups)
    own = sorted(set(groups[own_minus_others(matrix, 0).shared].tolist()))
    for index, group in enumerate(own):
        again_value = severity_against_others(
            matrix.of_units(groups != group), 0, groups[groups != group]
        ).estimate.value
        assert bool(found.without.defined[index]) == (again_value is not None)
        if again_value is not None:
            assert found.without.values[index] == pytest.approx(again_value, abs=1e-9)


@given(values=ratings, constant=st.floats(-3, 3))
@law
def test_a_constant_added_to_one_rater_moves_only_severities(values: Values, constant: float) -> None:
    """By c (k - 1) / k for the rater and -c / k for the others, k raters being connected."""
    matrix = _matrix(values)
    before = [one.estimate.value for one in additive_severities(matrix, np.arange(len(values)))]
    if any(value is None for value in before):
        return
    shifted = tuple(sorted({level + constant for level in LEVELS} | set(LEVELS)))
    moved = [
        [None if one is None else one + constant * (rater == 0) for rater, one in enumerate(row)]
        for row in values
    ]
    after = additive_severities(RatingMatrix.from_values(moved, levels=shifted), np.arange(len(values)))
    k = len(before)
    expected = [
        value + constant * ((k - 1) / k if rater == 0 else -1 / k)
        for rater, value in enumerate(before)
        if value is not None
    ]
    assert [one.estimate.value for one in after] == pytest.approx(expected, abs=1e-8)


def test_raters_without_a_common_unit_are_named_apart() -> None:
    """A chain of shared units connects; two islands do not; one who rated nothing is nowhere."""
    chain = _matrix([[0, 1, None, None], [None, 1, 2, None], [None, None, 2, 1]])
    assert connected_raters(chain) == ((0, 1, 2, 3),)
    islands = _matrix([[0, 1, None, None, None], [None, None, 2, 1, None]])
    assert connected_raters(islands) == ((0, 1), (2, 3))
    found = additive_severities(islands, np.arange(2))
    assert found[0].estimate.undefined == (
        "the raters fall into groups that share no unit: they cannot be compared"
    )
    assert found[4].estimate.undefined == "no unit was rated by another rater as well"
    alone = _matrix([[0, None], [1, None]])
    assert additive_severities(alone, np.arange(2))[0].estimate.value is None


def test_slope_of_ten_points_by_hand() -> None:
    """Ten places, y 1 in the second half: b = 12.5 / 82.5, residual sum .6061, t = 5 with 8 df, p .00105."""
    x = np.arange(10.0)
    found = least_squares_slope(x, (x >= 5).astype(float))
    assert found.estimate.value == pytest.approx(12.5 / 82.5)
    assert found.estimate.se == pytest.approx(((2.5 - 12.5**2 / 82.5) / 8 / 82.5) ** 0.5)
    assert found.p == pytest.approx(0.00105, abs=5e-6)
    assert found.interval is not None
    assert found.interval.interval is not None
    assert found.interval.interval.lower > 0


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1.0] * 9, [0.0] * 9, "9 points, fewer than 10"),
        ([3.0] * 12, list(range(12)), "every point is at the same place"),
    ],
)
def test_slopes_that_cannot_be_drawn_have_a_sentence(x: list[float], y: list[float], why: str) -> None:
    """No number stands for undefined."""
    found = least_squares_slope(np.array(x), np.array(y, dtype=float))
    assert (found.estimate.undefined, found.interval, found.p) == (why, None, None)


def test_points_on_a_line_have_a_slope_and_no_p() -> None:
    """There is no error to compare it with; nothing that never moves drifts."""
    for slope in (0.0, 0.5):
        found = least_squares_slope(np.arange(12.0), slope * np.arange(12.0))
        assert found.estimate.value == pytest.approx(slope)
        assert found.p is None
        assert found.interval is not None
        assert found.interval.interval is None


@pytest.mark.parametrize(
    "answers", [[0, 0, 1, 1, 2], [1, 1, 1, 0, 0, 2], [0, 1, 0, 1, 0, 1], [3, 3, 3, 3, 1]]
)
def test_the_chance_of_a_run_is_that_of_all_orders(answers: list[int]) -> None:
    """For each answer by listing all orders; their sum bounds the chance of any such run."""
    found = longest_run(answers)
    assert found is not None
    orders = set(permutations(answers))

    def share(wanted: int) -> float:
        run = [wanted] * found.length
        return sum(
            any(list(order[place : place + found.length]) == run for place in range(len(order)))
            for order in orders
        ) / len(orders)

    assert found.p == pytest.approx(min(1.0, sum(share(one) for one in set(answers))))


def test_runs_at_their_ends() -> None:
    """Nothing, one answer throughout, the first of two equal runs."""
    assert longest_run([]) is None
    constant = longest_run([2] * 30)
    assert constant is not None
    assert (constant.length, constant.p) == (30, 1.0)
    first = longest_run([1, 0, 0, 1, 1])
    assert first is not None
    assert (first.value, first.start, first.length) == (0, 1, 2)


def test_a_long_run_among_hundreds_is_computed() -> None:
    """Forty of one in a row among four hundred mixed answers: next to impossible in random order."""
    found = longest_run([0] * 40 + [index % 4 for index in range(360)])
    assert found is not None
    assert 0 < found.p < 1e-15


pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=5, max_size=12)


def _scores(both: list[tuple[int, int]], n_groups: int) -> PairedScores:
    return PairedScores(
        first=np.array([float(one) for one, _ in both]),
        second=np.array([float(other) for _, other in both]),
        groups=np.arange(len(both)) % n_groups,
    )


@given(both=pairs)
@law
def test_correlation_is_that_of_numpy(both: list[tuple[int, int]]) -> None:
    """Undefined where one of the scores never varies."""
    scores = _scores(both, len(both))
    found = correlation(scores)
    if len({one for one, _ in both}) == 1 or len({other for _, other in both}) == 1:
        assert found.value is None
        return
    assert found.value == pytest.approx(float(np.corrcoef(scores.first, scores.second)[0, 1]), abs=1e-9)


@given(own=pairs, other=pairs, n_groups=st.integers(2, 4))
@law
def test_halo_without_a_group_equals_recomputation(
    own: list[tuple[int, int]], other: list[tuple[int, int]], n_groups: int
) -> None:
    """Own minus the others' mean, on all data and with each group left out."""
    mine, theirs = _scores(own, n_groups), _scores(other, n_groups)
    found = above_others(mine, [theirs], n_groups)
    for index in range(n_groups + 1):
        rest = [
            PairedScores(
                first=one.first[one.groups != index - 1],
                second=one.second[one.groups != index - 1],
                groups=one.groups[one.groups != index - 1],
            )
            for one in (mine, theirs)
        ]
        first, second = (correlation(one).value for one in rest)
        assert bool(found.defined[index]) == (first is not None and second is not None)
        if first is not None and second is not None:
            assert found.values[index] == pytest.approx(first - second, abs=1e-7)
