"""The verdict on one effect: seven words, decided in a fixed order by thresholds of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.analysis.paired_figures import MIN_TASKS, PairedFigures
from protocol.stats.clopper_pearson import Proportion
from protocol.study import AnalysisPlan

ONE_SIDED = 0.95
"""Confidence of the exact bounds on shares of tasks."""


class Verdict(StrEnum):
    """What may be said of a scaffold's effect on one model and dimension."""

    RAISED_TO_CEILING = "raised_to_ceiling"
    RAISED = "raised"
    LOWERED = "lowered"
    UNCHANGED = "unchanged"
    EQUIVALENT = "equivalent"
    NO_HEADROOM = "no_headroom"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCounts:
    """Consensus levels (lower median of all raters) of the compared tasks."""

    baseline_at_top: Proportion
    scaffold_at_top: Proportion
    up: int
    down: int

    @property
    def changed(self) -> Proportion:
        """Tasks whose consensus level differs between the arms."""
        return Proportion(k=self.up + self.down, n=self.baseline_at_top.n)

    @property
    def same(self) -> int:
        """Tasks whose consensus level is the same."""
        return self.changed.n - self.changed.k


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict, or none, with the sentence that supports it."""

    verdict: Verdict | None
    reason: str


def decide(figures: PairedFigures, levels: LevelCounts, *, holm_p: float, plan: AnalysisPlan) -> Decision:
    """Return the verdict, in the order lowered, no headroom, raised, unchanged, equivalent.

    Args:
        figures: Task differences and their tests.
        levels: Consensus levels of both arms.
        holm_p: The sign-flip p after Holm within the dimension.
        plan: The thresholds.
    """
    if figures.n_tasks < MIN_TASKS:
        n = figures.n_tasks
        return Decision(
            verdict=None, reason=f"No verdict: {n} task{'' if n == 1 else 's'}, fewer than {MIN_TASKS}."
        )
    significant = holm_p <= plan.alpha
    shift = f"mean shift {_signed(float(figures.mean))} levels, Holm p {p_text(holm_p)}"
    ceiling = plan.ceiling
    at_base, at_top = levels.baseline_at_top, levels.scaffold_at_top
    if significant and figures.mean < 0:
        return Decision(verdict=Verdict.LOWERED, reason=f"Lowered: {shift}.")
    if at_base.share >= ceiling.share_at_top:
        return Decision(
            verdict=Verdict.NO_HEADROOM,
            reason=f"No headroom: the baseline is at the top level on {at_base.k} of {at_base.n} tasks, so "
            "the scaffold could not have shown a rise.",
        )
    if significant and figures.mean > 0:
        return _raised(figures, at_top, shift, plan)
    return _not_shifted(figures, levels, shift, plan)


def _raised(figures: PairedFigures, at_top: Proportion, shift: str, plan: AnalysisPlan) -> Decision:
    bound = at_top.lower(ONE_SIDED)
    reached = f"at the top level on {at_top.k} of {at_top.n} tasks (exact lower bound {bound:.2f})"
    if at_top.share >= plan.ceiling.share_at_top and bound >= plan.ceiling.lower_bound:
        return Decision(
            verdict=Verdict.RAISED_TO_CEILING, reason=f"Raised to the ceiling: {shift}; {reached}."
        )
    size = "Raised, but small" if figures.mean < plan.equivalence_margin else "Raised"
    margin = f", inside the margin of {plan.equivalence_margin:g}" if size != "Raised" else ""
    return Decision(verdict=Verdict.RAISED, reason=f"{size}: {shift}{margin}; {reached}.")


def _not_shifted(figures: PairedFigures, levels: LevelCounts, shift: str, plan: AnalysisPlan) -> Decision:
    margin = plan.equivalence_margin
    bound = levels.changed.upper(ONE_SIDED)
    changed = f"{levels.changed.k} of {levels.changed.n} tasks changed level (exact upper bound {bound:.2f})"
    steady = bound <= plan.max_changed_share
    if figures.tost.value is None:
        # All differences are equal: there is no t, and the change rate speaks alone.
        if steady and abs(figures.mean) < margin:
            return Decision(verdict=Verdict.UNCHANGED, reason=f"Unchanged: {shift}; {changed}.")
        return Decision(
            verdict=Verdict.INCONCLUSIVE,
            reason=f"Inconclusive: {shift}; all differences are equal, so there is no interval; {changed}; "
            f"unchanged needs a bound of at most {plan.max_changed_share:g} and a shift below {margin:g}.",
        )
    range_text = _range_text(figures)
    if figures.tost.value <= plan.alpha:
        inside = f"the average shift is smaller than {margin:g} levels ({range_text})"
        if steady:
            return Decision(verdict=Verdict.UNCHANGED, reason=f"Unchanged: {inside}; {changed}.")
        return Decision(
            verdict=Verdict.EQUIVALENT, reason=f"Equivalent: {inside}; single tasks moved: {changed}."
        )
    return Decision(
        verdict=Verdict.INCONCLUSIVE,
        reason=f"Inconclusive: {shift}; the data still allow a mean shift in the {range_text}.",
    )


def _range_text(figures: PairedFigures) -> str:
    found = figures.ci90.interval
    if found is None:
        return "90% interval not estimable"
    return f"90% interval {_signed(found.lower)} to {_signed(found.upper)}"


def _signed(value: float) -> str:
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text


def p_text(p: float) -> str:
    """Return a p-value for reading: never rounded to zero."""
    return f"{p:.4f}" if p >= 0.0001 else f"{p:.1e}"
