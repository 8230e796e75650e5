"""Area under the ROC curve: how often a score puts a member above a non-member."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.stats.estimate import Estimate
from protocol.stats.jackknife import LeaveOneOut

NO_PAIR = "there is no pair of a member and a non-member"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """Pairs of a member and a non-member: how many, and how many the score orders rightly."""

    n: float
    won: float


def auc(scores: NDArray[np.float64], member: NDArray[np.bool_]) -> Estimate:
    """Return the area under the ROC curve.

    In words: of all pairs of a member and a non-member, the share in which the member has the
    higher score, ties counted half: the Mann-Whitney statistic over the number of pairs.

    Degenerate: no member, or nothing but members, is undefined.

    References:
        Hanley, J. A. & McNeil, B. J. (1982). The meaning and use of the area under a receiver
        operating characteristic (ROC) curve. Radiology 143, 29-36.

    Example:
        Members 3 and 1, others 2 and 1: pairs won 3 > 2, 3 > 1, half of 1 = 1, lost 1 < 2.

        >>> auc(np.array([3.0, 1.0, 2.0, 1.0]), np.array([True, True, False, False])).value
        0.625
    """
    pairs = _pairs(scores[member], scores[~member])
    return Estimate.of(pairs.won / pairs.n) if pairs.n else Estimate.none(NO_PAIR)


def auc_without_groups(
    scores: NDArray[np.float64], member: NDArray[np.bool_], groups: NDArray[np.int64]
) -> LeaveOneOut:
    """Return the area with each group left out: all pairs without those the group takes part in.

    Args:
        scores: Shape (n,).
        member: Shape (n,).
        groups: Group of every score, 0 to G - 1, shape (n,).
    """
    everyone = _pairs(scores[member], scores[~member])
    values, defined = [], []
    for group in range(int(groups.max()) + 1):
        inside = groups == group
        own, other = scores[inside & member], scores[inside & ~member]
        parts = (
            _pairs(own, scores[~member]),
            _pairs(scores[member & ~inside], other),
        )
        n = everyone.n - sum(part.n for part in parts)
        won = everyone.won - sum(part.won for part in parts)
        values.append(won / n if n else 0.0)
        defined.append(n > 0)
    return LeaveOneOut(values=np.array(values), defined=np.array(defined))


def _pairs(members: NDArray[np.float64], others: NDArray[np.float64]) -> _Pairs:
    ordered = np.sort(others)
    below = np.searchsorted(ordered, members, side="left")
    up_to = np.searchsorted(ordered, members, side="right")
    return _Pairs(n=float(len(members) * len(others)), won=float((below + up_to).sum()) / 2)
