"""The report of a benchmark audit from the outside: every section, and nothing that an audit has not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rater.exit_codes import ExitCode
from tests.admin.running import run
from tests.services.small_audits import SmallAudit, write_audit

SIX = tuple(f"bench-{number}" for number in range(6))
FOREIGN = re.compile(r"\b(scaffold effects?|models? under|unblind\w*|could have guessed|baseline)\b")
"""What only a study with conditions has."""


def level_of(coder: str, benchmark: str, dimension: str) -> int | None:
    """Return codes with a difference, an undeterminable cell and a dimension that nobody finds."""
    number = int(benchmark[-1])
    if dimension == "A2":
        return 0
    if (coder, number, dimension) == ("C2", 3, "A1"):
        return None
    return (number + (coder == "C2" and number == 0)) % 3


def coded(folder: Path, *, benchmarks: tuple[str, ...] = SIX) -> SmallAudit:
    """Return an audit that two coders finished."""
    audit = write_audit(folder / "a", benchmarks)
    audit.seed()
    audit.code(level_of)
    return audit


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> SmallAudit:
    """Return an audit at which the admin looked once before locking it."""
    audit = coded(tmp_path_factory.mktemp("audit"))
    assert run("coverage", audit.study).code == ExitCode.DONE
    assert run("lock", audit.study).code == ExitCode.DONE
    return audit


@pytest.fixture(scope="module")
def text(locked: SmallAudit) -> str:
    """Return the report as Markdown."""
    folder = locked.folder / "report"
    done = run("report", locked.study, "-o", folder)
    assert done.code == ExitCode.DONE, done.err
    return (folder / "report.md").read_text(encoding="utf-8")


def test_an_open_audit_has_no_report(tmp_path: Path) -> None:
    """Codes that can still change are not reported; the answer names the step before."""
    audit = coded(tmp_path, benchmarks=SIX[:1])
    refused = run("report", audit.study, "-o", tmp_path / "report")
    assert refused.code == ExitCode.WRONG_STATE
    assert "rater-admin lock" in refused.err
    assert not (tmp_path / "report").exists()


def test_the_report_has_every_section_and_none_is_empty(text: str) -> None:
    """Sections in the order in which a referee asks."""
    sections = re.findall(r"^## (.+)\n\n(.*)", text, flags=re.MULTILINE)
    assert [title for title, _ in sections] == [
        "In short",
        "What was asked",
        "Design",
        "Flow",
        "Interim looks",
        "Agreement between coders",
        "Coverage",
        "Levels of evidence and claim",
        "What was not observed",
        "What this report always says",
        "Methods paragraph",
        "Analysis plan",
        "Who did each step",
        "Benchmarks and their material",
        "Appendix: agreement in full",
        "Provenance",
    ]
    assert all(first for _, first in sections)


def test_the_report_has_the_numbers_of_the_audit(text: str) -> None:
    """Eleven shared cells, one difference, an undeterminable cell, a dimension without variation."""
    assert "Agreement of C1 and C2 over 11 cells of 6 benchmarks: Cohen's kappa 0." in text
    assert "raw agreement 0.91 " in text
    assert "Cohen kappa of A2: undefined: no variation" in text
    assert "| A2 A2 | 6 | 0 | 0 | 0 | 0 |" in text
    assert "| A1 A1 | 0 | 2 | 2 | 1 | 1 |" in text
    assert "| for which a coder found that no code could be given | 1 |" in text
    assert "Looks at the codes while the audit was open: 1." in text
    assert "| documents | paper.md (" in text


def test_the_report_claims_nothing_of_a_study_with_conditions(text: str) -> None:
    """No word of a key, a guess or an effect; all ten factors are not observed."""
    assert FOREIGN.findall(text) == []
    assert text.count("| not observed |") == 10


def test_the_report_is_a_page_tables_and_figures_with_their_words(locked: SmallAudit, text: str) -> None:
    """Figures carry what they show as text; the same audit gives the same bytes."""
    first = {
        path.relative_to(locked.folder / "report"): path.read_bytes()
        for path in (locked.folder / "report").rglob("*.*")
    }
    names = {str(path) for path in first}
    assert {"report.html", "report.md", "tables/agreement.tex", "tables/coverage.tex"} <= names
    assert "The bench-0: A1 0/1, A2 0" in text
    page = first[Path("report.html")].decode()
    assert "The bench-0: A1 0/1, A2 0" in page
    assert "<script" not in page
    again = locked.folder / "again"
    assert run("report", locked.study, "-o", again).code == ExitCode.DONE
    assert {path.relative_to(again): path.read_bytes() for path in again.rglob("*.*")} == first


def test_a_withdrawn_benchmark_is_told_and_not_counted(tmp_path: Path) -> None:
    """The flow and the amendments say what is missing, with its reason."""
    audit = coded(tmp_path, benchmarks=SIX[:2])
    item = _item_of(audit)
    gone = run("withdraw", audit.study, "--item", item, "--reason", "The paper was retracted.")
    assert gone.code == ExitCode.DONE, gone.err
    assert run("lock", audit.study).code == ExitCode.DONE
    assert run("report", audit.study, "-o", tmp_path / "report").code == ExitCode.DONE
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "| withdrawn | 1 |" in text
    assert "The paper was retracted." in text
    assert "1 benchmark, coded by 2 coders" in text


def _item_of(audit: SmallAudit) -> str:
    from rater.services.results.study_ratings import read_study_ratings

    rows = read_study_ratings(audit.study).table.rows
    return next(row.unit for row in rows if row.task == "bench-1")
