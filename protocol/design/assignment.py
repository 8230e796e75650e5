"""Who rates which items in which order.

Raters are assigned by task: all items of a task go to the same raters, so that every pair of
transcripts that is compared has been seen by the same people. Each rater's order is drawn apart
from the others'; it depends on tasks alone, and the items of a task are shuffled over the task's
places, so a position tells nothing about a condition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from protocol.chain.identifiers import Entropy, shuffled
from protocol.errors import InvalidInputError

_PLAIN_TRIES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One rater's items, in the order they are met."""

    rater: str
    items: tuple[str, ...]


def largest_spacing(task_sizes: Sequence[int]) -> int:
    """Return the largest distance at which the items of each task can be kept apart.

    With n items, m in the largest task and c tasks of that size, the first m - 1 items of those
    tasks open m - 1 windows of the distance d, and the last ones need c places:
    (m - 1) d + c <= n (the cooldown form of task scheduling).

    Args:
        task_sizes: Number of items of each task in one rater's share.

    Returns:
        The distance; the number of items where no task has two.
    """
    largest = max(task_sizes, default=0)
    if largest <= 1:
        return max(1, sum(task_sizes))
    same = sum(size == largest for size in task_sizes)
    return max(1, (sum(task_sizes) - same) // (largest - 1))


def assign(
    tasks: Mapping[str, Sequence[str]],
    *,
    raters: Sequence[str],
    raters_per_item: int,
    spacing: int,
    entropy: Entropy,
) -> list[Share]:
    """Draw every rater's items and order.

    Args:
        tasks: Item ids by task id.
        raters: Rater codes.
        raters_per_item: How many raters see each item.
        spacing: Smallest allowed difference between the positions of two items of one task.
        entropy: Source of the draw.

    Raises:
        InvalidInputError: The spacing cannot be kept; the largest that works is named.
    """
    share_of = _tasks_of_raters(sorted(tasks), raters=raters, per_task=raters_per_item, entropy=entropy)
    feasible = min(
        (largest_spacing([len(tasks[task]) for task in own]) for own in share_of.values() if own),
        default=spacing,
    )
    if spacing > feasible:
        raise InvalidInputError(
            f"Items of one task cannot be kept {spacing} apart.",
            where="design.spacing",
            next_step=f"The largest distance that works here is {feasible}.",
        )
    return [
        Share(
            rater=rater,
            items=_draw_order({task: tasks[task] for task in share_of[rater]}, spacing, entropy),
        )
        for rater in raters
    ]


def _tasks_of_raters(
    tasks: Sequence[str], *, raters: Sequence[str], per_task: int, entropy: Entropy
) -> dict[str, list[str]]:
    """Give each task a set of raters; loads differ by at most one task, and sets are used evenly."""
    own: dict[str, list[str]] = {rater: [] for rater in raters}
    used: Counter[tuple[str, ...]] = Counter()
    sets = shuffled(list(combinations(raters, per_task)), entropy) if len(raters) <= 12 else []
    for task in shuffled(tasks, entropy):
        if sets:
            chosen = min(sets, key=lambda team: (_load(team, own), used[team]))
        else:
            order = shuffled(raters, entropy)
            chosen = tuple(sorted(order, key=lambda rater: len(own[rater]))[:per_task])
        used[chosen] += 1
        for rater in chosen:
            own[rater].append(task)
    return own


def _load(team: tuple[str, ...], own: Mapping[str, list[str]]) -> int:
    """How uneven the loads become when a team takes one more task: least-loaded raters first."""
    return sum(len(own[rater]) for rater in team)


def _draw_order(tasks: Mapping[str, Sequence[str]], spacing: int, entropy: Entropy) -> tuple[str, ...]:
    counts = {task: len(items) for task, items in tasks.items()}
    places = _draw_task_order(counts, spacing, entropy)
    waiting = {task: shuffled(items, entropy) for task, items in tasks.items()}
    return tuple(waiting[task].pop() for task in places)


def _draw_task_order(counts: Mapping[str, int], spacing: int, entropy: Entropy) -> list[str]:
    for _ in range(_PLAIN_TRIES):
        order = _try_order(counts, spacing, entropy, careful=False)
        if order is not None:
            return order
    for _ in range(_PLAIN_TRIES):
        order = _try_order(counts, spacing, entropy, careful=True)
        if order is not None:
            return order
    return _most_left_first(shuffled(list(counts), entropy), dict(counts), spacing)


def _try_order(
    counts: Mapping[str, int], spacing: int, entropy: Entropy, *, careful: bool
) -> list[str] | None:
    """Draw tasks one place at a time, weighted by what they have left; None at a dead end."""
    left = dict(counts)
    free_from = dict.fromkeys(counts, 0)
    order: list[str] = []
    for position in range(sum(counts.values())):
        candidates = [task for task in left if left[task] and free_from[task] <= position]
        while candidates:
            task = _weighted(candidates, left, entropy)
            if not careful or _can_finish(task, left, free_from, position=position, spacing=spacing):
                break
            candidates.remove(task)
        else:
            return None
        left[task] -= 1
        free_from[task] = position + spacing
        order.append(task)
    return order


def _weighted(candidates: Sequence[str], left: Mapping[str, int], entropy: Entropy) -> str:
    drawn = entropy.randrange(sum(left[task] for task in candidates))
    for task in candidates:
        drawn -= left[task]
        if drawn < 0:
            return task
    raise RuntimeError("a weighted draw must hit a candidate")


def _can_finish(
    chosen: str, left: Mapping[str, int], free_from: Mapping[str, int], *, position: int, spacing: int
) -> bool:
    """Whether the rest can be laid out after choosing a task here, most left first."""
    rest = {**left, chosen: left[chosen] - 1}
    free = {**free_from, chosen: position + spacing}
    for place in range(position + 1, position + 1 + sum(rest.values())):
        ready = [task for task in rest if rest[task] and free[task] <= place]
        if not ready:
            return False
        task = max(ready, key=lambda name: (rest[name], -free[name]))
        rest[task] -= 1
        free[task] = place + spacing
    return True


def _most_left_first(tasks: Sequence[str], left: dict[str, int], spacing: int) -> list[str]:
    """Lay tasks out most left first: always keeps a spacing that `largest_spacing` allows."""
    rank = {task: place for place, task in enumerate(tasks)}
    free_from = dict.fromkeys(tasks, 0)
    order: list[str] = []
    for position in range(sum(left.values())):
        ready = [task for task in tasks if left[task] and free_from[task] <= position]
        task = max(ready, key=lambda name: (left[name], -rank[name]))
        left[task] -= 1
        free_from[task] = position + spacing
        order.append(task)
    return order
