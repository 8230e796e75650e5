"""Benchmark audits are seeded without a key, coded like any study, and verified."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from db.connection import open_for_reading
from db.item_store import read_items
from db.manifest_store import read_manifests
from db.study_store import read_study
from protocol.audit.coverage import coverage
from protocol.errors import BlindraterError, InvalidInputError, NotFoundError, UsageError, WrongStateError
from rater.services.doors.doors import lock_study, unlock_study
from rater.services.packs.packs import write_pack
from rater.services.results.study_ratings import read_study_ratings
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from rater.services.who import Who
from tests.services.small_audits import BENCHMARKS, CODERS, SmallAudit, clock, write_audit

ADMIN = Who(name="admin", app="0", reason="a test")


def ones(_coder: str, _benchmark: str, _dimension: str) -> int:
    """Return the same code for every cell."""
    return 1


def failures(path: Path, **anchors: str) -> list[str]:
    """Return the questions of `verify` that failed."""
    checks = verify_study(path, Anchors(**anchors))  # type: ignore[arg-type] # texts alone are given here
    return [check.question for check in checks if check.answer is Answer.FAILED]


def test_every_coder_gets_every_benchmark_and_there_is_no_key(tmp_path: Path) -> None:
    """The study file binds to no key, and nothing but it is written."""
    audit = write_audit(tmp_path)
    seeded = audit.seed()
    assert (seeded.benchmarks, seeded.documents, seeded.coders) == (2, 2, CODERS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents", "study.db", "study.toml"]
    connection = open_for_reading(audit.study)
    try:
        study, manifests, items = read_study(connection), read_manifests(connection), read_items(connection)
    finally:
        connection.close()
    assert study.key is None
    for manifest in manifests:
        assert manifest.key is None
        assert {item.task_id for item in manifest.items} == set(BENCHMARKS)
    assert items[0].conversation.messages[0].role == "document"
    assert items[0].card.brief.startswith("The ")
    assert failures(audit.study) == []


def test_a_locked_audit_is_verified_and_can_be_unlocked(tmp_path: Path) -> None:
    """The lock manifest of an audit has no key and covers every code."""
    audit = write_audit(tmp_path)
    audit.seed()
    audit.code(ones)
    locked = lock_study(audit.study, who=ADMIN, clock=clock)
    assert not locked.sealed
    assert failures(audit.study, lock_code=locked.lock_code) == []
    assert unlock_study(audit.study, who=ADMIN, clock=clock) == locked.lock_code


def test_a_changed_plan_is_found(tmp_path: Path) -> None:
    """The study.toml in the file is the one whose hash every manifest names."""
    audit = write_audit(tmp_path)
    audit.seed()
    connection = sqlite3.connect(audit.study)
    connection.execute("DROP TRIGGER audit_plan_no_update")
    connection.execute("UPDATE audit_plan SET study_toml = replace(study_toml, 'seed = 5', 'seed = 6')")
    connection.commit()
    connection.close()
    assert "the plan of the audit is the one whose hash was fixed at seeding" in failures(audit.study)
    with pytest.raises(BlindraterError, match="that was hashed at seeding"):
        read_study_ratings(audit.study)


def test_a_coder_can_take_a_pack(tmp_path: Path) -> None:
    """A pack of an audit passes the same last look as any."""
    audit = write_audit(tmp_path)
    audit.seed()
    assert write_pack(audit.study, "C1", tmp_path / "C1.pack.db") == 2
    assert failures(tmp_path / "C1.pack.db") == []


def test_an_audit_with_codes_is_never_replaced(tmp_path: Path) -> None:
    """Without codes it is, when that is asked for."""
    audit = write_audit(tmp_path)
    audit.seed()
    with pytest.raises(UsageError, match="there already"):
        audit.seed()
    audit.seed(replace=True)
    audit.code(ones, coders=["C1"])
    with pytest.raises(WrongStateError, match="has ratings"):
        audit.seed(replace=True)


def _no_material(audit: SmallAudit) -> None:
    (audit.documents / "beta-bench" / "paper.md").rename(audit.documents / "beta-bench" / "00-links.md")


def _stranger(audit: SmallAudit) -> None:
    (audit.documents / "beta-bench").rename(audit.documents / "beta-bnech")


def _binary(audit: SmallAudit) -> None:
    (audit.documents / "beta-bench" / "paper.md").write_bytes(b"%PDF-1.7\n\xff")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_no_material, "found nothing but 00-links.md"),
        (_stranger, "beta-bnech: found a folder, expected the id of a benchmark"),
        (_binary, "not a document in Markdown or plain text"),
    ],
)
def test_documents_that_do_not_fit_are_named(
    tmp_path: Path, spoil: Callable[[SmallAudit], None], told: str
) -> None:
    """Nothing is written, and the sentence says which folder or file it is."""
    audit = write_audit(tmp_path)
    spoil(audit)
    with pytest.raises(InvalidInputError) as refused:
        audit.seed()
    assert told in str(refused.value)
    assert not audit.study.exists()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """It is not found, rather than empty."""
    audit = write_audit(tmp_path)
    audit.documents.rename(tmp_path / "elsewhere")
    with pytest.raises(NotFoundError, match="no such folder"):
        audit.seed()


def test_coverage_keeps_both_codes_and_counts_levels_between_evidence_and_claim(tmp_path: Path) -> None:
    """Nothing is averaged; sub-tags of a level are one step; U is no number."""
    audit = write_audit(tmp_path)
    audit.seed()
    told: dict[tuple[str, str], int | None] = {("C1", "A1"): 2, ("C2", "A1"): 0, ("C2", "A2"): None}
    levels = {"E1": 0, "E2": 2}
    audit.code(lambda coder, _benchmark, dimension: told.get((coder, dimension), levels.get(dimension, 1)))
    ratings = read_study_ratings(audit.study)
    assert ratings.audit is not None
    found = coverage(ratings.table, ratings.audit)
    first = found.benchmarks[0]
    assert [code.level for code in first.cells[0].codes] == [2, 0]
    assert first.cells[0].agreed is None
    assert (first.cells[1].codes[1].level, first.cells[1].codes[1].reason) == (None, "undeterminable")
    assert found.steps == ("response", "interaction", "deployment")
    assert [(one.evidence, one.claim, one.distance) for one in first.levels] == [
        ("response", "deployment", 2)
    ] * 2
