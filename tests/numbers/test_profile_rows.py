"""The rows of a profile: counts, mean, flag and agreement by hand, gaps in view, nothing over them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocol.errors import InvalidInputError, UsageError
from protocol.profile.fixed_list import ASPECT_IDS
from protocol.profile.making import System, profile_of, systems_of
from protocol.profile.profile import DISAGREE, Profile, Row
from protocol.profile.profile_plan import ProfileContext
from protocol.report.profile_text import flag_text, level_bar, profile_blocks
from protocol.report.text_block import Sentences
from tests.numbers.profiled import ONE, TASKS, Given, facts_of, protocol, rows_of
from tests.services.small_studies import MODELS

CHECKS = System(model=ONE, scaffold="checks")


def made(given: Given, system: System = CHECKS) -> Profile:
    return profile_of(system, facts_of(rows_of(given)))


def first(profile: Profile) -> Row:
    return next(row for row in profile.rows if row.rubric_dimension == "D1")


def by_place(_model: str, scaffold: str, task: str, _rater: str) -> int:
    """0 under the baseline; 0, 1, 1, 2, 2, 3 under the other."""
    return 0 if scaffold == "plain" else (0, 1, 1, 2, 2, 3)[TASKS.index(task)]


def test_counts_mean_and_interval_of_a_row() -> None:
    """Levels 0 1 1 2 2 3: mean 1.5, s = sqrt(5.5 / 5), t(.975, 5) = 2.5706: 1.5 -/+ 1.1007."""
    row = first(made(by_place))
    result, evidence = row.result, row.evidence
    assert result is not None
    assert evidence is not None
    assert result.counts == (2, 4, 4, 2)
    assert (result.n, evidence.n_transcripts, evidence.n_tasks, evidence.n_raters) == (12, 6, 6, 2)
    assert result.mean == result.mean_all_ratings == 1.5
    assert result.ci95 == pytest.approx((0.3993, 2.6007), abs=5e-5)
    assert (result.median, result.flag, evidence.letter) == (1, "none", "R")


def test_effect_and_agreement_are_those_of_the_study() -> None:
    """Taken over, not computed again."""
    facts = facts_of(rows_of(by_place))
    row = first(profile_of(CHECKS, facts))
    effect = next(one for one in facts.effects.effects if (one.dimension, one.model) == ("D1", ONE))
    assert effect.comparison is not None
    assert row.scaffold_sensitivity is not None
    assert row.scaffold_sensitivity.diff == float(effect.comparison.figures.mean) == 1.5
    assert row.scaffold_sensitivity.verdict == str(effect.decision.verdict)
    assert row.spread_over_models is not None
    assert (row.spread_over_models.models, row.spread_over_models.largest_gap) == (2, 0.0)
    assert row.agreement is not None
    kappa = next(
        one
        for one in facts.agreement.dimensions[0].coefficients
        if (one.measure, one.weights) == ("conger_kappa", "quadratic")
    )
    assert row.agreement.kappa.value == kappa.estimate.value == 1.0


def test_the_baseline_is_compared_with_nothing() -> None:
    """No effect and no spread, with the reason."""
    row = first(made(by_place, System(model=ONE, scaffold="plain")))
    assert row.scaffold_sensitivity is not None
    assert row.scaffold_sensitivity.diff is None
    assert "is the baseline" in str(row.scaffold_sensitivity.undefined)
    assert row.spread_over_models is not None
    assert "is the baseline" in str(row.spread_over_models.undefined)


@pytest.mark.parametrize(("level", "flag"), [(0, "floor"), (3, "ceiling"), (2, "none")])
def test_a_row_at_an_end_of_the_scale_says_so(level: int, flag: str) -> None:
    """Twelve tasks of twelve at an end: share 1, exact lower bound .78, at least the plan's .70."""
    tasks = tuple(f"t{number}" for number in range(12))
    found = first(profile_of(CHECKS, facts_of(rows_of(lambda *_: level, tasks=tasks))))
    assert found.result is not None
    assert found.result.flag == flag
    assert found.result.mean == level
    assert found.result.ci95 is None
    assert "the same mean" in str(found.result.undefined)
    assert "agreement undefined" in flag_text(found)


def test_six_tasks_at_the_top_are_too_few_for_a_ceiling() -> None:
    """6 of 6: the exact lower bound is .61, under the plan's .70."""
    found = first(made(lambda *_: 3))
    assert found.result is not None
    assert found.result.flag == "none"


def test_raters_who_disagree_are_said_before_the_numbers() -> None:
    """Below a quadratic kappa of 0.60 the row says to read the counts, and prints them."""

    def torn(_model: str, _scaffold: str, task: str, rater: str) -> int:
        place = TASKS.index(task)
        return place % 4 if rater == "R1" else (place + 2) % 4

    profile = made(torn)
    assert first(profile).agreement is not None
    assert flag_text(first(profile)) == DISAGREE
    lines = next(block.lines for block in profile_blocks([profile]) if isinstance(block, Sentences))
    assert f"  {DISAGREE} (3 3 3 3)" in lines


def test_one_rater_has_no_agreement() -> None:
    """Said in words, no number in its place."""
    row = first(profile_of(CHECKS, facts_of(rows_of(by_place, raters=("R1",)))))
    assert row.agreement is not None
    assert row.agreement.kappa.value is None
    assert "one rater" in str(row.agreement.reading)


def test_rows_without_evidence_stand_there_empty() -> None:
    """Every row of the fixed list, and a dimension that nobody rated; no result, and why."""
    profile = made(by_place)
    assert [row.dimension for row in profile.rows] == ["D1", "D2", *ASPECT_IDS]
    empty = [row for row in profile.rows if row.evidence is None]
    assert [row.dimension for row in empty] == ["D2", *ASPECT_IDS]
    assert all(row.result is None and row.no_evidence for row in empty)
    printed = "\n".join(
        line for block in profile_blocks([profile]) if isinstance(block, Sentences) for line in block.lines
    )
    assert printed.count("no evidence") == len(empty)
    assert max(map(len, printed.split("\n"))) < 80


def test_a_dimension_that_speaks_of_the_list_takes_its_row_and_guards_stand_apart() -> None:
    """The row has the name of the list; the guard is in no row."""
    study = protocol('[profile]\nguards = ["D2"]\n[profile.dimensions]\nD1 = "workflow_authority"')
    rows = rows_of(by_place) + rows_of(by_place, dimension="D2")
    profile = profile_of(CHECKS, facts_of(rows, study=study))
    assert sorted(row.dimension for row in profile.rows) == sorted(ASPECT_IDS)
    assert profile.rows[0].name == "Workflow and authority"
    assert [row.dimension for row in profile.guards] == ["D2"]


def test_not_ratable_answers_are_counted_and_never_a_level() -> None:
    """Two tasks of six not ratable: more than 3 in 15, so no mean; the counts stay."""
    row = first(made(lambda _model, _scaffold, task, _rater: None if task in TASKS[:2] else 1))
    assert row.result is not None
    assert row.result.counts == (0, 8, 0, 0)
    assert [(one.code, one.n) for one in row.result.not_ratable] == [("refusal", 4)]
    assert row.result.mean is None
    assert "more than 3 in 15" in str(row.result.undefined)


def test_few_tasks_have_a_mean_without_an_interval() -> None:
    """Under five tasks, with the reason."""
    row = first(profile_of(CHECKS, facts_of(rows_of(by_place, tasks=TASKS[:4]))))
    assert row.result is not None
    assert (row.result.mean, row.result.ci95) == (1.0, None)
    assert "fewer than 5" in str(row.result.undefined)


def test_a_system_needs_model_scaffold_and_context() -> None:
    """Without users, or without the scaffold's text, there is no profile."""
    facts = facts_of(rows_of(by_place))
    with pytest.raises(UsageError, match="who used it"):
        profile_of(CHECKS, replace(facts, context=ProfileContext()))
    rows = tuple(
        replace(row, scaffold="other") if row.scaffold == "checks" else row for row in facts.table.rows
    )
    with pytest.raises(InvalidInputError, match="exact text is not known"):
        profile_of(System(model=ONE, scaffold="other"), facts_of(rows))


def test_the_order_of_ratings_changes_nothing() -> None:
    """The same rows in another order give the same profile."""
    rows = rows_of(by_place)
    assert profile_of(CHECKS, facts_of(rows)) == profile_of(CHECKS, facts_of(rows[::-1]))


def test_systems_are_listed_by_name() -> None:
    """Every model under every scaffold it was rated in."""
    found = systems_of(facts_of(rows_of(by_place)).table)
    assert [(one.model, one.scaffold) for one in found] == [
        (model, scaffold) for model in sorted(MODELS) for scaffold in ("checks", "plain")
    ]


@pytest.mark.parametrize(
    ("counts", "bar"),
    [
        ((1, 1, 1, 1), "|░░░▒▒▒▓▓▓███|"),
        ((100, 0, 0, 1), "|░░░░░░░░░░░█|"),
        ((0, 0), "|            |"),
        ((1, 0, 0, 0, 0, 1), "|000000555555|"),
    ],
)
def test_a_bar_shows_every_level_that_was_given(counts: tuple[int, ...], bar: str) -> None:
    """Shares by largest remainder; one in a hundred is still seen."""
    assert level_bar(counts) == bar
