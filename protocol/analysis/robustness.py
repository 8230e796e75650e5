"""Do the effects hold when they are computed another way? Each variant changes one thing.

Each rater alone, consensus levels (lower medians) instead of differences inside raters, the consensus
of an adjudication, both ways to fold four levels into three, without ratings that may not have been
blind, and each batch of tasks alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from protocol.adjudication.consensus import ConsensusBy, ConsensusCell, consensus_table
from protocol.analysis.effects import estimated_effects
from protocol.analysis.effects_result import EffectsResult, Robustness, Variant
from protocol.analysis.rating_table import DimensionSpec, LeaveOut, Number, RatingTable
from protocol.rubric import Scale
from protocol.study import AnalysisPlan

COLLAPSES: Mapping[Variant, tuple[int, ...]] = {Variant.STRICT: (0, 1, 1, 2), Variant.LENIENT: (0, 1, 2, 2)}
"""New level of each of four levels, lowest first."""


def with_robustness(
    result: EffectsResult,
    table: RatingTable,
    *,
    leave_out: Sequence[LeaveOut] = (),
    consensus: Sequence[ConsensusCell] | None = None,
) -> EffectsResult:
    """Return the effects together with those of every variant that the ratings allow.

    Args:
        result: The main analysis.
        table: The ratings it rests on.
        leave_out: Ratings that may not have been blind, each rule a variant of its own.
        consensus: Of an adjudication that ended; None where there is none.
    """
    plan, baseline = result.plan, result.baseline
    found: list[Robustness] = []
    raters = sorted({row.rater for row in table.rows if row.value is not None and row.occasion == 1})
    if len(raters) > 1:
        found.extend(_of_rater(rater, table, baseline, plan) for rater in raters)
        found.append(_other_aggregation(table, baseline, plan))
    if consensus is not None:
        found.append(_of_consensus(consensus, table, baseline, plan))
    four = [spec for spec in table.dimensions if len(spec.levels) == 4 and spec.scale is not Scale.NOMINAL]
    if four:
        found.extend(_collapsed(variant, four, table, baseline, plan) for variant in COLLAPSES)
    found.extend(_without(rule, table, baseline, plan) for rule in leave_out)
    found.extend(_of_batch(batch, table, baseline, plan) for batch in table.batches)
    return replace(result, robustness=tuple(found))


def _of_rater(rater: str, table: RatingTable, baseline: str, plan: AnalysisPlan) -> Robustness:
    rows = tuple(row for row in table.rows if row.rater == rater)
    return Robustness(
        variant=Variant.RATER,
        label=f"{rater} alone",
        what=f"{rater} alone",
        ratings_left_out=len(table.rows) - len(rows),
        effects=estimated_effects(replace(table, rows=rows), like=table, baseline=baseline, plan=plan),
    )


def _of_batch(batch: int, table: RatingTable, baseline: str, plan: AnalysisPlan) -> Robustness:
    rows = tuple(row for row in table.rows if row.batch == batch)
    return Robustness(
        variant=Variant.BATCH,
        label=f"batch {batch}",
        what=f"batch {batch} of tasks alone",
        ratings_left_out=len(table.rows) - len(rows),
        effects=estimated_effects(replace(table, rows=rows), like=table, baseline=baseline, plan=plan),
    )


def _other_aggregation(table: RatingTable, baseline: str, plan: AnalysisPlan) -> Robustness:
    paired = plan.aggregation == "rater_paired"
    other = replace(plan, aggregation="median_low" if paired else "rater_paired")
    return Robustness(
        variant=Variant.AGGREGATION,
        label="consensus" if paired else "inside raters",
        what="differences of consensus levels (lower median)" if paired else "differences inside raters",
        ratings_left_out=0,
        effects=estimated_effects(table, like=table, baseline=baseline, plan=other),
    )


def _of_consensus(
    consensus: Sequence[ConsensusCell], table: RatingTable, baseline: str, plan: AnalysisPlan
) -> Robustness:
    agreed = consensus_table(table, consensus)
    decided = sum(cell.by is ConsensusBy.ADJUDICATED for cell in consensus)
    open_ = sum(cell.by is ConsensusBy.UNRESOLVED for cell in consensus)
    left = f", {open_} unresolved and left out" if open_ else ""
    return Robustness(
        variant=Variant.ADJUDICATED,
        label="adjudicated",
        what=f"the adjudicated consensus ({decided} of {len(consensus)} levels by the adjudicator{left})",
        ratings_left_out=0,
        effects=estimated_effects(agreed, like=table, baseline=baseline, plan=plan)
        if any(row.value is not None for row in agreed.rows)
        else (),
    )


def _collapsed(
    variant: Variant, specs: Sequence[DimensionSpec], table: RatingTable, baseline: str, plan: AnalysisPlan
) -> Robustness:
    folded = COLLAPSES[variant]
    new_level: dict[str, dict[Number, int]] = {
        spec.id: dict(zip(spec.levels, folded, strict=True)) for spec in specs
    }
    rows = tuple(
        row if row.value is None else replace(row, value=new_level[row.dimension][row.value])
        for row in table.rows
        if row.dimension in new_level
    )
    three = replace(
        table,
        rows=rows,
        dimensions=tuple(replace(spec, levels=tuple(sorted(set(folded)))) for spec in specs),
    )
    shown = ", ".join(f"{old} to {new}" for old, new in enumerate(folded))
    return Robustness(
        variant=variant,
        label=str(variant),
        what=f"{variant} folding into three levels ({shown})",
        ratings_left_out=0,
        effects=estimated_effects(three, like=three, baseline=baseline, plan=plan),
    )


def _without(rule: LeaveOut, table: RatingTable, baseline: str, plan: AnalysisPlan) -> Robustness:
    rows = tuple(row for row in table.rows if not rule.applies(row))
    left_out = len(table.rows) - len(rows)
    return Robustness(
        variant=Variant.WITHOUT,
        label=f"without {rule.label}",
        what=f"without {rule.what}",
        ratings_left_out=left_out,
        effects=estimated_effects(replace(table, rows=rows), like=table, baseline=baseline, plan=plan)
        if left_out
        else (),
    )
