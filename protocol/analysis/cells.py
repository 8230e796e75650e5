"""Ratings by model, scaffold and task, and the task differences effects are made of.

Every level is an exact fraction here: means over raters tie or do not tie by arithmetic, not by
rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from protocol.analysis.rating_table import RatingRow, exact

MAX_NOT_RATABLE = Fraction(3, 15)
"""A cell with a larger share of not-ratable answers is not estimable."""


@dataclass(slots=True, kw_only=True)
class Cell:
    """All first-occasion answers for one transcript, or for its replicates."""

    ratings: dict[str, list[Fraction]] = field(default_factory=dict)
    """By rater; several only where the cell has replicates."""
    n_not_ratable: int = 0

    @property
    def levels(self) -> list[Fraction]:
        """All ratings of the cell, ascending."""
        return sorted(level for own in self.ratings.values() for level in own)

    def mean_of(self, rater: str) -> Fraction:
        """Return a rater's mean over the cell's replicates."""
        own = self.ratings[rater]
        return sum(own, Fraction(0)) / len(own)

    @property
    def consensus(self) -> Fraction:
        """The lower median of all ratings of the cell; the cell holds at least one."""
        levels = self.levels
        return levels[(len(levels) - 1) // 2]


Arm = Mapping[str, Cell]
"""The cells of one model and scaffold, by task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A model inside a scaffold."""

    model: str
    scaffold: str


def arms_of(rows: Iterable[RatingRow]) -> dict[Condition, dict[str, Cell]]:
    """Return the cells of one dimension's first-occasion rows, by condition and task.

    The rows have a model, a scaffold and a task each.
    """
    arms: dict[Condition, dict[str, Cell]] = {}
    for row in rows:
        condition = Condition(model=row.model or "", scaffold=row.scaffold or "")
        cell = arms.setdefault(condition, {}).setdefault(row.task or "", Cell())
        if row.value is not None:
            cell.ratings.setdefault(row.rater, []).append(exact(row.value))
        cell.n_not_ratable += row.not_ratable is not None
    return arms


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCounts:
    """What an arm holds."""

    n_ratings: int
    n_not_ratable: int
    mean: Fraction | None
    """Mean of all ratings; None without any."""

    @property
    def too_few_ratable(self) -> bool:
        """Whether more than 3 in 15 answers are not ratable."""
        answers = self.n_ratings + self.n_not_ratable
        return answers > 0 and Fraction(self.n_not_ratable, answers) > MAX_NOT_RATABLE


def arm_counts(arm: Arm) -> ArmCounts:
    """Return the counts of an arm."""
    levels = [level for cell in arm.values() for level in cell.levels]
    return ArmCounts(
        n_ratings=len(levels),
        n_not_ratable=sum(cell.n_not_ratable for cell in arm.values()),
        mean=sum(levels, Fraction(0)) / len(levels) if levels else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDifference:
    """The difference of one task, with the differences it is the mean of."""

    task: str
    own: tuple[Fraction, ...]
    """One per rater who rated both; a single one where the consensus is compared."""

    @property
    def difference(self) -> Fraction:
        """The mean over raters."""
        return sum(self.own, Fraction(0)) / len(self.own)


def task_differences(
    scaffold: Arm, baseline: Arm, *, aggregation: Literal["rater_paired", "median_low"]
) -> tuple[TaskDifference, ...]:
    """Return scaffold minus baseline for every task that both arms allow.

    Rater-paired: the mean over the raters who rated both transcripts of their own differences, so
    that severity cancels; a task without such a rater drops out. Median: the difference of the
    consensus levels; a task without a rating in one arm drops out.
    """
    found = []
    for task in sorted(scaffold.keys() & baseline.keys()):
        with_scaffold, without = scaffold[task], baseline[task]
        own: Sequence[Fraction]
        if aggregation == "rater_paired":
            both = sorted(with_scaffold.ratings.keys() & without.ratings.keys())
            own = [with_scaffold.mean_of(rater) - without.mean_of(rater) for rater in both]
        else:
            rated = with_scaffold.ratings and without.ratings
            own = [with_scaffold.consensus - without.consensus] if rated else []
        if own:
            found.append(TaskDifference(task=task, own=tuple(own)))
    return tuple(found)
