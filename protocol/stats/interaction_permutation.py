"""The omnibus test: do the scaffolds' effects differ between models at all?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

ENUMERATED_PATTERNS = 50_000
MONTE_CARLO_PATTERNS = 19_999
TIE = 1e-9
"""Statistics closer than this share of the observed one are equal: the exact ones lie on a grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionTest:
    """The statistic and its permutation p."""

    statistic: float
    p: float
    method: str
    replicates: int | None = None
    seed: int | None = None


def interaction_test(effects: NDArray[np.float64], *, seed: int) -> InteractionTest:
    """Return the permutation test of no interaction of model and scaffold.

    In words: the statistic is the sum over scaffolds and models of (mean effect over tasks - mean
    over models)^2. Without interaction the models' effect vectors of one task are exchangeable:
    the reference set permutes them within each task, all patterns where they are at most 50,000,
    else 19,999 random ones with (b + 1) / (B + 1).

    Args:
        effects: Task differences, shape (tasks, models, scaffolds), complete; two models or more.
        seed: Used only for random patterns.

    Degenerate: all effects equal give the statistic 0 and p = 1. Unequal headroom breaks the
    exchangeability: a model near the ceiling differs without any interaction.

    References:
        Pesarin, F. (2001). Multivariate Permutation Tests. Phipson, B. & Smyth, G. K. (2010).

    Example:
        Two models, one scaffold, two tasks with effects (1, 0) and (1, 0): of 4 patterns the
        observed one and its mirror reach the statistic 0.5:

        >>> found = interaction_test(np.array([[[1.0], [0.0]], [[1.0], [0.0]]]), seed=1)
        >>> found.statistic, found.p
        (0.5, 0.5)
    """
    n_tasks, n_models, _ = effects.shape
    orders = np.array(list(permutations(range(n_models))))
    permuted = effects[:, orders, :].transpose(1, 0, 2, 3)
    observed = float(_statistics(permuted, np.zeros((1, n_tasks), dtype=np.int64))[0])
    bound = observed * (1 - TIE)
    patterns = math.factorial(n_models) ** n_tasks
    if patterns <= ENUMERATED_PATTERNS:
        every = np.array(list(product(range(len(orders)), repeat=n_tasks)), dtype=np.int64)
        hits = _hits(permuted, iter(np.array_split(every, max(1, patterns // 5_000))), bound)
        method = f"exact: all {patterns} permutations of the models' effect vectors within {n_tasks} tasks"
        return InteractionTest(statistic=observed, p=hits / patterns, method=method)
    hits = _hits(permuted, _random_patterns(len(orders), n_tasks, seed), bound)
    return InteractionTest(
        statistic=observed,
        p=(hits + 1) / (MONTE_CARLO_PATTERNS + 1),
        method=f"Monte-Carlo: {MONTE_CARLO_PATTERNS} permutations of the models' effect vectors within "
        f"{n_tasks} tasks, seed {seed}",
        replicates=MONTE_CARLO_PATTERNS,
        seed=seed,
    )


def _statistics(permuted: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Statistic of every chosen pattern; `chosen` is (patterns, tasks), an order for each task."""
    n_tasks = permuted.shape[1]
    sums = np.zeros((len(chosen), *permuted.shape[2:]))
    for task in range(n_tasks):
        sums += permuted[chosen[:, task], task]
    means = sums / n_tasks
    deviations = means - means.mean(axis=1, keepdims=True)
    statistics: NDArray[np.float64] = (deviations**2).sum(axis=(1, 2))
    return statistics


def _hits(permuted: NDArray[np.float64], chunks: Iterator[NDArray[np.int64]], bound: float) -> int:
    return sum(int(np.count_nonzero(_statistics(permuted, chunk) >= bound)) for chunk in chunks)


def _random_patterns(n_orders: int, n_tasks: int, seed: int) -> Iterator[NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    drawn = 0
    while drawn < MONTE_CARLO_PATTERNS:
        chunk = min(5_000, MONTE_CARLO_PATTERNS - drawn)
        yield generator.integers(0, n_orders, size=(chunk, n_tasks))
        drawn += chunk
