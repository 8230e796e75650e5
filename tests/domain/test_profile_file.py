"""Profiles as files: read back as they were written, and refused where a rule of profiles is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from protocol.errors import InvalidInputError
from protocol.profile.making import System, profile_of
from protocol.profile.profile import Profile
from protocol.profile.profile_file import profile_json, profile_text, read_profile
from tests.numbers.profiled import ONE, facts_of, rows_of


@pytest.fixture(scope="module")
def profile() -> Profile:
    """A profile with evidence on one row."""
    facts = facts_of(rows_of(lambda _model, _scaffold, task, _rater: ord(task[-1]) % 4))
    return profile_of(System(model=ONE, scaffold="checks"), facts)


def test_a_profile_is_read_back_as_it_was_written(profile: Profile) -> None:
    """Every field, and the same bytes again."""
    text = profile_text(profile)
    found = read_profile(text, where="F")
    assert found == profile
    assert profile_text(found) == text


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list | tuple) else set()


def test_no_key_of_the_format_sums_rows_up(profile: Profile) -> None:
    """Names of studies, tasks and raters are values, so the rule on keys needs no exception."""
    keys = keys_of(json.loads(profile_text(profile)))
    assert not keys & {"overall", "total", "score", "rank"}
    assert not keys & {"task-a", "R1", ONE, "D1"}


def at_top(body: dict[str, Any], key: str) -> None:
    body[key] = 3


def in_a_row(body: dict[str, Any], key: str) -> None:
    body["rows"][0]["result"][key] = 3


def in_the_context(body: dict[str, Any], key: str) -> None:
    body["subject"]["context"][key] = {"deep": [1]}


@pytest.mark.parametrize("place", [at_top, in_a_row, in_the_context])
@pytest.mark.parametrize(
    "key", ["overall", "total", "score", "rank", "Overall", "overall_score", "totalScore", "alignment-rank"]
)
def test_a_value_over_the_rows_is_refused_wherever_it_stands(
    profile: Profile, key: str, place: Callable[[dict[str, Any], str], None]
) -> None:
    """Whatever the spelling, with the place."""
    body = profile_json(profile)
    place(body, key)
    with pytest.raises(InvalidInputError, match="no overall value") as caught:
        read_profile(json.dumps(body), where="F")
    assert caught.value.problems[0].where.replace('"', "").endswith(key)


def no_counts(body: dict[str, Any]) -> None:
    body["rows"][0]["result"]["counts"] = []


def other_n(body: dict[str, Any]) -> None:
    body["rows"][0]["result"]["n"] = 99


def mean_alone(body: dict[str, Any]) -> None:
    body["rows"][0]["result"].update(ci95=None, undefined=None)


def no_level(body: dict[str, Any]) -> None:
    del body["rows"][0]["evidence"]["level"]


def other_letter(body: dict[str, Any]) -> None:
    body["rows"][0]["evidence"]["letter"] = "D"


def no_users(body: dict[str, Any]) -> None:
    body["subject"]["context"]["users"] = " "


def no_scaffold(body: dict[str, Any]) -> None:
    del body["subject"]["scaffold"]


def result_without_evidence(body: dict[str, Any]) -> None:
    body["rows"][0]["evidence"] = None


def other_scaffold(body: dict[str, Any]) -> None:
    body["comparable"]["scaffold"] = "0" * 64


def twice(body: dict[str, Any]) -> None:
    body["rows"].append(body["rows"][0])


def not_finite(body: dict[str, Any]) -> None:
    body["rows"][0]["result"]["mean"] = float("nan")


def another_schema(body: dict[str, Any]) -> None:
    body["schema"] = "effects/1"


@pytest.mark.parametrize(
    "broken",
    [
        no_counts,
        other_n,
        mean_alone,
        no_level,
        other_letter,
        no_users,
        no_scaffold,
        result_without_evidence,
        other_scaffold,
        twice,
        not_finite,
        another_schema,
    ],
)
def test_what_breaks_a_rule_is_no_profile(profile: Profile, broken: Callable[[dict[str, Any]], None]) -> None:
    """A mean without its counts, n and interval; a row without its level; a system with a part missing."""
    body = json.loads(profile_text(profile))
    read_profile(json.dumps(body), where="F")
    broken(body)
    with pytest.raises(InvalidInputError) as caught:
        read_profile(json.dumps(body), where="F")
    assert "F" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "[" * 100_000])
def test_what_is_no_profile_is_said(text: str) -> None:
    """Empty, cut off, of another kind, nested without end."""
    with pytest.raises(InvalidInputError):
        read_profile(text, where="F")
