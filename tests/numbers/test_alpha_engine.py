"""The own alpha engine: equal to the package, and its leave-one-out values to recomputation."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from protocol.stats import krippendorff_alpha as package_module
from protocol.stats import sum_measure
from protocol.stats.alpha_engine import AlphaOfSums, Metric, alpha_from_counts
from protocol.stats.krippendorff_alpha import METRICS, krippendorff_alpha
from protocol.stats.rating_matrix import MISSING, RatingMatrix
from protocol.stats.sum_measure import GroupedCounts
from protocol.stats.values import Values

LEVELS = (-1.0, 0.0, 0.5, 3.0)
"""Negative, fractional and gapped on purpose."""
FROM_ZERO = (0.0, 0.5, 1.0, 3.0)
"""For the ratio metric."""

matrices = st.integers(2, 5).flatmap(
    lambda raters: st.lists(
        st.lists(st.integers(MISSING, len(LEVELS) - 1), min_size=raters, max_size=raters),
        min_size=2,
        max_size=12,
    )
)


def _matrix(codes: list[list[int]], metric: Metric = "ordinal") -> RatingMatrix:
    levels = FROM_ZERO if metric == "ratio" else LEVELS
    return RatingMatrix(codes=np.array(codes, dtype=np.int64), levels=levels)


@pytest.mark.parametrize("metric", METRICS)
@given(codes=matrices)
@settings(max_examples=60, deadline=None)
def test_engine_equals_the_package(metric: Metric, codes: list[list[int]]) -> None:
    """On any data with variation both give the same alpha."""
    matrix = _matrix(codes, metric)
    counts = matrix.counts[matrix.counts.sum(axis=1) >= 2]
    if len(counts) == 0 or np.count_nonzero(counts.sum(axis=0)) < 2:
        assert krippendorff_alpha(matrix, metric).value is None
        return
    expected = krippendorff.alpha(
        value_counts=counts,
        value_domain=matrix.level_values,
        level_of_measurement=str(metric),  # type: ignore[arg-type] # a Literal of the package
    )
    assert alpha_from_counts(counts, matrix.level_values, metric) == pytest.approx(expected, abs=1e-12)
    assert krippendorff_alpha(matrix, metric).value == pytest.approx(expected, abs=1e-12)


def _without_groups(matrix: RatingMatrix, metric: Metric, groups: NDArray[np.int64]) -> Values:
    return GroupedCounts(matrix.counts, groups).without_each(AlphaOfSums.of(matrix, metric))


@pytest.mark.parametrize("metric", METRICS)
@given(codes=matrices, n_groups=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_leave_one_out_equals_recomputation(metric: Metric, codes: list[list[int]], n_groups: int) -> None:
    """Leaving out a group in one pass gives what alpha of the remaining units gives."""
    matrix = _matrix(codes, metric)
    groups = np.arange(len(codes), dtype=np.int64) % n_groups
    found = _without_groups(matrix, metric, groups)
    pairable = matrix.counts.sum(axis=1) >= 2
    present = sorted(set(groups[pairable].tolist()))
    assert len(found.values) == len(present)
    for index, group in enumerate(present):
        again = krippendorff_alpha(matrix.of_units(groups != group), metric)
        assert bool(found.defined[index]) == (again.value is not None)
        if again.value is not None:
            assert found.values[index] == pytest.approx(again.value, abs=1e-10)


def test_large_values_lose_no_digits() -> None:
    """Interval alpha of years equals interval alpha of the same years counted from the first."""
    codes = np.array([[0, 1], [1, 1], [2, 2], [0, 0], [2, 1]], dtype=np.int64)
    years = RatingMatrix(codes=codes, levels=(1e9, 1e9 + 1, 1e9 + 2))
    small = RatingMatrix(codes=codes, levels=(0.0, 1.0, 2.0))
    groups = np.arange(5, dtype=np.int64)
    far = _without_groups(years, "interval", groups)
    near = _without_groups(small, "interval", groups)
    assert far.values == pytest.approx(near.values, abs=1e-6)


def test_above_the_package_size_the_engine_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large data take the own engine and give the same value."""
    matrix = _matrix([[0, 1, 2], [1, 1, 1], [2, 3, 2], [0, 0, -1]] * 5)
    usual = krippendorff_alpha(matrix, "ordinal").value

    def refuse(**_: object) -> float:
        raise AssertionError("the package was asked")

    monkeypatch.setattr(package_module, "PACKAGE_UNITS", 10)
    monkeypatch.setattr(krippendorff, "alpha", refuse)
    assert krippendorff_alpha(matrix, "ordinal").value == pytest.approx(usual, abs=1e-12)


def test_the_ratio_metric_is_undefined_below_zero() -> None:
    """It divides by the sum of two levels."""
    assert krippendorff_alpha(_matrix([[0, 1], [2, 3]]), "ratio").undefined == (
        "the ratio metric needs levels from 0 up, and -1 is declared"
    )


def test_many_levels_are_taken_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slider of 101 levels: batches that fit into memory give what one batch gives."""
    generator = np.random.default_rng(4)
    codes = generator.integers(0, 101, size=(60, 3))
    matrix = RatingMatrix(codes=codes, levels=tuple(float(level) for level in range(101)))
    for groups in (np.arange(60, dtype=np.int64), np.arange(60, dtype=np.int64) % 7):
        usual = _without_groups(matrix, "ordinal", groups)
        with monkeypatch.context() as patched:
            patched.setattr(sum_measure, "CELLS_AT_ONCE", 10_000)
            batched = _without_groups(matrix, "ordinal", groups)
        assert batched.values == pytest.approx(usual.values, abs=1e-12)
