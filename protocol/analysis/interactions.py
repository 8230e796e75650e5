"""Does a scaffold do different things to different models? Differences of effects, and the omnibus test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

import numpy as np

from protocol.analysis.cells import TaskDifference
from protocol.analysis.effect import Effect
from protocol.analysis.paired_figures import PairedFigures, paired_figures
from protocol.analysis.verdicts import Verdict, p_text
from protocol.stats.holm import holm
from protocol.stats.interaction_permutation import InteractionTest, interaction_test
from protocol.study import AnalysisPlan

STEADY = (Verdict.UNCHANGED, Verdict.EQUIVALENT)
MOVED = (Verdict.RAISED, Verdict.RAISED_TO_CEILING, Verdict.LOWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """The effect of a scaffold on model a minus its effect on model b."""

    dimension: str
    scaffold: str
    model_a: str
    model_b: str
    figures: PairedFigures | None
    undefined: str | None
    holm_p: float | None = None
    family_size: int = 0
    holm_p_all_dimensions: float | None = None
    baseline_mean_a: Fraction | None
    baseline_mean_b: Fraction | None
    scale_free: bool = False
    """Whether a shown difference cannot be an artefact of where the two models start."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Omnibus:
    """One test per dimension: any interaction of model and scaffold?"""

    dimension: str
    models: tuple[str, ...]
    scaffolds: tuple[str, ...]
    """Those that every model has an effect for."""
    n_tasks: int
    """Tasks with an effect for all of them."""
    test: InteractionTest | None
    undefined: str | None


def interactions_of(effects: Sequence[Effect], plan: AnalysisPlan) -> tuple[Interaction, ...]:
    """Return every pair of models within dimension and scaffold, with Holm over the pairs x scaffolds."""
    found: list[Interaction] = []
    for dimension in dict.fromkeys(effect.dimension for effect in effects):
        own = [effect for effect in effects if effect.dimension == dimension]
        pairs = [
            pair
            for scaffold in dict.fromkeys(effect.scaffold for effect in own)
            for pair in combinations([one for one in own if one.scaffold == scaffold], 2)
        ]
        raw = [_interaction(first, second, plan) for first, second in pairs]
        stepped = holm(_p_values(raw))
        found.extend(
            _explained(replace(one, family_size=len(raw)), p, *pair, plan)
            for one, p, pair in zip(raw, stepped, pairs, strict=True)
        )
    overall = holm(_p_values(found))
    return tuple(
        replace(one, holm_p_all_dimensions=p if one.figures else None)
        for one, p in zip(found, overall, strict=True)
    )


def _p_values(found: Sequence[Interaction]) -> list[float]:
    return [one.figures.sign_flip.p if one.figures else 1.0 for one in found]


def _interaction(first: Effect, second: Effect, plan: AnalysisPlan) -> Interaction:
    figures, undefined = None, first.undefined or second.undefined
    if first.comparison and second.comparison:
        a, b = first.comparison.figures.task_diffs, second.comparison.figures.task_diffs
        pairs = [TaskDifference(task=task, own=(a[task] - b[task],)) for task in a if task in b]
        if pairs:
            figures = paired_figures(pairs, delta=plan.equivalence_margin, seed=plan.seed)
        else:
            undefined = "Not estimable: no task has a difference for both models."
    return Interaction(
        dimension=first.dimension,
        scaffold=first.scaffold,
        model_a=first.model,
        model_b=second.model,
        figures=figures,
        undefined=None if figures else undefined,
        baseline_mean_a=first.baseline.mean,
        baseline_mean_b=second.baseline.mean,
        reason=undefined or "",
    )


def _explained(one: Interaction, p: float, first: Effect, second: Effect, plan: AnalysisPlan) -> Interaction:
    """The interaction with its Holm p and what may be said of it."""
    if one.figures is None:
        return one
    starts = " and ".join(
        f"{float(effect.baseline.mean):.2f} ({effect.model})"
        for effect in (first, second)
        if effect.baseline.mean is not None
    )
    if p > plan.alpha:
        said = f"No difference between the models is shown (Holm p {p_text(p)}); that is not equality."
        return replace(one, holm_p=p, reason=f"{said} Baseline means {starts}.")
    if _is_scale_free(first, second):
        said = f"The models differ (Holm p {p_text(p)}), and not only because of where they start."
        return replace(one, holm_p=p, scale_free=True, reason=f"{said} Baseline means {starts}.")
    said = f"The models differ (Holm p {p_text(p)}), which can come from where they start on the scale."
    return replace(one, holm_p=p, reason=f"{said} Baseline means {starts}.")


def _is_scale_free(first: Effect, second: Effect) -> bool:
    """The dominance agrees in sign, and one model moves while the other could and does not, or they cross."""
    if first.comparison is None or second.comparison is None:
        return False
    one, other = first.comparison.figures, second.comparison.figures
    if (one.mean - other.mean) * (one.dominance - other.dominance) <= 0:
        return False
    return _stays_with_room(first, second) or _stays_with_room(second, first) or _cross(first, second)


def _stays_with_room(moved: Effect, steady: Effect) -> bool:
    """Whether one model moved and the other stayed, though it had room for a shift as large.

    A model that starts so high that such a shift would leave the scale cannot but stay: that is where it
    starts, and not what the scaffold does to it.
    """
    if moved.decision.verdict not in MOVED or steady.decision.verdict not in STEADY:
        return False
    if moved.comparison is None or steady.comparison is None:
        return False
    shift = moved.comparison.figures.mean
    room = steady.comparison.room_above if shift > 0 else steady.comparison.room_below
    return room >= abs(shift)


def _cross(first: Effect, second: Effect) -> bool:
    """Whether the model that starts lower ends higher."""
    means = (first.baseline.mean, second.baseline.mean, first.with_scaffold.mean, second.with_scaffold.mean)
    if any(mean is None for mean in means):
        return False
    base_a, base_b, with_a, with_b = (mean for mean in means if mean is not None)
    return (base_a - base_b) * (with_a - with_b) < 0


def omnibus_of(dimension: str, effects: Sequence[Effect], plan: AnalysisPlan) -> Omnibus:
    """Return the omnibus test over the scaffolds that every compared model has."""
    own = {
        (one.model, one.scaffold): one.comparison.figures.task_diffs
        for one in effects
        if one.dimension == dimension and one.comparison
    }
    models = sorted({model for model, _ in own})
    scaffolds = sorted({name for _, name in own if all((model, name) in own for model in models)})
    common = [set(own[model, name]) for model in models for name in scaffolds]
    tasks = sorted(set.intersection(*common)) if common else []
    test, undefined = None, None
    if len(models) < 2 or not scaffolds:
        undefined = (
            "Undefined: there is no scaffold under which two or more models, all of them, have an effect."
        )
    elif len(tasks) < 2:
        undefined = (
            f"Undefined: tasks with an effect for every model and scaffold: {len(tasks)}, fewer than 2."
        )
    else:
        cells = [
            [[float(own[model, name][task]) for name in scaffolds] for model in models] for task in tasks
        ]
        test = interaction_test(np.array(cells), seed=plan.seed)
    return Omnibus(
        dimension=dimension,
        models=tuple(models),
        scaffolds=tuple(scaffolds),
        n_tasks=len(tasks),
        test=test,
        undefined=undefined,
    )
