"""The audit beside a profile: which benchmarks speak to which row, and what is no coverage."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from protocol.errors import InvalidInputError
from protocol.profile.audit_context import AuditContext, read_audit_context
from protocol.profile.making import System, profile_of
from protocol.report.document_markdown import document_markdown
from protocol.report.profile_document import profile_document
from tests.numbers.profiled import ONE, facts_of, rows_of


def coverage(*codes: tuple[str, str, int | None, int | None]) -> str:
    """What `coverage --json` prints of benchmarks with two codes for a dimension."""
    return json.dumps(
        {
            "schema": "coverage/1",
            "notes": ["A note."],
            "dimensions": [
                {"dimension": name, "name": name, "levels": {"0": "absent", "1": "partial", "2": "present"}}
                for name in ("A3", "A7")
            ],
            "coders": ["C1", "C2"],
            "steps": ["model", "response"],
            "benchmarks": [
                {
                    "benchmark": benchmark,
                    "title": benchmark.upper(),
                    "coders": ["C1", "C2"],
                    "cells": [
                        {
                            "dimension": dimension,
                            "agreed": None,
                            "codes": [
                                {"rater": "C1", "value": one, "not_ratable": None},
                                {"rater": "C2", "value": two, "not_ratable": None},
                            ],
                        }
                    ],
                    "levels": [{"rater": "C1", "evidence": "response", "claim": None, "distance": None}],
                }
                for benchmark, dimension, one, two in codes
            ],
        }
    )


def read(*codes: tuple[str, str, int | None, int | None]) -> AuditContext:
    return read_audit_context(coverage(*codes), where="F")


def test_a_benchmark_speaks_to_a_row_where_a_coder_gave_more_than_the_lowest_code() -> None:
    """Both codes are kept; a benchmark with the lowest codes or none is silent."""
    found = read(("one", "A3", 0, 1), ("two", "A3", 0, 0), ("three", "A7", None, None), ("four", "A7", 2, 2))
    words = {aspect: [word.benchmark for word in own] for aspect, own in found.words.items()}
    assert words == {"verification_support": ["one"], "workflow_authority": ["four"]}
    assert [(code.coder, code.code) for code in found.words["verification_support"][0].codes] == [
        ("C1", 0),
        ("C2", 1),
    ]
    assert (found.benchmarks, found.coders, found.notes) == (4, 2, ("A note.",))


def test_the_profile_says_who_speaks_and_where_nobody_does() -> None:
    """With an audit, rows say which benchmarks cover them; rows the audit did not ask for say nothing."""
    facts = replace(facts_of(rows_of(lambda *_: 1)), audit=read(("one", "A3", 2, 2), ("two", "A7", 0, 0)))
    profile = profile_of(System(model=ONE, scaffold="checks"), facts)
    rows = {row.dimension: row.audit_context for row in profile.rows}
    assert [word.title for word in rows["verification_support"] or ()] == ["ONE"]
    assert rows["workflow_authority"] == ()
    assert rows["repair"] is None
    text = document_markdown(profile_document(profile), figures=None)
    assert "No audited benchmark speaks to: Workflow and authority." in text
    assert "ONE" in text


def test_without_an_audit_nothing_is_said_of_benchmarks() -> None:
    """No empty section."""
    profile = profile_of(System(model=ONE, scaffold="checks"), facts_of(rows_of(lambda *_: 1)))
    assert all(row.audit_context is None for row in profile.rows)
    assert "public benchmarks" not in document_markdown(profile_document(profile), figures=None)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": "effects/1"}'])
def test_what_is_no_coverage_is_refused(text: str) -> None:
    """Empty, or of another command."""
    with pytest.raises(InvalidInputError, match="no coverage"):
        read_audit_context(text, where="F")


def test_an_audit_by_another_rubric_speaks_to_no_row() -> None:
    """Refused, not shown as silence."""
    text = coverage(("one", "A3", 1, 1)).replace('"A3"', '"X1"').replace('"A7"', '"X2"')
    with pytest.raises(InvalidInputError, match="A1 to A8"):
        read_audit_context(text, where="F")
