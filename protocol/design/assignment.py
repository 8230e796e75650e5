"""Who rates which items in which order.

Raters are assigned by task: all items of a task go to the same raters, so that every pair of
transcripts that is compared has been seen by the same people. Each rater's order is drawn apart
from the others'; it depends on tasks alone, and the items of a task are shuffled over the task's
places, so a position tells nothing about a condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocol.chain.identifiers import Entropy
from protocol.design.rater_order import Place, RaterPlan, Turns, draw_rater_order
from protocol.design.teams import Team, draw_teams
from protocol.design.turns import draw_turns
from protocol.errors import InvalidInputError
from protocol.study import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One rater's items, in the order they are met."""

    rater: str
    places: tuple[Place, ...]

    @property
    def items(self) -> tuple[str, ...]:
        """The items in order; a repeat stands as the item it repeats."""
        return tuple(place.item for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A drawn assignment: raters and wave of every task, items and order of every rater."""

    teams: tuple[Team, ...]
    """In the order of the waves."""
    shares: tuple[Share, ...]
    """In the order of the design's raters."""
    largest_spacing: int
    """The largest distance that can be kept for every rater of this draw."""


def assign(
    tasks: Mapping[str, Sequence[str]],
    design: Design,
    *,
    sites: Mapping[str, str] | None = None,
    entropy: Entropy,
) -> Assignment:
    """Draw every rater's items and order.

    Args:
        tasks: Item ids by task id.
        design: Raters, how much each rates, waves, repeats and spacing.
        sites: Site by rater code, where raters have one.
        entropy: Source of the draw.

    Raises:
        InvalidInputError: The spacing cannot be kept, and the largest that works is named; or some
            task would be rated by nobody.
    """
    sizes = {task: len(items) for task, items in tasks.items()}
    teams = draw_teams(sizes, design, sites=sites, entropy=entropy)
    plans = _plans(tasks, teams, design, entropy)
    feasible = min((plan.largest_spacing for plan in plans.values() if plan.items), default=1)
    if design.spacing != "largest" and design.spacing > feasible:
        raise _too_far(design, feasible)
    return Assignment(
        teams=teams,
        shares=tuple(
            Share(
                rater=rater,
                places=tuple(draw_rater_order(plan, spacing=_spacing(design, plan), entropy=entropy)),
            )
            for rater, plan in plans.items()
        ),
        largest_spacing=feasible,
    )


def _spacing(design: Design, plan: RaterPlan) -> int:
    return plan.largest_spacing if design.spacing == "largest" else design.spacing


def _plans(
    tasks: Mapping[str, Sequence[str]], teams: Sequence[Team], design: Design, entropy: Entropy
) -> dict[str, RaterPlan]:
    waves: dict[str, list[dict[str, Sequence[str]]]] = {
        rater: [{} for _ in range(design.waves)] for rater in design.raters
    }
    mirrored = design.positions == "counterbalanced"
    for team in teams:
        orders = draw_turns(tasks[team.task], len(team.raters), mirrored=mirrored, entropy=entropy)
        for rater, order in zip(team.raters, orders, strict=True):
            waves[rater][team.wave][team.task] = order
    return {rater: _plan(own, design) for rater, own in waves.items()}


def _plan(waves: Sequence[Turns], design: Design) -> RaterPlan:
    items = sum(len(items) for wave in waves for items in wave.values())
    return RaterPlan(waves=tuple(waves), repeats=min(items, round(design.repeats * items)))


def _too_far(design: Design, feasible: int) -> InvalidInputError:
    in_wave = " in a wave" if design.waves > 1 else ""
    return InvalidInputError(
        f"Items of one task cannot be kept {design.spacing} apart{in_wave}.",
        where="design.spacing",
        next_step=f"The largest distance that works here is {feasible}. More tasks make room for more.",
    )
