"""Cross-validated ridge regression on labels, prepared so that any labels are one product away.

Features are centred within task and whole tasks are held out. Up to 3,000 texts the n x n kernel is
solved exactly; above that the features are folded into 4,096 columns and the same ridge is solved
there, so that memory grows with n and not with its square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from protocol.deidentify.guessability.features import FeatureBlock

EXACT_UP_TO = 3_000
FOLDED_COLUMNS = 4_096
RIDGE = 0.3
"""Relative to a kernel whose mean diagonal is 1; fixed, so that no label chooses it."""
FOLDS = 5
COLUMNS_AT_ONCE = 2_048
ROWS_AT_ONCE = 500
NO_SPREAD = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Texts held out and texts learnt from."""

    held_out: NDArray[np.int64]
    learnt: NDArray[np.int64]


class CrossValidatedRidge(Protocol):
    """A linear map from the targets of all texts to scores of each, learnt in the other folds."""

    def scores(self, targets: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return scores, one column for each column of targets, shape (texts, columns)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExactRidge:
    """The n x n route."""

    folds: tuple[Fold, ...]
    maps: tuple[NDArray[np.float64], ...]
    """One for each fold, shape (held out, learnt)."""

    def scores(self, targets: NDArray[np.floating]) -> NDArray[np.float64]:
        found = np.empty(targets.shape, dtype=np.float64)
        for fold, left in zip(self.folds, self.maps, strict=True):
            found[fold.held_out] = left @ targets[fold.learnt]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _FoldedRidge:
    """The route of many texts: the features are shared by all folds, never copied."""

    folds: tuple[Fold, ...]
    features: NDArray[np.float32]
    maps: tuple[NDArray[np.float32], ...]
    """One for each fold, shape (held out, columns)."""

    def scores(self, targets: NDArray[np.floating]) -> NDArray[np.float64]:
        narrow = targets.astype(np.float32)
        everyone = self.features.T @ narrow
        found = np.empty(targets.shape, dtype=np.float64)
        for fold, left in zip(self.folds, self.maps, strict=True):
            learnt = everyone - self.features[fold.held_out].T @ narrow[fold.held_out]
            found[fold.held_out] = left @ learnt
        return found


def task_folds(tasks: NDArray[np.int64], *, seed: int, folds: int = FOLDS) -> tuple[Fold, ...]:
    """Return folds of whole tasks: shuffled, then each into the fold with fewest texts, largest first.

    Args:
        tasks: Task of every text, 0 to T - 1.
        seed: Of the shuffling.
        folds: At most so many, one task at least in each.
    """
    sizes = np.bincount(tasks)
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    fold_of_task = np.zeros(len(sizes), dtype=np.int64)
    filled = np.zeros(min(folds, len(sizes)), dtype=np.int64)
    for task in sorted(shuffled.tolist(), key=lambda one: -int(sizes[one])):
        fewest = int(np.argmin(filled))
        fold_of_task[task] = fewest
        filled[fewest] += sizes[task]
    fold = fold_of_task[tasks]
    return tuple(
        Fold(held_out=np.flatnonzero(fold == number), learnt=np.flatnonzero(fold != number))
        for number in range(len(filled))
    )


def centre(values: NDArray[np.floating], tasks: NDArray[np.int64]) -> None:
    """Subtract from features, in place, their mean over the texts of the same task."""
    members = sparse.csr_array(
        (np.ones(len(tasks), dtype=values.dtype), (tasks, np.arange(len(tasks)))),
    )
    means = (members @ values) / np.bincount(tasks)[:, np.newaxis].astype(values.dtype)
    for start in range(0, len(tasks), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        values[rows] -= means[tasks[rows]]


def fit(
    blocks: Sequence[FeatureBlock], tasks: NDArray[np.int64], folds: Sequence[Fold], *, seed: int
) -> CrossValidatedRidge | None:
    """Return the cross-validated ridge of some views together.

    None where the texts of every task are the same in these views.

    Args:
        blocks: Each enters with its weight and a mean diagonal of 1.
        tasks: Task of every text, 0 to T - 1.
        folds: From `task_folds`.
        seed: Of the folding above 3,000 texts.
    """
    if len(tasks) <= EXACT_UP_TO:
        kernel = _kernel(blocks, tasks)
        return None if kernel is None else exact_ridge(kernel, folds)
    features = _folded(blocks, tasks, seed=seed)
    return None if features is None else _primal(features, folds)


def gram(block: FeatureBlock, tasks: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the centred kernel of one view, mean diagonal 1; None where nothing differs within tasks."""
    n, width = block.values.shape
    kernel = np.zeros((n, n))
    values = block.values[0:n]
    for start in range(0, width, COLUMNS_AT_ONCE):
        dense = _dense(values[:, start : start + COLUMNS_AT_ONCE], np.float64)
        centre(dense, tasks)
        kernel += dense @ dense.T
    size = float(np.trace(kernel)) / n
    return None if size < NO_SPREAD else kernel / size


def _kernel(blocks: Sequence[FeatureBlock], tasks: NDArray[np.int64]) -> NDArray[np.float64] | None:
    total: NDArray[np.float64] | None = None
    weights = 0.0
    for block in blocks:
        own = gram(block, tasks)
        if own is not None:
            own *= block.weight
            total = own if total is None else total + own
            weights += block.weight
    return None if total is None else total / weights


def exact_ridge(kernel: NDArray[np.float64], folds: Sequence[Fold]) -> CrossValidatedRidge:
    """Return the ridge of an n x n kernel; `fit` makes kernel and folds as the audit needs them."""
    maps = []
    for fold in folds:
        inner = kernel[np.ix_(fold.learnt, fold.learnt)]
        inner[np.diag_indices_from(inner)] += RIDGE
        factor = linalg.cho_factor(inner, lower=True, overwrite_a=True, check_finite=False)
        across = kernel[np.ix_(fold.learnt, fold.held_out)]
        maps.append(linalg.cho_solve(factor, across, check_finite=False).T)
    return _ExactRidge(folds=tuple(folds), maps=tuple(maps))


def _folded(
    blocks: Sequence[FeatureBlock], tasks: NDArray[np.int64], *, seed: int
) -> NDArray[np.float32] | None:
    """Fold wide views into the same few columns, and set narrow views beside them.

    Each feature of a wide view goes with a random sign into a random column. Inner products keep
    their expectation, and that is all a kernel needs.
    """
    generator = np.random.default_rng(seed)
    wide = np.zeros((len(tasks), FOLDED_COLUMNS), dtype=np.float32)
    narrow: list[NDArray[np.float32]] = []
    weights = 0.0
    for block in blocks:
        width = block.values.shape[1]
        values = (
            _dense(block.values[0 : len(tasks)], np.float32)
            if width <= FOLDED_COLUMNS
            else _fold_columns(block, generator.integers(0, FOLDED_COLUMNS, width), generator)
        )
        centre(values, tasks)
        size = float(np.einsum("ij,ij->", values, values, dtype=np.float64)) / len(tasks)
        if size < NO_SPREAD:
            continue
        values *= np.float32(np.sqrt(block.weight / size))
        weights += block.weight
        if width > FOLDED_COLUMNS:
            wide += values
        else:
            narrow.append(values)
    if weights == 0:
        return None
    together: NDArray[np.float32] = (
        np.concatenate([wide, *narrow], axis=1) if wide.any() else np.hstack(narrow)
    )
    together /= np.float32(np.sqrt(weights))
    return together


def _fold_columns(
    block: FeatureBlock, place: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.float32]:
    width = len(place)
    sign = generator.choice(np.array([-1.0, 1.0], dtype=np.float32), width)
    fold = sparse.csr_array((sign, (np.arange(width), place)), shape=(width, FOLDED_COLUMNS))
    values = np.empty((block.values.shape[0], FOLDED_COLUMNS), dtype=np.float32)
    for start in range(0, len(values), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        values[rows] = _dense(block.values[rows] @ fold, np.float32)
    return values


def _primal(features: NDArray[np.float32], folds: Sequence[Fold]) -> CrossValidatedRidge:
    maps = []
    everyone = features.T @ features
    for fold in folds:
        held_out = features[fold.held_out]
        inner = everyone - held_out.T @ held_out
        inner[np.diag_indices_from(inner)] += np.float32(RIDGE)
        factor = linalg.cho_factor(inner, lower=True, overwrite_a=True, check_finite=False)
        maps.append(linalg.cho_solve(factor, held_out.T, check_finite=False).T)
    return _FoldedRidge(folds=tuple(folds), features=features, maps=tuple(maps))


def _dense(values: sparse.csr_array | NDArray[np.floating], kind: type[np.floating]) -> NDArray[np.floating]:
    """Return a copy that may be written to."""
    dense = values if isinstance(values, np.ndarray) else values.toarray()
    return np.array(dense, dtype=kind)
