"""The exact upper tail of the hypergeometric distribution: Fisher's one-sided test of a 2 x 2 table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special


def hypergeometric_upper_tail(
    found: NDArray[np.int64], drawn: NDArray[np.int64], *, marked: NDArray[np.int64], total: int
) -> NDArray[np.float64]:
    """Return the probability of at least `found` marked objects among those drawn, for many tables.

    In words: of `total` objects, `marked` are marked; `drawn` of them are taken at random without
    replacement. The chance that `found` or more of these are marked is Fisher's one-sided p.

    Args:
        found: Marked objects seen among the drawn, shape (tables,).
        drawn: Objects drawn, shape (tables,).
        marked: Marked objects in all, shape (tables,).
        total: Objects in all.

    Degenerate: nothing marked, nothing drawn or nothing found gives 1.

    References:
        Fisher, R. A. (1935). The logic of inductive inference. Journal of the Royal Statistical
        Society 98, 39-82.

    Example:
        Fisher's tea: 4 of 8 cups had the milk first, the lady names 4 and all are right, 1 in 70.

        >>> four = np.array([4])
        >>> float(round(hypergeometric_upper_tail(four, four, marked=four, total=8)[0] * 70, 9))
        1.0
    """
    tables = np.stack([found, drawn, marked], axis=1)
    distinct, back = np.unique(tables, axis=0, return_inverse=True)
    tails = np.array([_tail(int(a), int(n), int(m), total) for a, n, m in distinct], dtype=np.float64)
    return tails[back.ravel()]


def _tail(found: int, drawn: int, marked: int, total: int) -> float:
    if found <= max(0, drawn + marked - total):
        return 1.0
    hits = np.arange(found, min(drawn, marked) + 1, dtype=np.float64)
    logs = (
        _log_choose(marked, hits)
        + _log_choose(total - marked, drawn - hits)
        - _log_choose(total, np.array([float(drawn)]))
    )
    return float(min(1.0, np.exp(logs).sum()))


def _log_choose(n: int, k: NDArray[np.float64]) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return logs
