"""How a rater worked, all dimensions together: pace, one answer for everything, halo.

Nothing here needs to know a condition, and nothing here is proof: it says where to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np

from protocol.analysis.rater_diagnostics import MOST_COMPARED_RATERS
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.analysis.unit_matrix import Unit
from protocol.odd_work import FAST_SHARE, MIN_TIMED
from protocol.rubric import Scale
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.correlation import PairedScores, above_others, correlation
from protocol.stats.estimate import Estimate, IntervalEstimate
from protocol.stats.jackknife import LeaveOneOut, jackknife_interval

FAST_RUN = 5
"""So many fast items in a row are reported."""
MIN_HALO_UNITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Active time on items."""

    n_timed: int
    median_s: float
    others_median_s: float | None
    """Median of the other raters' medians; None where nobody else was timed."""
    fast: Proportion
    """Items done in less than a third of the median time of all raters."""
    fast_run: int | None
    """Longest run of such items in the order of presentation; None where the order is not known."""
    fast_run_from: int | None
    """Position of its first item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameEverywhere:
    """Items that got the same level on every dimension."""

    own: Proportion
    others: Proportion | None
    """The other raters together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halo:
    """Correlation of two dimensions in one rater's scores, beside that of the others."""

    dimensions: tuple[str, str]
    n: int
    own: Estimate
    others: Estimate
    """Mean of the other raters' correlations."""
    above: Estimate
    """Own minus others."""
    interval: IntervalEstimate | None
    """Of the difference; leaves out tasks or units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """One rater over all dimensions."""

    rater: str
    items: int
    """Items with a level on any dimension, first presentations."""
    pace: Pace | None
    """None where times are not known, or known for too few items."""
    same_everywhere: SameEverywhere | None
    """None with fewer than two dimensions that have the same levels."""
    halo: tuple[Halo, ...]


def conduct_of(table: RatingTable) -> tuple[Conduct, ...]:
    """Return how each rater worked, raters by name."""
    first = [row for row in table.rows if row.occasion == 1 and row.value is not None]
    raters = sorted({row.rater for row in table.rows})
    by_rater = {rater: [row for row in first if row.rater == rater] for rater in raters}
    paces = _paces({rater: [row for row in table.rows if row.rater == rater] for rater in raters})
    same = _same_everywhere(by_rater, table.dimensions)
    halos = _halos(by_rater, table.dimensions)
    return tuple(
        Conduct(
            rater=rater,
            items=len({row.unit for row in by_rater[rater]}),
            pace=paces.get(rater),
            same_everywhere=same.get(rater),
            halo=halos.get(rater, ()),
        )
        for rater in raters
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timed:
    position: int | None
    elapsed_ms: int


def _paces(by_rater: dict[str, list[RatingRow]]) -> dict[str, Pace]:
    """Pace of every rater with enough timed items; repeats count, they are work like any other."""
    timed = {rater: _timed(rows) for rater, rows in by_rater.items()}
    timed = {rater: items for rater, items in timed.items() if len(items) >= MIN_TIMED}
    everything = [item.elapsed_ms for items in timed.values() for item in items]
    if not everything:
        return {}
    limit = FAST_SHARE * median(everything)
    medians = {rater: median(item.elapsed_ms for item in items) / 1000 for rater, items in timed.items()}
    found = {}
    for rater, items in timed.items():
        others = [value for other, value in medians.items() if other != rater]
        placed = sorted((item.position, item.elapsed_ms) for item in items if item.position is not None)
        run = _fast_run([(position, elapsed < limit) for position, elapsed in placed])
        found[rater] = Pace(
            n_timed=len(items),
            median_s=medians[rater],
            others_median_s=median(others) if others else None,
            fast=Proportion(k=sum(item.elapsed_ms < limit for item in items), n=len(items)),
            fast_run=run.length if run else None,
            fast_run_from=run.start if run else None,
        )
    return found


def _timed(rows: Sequence[RatingRow]) -> list[_Timed]:
    """One entry for each presented item: its time stands in every dimension's row."""
    return list(
        {
            (row.unit, row.occasion): _Timed(position=row.position, elapsed_ms=row.elapsed_ms)
            for row in rows
            if row.elapsed_ms is not None
        }.values()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    length: int
    start: int | None


def _fast_run(placed: Sequence[tuple[int, bool]]) -> _Run | None:
    if not placed:
        return None
    best, current = _Run(length=0, start=None), _Run(length=0, start=None)
    for position, fast in placed:
        start = current.start if current.length else position
        current = _Run(length=current.length + 1, start=start) if fast else _Run(length=0, start=None)
        best = max(best, current, key=lambda run: run.length)
    return best


def _same_everywhere(
    by_rater: dict[str, list[RatingRow]], specs: Sequence[DimensionSpec]
) -> dict[str, SameEverywhere]:
    if len(specs) < 2 or len({spec.levels for spec in specs}) > 1:
        return {}
    shares: dict[str, Proportion] = {}
    for rater, rows in by_rater.items():
        by_unit: dict[str, list[float]] = {}
        for row in rows:
            by_unit.setdefault(row.unit, []).append(row.value if row.value is not None else 0)
        whole = [levels for levels in by_unit.values() if len(levels) == len(specs)]
        if whole:
            shares[rater] = Proportion(k=sum(len(set(levels)) == 1 for levels in whole), n=len(whole))
    found = {}
    for rater, own in shares.items():
        rest = [share for other, share in shares.items() if other != rater]
        others = Proportion(k=sum(one.k for one in rest), n=sum(one.n for one in rest)) if rest else None
        found[rater] = SameEverywhere(own=own, others=others)
    return found


def _halos(
    by_rater: dict[str, list[RatingRow]], specs: Sequence[DimensionSpec]
) -> dict[str, tuple[Halo, ...]]:
    ordered = [spec.id for spec in specs if spec.scale is not Scale.NOMINAL]
    groups = _groups([row for rows in by_rater.values() for row in rows])
    found: dict[str, list[Halo]] = {rater: [] for rater in by_rater}
    for first, second in combinations(ordered, 2):
        scores = {rater: _paired(rows, first, second, groups) for rater, rows in by_rater.items()}
        known = {rater: one for rater, one in scores.items() if one.n >= MIN_HALO_UNITS}
        if len(by_rater) > MOST_COMPARED_RATERS:
            continue
        for rater, own in known.items():
            others = [one for other, one in known.items() if other != rater]
            found[rater].append(_halo((first, second), own, others, groups))
    return {rater: tuple(own) for rater, own in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """Groups of units: tasks where every unit has one, else the units themselves."""

    what: Unit
    of_unit: dict[str, int]

    @property
    def count(self) -> int:
        return max(self.of_unit.values(), default=-1) + 1


def _groups(rows: Sequence[RatingRow]) -> _Groups:
    task_of = {row.unit: row.task for row in rows}
    known = all(task is not None for task in task_of.values())
    names = {unit: (task or unit) if known else unit for unit, task in task_of.items()}
    position = {name: index for index, name in enumerate(sorted(set(names.values())))}
    of_unit = {unit: position[name] for unit, name in names.items()}
    return _Groups(what="task" if known else "unit", of_unit=of_unit)


def _paired(rows: Sequence[RatingRow], first: str, second: str, groups: _Groups) -> PairedScores:
    levels: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.value is not None:
            levels.setdefault(row.unit, {})[row.dimension] = float(row.value)
    both = [unit for unit in sorted(levels) if first in levels[unit] and second in levels[unit]]
    return PairedScores(
        first=np.array([levels[unit][first] for unit in both]),
        second=np.array([levels[unit][second] for unit in both]),
        groups=np.array([groups.of_unit[unit] for unit in both], dtype=np.int64),
    )


def _halo(
    dimensions: tuple[str, str], own: PairedScores, others: Sequence[PairedScores], groups: _Groups
) -> Halo:
    nobody = Estimate.none("no other rater scored enough items on both dimensions")
    mine = correlation(own)
    if not others:
        return Halo(dimensions=dimensions, n=own.n, own=mine, others=nobody, above=nobody, interval=None)
    theirs = [correlation(one) for one in others]
    known = [one.value for one in theirs if one.value is not None]
    mean = Estimate.of(sum(known) / len(known)) if known else Estimate.none(theirs[0].undefined or "")
    with_value = [other for other, one in zip(others, theirs, strict=True) if one.value is not None]
    if mine.value is None or mean.value is None:
        above = Estimate.none(mine.undefined or mean.undefined or "")
        return Halo(dimensions=dimensions, n=own.n, own=mine, others=mean, above=above, interval=None)
    compared = above_others(own, with_value, groups.count)
    used = np.unique(np.concatenate([one.groups for one in (own, *with_value)]))
    without = LeaveOneOut(values=compared.values[1:][used], defined=compared.defined[1:][used])
    difference = mine.value - mean.value
    return Halo(
        dimensions=dimensions,
        n=own.n,
        own=mine,
        others=mean,
        above=Estimate.of(difference),
        interval=jackknife_interval(difference, without, group=groups.what, lowest=-2.0, highest=2.0),
    )
