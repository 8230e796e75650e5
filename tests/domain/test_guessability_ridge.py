"""The ridge of the audit: whole tasks are held out, task means are gone, both routes agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from protocol.deidentify.guessability import ridge
from protocol.deidentify.guessability.features import FeatureBlock
from protocol.deidentify.guessability.kernel_audit import Labels, figures, predict
from protocol.deidentify.guessability.ridge import (
    CrossValidatedRidge,
    Fold,
    centre,
    exact_ridge,
    fit,
    gram,
    task_folds,
)


def _block(values: NDArray[np.float64], *, name: str = "view", weight: float = 1.0) -> FeatureBlock:
    return FeatureBlock(name=name, values=values, weight=weight)


def _fitted(blocks: list[FeatureBlock], tasks: NDArray[np.int64]) -> CrossValidatedRidge:
    found = fit(blocks, tasks, task_folds(tasks, seed=1), seed=1)
    assert found is not None
    return found


def _accuracy(found: CrossValidatedRidge, labels: Labels) -> float:
    value = figures(predict(found, labels), labels).accuracy.value.value
    assert value is not None
    return value


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=40), seed=st.integers(0, 9))
def test_no_fold_splits_a_task(sizes: list[int], seed: int) -> None:
    """Every text is held out once, and never beside a text of its task that was learnt from."""
    tasks = np.repeat(np.arange(len(sizes)), sizes)
    folds = task_folds(tasks, seed=seed)
    held_out = np.concatenate([fold.held_out for fold in folds])
    assert sorted(held_out.tolist()) == list(range(len(tasks)))
    for fold in folds:
        assert not set(tasks[fold.held_out].tolist()) & set(tasks[fold.learnt].tolist())


def test_folds_are_even_and_follow_the_seed() -> None:
    """Twenty tasks of six: four in each of five folds; another seed deals them otherwise."""
    tasks = np.repeat(np.arange(20), 6)
    assert {len(fold.held_out) for fold in task_folds(tasks, seed=1)} == {24}
    first, again, other = (task_folds(tasks, seed=seed)[0].held_out.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_centring_takes_the_task_away() -> None:
    """Task means are zero, whatever the order of the texts."""
    generator = np.random.default_rng(1)
    values, tasks = generator.normal(size=(30, 4)), generator.integers(0, 6, 30)
    centre(values, tasks)
    for task in range(6):
        assert np.allclose(values[tasks == task].mean(axis=0), 0)


def test_both_routes_equal_the_textbook_ridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores of each fold from (X'X + 0.3 I)^-1 X'y of the others, X centred and scaled."""
    generator = np.random.default_rng(2)
    tasks = np.repeat(np.arange(12), 3)
    values = generator.normal(size=(36, 7))
    targets = generator.normal(size=(36, 2))
    plain = values - np.array([values[tasks == task].mean(axis=0) for task in tasks])
    plain /= np.sqrt((plain**2).sum() / 36)
    wanted = np.empty((36, 2))
    for fold in task_folds(tasks, seed=1):
        learnt = plain[fold.learnt]
        solved = np.linalg.solve(learnt.T @ learnt + 0.3 * np.eye(7), learnt.T @ targets[fold.learnt])
        wanted[fold.held_out] = plain[fold.held_out] @ solved
    assert np.allclose(_fitted([_block(values)], tasks).scores(targets), wanted, atol=1e-9)
    monkeypatch.setattr(ridge, "EXACT_UP_TO", 0)
    assert np.allclose(_fitted([_block(values)], tasks).scores(targets), wanted, atol=1e-4)


def test_folded_features_tell_what_the_exact_kernel_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """3,000 columns folded into 1,000: accuracies within .1, both far above chance."""
    generator = np.random.default_rng(3)
    arms = np.tile([0, 1, 2], 60)
    tasks = np.repeat(np.arange(60), 3)
    values = generator.normal(size=(180, 3_000)) * (generator.random((180, 3_000)) < 0.05)
    values[:, :40] += 0.5 * generator.normal(size=(3, 40))[arms]
    labels = Labels.of([str(arm) for arm in arms], [f"{task:02d}" for task in tasks])
    exact = _accuracy(_fitted([_block(values)], tasks), labels)
    monkeypatch.setattr(ridge, "EXACT_UP_TO", 0)
    monkeypatch.setattr(ridge, "FOLDED_COLUMNS", 1_000)
    folded = _accuracy(_fitted([_block(values), _block(values[:, :5] * 0)], tasks), labels)
    assert min(exact, folded) > 0.6
    assert abs(folded - exact) <= 0.1


def test_plain_cross_validation_would_certify_a_leaky_study() -> None:
    """Topic beats style: with tasks split and not centred the audit falls below chance.

    Each task has a strong topic, each arm a weak style. A held-out text is nearest to the other texts
    of its task, all of other arms, and is told as one of these. Whole tasks held out find the style,
    centring finds most of it.
    """
    generator = np.random.default_rng(4)
    n_tasks, n_arms, width = 60, 4, 800
    tasks = np.repeat(np.arange(n_tasks), n_arms)
    arms = np.tile(np.arange(n_arms), n_tasks)
    topic = 3.0 * generator.normal(size=(n_tasks, width))[tasks]
    style = 0.1 * generator.normal(size=(n_arms, width))[arms]
    values = topic + style + generator.normal(size=(len(tasks), width))
    labels = Labels.of([str(arm) for arm in arms], [f"{task:02d}" for task in tasks])
    everyone = np.arange(len(tasks))
    split = tuple(
        Fold(held_out=np.sort(part), learnt=np.setdiff1d(everyone, part))
        for part in np.array_split(generator.permutation(everyone), 5)
    )
    uncentred = values @ values.T
    uncentred *= len(tasks) / np.trace(uncentred)
    plain = _accuracy(exact_ridge(uncentred, split), labels)
    grouped = _accuracy(exact_ridge(uncentred, task_folds(tasks, seed=1)), labels)
    centred = _accuracy(_fitted([_block(values)], tasks), labels)
    assert plain < 0.1
    assert 0.35 < grouped < 0.6
    assert centred > grouped + 0.1


def test_views_enter_with_their_weight_and_dead_views_not_at_all() -> None:
    """A view in which every task's texts are alike changes nothing; alone it is no view."""
    generator = np.random.default_rng(5)
    tasks = np.repeat(np.arange(10), 4)
    values = generator.normal(size=(40, 3))
    dead = _block(generator.normal(size=(10, 2))[tasks], weight=5.0)
    targets = generator.normal(size=(40, 1))
    alone = _fitted([_block(values)], tasks).scores(targets)
    assert np.allclose(_fitted([_block(values), dead], tasks).scores(targets), alone)
    assert gram(dead, tasks) is None
    assert fit([dead], tasks, task_folds(tasks, seed=1), seed=1) is None


def test_texts_with_nothing_to_compare_change_no_score() -> None:
    """A task of a single arm adds one constant to its targets, which centring takes away."""
    generator = np.random.default_rng(6)
    tasks = np.repeat(np.arange(11), 4)
    values = generator.normal(size=(44, 3))
    targets = generator.normal(size=(44, 1))
    found = _fitted([_block(values)], tasks)
    before = found.scores(targets)
    targets[tasks == 10] += 5.0
    assert np.allclose(found.scores(targets), before)
