"""The table [adjudication] of study.toml: who decides, on what, and which reasons there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MOST_REASONS = 9
"""Each is chosen by one digit."""

Notes = Literal["withheld", "shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationReason:
    """Why the raters came to differ, as the adjudicator sees it."""

    code: str
    label: str


SHIPPED_REASONS = (
    AdjudicationReason(code="overlooked", label="A passage was overlooked"),
    AdjudicationReason(code="anchor", label="An anchor was read differently"),
    AdjudicationReason(code="rule", label="A decision rule of the rubric was not applied"),
    AdjudicationReason(code="evidence", label="The quoted evidence does not bear the level"),
    AdjudicationReason(code="borderline", label="Between two levels: the anchors leave it open"),
    AdjudicationReason(code="slip", label="Probably a slip of the key"),
    AdjudicationReason(code="text", label="The text is unclear or contradicts itself"),
    AdjudicationReason(code="other", label="Another reason"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationPlan:
    """What is fixed beforehand about adjudication; a study without it has none."""

    who: str = "A1"
    """Code of the adjudicator, who is none of the raters."""
    difference: int = 1
    """Levels so many places apart, or more, are a disagreement; on a nominal scale any two levels are."""
    notes: Notes = "withheld"
    """Whether the adjudicator reads the raters' notes beside their quotes."""
    reasons: tuple[AdjudicationReason, ...] = SHIPPED_REASONS
