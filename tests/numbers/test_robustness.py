"""Effects computed in other ways: each variant against a computation of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from protocol.analysis.effects import effects
from protocol.analysis.effects_json import effects_to_json
from protocol.analysis.effects_result import EffectsResult, Robustness, Variant
from protocol.analysis.rating_table import DimensionSpec, LeaveOut, RatingRow, RatingTable
from protocol.analysis.robustness import with_robustness
from protocol.report.effects_text import effects_blocks
from protocol.report.text_block import TextTable
from protocol.rubric import Scale
from protocol.study import AnalysisPlan

BuildTable = Callable[..., RatingTable]
PLAN = AnalysisPlan(headline=())
SPEC = DimensionSpec(id="d", scale=Scale.ORDINAL, levels=(0, 1, 2, 3))


def _table(*, raters: int = 3, tasks: int = 12, seed: int = 2) -> RatingTable:
    """Two models, one scaffold; it lifts the first model by about a level and leaves the second."""
    draw = random.Random(seed)
    rows: list[RatingRow] = []
    for task in range(tasks):
        for model, lift in (("a", 1), ("b", 0)):
            for scaffold in ("base", "help"):
                level = draw.randrange(3) + (lift if scaffold == "help" else 0)
                rows.extend(
                    RatingRow(
                        unit=f"{model}/{scaffold}/t{task:02d}",
                        rater=f"R{rater + 1}",
                        dimension="d",
                        value=min(3, max(0, level + draw.choice((-1, 0, 0, 0, 1)))),
                        model=model,
                        scaffold=scaffold,
                        task=f"t{task:02d}",
                    )
                    for rater in range(raters)
                )
    return RatingTable(rows=tuple(rows), dimensions=(SPEC,))


def _robust(table: RatingTable, *rules: LeaveOut, plan: AnalysisPlan = PLAN) -> EffectsResult:
    return with_robustness(effects(table, baseline="base", plan=plan), table, leave_out=rules)


def _by_label(result: EffectsResult) -> dict[str, Robustness]:
    return {one.label: one for one in result.robustness}


def _shifts(found: EffectsResult | Robustness) -> list[float | None]:
    return [float(one.comparison.figures.mean) if one.comparison else None for one in found.effects]


def _text(result: EffectsResult) -> str:
    lines: list[str] = []
    for block in effects_blocks(result):
        if isinstance(block, TextTable):
            lines.extend([block.title, *(" | ".join(row) for row in block.rows)])
        else:
            lines.extend(block.lines)
    return "\n".join(lines)


def test_every_variant_that_the_ratings_allow_is_there() -> None:
    """Each rater, the other aggregation, both collapses of four levels."""
    result = _robust(_table())
    assert [one.label for one in result.robustness] == [
        "R1 alone",
        "R2 alone",
        "R3 alone",
        "consensus",
        "strict",
        "lenient",
    ]
    assert all(len(one.effects) == len(result.effects) for one in result.robustness)


def test_a_rater_alone_is_the_analysis_of_that_raters_ratings() -> None:
    """The same figures as a table that holds nobody else; the mean of the raters' shifts is the main one."""
    table = _table()
    found = _by_label(_robust(table))
    own = replace(table, rows=tuple(row for row in table.rows if row.rater == "R2"))
    assert found["R2 alone"].effects == effects(own, baseline="base", plan=PLAN).effects
    assert found["R2 alone"].ratings_left_out == 96
    alone = [_shifts(found[f"R{rater} alone"]) for rater in (1, 2, 3)]
    means = [sum(one or 0 for one in three) / 3 for three in zip(*alone, strict=True)]
    assert _shifts(_robust(table)) == pytest.approx(means)


def test_the_other_aggregation_is_the_plan_with_the_other_word() -> None:
    """Consensus beside rater-paired, and rater-paired beside consensus."""
    table = _table()
    median = replace(PLAN, aggregation="median_low")
    assert (
        _by_label(_robust(table))["consensus"].effects == effects(table, baseline="base", plan=median).effects
    )
    swapped = _by_label(_robust(table, plan=median))["inside raters"]
    assert swapped.effects == effects(table, baseline="base", plan=PLAN).effects


def test_collapsed_scales_fold_levels_by_their_place() -> None:
    """Strict joins the two middle levels, lenient the two highest; levels 1 to 4 fold as 0 to 3 do."""
    table = _table()
    found = _by_label(_robust(table))
    for label, folded in (("strict", (0, 1, 1, 2)), ("lenient", (0, 1, 2, 2))):
        by_hand = replace(
            table,
            rows=tuple(replace(row, value=folded[int(row.value or 0)]) for row in table.rows),
            dimensions=(replace(SPEC, levels=(0, 1, 2)),),
        )
        assert found[label].effects == effects(by_hand, baseline="base", plan=PLAN).effects
    raised = replace(
        table,
        rows=tuple(replace(row, value=(row.value or 0) + 1) for row in table.rows),
        dimensions=(replace(SPEC, levels=(1, 2, 3, 4)),),
    )
    again = _by_label(_robust(raised))
    assert [_shifts(again[label]) for label in ("strict", "lenient")] == [
        _shifts(found[label]) for label in ("strict", "lenient")
    ]


def test_only_dimensions_with_four_ordered_levels_are_collapsed() -> None:
    """A second dimension with three levels is in every variant but those."""
    table = _table()
    other = tuple(replace(row, dimension="e", value=min(2, row.value or 0)) for row in table.rows)
    both = replace(
        table,
        rows=(*table.rows, *other),
        dimensions=(SPEC, DimensionSpec(id="e", scale=Scale.ORDINAL, levels=(0, 1, 2))),
    )
    found = _by_label(_robust(both))
    assert {one.dimension for one in found["strict"].effects} == {"d"}
    assert {one.dimension for one in found["R1 alone"].effects} == {"d", "e"}
    nominal = replace(table, dimensions=(replace(SPEC, scale=Scale.NOMINAL),))
    assert {one.variant for one in _robust(nominal).robustness} == {Variant.RATER, Variant.AGGREGATION}


def test_ratings_that_may_not_have_been_blind_are_left_out_by_rule() -> None:
    """What the rule names goes; a rule that names nothing says so and computes nothing."""
    table = _table()
    told = LeaveOut(label="told", what="items somebody knew", applies=lambda row: row.unit == "a/help/t03")
    nothing = LeaveOut(label="nobody", what="ratings of nobody", applies=lambda row: row.rater == "R9")
    result = _robust(table, told, nothing)
    found = _by_label(result)
    assert found["without told"].ratings_left_out == 3
    first = found["without told"].effects[0]
    assert first.comparison is not None
    assert first.comparison.figures.n_tasks == 11
    assert found["without nobody"].effects == ()
    said = _text(result)
    assert "without items somebody knew (3 ratings left out)" in said
    assert "Without ratings of nobody: there are none, nothing can differ." in said


def test_a_comparison_a_variant_cannot_make_keeps_its_place_in_the_family() -> None:
    """All ratings of one arm left out: not estimable, and Holm still counts it."""
    table = _table()
    rule = LeaveOut(
        label="arm", what="one arm", applies=lambda row: (row.model, row.scaffold) == ("b", "help")
    )
    found = _by_label(_robust(table, rule))["without arm"]
    lost = next(one for one in found.effects if one.model == "b")
    kept = next(one for one in found.effects if one.model == "a")
    assert lost.undefined == "Not estimable: b has no rating under help."
    assert kept.family_size == 2
    assert "not estimable" in _text(_robust(table, rule))


def test_one_rater_has_no_other_way_to_be_averaged() -> None:
    """Alone is the main analysis, and so is the consensus of one."""
    assert {one.variant for one in _robust(_table(raters=1)).robustness} == {Variant.STRICT, Variant.LENIENT}


def test_the_table_counts_the_same_verdicts_and_names_the_others() -> None:
    """A row per effect, on the scale of the plan."""
    result = _robust(_table())
    (table,) = [
        block
        for block in effects_blocks(result)
        if isinstance(block, TextTable) and "does it hold" in block.title
    ]
    assert table.title == "d: does it hold? 6 other ways to compute the same effects"
    for row, main in zip(table.rows, result.effects, strict=True):
        others = [
            (one.label, effect.decision.verdict)
            for one in result.robustness
            for effect in one.effects
            if (effect.model, effect.scaffold) == (main.model, main.scaffold)
        ]
        same = sum(verdict == main.decision.verdict for _, verdict in others)
        assert row[5] == f"{same} of 6"
        differing = [f"{label}: {verdict}" for label, verdict in others if verdict != main.decision.verdict]
        assert row[6] == ("; ".join(differing) or "-")


def test_without_variants_nothing_is_said() -> None:
    """The plain analysis has no such table and an empty list in its JSON."""
    result = effects(_table(), baseline="base", plan=PLAN)
    assert "does it hold" not in _text(result)
    assert effects_to_json(result)["robustness"] == []


def test_json_holds_every_effect_of_every_variant() -> None:
    """The same figures, finite, in the same order."""
    result = _robust(_table())
    whole: dict[str, Any] = effects_to_json(result)
    json.dumps(whole, allow_nan=False)
    variants = whole["robustness"]
    assert [one["label"] for one in variants] == [one.label for one in result.robustness]
    for told, one in zip(variants, result.robustness, strict=True):
        for effect, found in zip(told["effects"], one.effects, strict=True):
            assert found.comparison is not None
            assert effect["mean_diff"] == float(found.comparison.figures.mean)
            assert effect["verdict"] == found.decision.verdict
            assert effect["holm_p"] == found.holm_p
    assert sum(len(one["effects"]) for one in variants) == 12


def test_severity_changes_no_variant_that_pairs_inside_raters() -> None:
    """A level added to one rater throughout: each rater alone and lost blinding stay as they are."""
    draw = random.Random(8)
    low = tuple(replace(row, value=draw.randrange(3)) for row in _table().rows)
    table = replace(_table(), rows=low)
    severe = replace(
        table,
        rows=tuple(
            replace(row, value=(row.value or 0) + 1) if row.rater == "R2" else row for row in table.rows
        ),
    )
    rule = LeaveOut(label="some", what="some", applies=lambda row: row.task == "t01")
    one, other = _by_label(_robust(table, rule)), _by_label(_robust(severe, rule))
    for label in ("R1 alone", "R2 alone", "without some"):
        assert _shifts(one[label]) == _shifts(other[label])
