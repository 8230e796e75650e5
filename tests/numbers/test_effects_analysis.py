"""Effects of a table: pairing, dropping out, families, notes, and the laws they keep."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.analysis.effect import Effect
from protocol.analysis.effects import effects
from protocol.analysis.effects_json import effects_to_json
from protocol.analysis.effects_result import EffectsResult
from protocol.analysis.rating_table import RatingTable
from protocol.errors import InvalidInputError, NotFoundError
from protocol.report.effects_csv import effects_csv, interactions_csv, task_diffs_csv
from protocol.report.effects_text import effects_blocks
from protocol.report.text_block import TextTable
from protocol.rubric import Scale
from protocol.study import AnalysisPlan

PLAN = AnalysisPlan(headline=())
Levels = list[list[float | str | None]]
Ints = list[list[int]]
BuildTable = Callable[..., RatingTable]

grids = st.lists(st.lists(st.sampled_from((0, 1, 2)), min_size=2, max_size=2), min_size=5, max_size=8)
law = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _effects(table: RatingTable, plan: AnalysisPlan = PLAN) -> EffectsResult:
    return effects(table, baseline="base", plan=plan)


def _only(table: RatingTable, plan: AnalysisPlan = PLAN) -> Effect:
    (effect,) = _effects(table, plan).effects
    return effect


def _diffs(effect: Effect) -> dict[str, Fraction]:
    assert effect.comparison is not None
    return effect.comparison.figures.task_diffs


def test_pairs_inside_task_and_rater(study_table: BuildTable) -> None:
    """Only raters who rated both transcripts of a task count; a task without one drops out."""
    base: Levels = [[0, 2], [1, None], [0, None], [1, 1], [0, 0], [1, 1]]
    scaffold: Levels = [[1, 2], [2, 0], [None, 2], [1, 2], [2, 0], [1, 1]]
    effect = _only(study_table({("m", "base"): base, ("m", "s"): scaffold}))
    assert _diffs(effect) == {
        "t00": Fraction(1, 2),
        "t01": Fraction(1),
        "t03": Fraction(1, 2),
        "t04": Fraction(1),
        "t05": Fraction(0),
    }
    assert effect.comparison is not None
    assert effect.comparison.n_tasks_dropped == 1
    assert effect.comparison.figures.mean == Fraction(3, 5)


def test_consensus_is_the_lower_median_of_all_raters(study_table: BuildTable) -> None:
    """0 and 2 give 0; 0, 1, 2 give 1; the levels of the consensus are compared, not the means."""
    base: Levels = [[0, 2, None], [0, 1, 2], [2, 2, 2], [1, 1, 1], [2, 2, 0]]
    scaffold: Levels = [[2, 2, 2], [1, 1, 1], [2, 2, 0], [0, 0, 2], [2, 2, 2]]
    effect = _only(study_table({("m", "base"): base, ("m", "s"): scaffold}))
    assert effect.comparison is not None
    levels = effect.comparison.levels
    assert (levels.up, levels.down, levels.same, levels.changed.k) == (1, 1, 3, 2)
    assert (levels.baseline_at_top.k, levels.scaffold_at_top.k, levels.changed.n) == (2, 3, 5)


def test_replicates_are_averaged_inside_the_cell_first(study_table: BuildTable) -> None:
    """Two transcripts of a cell count as one task with a rater's mean."""
    table = study_table({("m", "base"): [[0]] * 5, ("m", "s"): [[2]] * 5})
    second = tuple(
        replace(row, unit=row.unit + "/2", replicate=2, value=1) for row in table.rows if row.scaffold == "s"
    )
    result = _effects(replace(table, rows=(*table.rows, *second)))
    assert set(_diffs(result.effects[0]).values()) == {Fraction(3, 2)}
    assert any("averaged within model, scaffold and task" in note for note in result.notes)


def test_repeats_give_the_noise_floor(study_table: BuildTable) -> None:
    """One of five ratings asked for twice is another level; a repeat without a level is no repeat."""
    table = study_table({("m", "base"): [[0]] * 6, ("m", "help"): [[1]] * 6})
    again = tuple(
        replace(row, occasion=2, value=None if row.task == "t05" else int(row.task == "t00"))
        for row in table.rows
        if row.scaffold == "base"
    )
    notes = effects(replace(table, rows=(*table.rows, *again)), baseline="base", plan=PLAN).notes
    assert (
        "Noise floor: raters gave another level to 1 of 5 ratings they were asked for twice (20%); read "
        "unchanged against it." in notes
    )
    assert not any("Noise floor" in note for note in effects(table, baseline="base", plan=PLAN).notes)


def test_repeated_presentations_do_not_enter(study_table: BuildTable) -> None:
    """Occasion 2 is left out and said to be."""
    table = study_table({("m", "base"): [[0]] * 5, ("m", "s"): [[2]] * 5})
    repeats = tuple(replace(row, occasion=2, value=0) for row in table.rows)
    result = _effects(replace(table, rows=(*table.rows, *repeats)))
    assert set(_diffs(result.effects[0]).values()) == {Fraction(2)}
    assert any("Repeated presentations are left out" in note for note in result.notes)


def test_fewer_than_five_tasks_have_values_and_no_claim(study_table: BuildTable) -> None:
    """Four tasks: shift and p, but no interval, no equivalence test, no verdict."""
    effect = _only(study_table({("m", "base"): [[0, 0], [1, 0], [0, 1], [0, 0]], ("m", "s"): [[1, 2]] * 4}))
    assert effect.comparison is not None
    figures = effect.comparison.figures
    assert figures.mean > 0
    assert figures.sign_flip.exact == Fraction(2, 16)
    assert figures.ci95.undefined == "fewer than 5 tasks (4)"
    assert figures.tost.value is None
    assert effect.decision.verdict is None
    assert effect.decision.reason == "No verdict: 4 tasks, fewer than 5."


def test_more_than_three_in_fifteen_not_ratable_is_not_estimable(study_table: BuildTable) -> None:
    """3 of 15 pass, 4 of 15 do not; the effect keeps its place in the family with p = 1."""
    base: Levels = [[0]] * 15
    for not_ratable, estimable in ((3, True), (4, False)):
        scaffold: Levels = [["refusal"] if task < not_ratable else [2] for task in range(15)]
        other: Levels = [[2]] * 15
        arms = {("m", "base"): base, ("m", "s"): scaffold, ("m", "other"): other}
        found = {one.scaffold: one for one in _effects(study_table(arms)).effects}
        assert (found["s"].comparison is not None) == estimable
        assert found["other"].family_size == 2
        assert found["other"].comparison is not None
        assert found["other"].holm_p == pytest.approx(2 * found["other"].comparison.figures.sign_flip.p)
    assert found["s"].undefined == (
        "Not estimable: 4 of 15 answers for m under s are not ratable, more than 3 in 15."
    )
    assert found["s"].holm_p is None
    assert found["s"].decision.verdict is None


def test_cells_without_ratings_say_which(study_table: BuildTable) -> None:
    """No baseline for a model, no common rater: a sentence each, no number."""
    arms: dict[tuple[str, str], Levels] = {
        ("a", "base"): [[0, None]] * 5,
        ("a", "s"): [[None, 2]] * 5,
        ("b", "s"): [[1, 1]] * 5,
    }
    found = {one.model: one.undefined for one in _effects(study_table(arms)).effects}
    assert found == {
        "a": "Not estimable: no task has a rater who rated both transcripts.",
        "b": "Not estimable: b has no rating under base.",
    }


def test_contrasts_of_the_plan_are_the_family(study_table: BuildTable) -> None:
    """Declared contrasts count even where a model lacks them; others are left out."""
    arms = {
        (model, scaffold): [[level]] * 5
        for model, scaffold, level in (("a", "base", 0), ("a", "s", 1), ("a", "x", 2), ("b", "base", 0))
    }
    result = _effects(study_table(arms), replace(PLAN, contrasts=("s",)))
    assert [(one.model, one.scaffold, one.family_size) for one in result.effects] == [
        ("a", "s", 2),
        ("b", "s", 2),
    ]
    assert result.effects[1].undefined == "Not estimable: b has no rating under s."
    assert result.interactions[0].undefined == "Not estimable: b has no rating under s."


def test_severity_that_differs_between_raters_cancels(study_table: BuildTable) -> None:
    """Adding a constant to one rater's every rating leaves the effects exactly."""
    base = [[0, 1], [1, 1], [0, 0], [1, 0], [0, 1], [1, 1]]
    scaffold = [[1, 1], [2, 1], [1, 2], [1, 0], [2, 1], [1, 2]]
    levels = (0, 1, 2, 3, 4)
    plain = _only(study_table({("m", "base"): base, ("m", "s"): scaffold}, levels=levels))
    severe = [[[one, other + 2] for one, other in arm] for arm in (base, scaffold)]
    shifted = _only(study_table({("m", "base"): severe[0], ("m", "s"): severe[1]}, levels=levels))
    assert _diffs(plain) == _diffs(shifted)
    assert plain.comparison is not None
    assert shifted.comparison is not None
    assert plain.comparison.figures == shifted.comparison.figures


def test_median_aggregation_compares_consensus_levels(study_table: BuildTable) -> None:
    """The declared alternative is used and said."""
    base: Levels = [[0, 2, 2]] * 5
    scaffold: Levels = [[1, 2, 1]] * 5
    table = study_table({("m", "base"): base, ("m", "s"): scaffold})
    result = _effects(table, replace(PLAN, aggregation="median_low"))
    assert set(_diffs(result.effects[0]).values()) == {Fraction(-1)}
    assert any("consensus levels" in note for note in result.notes)
    assert set(_diffs(_only(table)).values()) == {Fraction(0)}


def test_one_rater_and_nominal_dimensions_are_noted(study_table: BuildTable) -> None:
    """One rater cannot tell severity from noise; nominal levels have no differences."""
    ordinal = study_table({("m", "base"): [[0]] * 5, ("m", "s"): [[1]] * 5})
    nominal = study_table(
        {("m", "base"): [[0]] * 5, ("m", "s"): [[1]] * 5}, scale=Scale.NOMINAL, dimension="kind"
    )
    both = RatingTable(
        rows=(*ordinal.rows, *nominal.rows), dimensions=(*ordinal.dimensions, *nominal.dimensions)
    )
    result = _effects(both)
    assert [one.dimension for one in result.effects] == ["d"]
    assert result.notes == (
        "One rater: severity and noise unseparated.",
        "No effects on kind: levels of a nominal scale have no differences.",
    )


def test_an_unknown_baseline_names_the_scaffolds(study_table: BuildTable) -> None:
    """Not found, with what there is."""
    with pytest.raises(NotFoundError, match=r"'none'.*Scaffolds here: base, s\."):
        effects(study_table({("m", "base"): [[0]], ("m", "s"): [[1]]}), baseline="none", plan=PLAN)


def test_ratings_without_origin_have_no_effects(study_table: BuildTable) -> None:
    """Model, scaffold and task are needed in every row."""
    table = study_table({("m", "base"): [[0]], ("m", "s"): [[1]]})
    hidden = replace(table, rows=(replace(table.rows[0], task=None), *table.rows[1:]))
    with pytest.raises(InvalidInputError, match="1 of 2 ratings have no model, scaffold or task"):
        _effects(hidden)


def test_baseline_alone_compares_nothing(study_table: BuildTable) -> None:
    """No effect, no interaction, an undefined omnibus, and a sentence."""
    result = _effects(study_table({("m", "base"): [[0]] * 5}))
    assert (result.effects, result.interactions) == ((), ())
    assert result.omnibus[0].undefined
    said = [
        line for block in effects_blocks(result) if not isinstance(block, TextTable) for line in block.lines
    ]
    assert "Nothing is compared with the baseline base." in said


@given(base=grids, scaffold=grids, seed=st.integers(0, 99))
@law
def test_names_and_order_of_rows_change_no_byte(
    study_table: BuildTable, base: Ints, scaffold: Ints, seed: int
) -> None:
    """Shuffled rows give the same JSON; renamed raters too."""
    table = study_table({("m", "base"): base, ("m", "s"): scaffold, ("k", "base"): base, ("k", "s"): base})
    shuffled = random.Random(seed).sample(table.rows, len(table.rows))
    renamed = tuple(replace(row, rater={"r1": "zoe", "r2": "abe"}[row.rater]) for row in shuffled)
    texts = {
        json.dumps(effects_to_json(_effects(replace(table, rows=tuple(rows)))), allow_nan=False)
        for rows in (table.rows, shuffled, renamed)
    }
    assert len(texts) == 1


@given(base=grids, scaffold=grids)
@law
def test_swapping_the_arms_negates(study_table: BuildTable, base: Ints, scaffold: Ints) -> None:
    """Shift, median and dominance change sign; p, and the size of the interval, do not."""
    forth = _only(study_table({("m", "base"): base, ("m", "s"): scaffold})).comparison
    back = _only(study_table({("m", "base"): scaffold, ("m", "s"): base})).comparison
    assert forth is not None
    assert back is not None
    one, other = forth.figures, back.figures
    assert (one.mean, one.median, one.dominance) == (-other.mean, -other.median, -other.dominance)
    assert one.sign_flip.exact == other.sign_flip.exact
    assert forth.cliffs_delta_unpaired == -back.cliffs_delta_unpaired
    if one.ci95.interval and other.ci95.interval:
        assert one.ci95.interval.lower == pytest.approx(-other.ci95.interval.upper, abs=1e-12)


@given(base=grids, scaffold=grids)
@law
def test_reversing_the_levels_negates(study_table: BuildTable, base: Ints, scaffold: Ints) -> None:
    """What was high is low: shift and dominance change sign."""
    flipped = [[[2 - one for one in task] for task in arm] for arm in (base, scaffold)]
    one = _only(study_table({("m", "base"): base, ("m", "s"): scaffold})).comparison
    other = _only(study_table({("m", "base"): flipped[0], ("m", "s"): flipped[1]})).comparison
    assert one is not None
    assert other is not None
    assert one.figures.mean == -other.figures.mean
    assert one.figures.dominance == -other.figures.dominance


@given(base=grids, scaffold=grids)
@law
def test_increasing_relabelling_leaves_dominance(study_table: BuildTable, base: Ints, scaffold: Ints) -> None:
    """0, 1, 2 become -1, 5, 6: ordinal effect sizes and level counts stay."""
    labels = {0: -1.0, 1: 5.0, 2: 6.0}
    other = [[[labels[one] for one in task] for task in arm] for arm in (base, scaffold)]
    before = _only(study_table({("m", "base"): base, ("m", "s"): scaffold})).comparison
    after = _only(
        study_table({("m", "base"): other[0], ("m", "s"): other[1]}, levels=(-1.0, 5.0, 6.0))
    ).comparison
    assert before is not None
    assert after is not None
    assert before.figures.dominance == after.figures.dominance
    assert before.cliffs_delta_unpaired == after.cliffs_delta_unpaired
    assert before.levels == after.levels


@given(base=grids, scaffold=grids, factor=st.integers(2, 4), offset=st.integers(-3, 3))
@law
def test_affine_relabelling_scales_the_shift(
    study_table: BuildTable, base: Ints, scaffold: Ints, factor: int, offset: int
) -> None:
    """Twice the distance between levels is twice the shift; p and the ordinal effect sizes stay."""
    moved = [[[factor * one + offset for one in task] for task in arm] for arm in (base, scaffold)]
    levels = tuple(factor * level + offset for level in (0, 1, 2))
    before = _only(study_table({("m", "base"): base, ("m", "s"): scaffold})).comparison
    after = _only(study_table({("m", "base"): moved[0], ("m", "s"): moved[1]}, levels=levels)).comparison
    assert before is not None
    assert after is not None
    assert after.figures.mean == factor * before.figures.mean
    assert after.figures.dominance == before.figures.dominance
    assert after.figures.sign_flip.exact == before.figures.sign_flip.exact


@given(base=grids, scaffold=grids, constant=st.integers(1, 3), first=st.booleans())
@law
def test_a_constant_added_to_one_rater_leaves_every_figure(
    study_table: BuildTable, base: Ints, scaffold: Ints, constant: int, first: bool
) -> None:
    """Severity cancels exactly, whoever is severe and however much."""
    levels = (0, 1, 2, 3, 4, 5)
    added = (constant, 0) if first else (0, constant)
    severe = [
        [[one + extra for one, extra in zip(task, added, strict=True)] for task in arm]
        for arm in (base, scaffold)
    ]
    plain = _only(study_table({("m", "base"): base, ("m", "s"): scaffold}, levels=levels)).comparison
    shifted = _only(study_table({("m", "base"): severe[0], ("m", "s"): severe[1]}, levels=levels)).comparison
    assert plain is not None
    assert shifted is not None
    assert plain.figures == shifted.figures


@given(base=grids, scaffold=grids)
@law
def test_names_of_tasks_change_no_figure(study_table: BuildTable, base: Ints, scaffold: Ints) -> None:
    """Named in the opposite order they give the same effect."""
    table = study_table({("m", "base"): base, ("m", "s"): scaffold})
    renamed = tuple(replace(row, task=f"x{99 - int((row.task or '')[1:])}") for row in table.rows)
    one, other = _only(table).comparison, _only(replace(table, rows=renamed)).comparison
    assert one is not None
    assert other is not None
    assert sorted(one.figures.task_diffs.values()) == sorted(other.figures.task_diffs.values())
    assert (one.figures.mean, one.figures.sign_flip) == (other.figures.mean, other.figures.sign_flip)
    assert one.figures.ci95 == other.figures.ci95
    assert one.levels == other.levels


@given(base=grids, scaffold=grids, seed=st.integers(0, 9))
@law
def test_exact_results_do_not_know_the_seed(
    study_table: BuildTable, base: Ints, scaffold: Ints, seed: int
) -> None:
    """P and verdict are the same for any seed."""
    table = study_table({("m", "base"): base, ("m", "s"): scaffold})
    assert _only(table) == _only(table, replace(PLAN, seed=seed))


def _three_models(study_table: BuildTable) -> EffectsResult:
    base: Levels = [[0, 0]] * 15
    up: Levels = [[2, 2 if task else 1] for task in range(15)]
    arms: dict[tuple[str, str], Levels] = {}
    for model, scaffold in (("a", up), ("b", base), ("c", up)):
        arms[model, "base"] = base
        arms[model, "s"] = scaffold
    return _effects(study_table(arms))


def test_a_difference_between_models_is_called_scale_free_only_when_it_is(study_table: BuildTable) -> None:
    """One moves, the other has room and stays: scale-free. No shown difference is not equality."""
    found = {(one.model_a, one.model_b): one for one in _three_models(study_table).interactions}
    assert found["a", "b"].scale_free
    assert "not only because of where they start" in found["a", "b"].reason
    assert not found["a", "c"].scale_free
    assert "that is not equality" in found["a", "c"].reason
    assert found["a", "b"].family_size == 3


def test_a_model_without_room_for_the_shift_is_no_proof(study_table: BuildTable) -> None:
    """It starts where so large a rise would leave the scale: that it stays says nothing of the scaffold."""
    base: Levels = [[0, 0]] * 15
    up: Levels = [[1, 1 if task else 2] for task in range(15)]
    for start, rest, claimed in ((0, 1, True), (2, 1, False)):
        steady: Levels = [[start, start] if task > 2 else [rest, rest] for task in range(15)]
        arms = {("a", "base"): base, ("a", "s"): up, ("b", "base"): steady, ("b", "s"): steady}
        result = _effects(study_table(arms))
        assert [str(one.decision.verdict) for one in result.effects] == ["raised", "unchanged"]
        (between,) = result.interactions
        assert between.scale_free is claimed
        assert ("not only because" in between.reason) is claimed


def test_a_small_omnibus_p_comes_with_what_else_can_give_it(study_table: BuildTable) -> None:
    """One shift for all moves models that start apart by different numbers of levels."""
    result = _three_models(study_table)
    said = [
        line for block in effects_blocks(result) if not isinstance(block, TextTable) for line in block.lines
    ]
    (line,) = [one for one in said if one.startswith("Any interaction")]
    assert "read it with the baseline means" in line
    flat: Levels = [[task % 2, 1] for task in range(6)]
    same = _effects(study_table({(model, arm): flat for model in "ab" for arm in ("base", "s")}))
    said = [
        line for block in effects_blocks(same) if not isinstance(block, TextTable) for line in block.lines
    ]
    (line,) = [one for one in said if one.startswith("Any interaction")]
    assert "baseline means" not in line


def test_renderings_hold_every_effect(study_table: BuildTable) -> None:
    """CSV rows equal JSON values; text names every verdict, reason and threshold."""
    result = _three_models(study_table)
    whole: dict[str, Any] = effects_to_json(result, notes=("SIMULATED",))
    assert whole["schema"] == "effects/1"
    assert whole["notes"] == ["SIMULATED"]
    assert whole["plan"]["equivalence_margin"] == 0.5
    rows = list(csv.DictReader(io.StringIO(effects_csv(result))))
    assert [float(row["mean_diff"]) for row in rows] == [one["mean_diff"] for one in whole["effects"]]
    assert [row["verdict"] for row in rows] == ["raised_to_ceiling", "unchanged", "raised_to_ceiling"]
    assert len(list(csv.DictReader(io.StringIO(interactions_csv(result))))) == 3
    assert len(list(csv.DictReader(io.StringIO(task_diffs_csv(result))))) == 45
    text = "\n".join(
        "\n".join(" | ".join(row) for row in block.rows)
        if isinstance(block, TextTable)
        else "\n".join(block.lines)
        for block in effects_blocks(result)
    )
    for part in (
        "a | s | 15 | 0.00 > 1.97 | +1.967",
        "a, s: Raised to the ceiling: mean shift +1.97 levels",
        "b, s: Unchanged: mean shift 0.00 levels, Holm p 1.0000; 0 of 15 tasks changed level (exact upper "
        "bound 0.18).",
        "No interval: all 15 differences are equal",
        "Task differences: 0 on 15.",
        "Thresholds: alpha 0.05, margin 0.5 levels",
        "Inconclusive does not mean unchanged.",
    ):
        assert part in text


def test_json_of_an_undefined_effect_is_null_with_a_reason(study_table: BuildTable) -> None:
    """No 0, no nan: null and a sentence, and the counts that are known."""
    arms: dict[tuple[str, str], Levels] = {("m", "base"): [[0, None]] * 5, ("m", "s"): [[None, 2]] * 5}
    whole: dict[str, Any] = effects_to_json(_effects(study_table(arms)))
    (one,) = whole["effects"]
    assert one["n_tasks"] == 0
    for name in ("mean_diff", "ci95", "ci90", "signflip_p", "holm_p", "verdict", "dominance"):
        assert one[name] is None
    assert one["undefined"] == one["reason"] != ""
    assert one["counts"]["ratings_scaffold"] == 5
    said = effects_blocks(_effects(study_table(arms)))
    assert isinstance(said[0], TextTable)
    assert "undefined" in said[0].rows[0]
    effects_csv(_effects(study_table(arms)))


def test_one_task_is_a_task_and_not_tasks(study_table: BuildTable) -> None:
    """Reasons name a single task in the singular."""
    table: RatingTable = study_table({("A", "S0"): [[0, 1]], ("A", "S1"): [[2, 1]]})
    found = effects(table, baseline="S0", plan=AnalysisPlan(headline=("d",)))
    assert found.effects[0].decision.reason == "No verdict: 1 task, fewer than 5."
