"""Decisions on hits: a fingerprint of place and words, one line each, a later one wins."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.deidentify.decisions import DECIDED, Decision, HitPlace, parse_decisions
from protocol.deidentify.leak_class import Action
from protocol.errors import InvalidInputError
from protocol.transcript import Origin

PLACE = HitPlace(
    origin=Origin(model="m", scaffold="s", task="t", replicate=1, source="run-7"),
    message=1,
    field="text",
    start=40,
    found="ChatGPT",
    rule="name",
)


def decision(hit: str = "ab" * 6, action: Action = Action.KEEP, reason: str = "a quote") -> Decision:
    return Decision(hit=hit, action=DECIDED[action.value], reason=reason, who="admin", at="2026")


def test_a_fingerprint_is_frozen() -> None:
    """Decisions that were made must fit for ever."""
    assert PLACE.fingerprint == "a03b38ac4c0e"


@pytest.mark.parametrize(
    "other",
    [
        replace(PLACE, origin=replace(PLACE.origin, model="n")),
        replace(PLACE, origin=replace(PLACE.origin, scaffold="n")),
        replace(PLACE, origin=replace(PLACE.origin, task="n")),
        replace(PLACE, origin=replace(PLACE.origin, replicate=2)),
        replace(PLACE, message=2),
        replace(PLACE, field="tool_calls[0].name"),
        replace(PLACE, start=41),
        replace(PLACE, found="chatgpt"),
        replace(PLACE, rule="study name"),
    ],
)
def test_another_place_word_or_rule_is_another_hit(other: HitPlace) -> None:
    """A decision holds for one hit and for no other."""
    assert other.fingerprint != PLACE.fingerprint


def test_the_running_number_of_a_source_is_no_part_of_it() -> None:
    """The same transcripts under other ids of their file keep their decisions."""
    assert replace(PLACE, origin=replace(PLACE.origin, source="run-8")).fingerprint == PLACE.fingerprint


@given(reason=st.text(st.characters(codec="utf-8"), max_size=60), who=st.text(st.characters(codec="utf-8")))
def test_a_decision_is_one_line_and_comes_back(reason: str, who: str) -> None:
    """Whatever stands in the reason: line separators of any kind, quotes, control characters."""
    one = replace(decision(reason=reason), who=who)
    line = one.line()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert parse_decisions(line, where="F") == {one.hit: one}


def test_a_later_line_wins_and_blank_ones_are_passed_over() -> None:
    """The file is only added to; changing one's mind is one line more."""
    first, second, other = decision(), decision(action=Action.REPLACE), decision(hit="cd" * 6)
    text = f"{first.line()}\n  \n{other.line()}{second.line()}"
    assert parse_decisions(text, where="F") == {first.hit: second, other.hit: other}


def test_no_text_is_no_decision() -> None:
    """An empty file decides nothing."""
    assert parse_decisions("", where="F") == {}


def test_line_ends_of_another_system_are_read() -> None:
    """An editor on another system saved the file."""
    assert parse_decisions(decision().line().replace("\n", "\r\n"), where="F") == {"ab" * 6: decision()}


def _line(**fields: object) -> str:
    return json.dumps(json.loads(decision().line()) | fields)


MISTAKES = {
    "no JSON": "keep it",
    "a list": "[]",
    "a number": "1",
    "an unknown action": _line(action="ask"),
    "an action that is a list": _line(action=["keep"]),
    "a hit that is no text": _line(hit=7),
    "a reason that is no text": _line(reason=None),
    "a field less": '{"hit":"x","action":"keep"}',
    "nesting without end": '{"hit":' + "[" * 100_000,
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_line_that_is_no_decision_is_named(name: str) -> None:
    """File and line, and what a decision looks like; nothing of the file is used."""
    with pytest.raises(InvalidInputError) as caught:
        parse_decisions(f"{decision().line()}{MISTAKES[name]}\n", where="F")
    (problem,) = caught.value.problems
    assert problem.where == "F, line 2"
    assert "replace, keep or drop-task" in problem.expected


def test_every_mistake_is_named_at_once() -> None:
    """Three lines of five."""
    text = f"x\n{decision().line()}y\n{decision().line()}z"
    with pytest.raises(InvalidInputError) as caught:
        parse_decisions(text, where="F")
    assert [problem.where for problem in caught.value.problems] == ["F, line 1", "F, line 3", "F, line 5"]


def test_waiting_is_no_decision() -> None:
    """`ask` is what the plan says of a class; nobody can decide to ask."""
    assert sorted(DECIDED) == ["drop-task", "keep", "replace"]
