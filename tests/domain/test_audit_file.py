"""study.toml of a benchmark audit: what is shipped, and what is refused."""

from __future__ import annotations

import pytest

from protocol.audit.audit_file import read_audit
from protocol.errors import InvalidInputError, WrongStateError
from protocol.study_file import is_audit, read_study
from rater.services.seeding.starting import audit_text, study_text
from tests.services.small_audits import audit_toml


def test_the_shipped_audit_has_sixteen_benchmarks_and_eight_pooled_dimensions() -> None:
    """Every code needs a quote, and no fact on a card says what its code should be."""
    audit = read_audit(audit_text(), where="shipped")
    assert len(audit.benchmarks) == 16
    assert audit.plan.headline == tuple(f"A{number}" for number in range(1, 9))
    for name in audit.plan.headline:
        dimension = audit.rubric.dimension(name)
        assert dimension.values == (0, 1, 2)
        assert dimension.quote_from == 0
    for benchmark in audit.benchmarks:
        card = benchmark.card().brief
        assert benchmark.title in card
        assert "arxiv.org/abs/" in card
        assert "interaction" not in card
    assert "Not the rubric of Vishwarupe" in audit.rubric.source


def test_the_two_kinds_are_told_apart() -> None:
    """A reader of the other kind says so instead of listing missing keys."""
    assert is_audit(audit_text())
    assert not is_audit(study_text())
    assert not is_audit("no toml [")
    with pytest.raises(WrongStateError, match="protocol of a benchmark audit"):
        read_study(audit_text(), where="study.toml")


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ('raters = ["C1", "C2"]', 'raters = ["C1"]', "design.raters", "two coders or more"),
        ('id = "beta-bench"', 'id = "Alpha-Bench"', "benchmarks[1].id", "that stands once"),
        ('id = "beta-bench"', 'id = "beta/bench"', "benchmarks[1].id", "a folder's name"),
        (
            'headline = ["A1", "A2"]',
            'headline = ["A1", "A9"]',
            "analysis.headline[1]",
            "the id of a dimension",
        ),
        (
            'evidence_level = "E1"',
            'evidence_level = "E9"',
            "analysis.evidence_level",
            "the id of a dimension",
        ),
        ("bootstrap = 200", "bootstrap = 20", "analysis.bootstrap", "200 resamples or more"),
        ("seed = 5", "seed = -1", "analysis.seed", "a whole number from 0"),
        ("[analysis]", "[scaffolds]\n[analysis]", "scaffolds", "one of the keys"),
    ],
)
def test_a_mistake_is_named_with_its_key(old: str, new: str, where: str, expected: str) -> None:
    """The key path, what stands there, and what was expected."""
    text = audit_toml()
    assert old in text
    with pytest.raises(InvalidInputError) as refused:
        read_audit(text.replace(old, new), where="study.toml")
    [problem] = refused.value.problems
    assert problem.where.endswith(where)
    assert expected in problem.expected
