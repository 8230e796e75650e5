"""`rater-admin level`: the tree as options, against a study and its claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from rater.services.seeding.starting import start_study
from tests.admin.running import done, refused, run

SCRIPTED = "fixed-inputs=yes,exchange=yes"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return start_study(tmp_path / "study").folder / "study.toml"


def test_answers_give_a_level() -> None:
    """The highest yes, with its tag and what it means."""
    assert done("level", "--answers", SCRIPTED).out == (
        "interaction, scripted: exchanges between a user and a system\n"
    )
    body = done("level", "--answers", "fixed-inputs=yes", "--json").json
    assert (body["level"], body["subtag"]) == ("response", None)


def test_a_study_that_declares_its_level_passes(study: Path) -> None:
    """The shipped study is an interaction, scripted, and claims no more."""
    assert "claim" not in done("level", study, "--answers", SCRIPTED).out


def test_a_study_that_declares_another_level_does_not(study: Path) -> None:
    """Both the declared level and the claims above the evidence are named; exit 3."""
    found = run("level", study, "--answers", "fixed-inputs=yes")
    assert found.code == 3
    assert "claim C1 stands above this evidence" in found.out
    assert "declares the level interaction, scripted" in found.err


def test_bad_answers_are_named() -> None:
    """What cannot be read, and what can be written."""
    refused(2, '"exchange" is no answer', "level", "--answers", "exchange")
    refused(2, "no terminal to ask on", "level")
