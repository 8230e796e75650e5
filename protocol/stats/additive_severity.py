"""How much higher or lower a rater rates than the others, in designs with gaps too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.stats.estimate import Estimate
from protocol.stats.percent_agreement import pairable_units
from protocol.stats.rating_matrix import MISSING, RatingMatrix, sums_by_group
from protocol.stats.values import Values

NO_SHARED_UNIT = "no unit was rated by another rater as well"
ROUNDING = 1e-9
"""An eigenvalue below this share of the largest is 0 in floating point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """One rater's severity, with the values that remain when each group of units is left out."""

    estimate: Estimate
    n: int
    """Units the rater shares with another."""
    without: Values


def connected_raters(matrix: RatingMatrix) -> tuple[tuple[int, ...], ...]:
    """Return the groups of raters who are linked by shared units, in ascending order of columns.

    A rater without a shared unit is a group alone; one who rated nothing is in none.

    Example:
        >>> data = RatingMatrix.from_values([[0, 1, None, None], [None, None, 1, 1]], levels=[0, 1])
        >>> connected_raters(data)
        ((0, 1), (2, 3))
    """
    rated = matrix.codes != MISSING
    counted = rated.astype(np.float64)  # products of floats are many times as fast, and exact for counts
    shares_unit = (counted.T @ counted) > 0
    left = rated.any(axis=0)
    found = []
    while left.any():
        group = np.zeros_like(left)
        group[np.argmax(left)] = True
        while (grown := group | shares_unit[group].any(axis=0)).sum() > group.sum():
            group = grown
        found.append(tuple(np.flatnonzero(group).tolist()))
        left &= ~group
    return tuple(found)


def additive_severities(matrix: RatingMatrix, groups: NDArray[np.int64]) -> tuple[Severity, ...]:
    """Return every rater's additive severity.

    In words: least squares of the rating on unit and rater, the rater effects adding to 0. With u's
    ratings y on m raters, each unit adds diag(x) - x x' / m to A and x (y - mean y) to b, x marking
    who rated it; the effects solve A s = b. Complete data give rater mean minus grand mean.

    Args:
        matrix: The ratings; level values count as equally spaced.
        groups: Group of every unit, shape (units,).

    Returns:
        One for each column. The leave-one-out values are those of the groups with a unit of two ratings.

    Missing: units with one rating say nothing about severity. Degenerate: raters who fall into groups
    that share no unit cannot be compared, and no effect is identified.

    References:
        Linacre, J. M. (1989). Many-Facet Rasch Measurement, chapter 3, for connected designs;
        statistics by ordinary least squares.

    Example:
        B never met A on a unit with C: A - B = 1 and B - C = 1 still give 1, 0, -1.

        >>> data = RatingMatrix.from_values([[1, 0, None], [None, 1, 0], [2, 1, None]], levels=[0, 1, 2])
        >>> [round(one.estimate.value, 6) + 0.0 for one in additive_severities(data, np.arange(3))]
        [1.0, 0.0, -1.0]
    """
    pairable = pairable_units(matrix)
    shared = matrix.of_units(pairable)
    rated = (shared.codes != MISSING).astype(np.float64)
    active = rated.sum(axis=0) > 0
    names, index = np.unique(groups[pairable], return_inverse=True)
    nothing = Values(values=np.zeros(len(names)), defined=np.zeros(len(names), dtype=np.bool_))
    if active.sum() < 2:
        return tuple(Severity(estimate=Estimate.none(NO_SHARED_UNIT), n=0, without=nothing) for _ in active)
    k = int(active.sum())
    parts = _parts(shared, rated, active)
    removed = np.concatenate([np.zeros((1, parts.shape[1])), sums_by_group(parts, index, len(names))])
    solved = _solved(parts.sum(axis=0) - removed, k)
    found = []
    position = 0
    for column in range(len(active)):
        if not active[column]:
            found.append(Severity(estimate=Estimate.none(NO_SHARED_UNIT), n=0, without=nothing))
            continue
        estimate = (
            Estimate.of(float(solved.effects[0, position]))
            if solved.connected[0]
            else Estimate.none("the raters fall into groups that share no unit: they cannot be compared")
        )
        without = Values(values=solved.effects[1:, position], defined=solved.connected[1:])
        found.append(Severity(estimate=estimate, n=int(rated[:, column].sum()), without=without))
        position += 1
    return tuple(found)


def severity_against_others(matrix: RatingMatrix, column: int, groups: NDArray[np.int64]) -> Severity:
    """Return the mean over shared units of a rater's own rating minus the mean of the others.

    It needs no connected design, and mixes in who the others are.

    Example:
        >>> data = RatingMatrix.from_values([[1, 0, 1], [2, 1, None], [0, None, None]], levels=[0, 1, 2])
        >>> severity_against_others(data, 0, np.arange(3)).estimate.value
        0.75
    """
    found = own_minus_others(matrix, column)
    names, index = np.unique(groups[found.shared], return_inverse=True)
    values = found.differences
    if not len(values):
        return Severity(estimate=Estimate.none(NO_SHARED_UNIT), n=0, without=Values.joined([]))
    sums = sums_by_group(np.stack([values, np.ones_like(values)], axis=1), index, len(names))
    rest = np.array([values.sum(), float(len(values))]) - sums
    defined = rest[:, 1] > 0.5
    without = np.divide(rest[:, 0], rest[:, 1], out=np.zeros(len(names)), where=defined)
    return Severity(
        estimate=Estimate.of(float(values.mean())),
        n=len(values),
        without=Values(values=without, defined=defined),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMinusOthers:
    """A rater's rating minus the mean of the others, on the units shared with another rater."""

    shared: NDArray[np.bool_]
    """Which units, shape (units,)."""
    differences: NDArray[np.float64]
    """One for each of them, in their order."""


def own_minus_others(matrix: RatingMatrix, column: int) -> OwnMinusOthers:
    """Return how a rater differs from the mean of the others, unit by unit."""
    levels = np.append(matrix.level_values, 0.0)
    rated = matrix.codes != MISSING
    values = np.where(rated, levels[matrix.codes], 0.0)
    others = rated.sum(axis=1) - rated[:, column]
    shared = rated[:, column] & (others > 0)
    mean = (values.sum(axis=1) - values[:, column]) / np.maximum(others, 1)
    return OwnMinusOthers(shared=shared, differences=(values[:, column] - mean)[shared])


def _parts(
    matrix: RatingMatrix, rated: NDArray[np.float64], active: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What each unit adds to A and b, side by side, shape (units, k * k + k)."""
    x = rated[:, active]
    k = x.shape[1]
    values = np.append(matrix.level_values, 0.0)[matrix.codes[:, active]] * x
    m = x.sum(axis=1)
    deviations = x * (values - (values.sum(axis=1) / m)[:, None])
    crossed = -x[:, :, None] * x[:, None, :] / m[:, None, None]
    crossed[:, np.arange(k), np.arange(k)] += x
    return np.concatenate([crossed.reshape(len(x), k * k), deviations], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solved:
    effects: NDArray[np.float64]
    connected: NDArray[np.bool_]


def _solved(sums: NDArray[np.float64], k: int) -> _Solved:
    """Solve A s = b with the effects adding to 0, for every row of sums."""
    a, b = sums[:, : k * k].reshape(-1, k, k), sums[:, k * k :]
    eigenvalues = np.linalg.eigvalsh(a)
    connected = eigenvalues[:, 1] > ROUNDING * np.maximum(eigenvalues[:, -1], 1.0)
    effects = np.zeros(b.shape)
    if connected.any():
        # Adding a constant to A leaves the solution that sums to 0 and makes it the only one.
        whole = a[connected] + 1 / k
        effects[connected] = np.linalg.solve(whole, b[connected][:, :, None])[:, :, 0]
    return _Solved(effects=effects, connected=connected)
