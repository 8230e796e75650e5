"""Intraclass correlations: how reliable one rating, or the mean of all raters, is on an interval scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from protocol.stats.estimate import Estimate
from protocol.stats.jackknife import LeaveOneOut
from protocol.stats.rating_matrix import RatingMatrix, sums_by_group

IccForm = Literal["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"]
ICC_FORMS: tuple[IccForm, ...] = ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")


@dataclass(frozen=True, slots=True, kw_only=True)
class FTest:
    """The F test of a reliability of zero, and the interval by F: both take units as independent."""

    f: float
    df1: int
    df2: int
    p: float
    lower: float | None
    """None where the limits have no finite value."""
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Icc:
    """One form of the intraclass correlation."""

    estimate: Estimate
    n_complete_units: int
    f_test: FTest | None
    """None where the value is undefined or the error mean square is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeanSquares:
    """Mean squares of units, raters, residual, and within units; arrays over left-out groups."""

    n: NDArray[np.float64]
    k: int
    units: NDArray[np.float64]
    raters: NDArray[np.float64]
    residual: NDArray[np.float64]
    within: NDArray[np.float64]
    varies: NDArray[np.bool_]


def intraclass_correlation(matrix: RatingMatrix, form: IccForm) -> Icc:
    """Return an intraclass correlation with its F test.

    In words: the share of the variance of ratings that lies between units. ICC1: raters differ
    from unit to unit; ICC2 = ICC(A,1): the same raters throughout, their severities count as
    disagreement; ICC3 = ICC(C,1): severities do not count. With k: of the mean of all raters.

    Args:
        matrix: The ratings; level VALUES count as an interval scale.
        form: Which of the six.

    Missing: only units rated by every rater who rated anything; their number is given.

    Degenerate: fewer than two raters or two complete units; no variation at all. Negative values
    stay negative.

    References:
        Shrout, P. E. & Fleiss, J. L. (1979). Intraclass correlations: uses in assessing rater
        reliability. Psychological Bulletin 86, 420-428. McGraw, K. O. & Wong, S. P. (1996).
        Forming inferences about some intraclass correlation coefficients. Psychological Methods 1,
        30-46.

    Example:
        Shrout and Fleiss (1979), six targets and four judges: ICC(2,1) = .29:

        >>> judged = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
        >>> data = RatingMatrix.from_values(judged, levels=range(1, 11))
        >>> round(intraclass_correlation(data, "ICC2").estimate.value, 2)
        0.29
    """
    values = _complete_values(matrix)
    n, k = values.shape
    if k < 2:
        return _undefined(f"{k} raters rated anything, fewer than 2", n)
    if n < 2:
        return _undefined(f"{n} units were rated by all {k} raters, fewer than 2", n)
    squares = _mean_squares(values, np.zeros((1, k + 3)))
    if not squares.varies[0]:
        return _undefined("no variation: every rating of the complete units is the same", n)
    value = _value(squares, form)
    if not value.defined[0]:
        return _undefined("units do not vary beyond the residual, and neither does it: 0/0", n)
    icc = float(value.values[0])
    return Icc(estimate=Estimate.of(icc), n_complete_units=n, f_test=_f_test(squares, form))


def intraclass_correlation_without_groups(
    matrix: RatingMatrix, form: IccForm, groups: NDArray[np.int64]
) -> LeaveOneOut:
    """Return the coefficient with each group of complete units left out, groups of shape (units,)."""
    values = _complete_values(matrix)
    own = groups[_complete_units(matrix)]
    names, index = np.unique(own, return_inverse=True)
    if values.shape[1] < 2 or not len(names):
        return LeaveOneOut(values=np.zeros(len(names)), defined=np.zeros(len(names), dtype=np.bool_))
    squares = _mean_squares(values, sums_by_group(_additive(values), index, len(names)))
    return _value(squares, form)


def _raters(matrix: RatingMatrix) -> NDArray[np.bool_]:
    return np.asarray((matrix.codes >= 0).any(axis=0))


def _complete_units(matrix: RatingMatrix) -> NDArray[np.bool_]:
    active = _raters(matrix)
    return np.asarray((matrix.codes[:, active] >= 0).all(axis=1) & active.any())


def _complete_values(matrix: RatingMatrix) -> NDArray[np.float64]:
    """Ratings of complete units as level values, shape (units, raters who rated anything)."""
    codes = matrix.codes[_complete_units(matrix)][:, _raters(matrix)]
    return matrix.level_values[codes] if codes.size else np.zeros(codes.shape)


def _additive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What sums over units: 1, rating by rater, squares, squared unit totals; centred for precision."""
    centred = values - values.mean()
    return np.column_stack(
        [np.ones(len(values)), centred, (centred**2).sum(axis=1), centred.sum(axis=1) ** 2]
    )


def _mean_squares(values: NDArray[np.float64], removed: NDArray[np.float64]) -> _MeanSquares:
    """Analysis of variance of the units that remain when each row of `removed` is taken away."""
    k = values.shape[1]
    rest = _additive(values).sum(axis=0) - removed
    n, by_rater, squares, unit_squares = rest[:, 0], rest[:, 1:-2], rest[:, -2], rest[:, -1]
    enough = np.maximum(n, 1)
    common = by_rater.sum(axis=1) ** 2 / (enough * k)
    total = squares - common
    between = unit_squares / k - common
    raters = (by_rater**2).sum(axis=1) / enough - common
    floor = 1e-12 * np.maximum(squares, 1e-300)
    residual = _floored(total - between - raters, floor)
    free = np.maximum(n - 1, 1)
    return _MeanSquares(
        n=n,
        k=k,
        units=_floored(between, floor) / free,
        raters=_floored(raters, floor) / (k - 1),
        residual=residual / (free * (k - 1)),
        within=_floored(total - between, floor) / (enough * (k - 1)),
        varies=(total > floor) & (n >= 2),
    )


def _floored(amounts: NDArray[np.float64], floor: NDArray[np.float64]) -> NDArray[np.float64]:
    """A sum of squares that is zero up to rounding is zero."""
    return np.where(amounts > floor, amounts, 0.0)


def _value(squares: _MeanSquares, form: IccForm) -> LeaveOneOut:
    k, n = squares.k, np.maximum(squares.n, 1)
    units, raters, residual, within = squares.units, squares.raters, squares.residual, squares.within
    above = units - (within if form in ("ICC1", "ICC1k") else residual)
    below = {
        "ICC1": units + (k - 1) * within,
        "ICC2": units + (k - 1) * residual + k * (raters - residual) / n,
        "ICC3": units + (k - 1) * residual,
        "ICC1k": units,
        "ICC2k": units + (raters - residual) / n,
        "ICC3k": units,
    }[form]
    scale = units + raters + residual
    defined = squares.varies & (np.abs(below) > 1e-12 * scale)
    values = np.divide(above, below, out=np.zeros_like(above), where=defined)
    return LeaveOneOut(values=values, defined=defined)


def _undefined(reason: str, n: int) -> Icc:
    return Icc(estimate=Estimate.none(reason), n_complete_units=n, f_test=None)


def _f_test(squares: _MeanSquares, form: IccForm) -> FTest | None:
    n, k = int(squares.n[0]), squares.k
    one_way = form in ("ICC1", "ICC1k")
    error = float(squares.within[0] if one_way else squares.residual[0])
    if error == 0:
        return None
    df1, df2 = n - 1, n * (k - 1) if one_way else (n - 1) * (k - 1)
    f = float(squares.units[0]) / error
    limits = _two_way_limits(squares) if form in ("ICC2", "ICC2k") else _f_limits(f, df1, df2, k)
    low, high = (_of_the_mean(end, k) if form.endswith("k") else end for end in (limits.low, limits.high))
    ends = (low, high) if math.isfinite(low) and math.isfinite(high) else (None, None)
    p = float(special.fdtrc(df1, df2, f))
    return FTest(f=f, df1=df1, df2=df2, p=p, lower=ends[0], upper=ends[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    low: float
    high: float


def _f_limits(f: float, df1: int, df2: int, k: int) -> _Limits:
    """Limits of a single rating's reliability where the F of units has an exact distribution."""
    low, high = f / _f_quantile(df1, df2), f * _f_quantile(df2, df1)
    return _Limits(low=_ratio(low - 1, low + k - 1), high=_ratio(high - 1, high + k - 1))


def _two_way_limits(squares: _MeanSquares) -> _Limits:
    """McGraw and Wong's limits of ICC(A,1), with Satterthwaite's degrees of freedom."""
    n, k = float(squares.n[0]), squares.k
    units, raters, residual = float(squares.units[0]), float(squares.raters[0]), float(squares.residual[0])
    icc = float(_value(squares, "ICC2").values[0])
    ratio = raters / residual
    rest = n * (1 + (k - 1) * icc) - k * icc
    numerator = (k - 1) * (n - 1) * (k * icc * ratio + rest) ** 2
    df = _ratio(numerator, (n - 1) * k**2 * icc**2 * ratio**2 + rest**2)
    up, down = _f_quantile(n - 1, df), _f_quantile(df, n - 1)
    spread = k * raters + (k * n - k - n) * residual
    return _Limits(
        low=_ratio(n * (units - up * residual), up * spread + n * units),
        high=_ratio(n * (down * units - residual), spread + n * down * units),
    )


def _of_the_mean(single: float, k: int) -> float:
    """Spearman and Brown's step from one rating to the mean of k."""
    return _ratio(k * single, 1 + (k - 1) * single)


def _ratio(above: float, below: float) -> float:
    """A ratio that is no number where it has no value; `_f_test` turns that into no limits."""
    return above / below if below else math.nan


def _f_quantile(df1: float, df2: float) -> float:
    return float(special.fdtri(df1, df2, 0.975))
