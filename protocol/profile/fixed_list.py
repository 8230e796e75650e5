"""The fixed list of what a profile asks of a system, so that what nobody looked at shows as a gap.

Eight aspects, the same that the rubric `bma` asks of benchmarks: an audit says which benchmarks speak to
which row. Names and questions are ours, not those of Vishwarupe et al. (2026). docs/profile.md has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.profile.profile_plan import ProfilePlan
from protocol.rubric import Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """One row that every profile has."""

    id: str
    name: str
    question: str
    audit_dimension: str
    """The dimension of the rubric `bma` that asks benchmarks for it."""


ASPECTS: tuple[Aspect, ...] = (
    Aspect(
        id="verification_support",
        name="Verification support",
        question="Does it equip the user to find out whether what matters is right?",
        audit_dimension="A3",
    ),
    Aspect(
        id="process_steerability",
        name="Process steerability",
        question="Can the user see and change the course of the work while that is cheap?",
        audit_dimension="A4",
    ),
    Aspect(
        id="clarification_grounding",
        name="Clarification and grounding",
        question="Does it ask and confirm where it should, and not where it need not?",
        audit_dimension="A2",
    ),
    Aspect(
        id="repair",
        name="Repair",
        question="Does it notice and mend misunderstandings?",
        audit_dimension="A5",
    ),
    Aspect(
        id="contingent_interaction",
        name="Contingent interaction",
        question="Does it hold up when later turns depend on what it said?",
        audit_dimension="A1",
    ),
    Aspect(
        id="retention_personalisation",
        name="Retention and personalisation",
        question="Does it use what it was told earlier, and of this user, properly?",
        audit_dimension="A6",
    ),
    Aspect(
        id="workflow_authority",
        name="Workflow and authority",
        question="Does it keep to the policy, roles and tools of its setting?",
        audit_dimension="A7",
    ),
    Aspect(
        id="user_variation",
        name="User variation",
        question="Does it serve different kinds of users alike?",
        audit_dimension="A8",
    ),
)
ASPECT_IDS: tuple[str, ...] = tuple(one.id for one in ASPECTS)

_SHIPPED: Mapping[str, Mapping[str, str]] = {
    "vss": {
        "D1": "Verification support",
        "D2": "Process steerability",
        "D3": "Steer uptake",
        "D4": "Task adequacy",
        "D5": "Burden",
        "D6": "Repair",
    }
}
"""Rubrics that come with the program, by id: the names of their dimensions.

One that has the name of an aspect speaks of it, the others are guards. A dimension that was given
another name, in a rubric that kept its id, is nobody's any more.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlan:
    """Which dimension of a rubric speaks to which row."""

    aspects: Mapping[str, str]
    """Dimension id to aspect id; a dimension that is not here has a row of its own."""
    guards: tuple[str, ...]
    """Dimensions that stand beside the rows and never among them."""


def row_plan(rubric: Rubric, plan: ProfilePlan | None) -> RowPlan:
    """Return what study.toml says of the rubric's dimensions, or what is known of a shipped rubric."""
    if plan is not None and (plan.dimensions or plan.guards):
        return RowPlan(aspects=dict(plan.dimensions), guards=plan.guards)
    shipped = _SHIPPED.get(rubric.id, {})
    known = [one for one in rubric.dimensions if shipped.get(one.id) == one.name]
    named = {one.name: one.id for one in ASPECTS}
    return RowPlan(
        aspects={one.id: named[one.name] for one in known if one.name in named},
        guards=tuple(one.id for one in known if one.name not in named),
    )
