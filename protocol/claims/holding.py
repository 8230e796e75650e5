"""Does a finding hold when it is computed another way? What a claim needs beside its main analysis.

`methods` section 7, parts 5 and 8: a result that another analysis of the same ratings does not have is
unstable, and carries a claim only with that said. An analysis of fewer ratings (a rater alone, a batch
alone) that stays inconclusive on the same side has too little power to contradict and is told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from protocol.analysis.effect import Effect
from protocol.analysis.effects_result import EffectsResult, Robustness, Variant
from protocol.analysis.verdicts import Verdict

Stability = Literal["matched", "varied, stable", "varied, unstable", "fixed elsewhere", "not observed"]

_FACTORS: Mapping[Variant, str] = {
    Variant.RATER: "rater",
    Variant.AGGREGATION: "way of computing",
    Variant.ADJUDICATED: "way of computing",
    Variant.STRICT: "way of computing",
    Variant.LENIENT: "way of computing",
    Variant.WITHOUT: "blindness of ratings",
    Variant.BATCH: "batch of tasks",
}

_IMPLIES: Mapping[Verdict, Verdict] = {
    Verdict.RAISED_TO_CEILING: Verdict.RAISED,
    Verdict.UNCHANGED: Verdict.EQUIVALENT,
}
"""Verdicts whose rules contain those of a weaker one (`statistics` section 3)."""

_DIRECTED = (Verdict.RAISED, Verdict.RAISED_TO_CEILING, Verdict.LOWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorDistance:
    """How a factor of the claim stands to the study."""

    factor: str
    stability: Stability
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAnalysis:
    """What one other analysis says of one finding."""

    factor: str
    label: str
    """The analysis and its verdict, in words."""
    answer: Literal["holds", "disagrees", "cannot tell"]


def other_analyses(
    effects: EffectsResult, findings: Sequence[Effect], *, wanted: Sequence[str]
) -> tuple[OtherAnalysis, ...]:
    """Return what every other analysis says of the findings.

    Args:
        effects: With its variants; without them nothing is returned.
        findings: Effects of the main analysis.
        wanted: Verdicts that bear the claim out; empty where each finding's own is meant.
    """
    return tuple(
        _compared(variant, main, one, wanted=wanted, several=len(findings) > 1)
        for variant in effects.robustness
        for main in findings
        for one in variant.effects
        if (one.dimension, one.model, one.scaffold) == (main.dimension, main.model, main.scaffold)
    )


def holding(others: Sequence[OtherAnalysis], *, there: bool) -> tuple[FactorDistance, ...]:
    """Return, for each factor that was varied, whether the findings held over it.

    Args:
        others: What the other analyses say.
        there: Whether they were asked of a finding the claim named; else of the verdicts as they are.
    """
    factors = dict.fromkeys(one.factor for one in others)
    return tuple(
        _distance(factor, [one for one in others if one.factor == factor], there=there) for factor in factors
    )


def reaches_zero(effect: Effect) -> bool:
    """Return whether a shift with a direction has a 95% interval that is not clear of no shift."""
    if effect.comparison is None or effect.decision.verdict not in _DIRECTED:
        return False
    interval = effect.comparison.figures.ci95.interval
    return interval is not None and interval.lower <= 0 <= interval.upper


def _compared(
    variant: Robustness, main: Effect, one: Effect, *, wanted: Sequence[str], several: bool
) -> OtherAnalysis:
    verdict = one.decision.verdict
    turned = main.decision.verdict in _DIRECTED and _sign(main) * _sign(one) < 0
    answer: Literal["holds", "disagrees", "cannot tell"] = "disagrees"
    if verdict is None:
        answer = "cannot tell"
    elif {verdict, _IMPLIES.get(verdict)} & _wanted(main, wanted) and not turned:
        answer = "holds"
    elif variant.ratings_left_out and verdict is Verdict.INCONCLUSIVE and not turned:
        answer = "cannot tell"
    where = f" for {one.model} under {one.scaffold}" if several else ""
    said = "no verdict" if verdict is None else verdict.replace("_", " ")
    turn = ", the sign turns" if turned else ""
    return OtherAnalysis(
        factor=_FACTORS[variant.variant], label=f"{variant.label}{where} ({said}{turn})", answer=answer
    )


def _wanted(main: Effect, wanted: Sequence[str]) -> set[str]:
    own = [main.decision.verdict] if main.decision.verdict else []
    return {str(one) for one in wanted or own}


def _distance(factor: str, others: Sequence[OtherAnalysis], *, there: bool) -> FactorDistance:
    held = sum(one.answer == "holds" for one in others)
    against = [one.label for one in others if one.answer == "disagrees"]
    silent = [one.label for one in others if one.answer == "cannot tell"]
    parts = [
        f"{'the finding is there' if there else 'the verdict is the same'} in {held} of {len(others)} checks"
    ]
    if against:
        parts.append(f"not in {', '.join(against)}")
    if silent:
        parts.append(f"too few ratings to tell: {', '.join(silent)}")
    stability: Stability = "varied, unstable" if against else "varied, stable" if held else "not observed"
    return FactorDistance(factor=factor, stability=stability, why="; ".join(parts))


def _sign(effect: Effect) -> int:
    mean = 0 if effect.comparison is None else effect.comparison.figures.mean
    return (mean > 0) - (mean < 0)
