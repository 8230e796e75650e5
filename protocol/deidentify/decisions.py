"""Decisions on single hits: kept beside the sources, one JSON object a line, only added to.

A hit is named by a fingerprint of its place and words, so a decision holds as long as the transcript
says the same at the same place, and no longer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from protocol.canonical_json import canonical_bytes, sha256_hex
from protocol.deidentify.leak_class import Action
from protocol.errors import InvalidInputError, Problem
from protocol.transcript import Origin

DecidedAction = Literal[Action.REPLACE, Action.KEEP, Action.DROP_TASK]
DECIDED: Mapping[str, DecidedAction] = {
    "replace": Action.REPLACE,
    "keep": Action.KEEP,
    "drop-task": Action.DROP_TASK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HitPlace:
    """Where a hit stands in the transcripts as imported, system messages left out."""

    origin: Origin
    message: int
    field: str
    start: int
    """In code points of the imported text."""
    found: str
    rule: str

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that name the hit."""
        return sha256_hex(
            canonical_bytes(
                [
                    self.origin.model,
                    self.origin.scaffold,
                    self.origin.task,
                    self.origin.replicate,
                    self.message,
                    self.field,
                    self.start,
                    self.found,
                    self.rule,
                ]
            )
        )[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decided about a hit."""

    hit: str
    """Its fingerprint."""
    action: DecidedAction
    reason: str
    who: str
    at: str

    def line(self) -> str:
        """Return the decision as a line of the file."""
        value = {
            "hit": self.hit,
            "action": self.action.value,
            "reason": self.reason,
            "who": self.who,
            "at": self.at,
        }
        return json.dumps(value, ensure_ascii=False) + "\n"


def parse_decisions(text: str, *, where: str) -> dict[str, Decision]:
    """Read decisions by hit; a later line replaces an earlier one.

    Raises:
        InvalidInputError: A line is no decision; every such line is named.
    """
    found: dict[str, Decision] = {}
    problems: list[Problem] = []
    # No splitlines(): a reason may hold characters that it takes for the end of a line.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
            decision = Decision(
                hit=_text(raw["hit"]),
                action=DECIDED[raw["action"]],
                reason=_text(raw["reason"]),
                who=_text(raw["who"]),
                at=_text(raw["at"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            problems.append(
                Problem(
                    where=f"{where}, line {number}",
                    found="something else",
                    expected="hit, action (replace, keep or drop-task), reason, who and at",
                )
            )
            continue
        found[decision.hit] = decision
    if problems:
        raise InvalidInputError(
            "The file of decisions has mistakes.",
            where=where,
            next_step="Mend these lines, or decide the hits again with `rater-admin leaks --decide`.",
            problems=problems,
        )
    return found


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError("no text")
