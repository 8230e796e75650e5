"""The eight-part claim block: what somebody wants to say, what was observed, and what may be said.

`methods` section 7. The verdict is *supported* only where no level is crossed, no factor the claim
speaks of is unobserved or unstable, the finding is the one the claim named beforehand, its interval is
clear of no shift, no other analysis disagrees, and the fairness rules, if asked, say that the conditions
may be compared. Whatever of these is missing, or one crossed level, leaves it *restricted* to the
sentence that was observed; two levels, or a finding that is not there, leave it *not supported by this
evidence*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from protocol.analysis.effect import Effect
from protocol.analysis.effects_result import EffectsResult
from protocol.claims.evidence_level import Crossing, crossings
from protocol.claims.factors import FACTOR_NEEDS, FACTOR_WORDS, Factor
from protocol.claims.holding import FactorDistance, OtherAnalysis, holding, other_analyses, reaches_zero
from protocol.fairness.answer import Verdict as Fairness
from protocol.study import Claim, EvidenceLevel, StudyProtocol

_UNCLEAR = "the 95% interval of the shift is not clear of no shift."
_NEEDED_OTHERS = (
    "More tasks, until the analyses that disagree decide; or a claim that names its way of computing."
)
_NEEDED_MANIFEST = "Transcripts with a run manifest by which the fairness rules are kept."


class ClaimVerdict(StrEnum):
    """What this evidence allows of a claim."""

    SUPPORTED = "supported as stated"
    RESTRICTED = "restricted"
    NOT_SUPPORTED = "not supported by this evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A result the claim rests on."""

    effect: Effect
    borne_out: bool
    """Its verdict is one of those the claim named beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimBlock:
    """The eight parts, in order."""

    claim: Claim
    """1 and 2: the words, who acts on them, the level and the words that set it."""
    evidence_level: EvidenceLevel
    findings: tuple[Finding, ...]
    """3: evidence."""
    held_fixed: tuple[str, ...]
    """4."""
    varied: tuple[FactorDistance, ...]
    """5: over which factors, and whether the result was stable over them."""
    not_observed: tuple[Factor, ...]
    """6: never empty."""
    crossings: tuple[Crossing, ...]
    """7: distance, with the assumption that would carry each step."""
    named_unobserved: tuple[Factor, ...]
    """7: factors the claim speaks of that were not observed."""
    verdict: ClaimVerdict
    """8."""
    may_be_said: str
    """8: the sentence that is supported; empty where nothing is."""
    why: tuple[str, ...]
    """8: reasons of the verdict."""
    needed: tuple[str, ...]
    """8: what would remove the distance, the largest step first."""


def claim_block(
    claim: Claim,
    study: StudyProtocol,
    effects: EffectsResult,
    *,
    n_raters: int,
    blinded: bool = True,
    fairness: str = "",
) -> ClaimBlock:
    """Judge a claim against the evidence of its study.

    Args:
        claim: As it stands in study.toml.
        study: The protocol.
        effects: Computed by the plan, with variants where they were asked for.
        n_raters: Raters whose ratings the effects rest on.
        blinded: Whether they are known not to have known the conditions.
        fairness: What the fairness rules answered of the conditions; empty where they were not asked.
    """
    findings = _findings(claim, effects)
    steps = crossings(study.evidence_level, claim.level)
    others = _others(claim, effects, findings)
    varied = _varied(claim, findings, others, n_raters=n_raters)
    unobserved = tuple(factor for factor in Factor if factor not in study.observed)
    named = tuple(factor for factor in claim.needs if factor not in study.observed)
    unstable = [one for one in varied if one.stability == "varied, unstable"]
    unclear = [f"{_where(one.effect)}: {_UNCLEAR}" for one in findings if _unclear(one)]
    unlike = _unlike(fairness)
    why = [*_reasons(claim, findings), *_distance_reasons(steps, named, unstable, study), *unclear, *unlike]
    # Ratings made elsewhere come without a manifest: that nobody asked is said, and refutes nothing.
    loose = bool(named or unstable or unclear or (fairness and unlike))
    verdict = _verdict(claim, findings, steps=steps, loose=loose)
    sentence = _sentence(claim, study, findings, _raters_text(n_raters, blinded=blinded))
    return ClaimBlock(
        claim=claim,
        evidence_level=study.evidence_level,
        findings=findings,
        held_fixed=_held_fixed(claim, study, findings),
        varied=varied,
        not_observed=unobserved,
        crossings=steps,
        named_unobserved=named,
        verdict=verdict,
        may_be_said=" ".join([sentence, *_limits(others), *unlike])
        if verdict is not ClaimVerdict.NOT_SUPPORTED
        else "",
        why=tuple(why),
        needed=(
            *(step.needed for step in reversed(steps)),
            *(FACTOR_NEEDS[factor] for factor in named),
            *("More models, or a claim that names the model." for one in unstable if one.factor == "model"),
            *([_NEEDED_OTHERS] if _limits(others) else []),
            *([_NEEDED_MANIFEST] if unlike else []),
        ),
    )


def _others(claim: Claim, effects: EffectsResult, findings: Sequence[Finding]) -> tuple[OtherAnalysis, ...]:
    """Ask the other analyses of the findings that bear the claim out, or of all where none does."""
    out = [one.effect for one in findings if one.borne_out]
    return other_analyses(
        effects, out or [one.effect for one in findings], wanted=claim.expects if out else ()
    )


def _limits(others: Sequence[OtherAnalysis]) -> list[str]:
    against = [one.label for one in others if one.answer == "disagrees"]
    return [
        f"It is not so in {len(against)} of {len(others)} checks by other analyses: {', '.join(against)}."
    ] * bool(against)


def _unclear(finding: Finding) -> bool:
    return finding.borne_out and reaches_zero(finding.effect)


def _unlike(fairness: str) -> list[str]:
    if fairness == Fairness.COMPARABLE:
        return []
    if not fairness:
        return [
            "Whether anything but the scaffold differs between the conditions is not on record: the fairness"
            " rules (same user turns, caps, settings, balance) were not asked."
        ]
    return [
        f"By the fairness rules the conditions are {fairness}: a difference between them may come from"
        " something else than the scaffold."
    ]


def _findings(claim: Claim, effects: EffectsResult) -> tuple[Finding, ...]:
    return tuple(
        Finding(effect=effect, borne_out=effect.decision.verdict in claim.expects)
        for effect in effects.effects
        if (not claim.dimension or effect.dimension == claim.dimension)
        and (not claim.model or effect.model == claim.model)
        and (not claim.scaffold or effect.scaffold == claim.scaffold)
    )


def _verdict(
    claim: Claim, findings: Sequence[Finding], *, steps: Sequence[Crossing], loose: bool
) -> ClaimVerdict:
    borne_out = [one for one in findings if one.borne_out]
    if len(steps) > 1 or not claim.expects or not borne_out:
        return ClaimVerdict.NOT_SUPPORTED
    if steps or loose or len(borne_out) < len(findings):
        return ClaimVerdict.RESTRICTED
    return ClaimVerdict.SUPPORTED


def _reasons(claim: Claim, findings: Sequence[Finding]) -> list[str]:
    if not claim.expects:
        return ["The claim names no finding beforehand (expects), so nothing can bear it out."]
    if not findings:
        return ["The study has no comparison of the dimension, model and scaffold the claim names."]
    out = [one for one in findings if one.borne_out]
    wanted = " or ".join(claim.expects)
    if len(out) == len(findings):
        return [f"The finding the claim named beforehand ({wanted}) is there."]
    return [
        f"The finding the claim named beforehand ({wanted}) is there in {len(out)} of"
        f" {len(findings)} comparison{'' if len(findings) == 1 else 's'}: "
        + "; ".join(f"{_where(one.effect)} {one.effect.decision.verdict or 'undefined'}" for one in findings)
        + "."
    ]


def _distance_reasons(
    steps: Sequence[Crossing],
    named: Sequence[Factor],
    unstable: Sequence[FactorDistance],
    study: StudyProtocol,
) -> list[str]:
    reasons = []
    if steps:
        reasons.append(
            f"The claim speaks of {steps[-1].to_level}; what was observed is {study.evidence_level}: "
            f"{len(steps)} level{'s' if len(steps) > 1 else ''} crossed."
        )
    if named:
        words = ", ".join(FACTOR_WORDS[factor] for factor in named)
        reasons.append(f"The claim speaks of what was not observed: {words}.")
    reasons += [f"The result was not stable over {one.factor}: {one.why}." for one in unstable]
    return reasons


def _varied(
    claim: Claim, findings: Sequence[Finding], others: Sequence[OtherAnalysis], *, n_raters: int
) -> tuple[FactorDistance, ...]:
    alone = FactorDistance(
        factor="rater",
        stability="not observed",
        why="the ratings are of one rater, whose severity and noise cannot be told from the effect",
    )
    return (
        _over(claim.model, "model", [one.effect.model for one in findings], findings),
        _over(claim.scaffold, "scaffold", [one.effect.scaffold for one in findings], findings),
        *((alone,) if n_raters == 1 else ()),
        *holding(others, there=any(one.borne_out for one in findings)),
    )


def _over(named: str, factor: str, values: Sequence[str], findings: Sequence[Finding]) -> FactorDistance:
    if named:
        return FactorDistance(factor=factor, stability="matched", why=f"the claim and the study name {named}")
    kinds = sorted(set(values))
    if len(kinds) < 2:
        return FactorDistance(
            factor=factor, stability="not observed", why="the study has only one, and the claim names none"
        )
    verdicts = {one.effect.decision.verdict for one in findings}
    same = len(verdicts) == 1 or all(one.borne_out for one in findings)
    said = "; ".join(f"{_where(one.effect)} {one.effect.decision.verdict or 'undefined'}" for one in findings)
    return FactorDistance(factor=factor, stability="varied, stable" if same else "varied, unstable", why=said)


def _held_fixed(claim: Claim, study: StudyProtocol, findings: Sequence[Finding]) -> tuple[str, ...]:
    n_tasks = max(
        (one.effect.comparison.figures.n_tasks for one in findings if one.effect.comparison), default=0
    )
    facts = [
        f"rubric {study.rubric.id}, version {study.rubric.version}",
        f"{n_tasks} tasks, each compared inside itself",
    ]
    if claim.model:
        facts.append(f"model {claim.model}")
    if claim.scaffold:
        facts.append(f"scaffold {claim.scaffold}, compared with {study.baseline.id}")
    return tuple(facts)


def _sentence(claim: Claim, study: StudyProtocol, findings: Sequence[Finding], raters: str) -> str:
    """Return what was observed, in words that stay at the level of the evidence."""
    if not claim.expects:
        return ""
    parts = []
    for one in findings:
        effect = one.effect
        if not one.borne_out or effect.comparison is None:
            continue
        figures = effect.comparison.figures
        interval = figures.ci95.interval
        between = f" [{interval.lower:.2f}, {interval.upper:.2f}]" if interval else ""
        parts.append(
            f"under {effect.scaffold} {effect.model} was rated {float(figures.mean):+.2f}{between} levels on "
            f"{effect.dimension} against {study.baseline.id} over {figures.n_tasks} tasks "
            f"({effect.decision.verdict})"
        )
    if not parts:
        return ""
    level = f"{study.evidence_level}{f', {study.subtag}' if study.subtag else ''}"
    return f"As judged by {raters} at the level of {level}: {'; '.join(parts)}."


def _raters_text(n: int, *, blinded: bool) -> str:
    return f"{n} {'blinded ' if blinded else ''}rater{'' if n == 1 else 's'}"


def _where(effect: Effect) -> str:
    return f"{effect.model} under {effect.scaffold} on {effect.dimension}"
