"""t interval, equivalence test, exact bounds, adjusted p, dominance, interaction: worked by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.stats import interaction_permutation
from protocol.stats.benjamini_hochberg import benjamini_hochberg
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.dominance import paired_dominance, unpaired_cliffs_delta
from protocol.stats.estimate import Estimate, Interval, IntervalEstimate
from protocol.stats.holm import holm
from protocol.stats.interaction_permutation import interaction_test
from protocol.stats.student_t import t_interval
from protocol.stats.tost import tost_p

p_values = st.lists(st.floats(0, 1), max_size=12)


def _fractions(*values: int) -> list[Fraction]:
    return [Fraction(value) for value in values]


def test_an_estimate_has_a_value_or_a_reason() -> None:
    """Both, neither, nan and infinity are refused; a negative zero becomes zero."""
    for value, reason in ((None, None), (1.0, "why"), (math.nan, None), (math.inf, None)):
        with pytest.raises(ValueError, match="estimate"):
            Estimate(value=value, undefined=reason)
    assert math.copysign(1, Estimate.of(-0.0).value or 0.0) == 1
    with pytest.raises(ValueError, match="interval"):
        IntervalEstimate(interval=None)
    ends = Interval(lower=0.0, upper=1.0, level=0.95, method="m", se=0.1)
    with pytest.raises(ValueError, match="interval"):
        IntervalEstimate(interval=ends, undefined="why")


def test_t_interval_by_hand() -> None:
    """0, 1, 2: mean 1, s 1, SE 1/sqrt(3), t(2) .975 = 4.3027."""
    found = t_interval(_fractions(0, 1, 2), level=0.95).interval
    assert found is not None
    assert found.upper == pytest.approx(1 + 4.302652729749464 / math.sqrt(3))
    assert found.lower == pytest.approx(1 - 4.302652729749464 / math.sqrt(3))


@pytest.mark.parametrize("values", [(), (1,), (2, 2, 2)])
def test_t_interval_without_spread_has_a_reason(values: tuple[int, ...]) -> None:
    """None, one, or equal differences give no interval."""
    found = t_interval(_fractions(*values), level=0.95)
    assert found.interval is None
    assert found.undefined


def test_tost_agrees_with_the_ninety_percent_interval() -> None:
    """The p-value crosses .05 exactly where the 90% interval touches the margin."""
    values = _fractions(0, 1, 0, -1, 1, 0, 0, 1)
    interval = t_interval(values, level=0.90).interval
    assert interval is not None
    at_the_margin = tost_p(values, delta=interval.upper).value
    assert at_the_margin == pytest.approx(0.05, abs=1e-12)


@pytest.mark.parametrize("values", [(), (1,), (0, 0, 0, 0)])
def test_tost_without_spread_is_undefined(values: tuple[int, ...]) -> None:
    """No t without a standard error."""
    assert tost_p(_fractions(*values), delta=0.5).value is None


def test_zero_of_n_has_the_closed_bound() -> None:
    """1 - .05^(1/n), and the mirror image for n of n."""
    assert Proportion(k=0, n=15).upper(0.95) == pytest.approx(1 - 0.05 ** (1 / 15))
    assert Proportion(k=15, n=15).lower(0.95) == pytest.approx(0.05 ** (1 / 15))
    assert (Proportion(k=0, n=15).lower(0.95), Proportion(k=15, n=15).upper(0.95)) == (0.0, 1.0)


def test_the_ceiling_rule_passes_fourteen_of_fifteen_and_not_thirteen() -> None:
    """The bounds named in the method: .721 and .637."""
    assert Proportion(k=14, n=15).lower(0.95) == pytest.approx(0.721, abs=0.0005)
    assert Proportion(k=13, n=15).lower(0.95) == pytest.approx(0.637, abs=0.0005)


@given(k=st.integers(0, 30), extra=st.integers(0, 30))
def test_exact_bounds_mirror_each_other(k: int, extra: int) -> None:
    """The upper bound of k is one minus the lower bound of n - k, and they enclose the share."""
    n = k + extra
    if n == 0:
        return
    one, mirror = Proportion(k=k, n=n), Proportion(k=extra, n=n)
    assert one.upper(0.95) == pytest.approx(1 - mirror.lower(0.95), abs=1e-9)
    assert one.lower(0.95) <= one.share <= one.upper(0.95)


@given(values=p_values)
def test_holm_is_monotone_and_never_below_the_raw_p(values: list[float]) -> None:
    """Adjusted p keep their order, lie in [p, 1], and the smallest is m p."""
    adjusted = holm(values)
    for raw, p in zip(values, adjusted, strict=True):
        assert raw <= p <= 1
    order = sorted(range(len(values)), key=lambda index: values[index])
    assert [adjusted[index] for index in order] == sorted(adjusted)
    if values:
        assert min(adjusted) == min(1.0, len(values) * min(values))


@given(values=p_values)
def test_false_discovery_rate_is_no_stricter_than_holm(values: list[float]) -> None:
    """Benjamini-Hochberg lies between the raw p and Holm's."""
    for raw, found, stepped in zip(values, benjamini_hochberg(values), holm(values), strict=True):
        assert raw <= found + 1e-15
        assert found <= stepped + 1e-15


def test_dominance_counts_signs_inside_tasks() -> None:
    """One task up for both raters, one tied, one down for one of two: (1 + 0 - 1/2) / 3."""
    by_task = [_fractions(2, 1), _fractions(0), _fractions(-1, 0)]
    assert paired_dominance(by_task) == Fraction(1, 6)


def test_unpaired_delta_by_hand() -> None:
    """0, 2 against 1, 1: two pairs below, two above."""
    assert unpaired_cliffs_delta(_fractions(0, 2), _fractions(1, 1)) == 0
    assert unpaired_cliffs_delta(_fractions(2, 2), _fractions(1, 1)) == 1


def test_interaction_draws_patterns_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The drawn p is near the enumerated one and repeats with the seed."""
    effects = np.array([[[1.0], [0.0]], [[2.0], [0.0]], [[0.0], [1.0]], [[1.0], [0.5]], [[1.0], [0.0]]])
    exact = interaction_test(effects, seed=3)
    monkeypatch.setattr(interaction_permutation, "ENUMERATED_PATTERNS", 0)
    drawn = interaction_test(effects, seed=3)
    assert exact.method.startswith("exact")
    assert exact.replicates is None
    assert drawn.replicates == interaction_permutation.MONTE_CARLO_PATTERNS
    assert drawn.p == pytest.approx(exact.p, abs=0.02)
    assert drawn == interaction_test(effects, seed=3)


def test_equal_effects_have_no_interaction() -> None:
    """Statistic 0 and p 1."""
    found = interaction_test(np.ones((4, 3, 2)), seed=1)
    assert (found.statistic, found.p) == (0.0, 1.0)
