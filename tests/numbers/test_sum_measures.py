"""Measures of sums over units: patterns, batches, resamples, and the bootstrap on top of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.stats import sum_measure
from protocol.stats.alpha_engine import AlphaOfSums
from protocol.stats.chance_corrected import ChanceCorrectedOfSums
from protocol.stats.gwet_ac import UncertainChance
from protocol.stats.jackknife import effective_df, jackknife_interval, jackknife_se
from protocol.stats.percent_agreement import MeanOfUnits, percent_agreement
from protocol.stats.percentile_bootstrap import bootstrap_interval
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.sum_measure import GroupedCounts, SumMeasure, patterns_of, value_of
from protocol.stats.values import Values

LEVELS = (0.0, 1.0, 2.0)
count_rows = st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=14)


def _measures(counts: np.ndarray) -> list[SumMeasure]:
    levels = np.array(LEVELS)
    used = np.ones(3, dtype=np.bool_)
    return [
        AlphaOfSums(levels=levels, metric="ordinal", used=used),
        AlphaOfSums(levels=levels, metric="nominal", used=used),
        MeanOfUnits(levels=levels, weights="linear"),
        MeanOfUnits(levels=levels, weights="unanimous"),
        ChanceCorrectedOfSums(levels=levels, weights="quadratic", chance=UncertainChance()),
    ]


@given(rows=count_rows)
@settings(max_examples=60, deadline=None)
def test_patterns_put_together_again_are_the_counts(rows: list[list[int]]) -> None:
    """Each distinct row once, with how often it stands there."""
    counts = np.array(rows)
    found = patterns_of(counts)
    assert (found.counts[found.of_unit] == counts).all()
    assert len({tuple(row) for row in found.counts.tolist()}) == len(found.counts)
    assert found.times.sum() == len(counts)


def test_rows_too_wide_for_a_key_are_told_apart_too() -> None:
    """A hundred levels do not fit into one whole number."""
    counts = np.zeros((4, 100), dtype=np.int64)
    counts[0, 3] = counts[2, 3] = 5
    counts[1, 99] = 1
    found = patterns_of(counts)
    assert len(found.counts) == 3
    assert (found.counts[found.of_unit] == counts).all()


@given(rows=count_rows, n_groups=st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_batches_change_nothing(rows: list[list[int]], n_groups: int) -> None:
    """What does not fit into memory at once gives the same values in pieces."""
    counts = np.array(rows)
    for groups in (np.arange(len(rows)) % n_groups, np.arange(len(rows))):
        for measure in _measures(counts):
            whole = GroupedCounts(counts, groups).without_each(measure)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sum_measure, "CELLS_AT_ONCE", 8)
                pieces = GroupedCounts(counts, groups).without_each(measure)
            assert (whole.defined == pieces.defined).all()
            assert whole.values[whole.defined] == pytest.approx(pieces.values[whole.defined], abs=1e-10)


def test_a_resample_has_as_many_groups_as_there_are() -> None:
    """The mean of resampled shares is the share; units that are never drawn stay in every sample."""
    counts = np.array([[2, 0, 0], [1, 1, 0], [0, 0, 2], [0, 1, 1], [2, 0, 0], [1, 0, 0]])
    grouped = GroupedCounts(counts, np.arange(6))
    assert grouped.n_groups == 5
    share = MeanOfUnits(levels=np.array(LEVELS), weights="unanimous")
    found = grouped.resampled(share, replicates=20_000, seed=3)
    assert found.defined.all()
    assert set(np.unique(np.rint(found.values * 5))) <= {0, 1, 2, 3, 4, 5}
    assert found.values.mean() == pytest.approx(0.6, abs=0.01)
    assert found.values.std() == pytest.approx((0.6 * 0.4 / 5) ** 0.5, rel=0.03)


def test_drawing_tasks_draws_them_whole() -> None:
    """Two units of a task come and go together: the spread is that of the tasks."""
    counts = np.array([[2, 0, 0], [2, 0, 0], [1, 1, 0], [1, 1, 0]] * 10)
    tasks = np.repeat(np.arange(20), 2)
    share = MeanOfUnits(levels=np.array(LEVELS), weights="unanimous")
    by_task = GroupedCounts(counts, tasks).resampled(share, replicates=20_000, seed=3)
    by_unit = GroupedCounts(counts, np.arange(40)).resampled(share, replicates=20_000, seed=3)
    assert by_task.values.std() == pytest.approx((0.25 / 20) ** 0.5, rel=0.03)
    assert by_unit.values.std() == pytest.approx((0.25 / 40) ** 0.5, rel=0.03)


def _interval_of(rows: list[list[int]], replicates: int = 500) -> object:
    counts = np.array(rows)
    used = counts[counts.sum(axis=1) >= 2].sum(axis=0) > 0
    measure = AlphaOfSums(levels=np.array(LEVELS)[used], metric="ordinal", used=used)
    return bootstrap_interval(
        measure, GroupedCounts(counts, np.arange(len(rows))), group="unit", replicates=replicates, seed=1
    ).undefined


def test_too_many_resamples_without_variation_give_no_interval() -> None:
    """Forty-five units with one deviation: 36% of the resamples miss it."""
    assert _interval_of([[2, 0, 0]] * 44 + [[1, 1, 0]], 4000) == (
        "interval not estimable: 37% of the resamples have no variation, more than 5%"
    )


def test_few_groups_and_equal_resamples_give_no_interval() -> None:
    """Each with its reason."""
    assert _interval_of([[2, 0, 0], [0, 2, 0]]) == "interval not estimable: 2 units, fewer than 5"
    share = MeanOfUnits(levels=np.array(LEVELS), weights="unanimous")
    equal = GroupedCounts(np.array([[2, 0, 0]] * 9), np.arange(9))
    found = bootstrap_interval(share, equal, group="unit", replicates=100, seed=1)
    assert found.undefined is not None
    assert "zero width" in found.undefined


def test_the_same_seed_gives_the_same_interval() -> None:
    """Another seed another one, near it."""
    generator = np.random.default_rng(5)
    matrix = RatingMatrix(codes=generator.integers(0, 3, size=(60, 3)), levels=LEVELS)
    grouped = GroupedCounts(matrix.counts, np.arange(60))
    measure = AlphaOfSums.of(matrix, "ordinal")
    one, again, other = (
        bootstrap_interval(measure, grouped, group="unit", replicates=2000, seed=seed) for seed in (1, 1, 2)
    )
    assert one == again
    assert one.lower != other.lower
    assert one.lower == pytest.approx(other.lower, abs=0.05)


def test_percent_agreement_from_counts_is_that_of_the_matrix() -> None:
    """One definition, two doors."""
    generator = np.random.default_rng(6)
    matrix = RatingMatrix(codes=generator.integers(-1, 3, size=(40, 4)), levels=LEVELS)
    for weights in ("unweighted", "linear", "quadratic", "ordinal"):
        found = value_of(MeanOfUnits(levels=matrix.level_values, weights=weights), matrix.counts)
        assert found.values[0] == pytest.approx(percent_agreement(matrix, weights).value, abs=1e-12)


def _values(found: list[float]) -> Values:
    return Values(values=np.array(found), defined=np.ones(len(found), dtype=np.bool_))


def test_one_group_that_carries_the_variance_leaves_few_degrees_of_freedom() -> None:
    """Fifteen even influences have 14; one that sticks out has about one."""
    assert effective_df(np.linspace(0, 1, 15)) == pytest.approx(14)
    assert effective_df(np.array([0.0] * 44 + [1.0])) == pytest.approx(
        2 / ((44**3 + 1) / 45 / 44 - 3 + 90 / 44) * 45
    )
    assert effective_df(np.array([0.0] * 9999 + [1.0])) >= 1


@pytest.mark.parametrize("estimate", [0.02, 0.5, 0.97])
def test_transformed_intervals_stay_inside_and_agree_when_narrow(estimate: float) -> None:
    """Log and log odds never leave the range; with a small error all three are one interval."""
    influences = np.linspace(-1, 1, 15)
    for size in (1e-5, 0.05):
        without = _values((estimate + size * influences).tolist())
        plain, log, logit = (
            jackknife_interval(estimate, without, group="task", scale=scale).interval
            for scale in ("plain", "log", "logit")
        )
        assert plain is not None
        assert log is not None
        assert logit is not None
        assert plain.se == log.se == logit.se == pytest.approx(jackknife_se(without.values))
        assert log.lower < estimate < log.upper < 1
        assert 0 < logit.lower < estimate < logit.upper < 1
        if size == 1e-5:
            assert (log.lower, log.upper) == pytest.approx((plain.lower, plain.upper), abs=1e-6)
            assert (logit.lower, logit.upper) == pytest.approx((plain.lower, plain.upper), abs=1e-6)


def test_a_log_interval_by_hand() -> None:
    """0.9 with standard error 0.05 and t = 2: 1 - 0.1 e^(2 * 0.5) and 1 - 0.1 e^(-1)."""
    found = jackknife_interval(0.9, _values([0.85, 0.95] * 5), group="unit", scale="log").interval
    assert found is not None
    assert found.method.endswith("on log(1 - value)")
    assert found.se is not None
    half = 2.2621571627 * found.se / 0.1
    assert found.lower == pytest.approx(1 - 0.1 * np.exp(half))
    assert found.upper == pytest.approx(1 - 0.1 * np.exp(-half))
