"""The datasheet: answers where the study knows them, blanks where only the authors do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocol.report.heds import QUESTIONS
from protocol.simulated import SIMULATED
from rater.services.results.reporting import study_report
from tests.services.small_studies import APP, unblinded_study

AUTHORS = ("1.3.1.1", "1.3.2.3", "3.1.3.1", "3.2.3", "3.2.4", "3.2.5", "3.3.4.1", "5.1", "5.4")
"""Questions that no file of a study can answer; 3.2.4 because this study has no training."""


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, object]]]:
    door = unblinded_study(tmp_path_factory.mktemp("heds"))
    value = json.loads(study_report(door.small.study, app=APP).extra["heds.json"])
    assert isinstance(value, dict)
    return value


def test_what_only_authors_know_is_blank(form: dict[str, dict[str, dict[str, object]]]) -> None:
    """Every question stands there; none is answered by a guess."""
    assert set(QUESTIONS.values()) <= set(form)
    assert [number for number in AUTHORS if form[QUESTIONS[number]]["data"] != {"": ""}] == []


def test_what_the_study_knows_is_answered(form: dict[str, dict[str, dict[str, object]]]) -> None:
    """Sizes, raters, scale and agreement; simulated ratings are named in the first answer."""

    def answer(number: str) -> dict[str, object]:
        return form[QUESTIONS[number]]["data"]

    assert answer("3.1.1") == {"": "3"}
    assert answer("3.2.1") == {"": "3"}
    assert str(answer("1.1.2")[""]).startswith(SIMULATED)
    assert set(answer("4.3.3")) == {"D1", "D2"}
    assert answer("4.3.3")["D1"] == "4"
    assert "alpha" in str(answer("4.3.11.1")["D1"])
    assert answer("4.3.12.1")["D1"] == "IntraAA not assessed"
    assert form["heds-criteria-criterion"]["control"] == {"D1": True, "D2": False}


def test_a_datasheet_of_the_same_study_has_the_same_bytes(tmp_path: Path) -> None:
    """No clock and no order of a set."""
    study = unblinded_study(tmp_path).small.study
    assert study_report(study, app=APP).extra == study_report(study, app=APP).extra
