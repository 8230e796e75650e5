"""Two profiles side by side: only where they asked the same thing of two systems.

Without the same rubric, tasks, user turns and scaffold a difference would mix what the systems do with
what they were asked; it is then refused, not computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from protocol.analysis.cells import Cell, TaskDifference, mean_of, task_differences
from protocol.analysis.paired_figures import MIN_TASKS
from protocol.analysis.rating_table import exact
from protocol.errors import WrongStateError
from protocol.profile.profile import Profile, Row
from protocol.stats.estimate import Estimate, IntervalEstimate
from protocol.stats.student_t import t_interval

PAIRED_IN_RATER = "inside each rater who rated both, then over raters, then over tasks"
PAIRED_IN_TASK = (
    "between the means of all ratings of a task, then over tasks: the profiles rest on different ratings, so "
    "a difference can come from other raters, too"
)
RATINGS = "ratings"
"""What the ratings are called among the inputs of a profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """One row of both profiles, and the first minus the second."""

    first: Row
    second: Row
    n_tasks: int
    difference: Estimate
    ci95: IntervalEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two profiles that asked the same."""

    first: Profile
    second: Profile
    paired: str
    """How differences are made, in words."""
    rows: tuple[RowDifference, ...]
    guards: tuple[RowDifference, ...]


def compare_profiles(first: Profile, second: Profile) -> Comparison:
    """Return two profiles side by side, with differences and intervals where they are defined.

    Raises:
        WrongStateError: They did not ask the same, or it is not known whether they did.
    """
    unlike = list(what_differs(first, second))
    if unlike:
        raise WrongStateError(
            f"These profiles cannot stand side by side: {'; '.join(unlike)}. A difference between them would"
            " mix what the systems do with what they were asked.",
            next_step="Compare profiles of the same rubric, tasks, user turns and scaffold.",
        )
    same = _ratings_of(first) == _ratings_of(second)
    return Comparison(
        first=first,
        second=second,
        paired=PAIRED_IN_RATER if same else PAIRED_IN_TASK,
        rows=tuple(_pairs(first.rows, second.rows, same_ratings=same)),
        guards=tuple(_pairs(first.guards, second.guards, same_ratings=same)),
    )


def what_differs(first: Profile, second: Profile) -> Iterator[str]:
    """Yield what the two were not asked alike, in words."""
    a, b = first.comparable, second.comparable
    for what, one, other in (
        ("the rubrics differ", a.rubric, b.rubric),
        ("the tasks differ", a.tasks, b.tasks),
        ("the scaffolds differ", a.scaffold, b.scaffold),
    ):
        if one != other:
            yield f"{what} (SHA-256 {one[:12]} and {other[:12]})"
    if a.user_turns is None or b.user_turns is None:
        yield "what the user said is not known of both"
    elif a.user_turns != b.user_turns:
        yield f"the user turns differ (SHA-256 {a.user_turns[:12]} and {b.user_turns[:12]})"


def _ratings_of(profile: Profile) -> set[str]:
    return {one.sha256 for one in profile.validity.inputs if one.what == RATINGS}


def _pairs(first: tuple[Row, ...], second: tuple[Row, ...], *, same_ratings: bool) -> Iterator[RowDifference]:
    others = {row.dimension: row for row in second}
    for row in first:
        if row.dimension in others:
            yield _difference(row, others[row.dimension], same_ratings=same_ratings)


def _difference(first: Row, second: Row, *, same_ratings: bool) -> RowDifference:
    why = _why_not_both(first, second)
    pairs = () if why else _task_pairs(first, second, same_ratings=same_ratings)
    if not pairs:
        reason = why or "no task has a rater who rated both"
        missing = IntervalEstimate.none(reason)
        return RowDifference(
            first=first, second=second, n_tasks=0, difference=Estimate.none(reason), ci95=missing
        )
    values = [one.difference for one in pairs]
    return RowDifference(
        first=first,
        second=second,
        n_tasks=len(values),
        difference=Estimate.of(float(mean_of(values))),
        ci95=_interval(values),
    )


def _interval(values: list[Fraction]) -> IntervalEstimate:
    if len(values) < MIN_TASKS:
        n = len(values)
        return IntervalEstimate.none(f"no interval: {n} task{'' if n == 1 else 's'}, fewer than {MIN_TASKS}")
    return t_interval(values, level=0.95)


def _why_not_both(first: Row, second: Row) -> str | None:
    if first.result is None and second.result is None:
        return "no evidence"
    if first.result is None or second.result is None:
        return "no evidence on one side"
    for result in (first.result, second.result):
        if result.mean is None:
            return result.undefined or "no mean on one side"
    return None


def _task_pairs(first: Row, second: Row, *, same_ratings: bool) -> tuple[TaskDifference, ...]:
    a, b = _arm(first), _arm(second)
    if same_ratings:
        return task_differences(a, b, aggregation="rater_paired")
    return tuple(
        TaskDifference(task=task, own=(mean_of(a[task].levels) - mean_of(b[task].levels),))
        for task in sorted(a.keys() & b.keys())
    )


def _arm(row: Row) -> dict[str, Cell]:
    return {
        one.task: Cell(
            ratings={given.rater: [exact(level) for level in given.levels] for given in one.ratings}
        )
        for one in row.tasks
    }
