"""Two profiles side by side: refused unless they asked the same, and the differences by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from protocol.errors import WrongStateError
from protocol.profile.comparing import PAIRED_IN_RATER, PAIRED_IN_TASK, RowDifference, compare_profiles
from protocol.profile.making import System, profile_of
from protocol.profile.profile import Profile
from protocol.report.document_markdown import document_markdown
from protocol.report.profile_comparison import comparison_document, comparison_json
from tests.numbers.profiled import ONE, TASKS, TWO, facts_of, protocol, rows_of


def level(model: str, _scaffold: str, task: str, rater: str) -> int:
    """R2 is one level above R1; the second model is 1, 1, 1, 0, 0, 2 above the first."""
    more = (1, 1, 1, 0, 0, 2)[TASKS.index(task)] if model == TWO else 0
    return more + (1 if rater == "R2" else 0)


def profiles(ratings: str = "a" * 64) -> tuple[Profile, Profile]:
    facts = facts_of(rows_of(level), ratings=ratings)
    return (
        profile_of(System(model=ONE, scaffold="checks"), facts),
        profile_of(System(model=TWO, scaffold="checks"), facts),
    )


def first(rows: tuple[RowDifference, ...]) -> RowDifference:
    return next(one for one in rows if one.first.dimension == "D1")


def test_differences_of_one_study_are_paired_inside_raters() -> None:
    """0 - (1 1 1 0 0 2): mean -5/6, s = sqrt(17/30), t(.975, 5) = 2.5706: -0.8333 -/+ 0.7900."""
    found = compare_profiles(*profiles())
    one = first(found.rows)
    assert found.paired == PAIRED_IN_RATER
    assert one.difference.value == pytest.approx(-5 / 6)
    assert one.ci95.interval is not None
    assert (one.ci95.interval.lower, one.ci95.interval.upper) == pytest.approx((-1.6233, -0.0433), abs=5e-5)


def test_turned_round_the_difference_changes_its_sign() -> None:
    """Second minus first is minus first minus second."""
    a, b = profiles()
    one, other = first(compare_profiles(a, b).rows), first(compare_profiles(b, a).rows)
    assert one.difference.value == -(other.difference.value or 0)


def test_raters_of_another_study_are_not_taken_for_the_same() -> None:
    """Their codes may be alike; then only means of tasks are compared, and it is said."""
    found = compare_profiles(profiles()[0], profiles("b" * 64)[1])
    assert found.paired == PAIRED_IN_TASK
    assert first(found.rows).difference.value == pytest.approx(-5 / 6)
    assert "other raters" in document_markdown(comparison_document(found), figures=None)


def rubric(one: Profile) -> Profile:
    return replace(one, comparable=replace(one.comparable, rubric="0" * 64))


def tasks(one: Profile) -> Profile:
    return replace(one, comparable=replace(one.comparable, tasks="0" * 64))


def turns(one: Profile) -> Profile:
    return replace(one, comparable=replace(one.comparable, user_turns="0" * 64))


def unknown_turns(one: Profile) -> Profile:
    return replace(one, comparable=replace(one.comparable, user_turns=None))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (rubric, "the rubrics differ"),
        (tasks, "the tasks differ"),
        (turns, "the user turns differ"),
        (unknown_turns, "what the user said is not known"),
    ],
)
def test_profiles_that_asked_something_else_are_refused(
    changed: Callable[[Profile], Profile], said: str
) -> None:
    """With what differs; nothing is computed."""
    a, b = profiles()
    with pytest.raises(WrongStateError, match=said):
        compare_profiles(a, changed(b))
    with pytest.raises(WrongStateError, match=said):
        compare_profiles(changed(a), b)


def test_everything_that_differs_is_named_at_once() -> None:
    """The scaffold among them: another scaffold of the same model is another question."""
    facts = facts_of(rows_of(level))
    a, b = (profile_of(System(model=ONE, scaffold=name), facts) for name in ("plain", "checks"))
    with pytest.raises(WrongStateError, match=r"the tasks differ.*the scaffolds differ"):
        compare_profiles(a, tasks(b))


def test_tasks_and_turns_are_those_that_were_rated() -> None:
    """One task fewer, or one word of a user's turn, gives other hashes; the order of rows does not."""
    whole, other = profiles()
    assert whole.comparable == other.comparable
    rows = rows_of(level)
    less = profile_of(
        System(model=ONE, scaffold="checks"), facts_of([row for row in rows if row.task != TASKS[0]])
    )
    assert less.comparable.tasks != whole.comparable.tasks
    said = {row.unit: (f"About {row.task}!",) for row in rows}
    worded = profile_of(System(model=ONE, scaffold="checks"), facts_of(rows, turns=said))
    assert worded.comparable.tasks == whole.comparable.tasks
    assert worded.comparable.user_turns != whole.comparable.user_turns


def test_turns_of_a_ratings_file_come_from_the_protocol_or_are_not_known() -> None:
    """As study.toml declares them; the same as what raters saw gives the same hash."""
    facts = facts_of(rows_of(level))
    seen = profile_of(System(model=ONE, scaffold="checks"), facts)
    silent = profile_of(System(model=ONE, scaffold="checks"), replace(facts, turns=None))
    assert silent.comparable.user_turns is None
    study = protocol()
    declared = replace(
        study, tasks=tuple(replace(task, turns=(f"About {task.id}?",)) for task in study.tasks)
    )
    told = profile_of(System(model=ONE, scaffold="checks"), replace(facts, turns=None, protocol=declared))
    assert told.comparable == seen.comparable


def test_rows_without_evidence_have_no_difference() -> None:
    """Undefined with the reason, never zero."""
    found = comparison_json(compare_profiles(*profiles()))
    assert isinstance(found["rows"], list)
    empty = [one for one in found["rows"] if one["first"] is None]
    assert len(empty) == 9
    assert all(one["diff"] is None and one["undefined"] == "no evidence" for one in empty)


def test_a_note_of_one_side_says_of_which() -> None:
    """Simulated ratings beside real ones stay marked."""
    a, b = profiles()
    found = compare_profiles(replace(a, notes=("Made up.",)), b)
    assert comparison_document(found).notices == ("Of the first: Made up.",)
