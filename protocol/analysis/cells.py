"""Ratings by model, scaffold and task, and the task differences effects are made of.

Every level is exact here, a whole number where it is one and else a fraction: means over raters
tie or do not tie by arithmetic, not by rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from protocol.analysis.rating_table import RatingRow, exact

Exact = int | Fraction
"""Whole numbers stay whole: with thousands of tasks fractions of 1 would cost most of the time."""
MAX_NOT_RATABLE = Fraction(3, 15)
"""A cell with a larger share of not-ratable answers is not estimable."""


@dataclass(slots=True, kw_only=True)
class Cell:
    """All first-occasion answers for one transcript, or for its replicates."""

    ratings: dict[str, list[Exact]] = field(default_factory=dict)
    """By rater; several only where the cell has replicates."""
    n_not_ratable: int = 0

    @property
    def levels(self) -> list[Exact]:
        """All ratings of the cell, ascending."""
        return sorted(level for own in self.ratings.values() for level in own)

    def mean_of(self, rater: str) -> Exact:
        """Return a rater's mean over the cell's replicates."""
        own = self.ratings[rater]
        return own[0] if len(own) == 1 else mean_of(own)

    @property
    def consensus(self) -> Exact:
        """The lower median of all ratings of the cell; the cell holds at least one."""
        levels = self.levels
        return levels[(len(levels) - 1) // 2]


def mean_of(values: Sequence[Exact]) -> Fraction:
    """Return the mean of at least one value, exactly."""
    return Fraction(sum(values), len(values))


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
    arms: dict[tuple[str | None, str | None], dict[str, Cell]] = {}
    for row in rows:
        arm = arms.setdefault((row.model, row.scaffold), {})
        cell = arm.get(row.task or "")
        if cell is None:
            cell = arm[row.task or ""] = Cell()
        value = row.value
        if value is not None:
            level = value if isinstance(value, int) else exact(value)
            cell.ratings.setdefault(row.rater, []).append(level)
        elif row.not_ratable is not None:
            cell.n_not_ratable += 1
    return {
        Condition(model=model or "", scaffold=scaffold or ""): arm for (model, scaffold), arm in arms.items()
    }


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
    levels = [level for cell in arm.values() for own in cell.ratings.values() for level in own]
    return ArmCounts(
        n_ratings=len(levels),
        n_not_ratable=sum(cell.n_not_ratable for cell in arm.values()),
        mean=mean_of(levels) if levels else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDifference:
    """The difference of one task, with the differences it is the mean of."""

    task: str
    own: tuple[Exact, ...]
    """One per rater who rated both; a single one where the consensus is compared."""

    @property
    def difference(self) -> Fraction:
        """The mean over raters."""
        return mean_of(self.own)


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
        own: Sequence[Exact]
        if aggregation == "rater_paired":
            both = sorted(with_scaffold.ratings.keys() & without.ratings.keys())
            own = [with_scaffold.mean_of(rater) - without.mean_of(rater) for rater in both]
        else:
            rated = with_scaffold.ratings and without.ratings
            own = [with_scaffold.consensus - without.consensus] if rated else []
        if own:
            found.append(TaskDifference(task=task, own=tuple(own)))
    return tuple(found)
