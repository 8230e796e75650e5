"""Holm's step-down adjustment for a declared family of tests."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values, in the order given.

    In words: the smallest of m p-values is multiplied by m, the next by m - 1, and so on; each is
    at least its predecessor and at most 1. Reject where the adjusted value is at most alpha.

    Missing: a test of the family that could not be computed stands in it as 1. Degenerate: an
    empty family gives an empty list. Equal p-values get equal results.

    References:
        Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian
        Journal of Statistics 6, 65-70.

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03, 0.005])]
        [0.03, 0.06, 0.06, 0.02]
    """
    m = len(p_values)
    adjusted = [0.0] * m
    so_far = 0.0
    for rank, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        so_far = max(so_far, min(1.0, (m - rank) * p_values[index]))
        adjusted[index] = so_far
    return adjusted
