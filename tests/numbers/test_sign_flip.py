"""The sign-flip test: exact by convolution, by enumeration, and by drawing where neither can be."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.stats import sign_flip
from protocol.stats.sign_flip import patterns_at_least, sign_flip_test

fractions = st.lists(st.fractions(-3, 3, max_denominator=6), min_size=0, max_size=9)


def _by_hand(differences: list[Fraction]) -> Fraction:
    observed = abs(sum(differences, Fraction(0)))
    sums = [
        abs(sum((sign * one for sign, one in zip(signs, differences, strict=True)), Fraction(0)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return Fraction(sum(one >= observed for one in sums), len(sums))


@given(differences=fractions)
@settings(max_examples=80, deadline=None)
def test_convolution_equals_listing_every_pattern(differences: list[Fraction]) -> None:
    """The exact p is the share of all sign patterns, zeros included or not."""
    assert sign_flip_test(differences, seed=1).exact == _by_hand(differences)


@given(differences=fractions)
@settings(max_examples=40, deadline=None)
def test_enumeration_equals_convolution(differences: list[Fraction]) -> None:
    """The second way gives the same fraction as the first."""
    first = sign_flip_test(differences, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_flip, "CONVOLUTION_BYTES", -1)
        patch.setattr(sign_flip, "TRANSFORM_CELLS", -1)
        second = sign_flip_test(differences, seed=1)
    assert second.exact == first.exact
    if first.n_nonzero:
        assert second.method.endswith("enumerated")


@given(differences=fractions)
@settings(max_examples=40, deadline=None)
def test_signs_zeros_order_and_unit_change_nothing(differences: list[Fraction]) -> None:
    """Swapping the arms, adding unchanged tasks, reordering and rescaling leave p."""
    p = sign_flip_test(differences, seed=1).exact
    assert sign_flip_test([-one for one in differences], seed=1).exact == p
    assert sign_flip_test([*differences, Fraction(0)], seed=1).exact == p
    assert sign_flip_test([one * 7 for one in reversed(differences)], seed=99).exact == p


def test_no_nonzero_difference_gives_one() -> None:
    """Nothing moved: p is 1, exactly."""
    found = sign_flip_test([Fraction(0)] * 5, seed=1)
    assert (found.p, found.exact, found.n_nonzero) == (1.0, Fraction(1), 0)


def test_thirds_tie_exactly() -> None:
    """0.1 + 0.2 against 0.3: equal sums count as ties, whatever floating point says."""
    found = sign_flip_test([Fraction(1, 10), Fraction(2, 10), Fraction(3, 10)], seed=1)
    assert found.exact == Fraction(2, 8)
    balanced = sign_flip_test([Fraction(1, 10), Fraction(2, 10), Fraction(-3, 10)], seed=1)
    assert balanced.exact == Fraction(1)


def test_four_hundred_fifty_tasks_are_exact() -> None:
    """All up by one: 2 of 2^450 patterns."""
    found = sign_flip_test([Fraction(1)] * 450, seed=1)
    assert found.exact == Fraction(2, 2**450)
    assert found.p > 0


def test_p_never_is_zero() -> None:
    """Below the smallest float p stays above zero."""
    assert sign_flip_test([Fraction(1)] * 1200, seed=1).p > 0


@given(differences=fractions)
@settings(max_examples=40, deadline=None)
def test_convolution_on_floats_equals_whole_numbers(differences: list[Fraction]) -> None:
    """What thousands of tasks get is the exact p to rounding."""
    exact = sign_flip_test(differences, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_flip, "CONVOLUTION_BYTES", -1)
        patch.setattr(sign_flip, "ENUMERATION_TASKS", 0)
        found = sign_flip_test(differences, seed=1)
    assert found.p == pytest.approx(exact.p, rel=1e-11)
    if found.n_nonzero:
        assert found.method.startswith("exact up to rounding")


@pytest.mark.parametrize("rises", [300, 270, 240, 200, 160, 151])
def test_convolution_on_floats_keeps_its_digits_far_out(rises: int) -> None:
    """From p near 1 to 2 in 2^300: a transform alone would lose everything below 1e-16."""
    differences = [Fraction(1 + task % 3, 3) * (1 if task < rises else -1) for task in range(300)]
    exact = sign_flip_test(differences, seed=1)
    assert exact.exact is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_flip, "CONVOLUTION_BYTES", -1)
        found = sign_flip_test(differences, seed=1)
    assert found.exact is None
    assert found.p == pytest.approx(float(exact.exact), rel=1e-11)


def test_thousands_of_tasks_need_no_drawing() -> None:
    """Three thousand tasks with a small shift: the normal approximation is near, the seed is not asked."""
    differences = [Fraction((task % 7 - 3) * 2 + (task % 11 == 0), 2) for task in range(3000)]
    found = sign_flip_test(differences, seed=1)
    total = float(sum(differences))
    spread = math.sqrt(sum(float(one) ** 2 for one in differences))
    assert found.seed is None
    assert found.p == pytest.approx(math.erfc(total / spread / math.sqrt(2)), rel=0.02)


def test_monte_carlo_where_no_grid_is_bearable() -> None:
    """Thirty differences without a common unit: drawn patterns, the observed one counted in."""
    ugly = [Fraction(10**12 + 7919 * step**3, 10**12 + 39 * step) for step in range(1, 31)]
    found = sign_flip_test(ugly, seed=5)
    assert found.exact is None
    assert found.p == 1 / (sign_flip.MONTE_CARLO_PATTERNS + 1)
    assert (found.seed, found.replicates) == (5, sign_flip.MONTE_CARLO_PATTERNS)
    assert "Monte-Carlo" in found.method
    assert "seed 5" in found.method


def test_monte_carlo_is_near_the_exact_p() -> None:
    """The drawn p of a case with a known one, inside four standard errors."""
    known = [Fraction(one) for one in (3, -1, 2, 2, -2, 1, 1, 4, -3, 1, 2, -1)]
    exact = sign_flip_test(known, seed=1).p
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_flip, "CONVOLUTION_BYTES", -1)
        patch.setattr(sign_flip, "TRANSFORM_CELLS", -1)
        patch.setattr(sign_flip, "ENUMERATION_TASKS", 0)
        drawn = sign_flip_test(known, seed=1)
        again = sign_flip_test(known, seed=1)
    assert drawn.exact is None
    assert drawn.p == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 99_999) ** 0.5)
    assert drawn == again


def test_counting_of_patterns_at_its_ends() -> None:
    """No size, a sum out of reach, and the smallest sum."""
    assert patterns_at_least([], 0) == 1
    assert patterns_at_least([1, 2], 4) == 0
    assert patterns_at_least([1, 2], 3) == 1
    assert patterns_at_least([1, 2], -3) == 4
