"""The four levels of evidence: their order, what a crossing takes for granted, and the decision tree.

`methods` sections 3 and 7; the words are ours, not those of Vishwarupe et al. (2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from protocol.study import Claim, EvidenceLevel, InteractionTag

LEVELS: tuple[EvidenceLevel, ...] = (
    EvidenceLevel.MODEL,
    EvidenceLevel.RESPONSE,
    EvidenceLevel.INTERACTION,
    EvidenceLevel.DEPLOYMENT,
)
"""From the farthest to the nearest to use."""

Letter = Literal["M", "R", "I", "D"]

LEVEL_LETTERS: Mapping[EvidenceLevel, Letter] = {
    EvidenceLevel.MODEL: "M",
    EvidenceLevel.RESPONSE: "R",
    EvidenceLevel.INTERACTION: "I",
    EvidenceLevel.DEPLOYMENT: "D",
}

LEVEL_MEANING: Mapping[EvidenceLevel, str] = {
    EvidenceLevel.MODEL: "properties fixed by training, without a free answer to an input",
    EvidenceLevel.RESPONSE: "single outputs to inputs that were fixed before the run",
    EvidenceLevel.INTERACTION: "exchanges between a user and a system",
    EvidenceLevel.DEPLOYMENT: "a system in the workflow of its users, with their policy and oversight",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """One step from a level of evidence to the next level of a claim."""

    from_level: EvidenceLevel
    to_level: EvidenceLevel
    assumption: str
    """What would have to hold for the evidence to carry over."""
    needed: str
    """The cheapest study that would remove the step."""


_CROSSINGS: tuple[Crossing, ...] = (
    Crossing(
        from_level=EvidenceLevel.MODEL,
        to_level=EvidenceLevel.RESPONSE,
        assumption="What training fixed shows in free answers to the inputs the claim is about.",
        needed="Free answers to a fixed set of such inputs, scored on the text itself.",
    ),
    Crossing(
        from_level=EvidenceLevel.RESPONSE,
        to_level=EvidenceLevel.INTERACTION,
        assumption="What single outputs show also holds over an exchange, where each side answers the other.",
        needed="Conversations of several turns with the same tasks, scored on asking, confirming, repairing "
        "or on what was said before.",
    ),
    Crossing(
        from_level=EvidenceLevel.INTERACTION,
        to_level=EvidenceLevel.DEPLOYMENT,
        assumption="Users in their own work do with it what the exchange offers them.",
        needed="Some forty users in their own work, with seeded errors: how many they catch with and without "
        "the scaffold.",
    ),
)


def crossings(evidence: EvidenceLevel, claim: EvidenceLevel) -> tuple[Crossing, ...]:
    """Return the steps a claim takes beyond its evidence; none where it stays at or below it."""
    return _CROSSINGS[LEVELS.index(evidence) : max(LEVELS.index(evidence), LEVELS.index(claim))]


def claims_above(claims: Sequence[Claim], evidence: EvidenceLevel | None) -> tuple[Claim, ...]:
    """Return the claims whose words speak of a higher level than the evidence has; all where it has none.

    Such a claim is no mistake in a study.toml: the report prints what would have to be assumed.
    """
    reached = -1 if evidence is None else LEVELS.index(evidence)
    return tuple(claim for claim in claims if LEVELS.index(claim.level) > reached)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of the decision tree, answered yes or no."""

    id: Literal["fixed-by-training", "fixed-inputs", "exchange", "contingent", "workflow"]
    text: str
    only_after: str = ""
    """The question that must have been answered yes for this one to be asked."""


QUESTIONS: tuple[Question, ...] = (
    Question(
        id="fixed-by-training",
        text="Is a scored thing a property fixed by training (weights, a reward model, probabilities of "
        "answers), with no free output for an input?",
    ),
    Question(
        id="fixed-inputs",
        text="Is there a reported number whose inputs were all fixed before the run and that is a property "
        "of the output text? (A scripted second turn does not change this.)",
    ),
    Question(
        id="exchange",
        text="Does a reported number depend on an exchange, or on an interactional act: asking, confirming, "
        "repairing, offering checks or choices, using what the user said earlier?",
    ),
    Question(
        id="contingent",
        text="Do later user turns depend on what the system said?",
        only_after="exchange",
    ),
    Question(
        id="workflow",
        text="Is the system watched in the workflow the claim is about: its users, policy, authority and "
        "oversight, over time?",
    ),
)
"""In the order in which they are asked; the highest yes decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelAnswer:
    """What the tree says."""

    level: EvidenceLevel | None
    """None where every answer was no: nothing that is scored is evidence of a system."""
    subtag: InteractionTag | None
    others: tuple[EvidenceLevel, ...] = ()
    """Lower levels at which numbers are reported too."""


def level_of(answers: Mapping[str, bool]) -> LevelAnswer:
    """Return the level of the answers, by question id; a question without an answer counts as no."""
    levels = {
        "fixed-by-training": EvidenceLevel.MODEL,
        "fixed-inputs": EvidenceLevel.RESPONSE,
        "exchange": EvidenceLevel.INTERACTION,
        "workflow": EvidenceLevel.DEPLOYMENT,
    }
    found = [level for question, level in levels.items() if answers.get(question)]
    if not found:
        return LevelAnswer(level=None, subtag=None)
    subtag: InteractionTag | None = None
    if found[-1] is EvidenceLevel.INTERACTION:
        subtag = "contingent" if answers.get("contingent") else "scripted"
    return LevelAnswer(level=found[-1], subtag=subtag, others=tuple(found[:-1]))
