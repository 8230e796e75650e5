"""One row of a profile: how the levels fell, what it rests on, and how far raters agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median_low
from typing import Literal

from protocol.analysis.agreement import AgreementResult, DimensionAgreement
from protocol.analysis.cells import Arm, arm_counts, arms_of, mean_of
from protocol.analysis.coefficients import Coefficient
from protocol.analysis.effects_result import EffectsResult
from protocol.analysis.paired_figures import MIN_TASKS
from protocol.analysis.rating_table import DimensionSpec, RatingRow, exact
from protocol.claims.evidence_level import LEVEL_LETTERS
from protocol.profile.audit_context import AuditContext
from protocol.profile.fixed_list import ASPECTS, Aspect
from protocol.profile.profile import (
    DISAGREE,
    LOWEST_KAPPA,
    AuditWord,
    Ends,
    Evidence,
    LevelName,
    Measured,
    RaterLevels,
    ReasonCount,
    Row,
    RowAgreement,
    RowResult,
    TaskLevels,
)
from protocol.profile.sensitivity import sensitivity_of, spread_of
from protocol.rubric import Dimension, Scale
from protocol.stats.clopper_pearson import Proportion
from protocol.stats.estimate import IntervalEstimate
from protocol.stats.student_t import t_interval
from protocol.study import CeilingRule, StudyProtocol

ONE_SIDED = 0.95
NOT_IN_RUBRIC = "no dimension of the rubric speaks of it"
ONE_RATER = "one rater: agreement was not measured"
UNDEFINED_KAPPA = "agreement undefined: read the counts"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    """What the rows of one system are made of."""

    model: str
    scaffold: str
    protocol: StudyProtocol
    rows: tuple[RatingRow, ...]
    """First presentations of this system."""
    agreement: AgreementResult
    effects: EffectsResult
    audit: AuditContext | None


def row_of(dimension: Dimension, facts: RowFacts, *, aspect: str | None) -> Row:
    """Return the row of a dimension of the rubric.

    Args:
        dimension: The dimension.
        facts: Of the system.
        aspect: The aspect of the fixed list it speaks of; None gives it a row of its own.
    """
    named = next((one for one in ASPECTS if one.id == aspect), None)
    own = [row for row in facts.rows if row.dimension == dimension.id]
    answered = [row for row in own if row.value is not None or row.not_ratable is not None]
    found = next((one for one in facts.agreement.dimensions if one.spec.id == dimension.id), None)
    name = named.name if named else dimension.name
    if not answered or found is None:
        return _empty(
            aspect or dimension.id,
            name=name,
            question=dimension.question,
            rubric_dimension=dimension.id,
            why="no rating of this system",
            words=_words(facts.audit, aspect),
        )
    spec = found.spec
    cells = next(iter(arms_of(answered).values()))
    return Row(
        dimension=aspect or dimension.id,
        name=name,
        question=dimension.question,
        rubric_dimension=dimension.id,
        evidence=_evidence(answered, facts.protocol),
        no_evidence=None,
        result=_result(answered, cells, dimension, spec, facts.protocol.analysis.ceiling),
        agreement=_agreement(found, facts.model, facts.scaffold),
        scaffold_sensitivity=sensitivity_of(facts.effects, dimension.id, facts.model, facts.scaffold),
        spread_over_models=spread_of(facts.effects, dimension.id, facts.scaffold),
        audit_context=_words(facts.audit, aspect),
        tasks=_tasks(answered),
    )


def empty_row(aspect: Aspect, *, audit: AuditContext | None) -> Row:
    """Return the row of an aspect that the rubric does not speak of."""
    return _empty(
        aspect.id,
        name=aspect.name,
        question=aspect.question,
        rubric_dimension=None,
        why=NOT_IN_RUBRIC,
        words=_words(audit, aspect.id),
    )


def _empty(
    id_: str,
    *,
    name: str,
    question: str,
    rubric_dimension: str | None,
    why: str,
    words: tuple[AuditWord, ...] | None,
) -> Row:
    return Row(
        dimension=id_,
        name=name,
        question=question,
        rubric_dimension=rubric_dimension,
        evidence=None,
        no_evidence=why,
        result=None,
        agreement=None,
        scaffold_sensitivity=None,
        spread_over_models=None,
        audit_context=words,
        tasks=(),
    )


def _words(audit: AuditContext | None, aspect: str | None) -> tuple[AuditWord, ...] | None:
    return None if audit is None or aspect is None else audit.words.get(aspect)


def _evidence(answered: Sequence[RatingRow], protocol: StudyProtocol) -> Evidence:
    rated = [row for row in answered if row.value is not None]
    return Evidence(
        level=protocol.evidence_level.value,
        letter=LEVEL_LETTERS[protocol.evidence_level],
        subtag=protocol.subtag,
        n_transcripts=len({row.unit for row in rated}),
        n_tasks=len({row.task for row in rated}),
        n_raters=len({row.rater for row in rated}),
        n_ratings=len(rated),
    )


def _result(
    answered: Sequence[RatingRow], arm: Arm, dimension: Dimension, spec: DimensionSpec, rule: CeilingRule
) -> RowResult:
    values = [row.value for row in answered if row.value is not None]
    labels = {level.value: level.label for level in dimension.levels}
    reasons = Counter(row.not_ratable for row in answered if row.not_ratable is not None)
    counted = Counter(float(value) for value in values)
    nominal = spec.scale is Scale.NOMINAL
    mean, counts = _mean(arm, spec), arm_counts(arm)
    return RowResult(
        scale=spec.scale.value,
        levels=tuple(
            LevelName(value=level, label=(labels.get(int(level)) or None) if int(level) == level else None)
            for level in spec.levels
        ),
        counts=tuple(counted[float(level)] for level in spec.levels),
        n=len(values),
        not_ratable=tuple(ReasonCount(code=code, n=n) for code, n in sorted(reasons.items())),
        median=None if nominal or not values else median_low(values),
        mean=None if mean.value is None else float(mean.value),
        ci95=_inside(mean.interval, spec),
        mean_all_ratings=None if mean.value is None or counts.mean is None else float(counts.mean),
        undefined=mean.interval.undefined,
        flag="none" if nominal else _flag(arm, spec, rule),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mean:
    """A mean over tasks, or none, with its interval or the reason."""

    value: Fraction | None
    interval: IntervalEstimate


def _mean(arm: Arm, spec: DimensionSpec) -> _Mean:
    by_task = [mean_of(cell.levels) for _, cell in sorted(arm.items()) if cell.ratings]
    if spec.scale is Scale.NOMINAL:
        return _no_mean("levels of a nominal scale have no mean")
    if not by_task:
        return _no_mean("no answer gave a level")
    if arm_counts(arm).too_few_ratable:
        return _no_mean("not estimable: more than 3 in 15 answers are not ratable")
    mean, n = mean_of(by_task), len(by_task)
    if n < MIN_TASKS:
        return _Mean(
            value=mean,
            interval=IntervalEstimate.none(
                f"no interval: {n} task{'' if n == 1 else 's'}, fewer than {MIN_TASKS}"
            ),
        )
    if len(set(by_task)) == 1:
        return _Mean(
            value=mean, interval=IntervalEstimate.none(f"no interval: all {n} tasks have the same mean")
        )
    return _Mean(value=mean, interval=t_interval(by_task, level=0.95))


def _no_mean(why: str) -> _Mean:
    return _Mean(value=None, interval=IntervalEstimate.none(why))


def _inside(found: IntervalEstimate, spec: DimensionSpec) -> Ends | None:
    """Return the two ends held inside the scale: no mean level lies beyond it."""
    if found.interval is None:
        return None
    low, high = float(spec.levels[0]), float(spec.top)
    return max(low, found.interval.lower), min(high, found.interval.upper)


def _flag(arm: Arm, spec: DimensionSpec, rule: CeilingRule) -> Literal["none", "floor", "ceiling"]:
    """Return whether nearly all tasks sit at an end, by the plan's rule for the ceiling at both ends."""
    consensus = [cell.consensus for cell in arm.values() if cell.ratings]
    ends: tuple[tuple[Literal["floor", "ceiling"], Fraction], ...] = (
        ("ceiling", exact(spec.top)),
        ("floor", exact(spec.levels[0])),
    )
    for flag, level in ends if consensus else ():
        there = Proportion(k=consensus.count(level), n=len(consensus))
        if there.share >= rule.share_at_top and there.lower(ONE_SIDED) >= rule.lower_bound:
            return flag
    return "none"


def _agreement(found: DimensionAgreement, model: str, scaffold: str) -> RowAgreement:
    nominal = found.spec.scale is Scale.NOMINAL
    kappa = _first(found.coefficients, "conger_kappa", "unweighted" if nominal else "quadratic")
    here = next((one for one in found.by_condition if (one.model, one.scaffold) == (model, scaffold)), None)
    return RowAgreement(
        kappa=_measured(kappa),
        alpha=_measured(found.coefficients[0]),
        ac=_measured(_first(found.coefficients, "gwet_ac", "unweighted" if nominal else "quadratic")),
        raw=_measured(_first(found.coefficients, "percent_agreement", "unweighted")),
        in_this_system=tuple(
            _measured(one)
            for one in (here.inside.coefficients if here else ())
            if one.measure in ("percent_agreement", "gwet_ac")
            or (one.measure == "krippendorff_alpha" and one.kind == found.coefficients[0].kind)
        ),
        reading=_reading(kappa, n_raters=found.n_raters),
    )


def _reading(kappa: Coefficient, *, n_raters: int) -> str | None:
    if n_raters < 2:
        return ONE_RATER
    value = kappa.estimate.value
    if value is None:
        return UNDEFINED_KAPPA
    return DISAGREE if value < LOWEST_KAPPA else None


def _first(found: Sequence[Coefficient], measure: str, kind: str) -> Coefficient:
    return next(one for one in found if one.measure == measure and one.kind == kind)


def _measured(found: Coefficient) -> Measured:
    interval = found.interval.interval if found.interval else None
    return Measured(
        measure=found.measure,
        kind=found.kind or None,
        value=found.estimate.value,
        ci95=None if interval is None else (interval.lower, interval.upper),
        undefined=found.why_not,
    )


def _tasks(answered: Sequence[RatingRow]) -> tuple[TaskLevels, ...]:
    given: dict[str, dict[str, list[int | float]]] = {}
    for row in answered:
        if row.value is not None and row.task is not None:
            given.setdefault(row.task, {}).setdefault(row.rater, []).append(row.value)
    return tuple(
        TaskLevels(
            task=task,
            ratings=tuple(
                RaterLevels(rater=rater, levels=tuple(sorted(levels)))
                for rater, levels in sorted(by_rater.items())
            ),
        )
        for task, by_rater in sorted(given.items())
    )
