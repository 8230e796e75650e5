"""James' blinding index: one number for all arms, with credit for "don't know"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocol.stats.estimate import Estimate, IntervalEstimate
from protocol.stats.normal_interval import normal_interval

WRONG = 0.5
"""Weight of a wrong guess; "don't know" has 1. The index does not depend on it: kappa is a ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JamesIndex:
    """The index with the interval a trial would print."""

    estimate: Estimate
    ci95: IntervalEstimate
    kappa: float | None
    """Disagreement beyond what the margins give, among guesses; None where nobody guessed."""
    form: Literal["two-arm", "k-arm"] | None
    """The paper has two arms; for more, and with decoys, the same formula is our generalisation."""
    only_dont_know: bool = False
    """Nobody guessed: the value 1 is by definition, not by evidence."""

    @classmethod
    def none(cls, reason: str) -> JamesIndex:
        """Return an undefined index with its reason."""
        return cls(estimate=Estimate.none(reason), ci95=IntervalEstimate.none(reason), kappa=None, form=None)


def james_index(counts: NDArray[np.int64]) -> JamesIndex:
    """Return James' index with its standard error and 95% interval.

    In words: P = counts / N; R and C are the sums of P over the arms and over the guesses, without
    the don't knows; w is 0 for the right arm and 0.5 for any other. Among guesses, Kd compares the
    observed disagreement sum w P with the one the margins give, sum w R C. Then
    BI = (1 + Pdk + (1 - Pdk) Kd) / 2: 0 all right, 0.5 as at random, 1 all wrong or all don't know.
    An upper limit below 0.5 is customarily read as "unblinded".

    Args:
        counts: Shape (guesses, K): rows 0 to K - 1 are guesses of the K arms in the order of the
            columns, then one row for each decoy (a wrong guess of every arm), the last row is don't
            know. Columns are the true arms.

    More than two arms, and decoys, are our generalisation of the same formula: a decoy is an arm
    that no item has. Missing: an item without an answer is in no cell.

    Degenerate: no answer at all, or all guesses and all guessed items in one arm (nothing could
    disagree), is undefined. Nobody guessed is 1 by definition, without interval, and flagged.

    References:
        James, K. E. et al. (1996). An index for assessing blindness in a multi-centre clinical
        trial. Statistics in Medicine 15, 1421-1434.

    Example:
        The CRISP trial as tabled by Bang, Ni and Davis (2004):

        >>> crisp = james_index(np.array([[82, 27], [25, 29], [170, 83]]))
        >>> round(crisp.estimate.value, 4), round(crisp.estimate.se, 4)
        (0.7479, 0.0217)
    """
    n_arms = counts.shape[1]
    form: Literal["two-arm", "k-arm"] = "two-arm" if counts.shape == (3, 2) else "k-arm"
    total = int(counts.sum())
    if total == 0:
        return JamesIndex.none("nobody was asked")
    share = counts / total
    guessed, dont_know = share[:-1], float(share[-1].sum())
    if int(counts[:-1].sum()) == 0:
        return JamesIndex(
            estimate=Estimate.of(1.0, se=0.0),
            ci95=IntervalEstimate.none(
                "nobody guessed: an interval of zero width would claim a certainty that no guess gives"
            ),
            kappa=None,
            form=form,
            only_dont_know=True,
        )
    weights = np.full(guessed.shape, WRONG)
    weights[np.arange(n_arms), np.arange(n_arms)] = 0.0
    rows, columns = guessed.sum(axis=1), guessed.sum(axis=0)
    by_margins = float(rows @ weights @ columns)
    if by_margins == 0:
        return JamesIndex.none("all guesses and all items guessed on are of one arm")
    told = 1 - dont_know
    expected = by_margins / told**2
    kappa = (float((weights * guessed).sum()) / told - expected) / expected
    margins = (rows @ weights)[np.newaxis, :] + (weights @ columns)[:, np.newaxis]
    spread = told**2 * float((guessed * (told * weights - (1 + kappa) * margins) ** 2).sum())
    from_guesses = spread / (4 * by_margins**2)
    from_dont_know = dont_know * told - told * (1 + kappa) * (dont_know + told * (1 + kappa) / 4)
    se = math.sqrt(max(0.0, from_guesses + from_dont_know) / total)
    value = (1 + dont_know + told * kappa) / 2
    return JamesIndex(
        estimate=Estimate.of(value, se=se),
        ci95=normal_interval(value, se, lowest=0.0),
        kappa=kappa,
        form=form,
    )
