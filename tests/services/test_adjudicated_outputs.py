"""The consensus of an adjudication in every output: a column of its own, never in the main numbers."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest

from protocol.analysis.effects_result import Variant
from rater.services.adjudication.adjudicating import (
    finish_adjudication,
    open_adjudication,
    waive_adjudication,
)
from rater.services.auditing.audit_results import read_coverage
from rater.services.doors.doors import lock_study
from rater.services.results.analysing import analyse_effects, analyse_robustness
from rater.services.results.exporting import export_study
from rater.services.results.reporting import report_text
from rater.services.results.study_ratings import read_study_ratings
from tests.services.adjudicated_studies import code_of, decide, finished_apart, locked_apart, open_adjudicator
from tests.services.small_audits import write_audit
from tests.services.small_studies import ADMIN, SmallStudy, clock, unblind_small, unblinded_study


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


@pytest.fixture
def opened(tmp_path: Path) -> SmallStudy:
    """A study that was adjudicated for level 2 everywhere, and unblinded."""
    small = finished_apart(tmp_path)
    unblind_small(small, code_of(small))
    return small


def test_the_export_has_the_consensus_with_where_it_is_from(opened: SmallStudy, tmp_path: Path) -> None:
    """One row a cell in a file of its own, and the same as columns beside each rating."""
    export_study(opened.study, tmp_path / "out", app="0")
    cells = _rows(tmp_path / "out" / "consensus.csv")
    assert len(cells) == 24
    by = [row["consensus_by"] for row in cells]
    assert (by.count("adjudicated"), by.count("agreed")) == (5, 19)
    for row in cells:
        decided = row["consensus_by"] == "adjudicated"
        assert row["consensus"] == ("2" if decided or row["dimension"] == "D2" else "1")
        assert row["consensus_reason"] == ("overlooked" if decided else "")
    named = {(row["unit"], row["dimension"]): row["consensus_by"] for row in cells}
    for row in _rows(tmp_path / "out" / "ratings.csv"):
        assert row["consensus_by"] == named[row["unit"], row["dimension"]]


def test_a_study_without_the_table_exports_as_ever(tmp_path: Path) -> None:
    """No file and no column of it."""
    small = unblinded_study(tmp_path).small
    assert "consensus.csv" not in export_study(small.study, tmp_path / "out", app="0")
    assert "consensus" not in _rows(tmp_path / "out" / "ratings.csv")[0]


def test_an_adjudication_under_way_is_no_consensus(tmp_path: Path) -> None:
    """Nothing half-done leaves the house."""
    small = locked_apart(tmp_path)
    desk = open_adjudicator(small)
    decide(desk, 0)
    desk.close()
    assert "consensus.csv" not in export_study(small.study, tmp_path / "out", app="0")


def test_what_was_waived_is_unresolved(tmp_path: Path) -> None:
    """What was decided before counts; the rest has no level and says so."""
    small = locked_apart(tmp_path)
    desk = open_adjudicator(small)
    decide(desk, 0)
    desk.close()
    waive_adjudication(small.study, who=ADMIN, clock=clock)
    export_study(small.study, tmp_path / "out", app="0")
    by = [row["consensus_by"] for row in _rows(tmp_path / "out" / "consensus.csv")]
    assert (by.count("adjudicated"), by.count("unresolved")) == (1, 4)


def test_effects_have_a_line_of_it_and_are_else_the_raters_own(opened: SmallStudy) -> None:
    """D1 under checks: R2 gave 3, the others 1, decided 2; the main shift is that inside raters."""
    ratings = read_study_ratings(opened.study)
    assert ratings.protocol is not None
    main = analyse_effects(ratings.table, baseline="plain", plan=ratings.protocol.analysis)
    found = analyse_robustness(main, ratings.table, consensus=ratings.consensus)
    assert found.effects == main.effects
    labels = [one.label for one in found.robustness]
    assert "consensus" in labels
    (settled,) = (one for one in found.robustness if one.variant is Variant.ADJUDICATED)
    assert "5 of 24 levels by the adjudicator" in settled.what
    shifts = {
        (one.model, one.dimension): one.comparison.figures.mean for one in settled.effects if one.comparison
    }
    # Two of the three tasks have R2: there the consensus goes from 1 to 2, in the third it stays.
    assert {shifts[model, "D1"] for model in ("canary-one", "canary-two")} == {Fraction(2, 3)}
    without = analyse_robustness(main, ratings.table)
    assert not any(one.variant is Variant.ADJUDICATED for one in without.robustness)


def test_the_report_says_what_became_of_the_disagreements(opened: SmallStudy) -> None:
    """How many, why, where the consensus is from, and that the main numbers do not use it."""
    text = report_text(opened.study, app="0")
    assert "A1 decided 5 of 5 disagreements" in text
    assert "A passage was overlooked" in text
    assert "the raters' own ratings" in text


def test_coverage_of_an_audit_shows_the_consensus(tmp_path: Path) -> None:
    """Beside the coders' codes, in the text and in JSON."""
    from protocol.audit.audit_json import coverage_to_json
    from protocol.report.audit_text import coverage_blocks

    audit = write_audit(tmp_path)
    text = audit.protocol.read_text(encoding="utf-8")
    audit.protocol.write_text(f'{text}\n[adjudication]\nwho = "C3"\n', encoding="utf-8")
    audit.seed()
    audit.code(lambda coder, benchmark, dimension: None if dimension == "A1" and coder == "C1" else 1)
    lock_study(audit.study, who=ADMIN, clock=clock)
    assert "consensus" not in json.dumps(coverage_to_json(read_coverage(audit.study).coverage))
    desk = open_adjudication(audit.study, adjudicator="C3", who=ADMIN, clock=clock)
    for place in range(desk.places):
        decide(desk, place, level=2)
    desk.close()
    finish_adjudication(audit.study, who=ADMIN, clock=clock)
    found = read_coverage(audit.study).coverage
    cell = coverage_to_json(found)["benchmarks"][0]["cells"][0]  # type: ignore[index]  # parsed JSON is untyped
    assert (cell["consensus"], cell["consensus_by"], cell["consensus_reason"]) == (
        2,
        "adjudicated",
        "overlooked",
    )
    assert "U/1 = 2" in str(coverage_blocks(found))
