"""Whether raters could tell the model or the scaffold of one system: Bang's index of its arms."""

from __future__ import annotations

from protocol.analysis.blinding_success import BlindingResult, QuestionBlinding
from protocol.profile.profile import Blinding, BlindingIndex


def blinding_of(result: BlindingResult | None, *, model: str, scaffold: str, why_not: str) -> Blinding:
    """Return the indices of this model and scaffold, one for each question.

    Args:
        result: The analysis; None where there is none.
        model: Of the system.
        scaffold: Of the system.
        why_not: Why there is no analysis.
    """
    if result is None:
        return Blinding(indices=(), undefined=why_not)
    found = tuple(_index(one, model if one.asked.about == "model" else scaffold) for one in result.questions)
    return Blinding(indices=found, undefined=None if found else why_not)


def _index(found: QuestionBlinding, arm: str) -> BlindingIndex:
    index = found.by_arm.get(arm)
    value = index.value if index else None
    interval = index.ci95.interval if index else None
    undefined = "no item of this system was asked about"
    if index is not None and value is not None:
        undefined = found.undefined or value.undefined or index.ci95.undefined or ""
    return BlindingIndex(
        question=found.asked.id,
        about=found.asked.about,
        arm=arm,
        n_raters=index.n_raters if index else 0,
        bang=None if found.undefined or value is None else value.value,
        ci95=(interval.lower, interval.upper) if interval and not found.undefined else None,
        undefined=undefined or None,
    )
