"""Benjamini and Hochberg's adjustment: printed beside Holm, as exploratory."""

from __future__ import annotations

from collections.abc import Sequence


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for the false discovery rate, in the order given.

    In words: the k-th smallest of m p-values times m / k, made monotone from the largest down.

    Missing: a test that could not be computed stands as 1. Degenerate: an empty family gives an
    empty list.

    References:
        Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
        Royal Statistical Society B 57, 289-300.

    Example:
        >>> [round(p, 3) for p in benjamini_hochberg([0.01, 0.04, 0.03, 0.005])]
        [0.02, 0.04, 0.04, 0.02]
    """
    m = len(p_values)
    adjusted = [1.0] * m
    so_far = 1.0
    for rank, index in enumerate(sorted(range(m), key=lambda i: -p_values[i])):
        so_far = min(so_far, p_values[index] * m / (m - rank))
        adjusted[index] = so_far
    return adjusted
