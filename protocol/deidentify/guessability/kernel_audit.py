"""How often a program picks the right arm of a text it has not learnt from, and what chance gives.

Accuracy is balanced: the mean over arms of the share of the arm's texts that were recognised.
Intervals leave out one task at a time with the predictions as they are; the program is not trained
anew. Labels are permuted within task, all permutations through the same solved ridge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.deidentify.guessability.ridge import CrossValidatedRidge
from protocol.stats.auc import auc, auc_without_groups
from protocol.stats.estimate import Estimate, IntervalEstimate
from protocol.stats.jackknife import LeaveOneOut, jackknife_interval

CELLS_AT_ONCE = 4_000_000
"""Scores of permuted labels that are held in memory together."""
TIE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The arms and tasks of the texts, as numbers.

    Texts of tasks with a single arm have nothing to be told from. They stay in, because questions
    share one ridge, but centring takes their labels' weight away and no figure counts them.
    """

    arms: tuple[str, ...]
    """Arms with a text in a task that has another arm too."""
    arm: NDArray[np.int64]
    """-1 for an arm that is not among these."""
    task: NDArray[np.int64]
    counted: NDArray[np.bool_]

    @classmethod
    def of(cls, arms: Sequence[str], tasks: Sequence[str]) -> Labels:
        """Number arms and tasks in the order of their names."""
        met: dict[str, set[str]] = {}
        for arm, task in zip(arms, tasks, strict=True):
            met.setdefault(task, set()).add(arm)
        names = sorted(set().union(*(found for found in met.values() if len(found) > 1)))
        arm_numbers = {name: number for number, name in enumerate(names)}
        task_numbers = {name: number for number, name in enumerate(sorted(met))}
        return cls(
            arms=tuple(names),
            arm=np.array([arm_numbers.get(arm, -1) for arm in arms], dtype=np.int64),
            task=np.array([task_numbers[task] for task in tasks], dtype=np.int64),
            counted=np.array([len(met[task]) > 1 for task in tasks]),
        )

    @property
    def n_arms(self) -> int:
        """Number of arms."""
        return len(self.arms)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Counted texts of each arm."""
        return np.bincount(self.arm[self.counted], minlength=self.n_arms)

    def targets(self, arm: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return one column an arm, all of one size: a rare arm is no worse guess.

        Args:
            arm: Labels of all texts, shape (texts,) or (permutations, texts).
        """
        weight = self.counted.sum() / (self.n_arms * self.sizes)
        columns: NDArray[np.float64] = (arm[..., np.newaxis] == np.arange(self.n_arms)) * weight
        return columns

    def among_counted(self) -> Labels:
        """Return the labels of the counted texts alone, tasks numbered anew."""
        kept = self.counted
        return Labels(
            arms=self.arms,
            arm=self.arm[kept],
            task=np.unique(self.task[kept], return_inverse=True)[1],
            counted=np.ones(int(kept.sum()), dtype=np.bool_),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WithInterval:
    """A figure with its interval over tasks."""

    value: Estimate
    ci95: IntervalEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigures:
    """How well one arm is recognised."""

    arm: str
    n: int
    recall: WithInterval
    auc: WithInterval
    """This arm against all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NullAccuracies:
    """Accuracies with labels permuted within task."""

    p: float
    upper95: float
    """What one of twenty permutations exceeds."""
    highest: float
    replicates: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """What the program says of each text."""

    arm: NDArray[np.int64]
    margin: NDArray[np.float64]
    """Best score minus the second best."""
    scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelFigures:
    """Figures of one view of the texts."""

    accuracy: WithInterval
    arms: tuple[ArmFigures, ...]
    predictions: Predictions
    without_task: LeaveOneOut
    """Accuracy with each task left out: what differences between views are compared with."""


def predict(ridge: CrossValidatedRidge, labels: Labels) -> Predictions:
    """Return the program's choice for every text, from the folds that do not hold it."""
    scores = ridge.scores(labels.targets(labels.arm))
    ordered = np.sort(scores, axis=1)
    return Predictions(arm=scores.argmax(axis=1), margin=ordered[:, -1] - ordered[:, -2], scores=scores)


def figures(predictions: Predictions, labels: Labels) -> KernelFigures:
    """Return accuracy, recall and AUC of the counted texts, with intervals over tasks."""
    own, kept = labels.among_counted(), labels.counted
    n_tasks = int(own.task.max()) + 1
    hits, texts = np.zeros((n_tasks, own.n_arms)), np.zeros((n_tasks, own.n_arms))
    np.add.at(hits, (own.task, own.arm), predictions.arm[kept] == own.arm)
    np.add.at(texts, (own.task, own.arm), 1)
    recalls = hits.sum(axis=0) / texts.sum(axis=0)
    left = texts.sum(axis=0) - texts
    defined = left > 0
    without = (hits.sum(axis=0) - hits) / np.where(defined, left, 1)
    overall = LeaveOneOut(values=without.mean(axis=1), defined=defined.all(axis=1))
    arms = []
    for number, name in enumerate(own.arms):
        recall = LeaveOneOut(values=without[:, number], defined=defined[:, number])
        scores, member = predictions.scores[kept, number], own.arm == number
        arms.append(
            ArmFigures(
                arm=name,
                n=int(own.sizes[number]),
                recall=_with_interval(Estimate.of(float(recalls[number])), recall),
                auc=_with_interval(auc(scores, member), auc_without_groups(scores, member, own.task)),
            )
        )
    return KernelFigures(
        accuracy=_with_interval(Estimate.of(float(recalls.mean())), overall),
        arms=tuple(arms),
        predictions=predictions,
        without_task=overall,
    )


def change(before: KernelFigures, after: KernelFigures) -> WithInterval:
    """Return the difference in accuracy between two views of the same texts, paired by task."""
    first, second = before.accuracy.value.value, after.accuracy.value.value
    if first is None or second is None:
        return WithInterval(
            value=Estimate.none("no accuracy to compare"),
            ci95=IntervalEstimate.none("no accuracy to compare"),
        )
    differences = LeaveOneOut(
        values=after.without_task.values - before.without_task.values,
        defined=before.without_task.defined & after.without_task.defined,
    )
    return _with_interval(Estimate.of(second - first), differences, lowest=-1.0)


def _with_interval(value: Estimate, without: LeaveOneOut, *, lowest: float = 0.0) -> WithInterval:
    if value.value is None:
        return WithInterval(value=value, ci95=IntervalEstimate.none(value.undefined or ""))
    return WithInterval(
        value=value, ci95=jackknife_interval(value.value, without, group="task", lowest=lowest)
    )


def permuted(
    ridge: CrossValidatedRidge, labels: Labels, *, observed: float, replicates: int, seed: int
) -> NullAccuracies:
    """Return the accuracies that come about when labels are permuted within task.

    p = (b + 1) / (B + 1), b of B permutations at least as accurate as observed.

    References:
        Lopez-Paz, D. & Oquab, M. (2017). Revisiting classifier two-sample tests. ICLR. Ojala, M. &
        Garriga, G. C. (2010). Permutation tests for studying classifier performance. JMLR 11.
    """
    order = np.argsort(labels.task, kind="stable")
    arm = labels.arm[order]
    number = labels.task[order].astype(np.float64)
    share = 1 / (labels.n_arms * labels.sizes)
    generator = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // (len(arm) * labels.n_arms))
    found: list[NDArray[np.float64]] = []
    for size in _chunks(replicates, at_once):
        # Sorting by task plus a random fraction shuffles inside tasks and keeps them in place.
        shuffle = np.argsort(number + generator.random((size, len(arm))), axis=1)
        drawn = np.empty((size, len(arm)), dtype=np.int64)
        drawn[:, order] = arm[shuffle]
        targets = labels.targets(drawn).transpose(1, 0, 2).reshape(len(arm), -1)
        scores = ridge.scores(targets).reshape(len(arm), size, labels.n_arms)
        right = (drawn == scores.argmax(axis=2).T) & labels.counted
        found.append((right * share[drawn]).sum(axis=1))
    accuracies = np.concatenate(found)
    reached = int(np.count_nonzero(accuracies >= observed - TIE))
    return NullAccuracies(
        p=(reached + 1) / (replicates + 1),
        upper95=float(np.sort(accuracies)[math.ceil(0.95 * replicates) - 1]),
        highest=float(accuracies.max()),
        replicates=replicates,
        seed=seed,
    )


def _chunks(total: int, at_once: int) -> list[int]:
    whole, rest = divmod(total, at_once)
    return [at_once] * whole + ([rest] if rest else [])
