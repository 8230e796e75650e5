"""What a scaffold changed for a model, and how differently models took it: taken over from `effects`."""

from __future__ import annotations

from protocol.analysis.effects_result import EffectsResult
from protocol.profile.profile import Ends, Sensitivity, Spread
from protocol.stats.estimate import IntervalEstimate


def sensitivity_of(effects: EffectsResult, dimension: str, model: str, scaffold: str) -> Sensitivity:
    """Return the effect of a system's scaffold against the baseline."""
    found = next(
        (
            one
            for one in effects.effects
            if (one.dimension, one.model, one.scaffold) == (dimension, model, scaffold)
        ),
        None,
    )
    if found is None or found.comparison is None:
        return Sensitivity(
            vs=effects.baseline,
            n_tasks=0,
            diff=None,
            ci95=None,
            ci90=None,
            verdict=None,
            reason="",
            undefined=_why_not(effects, dimension, scaffold) if found is None else found.undefined,
        )
    figures = found.comparison.figures
    return Sensitivity(
        vs=effects.baseline,
        n_tasks=figures.n_tasks,
        diff=float(figures.mean),
        ci95=_ends(figures.ci95),
        ci90=_ends(figures.ci90),
        verdict=str(found.decision.verdict) if found.decision.verdict else None,
        reason=found.decision.reason,
        undefined=figures.ci95.undefined,
    )


def spread_of(effects: EffectsResult, dimension: str, scaffold: str) -> Spread:
    """Return the largest difference between two models of a scaffold's effect."""
    own = [one for one in effects.interactions if (one.dimension, one.scaffold) == (dimension, scaffold)]
    models = {name for one in own for name in (one.model_a, one.model_b)}
    gaps = [(abs(one.figures.mean), one, one.figures) for one in own if one.figures is not None]
    if not gaps:
        why = next((one.undefined for one in own if one.undefined), None)
        return Spread(
            models=len(models),
            largest_gap=None,
            between=None,
            ci95=None,
            holm_p=None,
            undefined=why or _no_spread(effects, dimension, scaffold),
        )
    largest = max(size for size, _, _ in gaps)
    _, pair, figures = next(one for one in gaps if one[0] == largest)
    return Spread(
        models=len(models),
        largest_gap=float(figures.mean),
        between=(pair.model_a, pair.model_b),
        ci95=_ends(figures.ci95),
        holm_p=pair.holm_p,
        undefined=figures.ci95.undefined,
    )


def _why_not(effects: EffectsResult, dimension: str, scaffold: str) -> str:
    if scaffold == effects.baseline:
        return f"{scaffold} is the baseline that others are compared with"
    if all(one.dimension != dimension for one in effects.effects):
        return "the dimension is in no comparison: its levels have no differences"
    return f"{scaffold} is not among the contrasts of the plan"


def _no_spread(effects: EffectsResult, dimension: str, scaffold: str) -> str:
    if any((one.dimension, one.scaffold) == (dimension, scaffold) for one in effects.effects):
        return "the study has one model under this scaffold"
    return _why_not(effects, dimension, scaffold)


def _ends(found: IntervalEstimate) -> Ends | None:
    return (found.interval.lower, found.interval.upper) if found.interval else None
