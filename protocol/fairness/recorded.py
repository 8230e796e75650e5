"""What the record of a study says the fairness rules answered: of the seeded transcripts and of each batch.

A later batch has an answer of its own, under its number; a study is comparable only where all are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.fairness.answer import Verdict

_SEALED = ".sealed"
_WORST_FIRST = (Verdict.NOT_COMPARABLE, "", Verdict.NOT_SHOWN, Verdict.COMPARABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFairness:
    """The answer for one batch."""

    batch: int
    answer: str
    """Empty where the rules were not asked."""
    broken: str
    """Numbers of the rules broken."""
    not_shown: str
    """Numbers of those that could not be shown to hold."""


def recorded_fairness(unblinded: Mapping[str, str]) -> tuple[RecordedFairness, ...]:
    """Return the answers of all batches, the seeded transcripts first.

    Args:
        unblinded: Details of the step `unblinded`.
    """
    later = sorted(
        int(name.removeprefix("batch.").removesuffix(_SEALED))
        for name in unblinded
        if name.startswith("batch.") and name.endswith(_SEALED)
    )
    prefixes = {1: "", **{number: f"batch.{number}." for number in later}}
    return tuple(
        RecordedFairness(
            batch=number,
            answer=unblinded.get(f"{prefix}fairness", ""),
            broken=unblinded.get(f"{prefix}rules_broken", ""),
            not_shown=unblinded.get(f"{prefix}rules_not_shown", ""),
        )
        for number, prefix in prefixes.items()
    )


def fairness_of_all(unblinded: Mapping[str, str]) -> str:
    """Return the worst answer of all batches; empty where the rules were not asked of one of them."""
    answers = {one.answer for one in recorded_fairness(unblinded)}
    return str(next(answer for answer in _WORST_FIRST if answer in answers))
