"""Figures of the audit: balance, intervals over tasks, and permutations that are valid."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.deidentify.guessability.features import FeatureBlock
from protocol.deidentify.guessability.kernel_audit import (
    Labels,
    Predictions,
    change,
    figures,
    permuted,
    predict,
)
from protocol.deidentify.guessability.ridge import CrossValidatedRidge, fit, task_folds


def _labels(n_tasks: int, n_arms: int) -> Labels:
    return Labels.of(
        [str(arm) for _ in range(n_tasks) for arm in range(n_arms)],
        [f"{task:03d}" for task in range(n_tasks) for _ in range(n_arms)],
    )


def _ridge(values: NDArray[np.float64], labels: Labels, seed: int = 1) -> CrossValidatedRidge:
    block = FeatureBlock(name="view", values=values, weight=1.0)
    found = fit([block], labels.task, task_folds(labels.task, seed=seed), seed=seed)
    assert found is not None
    return found


def _accuracy(ridge: CrossValidatedRidge, labels: Labels) -> float:
    value = figures(predict(ridge, labels), labels).accuracy.value.value
    assert value is not None
    return value


def _said(arms: list[int], n_arms: int) -> Predictions:
    scores = np.eye(n_arms)[arms]
    return Predictions(arm=np.array(arms), margin=np.ones(len(arms)), scores=scores)


def test_accuracy_is_balanced_over_arms() -> None:
    """Five of five texts of one arm and one of ten of the other: (1 + 0.1) / 2."""
    labels = Labels.of(["a", "b", "b"] * 5, [str(task) for task in range(5) for _ in range(3)])
    found = figures(_said([0, 1, 0] + [0, 0, 0] * 4, 2), labels)
    assert found.accuracy.value.value == pytest.approx(0.55)
    assert [one.recall.value.value for one in found.arms] == [1.0, 0.1]
    assert [one.n for one in found.arms] == [5, 10]


def test_interval_of_a_recall_is_the_t_interval_over_tasks() -> None:
    """One text an arm and task: recall .6 of five tasks, s^2 = .3, se = sqrt(.3 / 5)."""
    labels = _labels(5, 2)
    found = figures(_said([0, 1, 0, 1, 0, 1, 1, 1, 1, 1], 2), labels).arms[0].recall
    assert found.value.value == pytest.approx(0.6)
    assert found.ci95.interval is not None
    assert found.ci95.interval.se == pytest.approx(np.sqrt(0.3 / 5))


def test_perfect_recognition_has_a_reason_instead_of_a_width() -> None:
    """All right: no interval of zero width."""
    found = figures(_said([0, 1] * 6, 2), _labels(6, 2))
    assert found.accuracy.value.value == 1.0
    assert found.accuracy.ci95.interval is None
    assert found.accuracy.ci95.undefined is not None
    assert found.arms[0].auc.value.value == 1.0


def test_change_is_paired_by_task() -> None:
    """The same task gains in both arms: the interval is over the six tasks' gains."""
    labels = _labels(6, 2)
    before = figures(_said([0, 0] * 6, 2), labels)
    after = figures(_said([0, 1] * 3 + [0, 0] * 3, 2), labels)
    found = change(before, after)
    assert found.value.value == pytest.approx(0.25)
    assert found.ci95.interval is not None
    gains = np.array([0.5] * 3 + [0.0] * 3)
    assert found.ci95.interval.se == pytest.approx(gains.std(ddof=1) / np.sqrt(6))


def test_rare_arms_are_named_as_readily_as_frequent_ones() -> None:
    """One text of arm a beside five of b in every task, no signal: a is said in about half of all."""
    generator = np.random.default_rng(7)
    labels = Labels.of(list("abbbbb") * 40, [f"{task:02d}" for task in range(40) for _ in range(6)])
    said = predict(_ridge(generator.normal(size=(240, 30)), labels), labels).arm
    assert 0.35 < (said == 0).mean() < 0.65


def test_permutations_within_task_give_a_valid_p() -> None:
    """200 studies of pure noise: p at most .05 in at most 9%, mean near a half, never 0."""
    labels = _labels(12, 3)
    generator = np.random.default_rng(8)
    found = []
    for study in range(200):
        # Tasks differ strongly, arms not at all.
        values = generator.normal(size=(36, 10)) + 3 * generator.normal(size=(12, 10))[labels.task]
        ridge = _ridge(values, labels, seed=study)
        observed = _accuracy(ridge, labels)
        found.append(permuted(ridge, labels, observed=observed, replicates=99, seed=study).p)
    p = np.array(found)
    assert p.min() >= 0.01
    assert (p <= 0.05).mean() <= 0.09
    assert 0.44 < p.mean() < 0.60


def test_a_planted_difference_has_the_smallest_p() -> None:
    """No permutation is as accurate; chance stays near 1 / 3."""
    labels = _labels(20, 3)
    generator = np.random.default_rng(9)
    values = generator.normal(size=(60, 10)) + 1.5 * generator.normal(size=(3, 10))[labels.arm]
    ridge = _ridge(values, labels)
    null = permuted(ridge, labels, observed=_accuracy(ridge, labels), replicates=199, seed=1)
    assert null.p == pytest.approx(1 / 200)
    assert 1 / 3 < null.upper95 < 0.55
    assert null.upper95 <= null.highest < _accuracy(ridge, labels)


def test_permutations_do_not_depend_on_how_many_are_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven at a time or all at once: the same accuracies."""
    labels = _labels(10, 2)
    ridge = _ridge(np.random.default_rng(10).normal(size=(20, 4)), labels)
    at_once = permuted(ridge, labels, observed=0.5, replicates=50, seed=3)
    monkeypatch.setattr("protocol.deidentify.guessability.kernel_audit.CELLS_AT_ONCE", 7 * 40)
    assert permuted(ridge, labels, observed=0.5, replicates=50, seed=3) == at_once


def test_texts_of_single_arm_tasks_are_not_counted() -> None:
    """They have no other arm to be told from: neither accuracy nor chance sees them."""
    arms = ["a", "b"] * 6 + ["a", "a", "c"]
    tasks = [str(task) for task in range(6) for _ in range(2)] + ["x", "x", "y"]
    labels = Labels.of(arms, tasks)
    assert labels.arms == ("a", "b")
    assert labels.counted.tolist() == [True] * 12 + [False] * 3
    found = figures(_said([0, 1] * 6 + [1, 1, 1], 2), labels)
    assert found.accuracy.value.value == 1.0
    assert [one.n for one in found.arms] == [6, 6]
    ridge = _ridge(np.random.default_rng(11).normal(size=(15, 4)), labels)
    null = permuted(ridge, labels, observed=1.0, replicates=99, seed=1)
    assert null.highest <= 1.0
