"""A benchmark audit from the outside, from `init` to `export`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rater.exit_codes import ExitCode
from tests.admin.running import run
from tests.services.small_audits import SmallAudit, write_audit

SIX = tuple(f"bench-{number}" for number in range(6))


def level_of(coder: str, benchmark: str, dimension: str) -> int:
    """Return codes that differ in one cell, and a dimension that nobody finds."""
    if dimension == "A2":
        return 0
    number = int(benchmark[-1])
    return (number + (coder == "C2" and number == 0)) % 3


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> SmallAudit:
    """Return an audit that two coders finished and the admin locked."""
    audit = write_audit(tmp_path_factory.mktemp("audit") / "a", SIX)
    done = run("seed", audit.protocol, audit.documents, "-o", audit.study)
    assert done.code == ExitCode.DONE, done.err
    assert "no key" in done.err
    audit.code(level_of)
    locked = run("lock", audit.study)
    assert locked.code == ExitCode.DONE, locked.err
    assert "unblind" not in locked.err
    assert "rater-admin agreement" in locked.err
    return audit


def test_init_writes_an_audit_that_asks_for_its_material(tmp_path: Path) -> None:
    """The protocol is complete; what is missing are the documents, named folder by folder."""
    folder = tmp_path / "audit"
    assert run("init", folder, "--kind", "benchmark-audit").code == ExitCode.DONE
    assert len(list((folder / "documents").glob("*/00-links.md"))) == 16
    refused = run("seed", folder / "study.toml", folder / "documents", "-o", tmp_path / "study.db")
    assert refused.code == ExitCode.INVALID_INPUT
    assert "nothing but 00-links.md" in refused.err


def test_options_of_a_key_are_refused(coded: SmallAudit) -> None:
    """None of them is taken and ignored."""
    refused = run(
        "seed",
        coded.protocol,
        coded.documents,
        "-o",
        coded.folder / "b.db",
        "--recipient",
        "age1",
        "--map",
        "a=b",
    )
    assert refused.code == ExitCode.USAGE
    assert "--recipient, --map does not apply" in refused.err


def test_agreement_is_pooled_and_by_dimension(coded: SmallAudit) -> None:
    """One JSON object holds both beside the usual coefficients; undefined is null with its reason."""
    found = run("agreement", coded.study, "--json").json
    cells = {one["cells"]: one for one in found["audit"]["cells"]}
    assert list(cells) == ["pooled", "A1", "A2", "E1", "E2"]
    assert cells["pooled"]["n"] == 12
    assert cells["pooled"]["percent_agreement"]["value"] == pytest.approx(11 / 12)
    assert cells["pooled"]["cohen_kappa"]["ci"]["method"] == "percentile bootstrap over benchmarks"
    assert cells["A2"]["cohen_kappa"]["value"] is None
    assert cells["A2"]["cohen_kappa"]["undefined"].startswith("no variation")
    assert {one["dimension"] for one in found["dimensions"]} == {"A1", "A2", "E1", "E2"}
    text = run("agreement", coded.study).out
    assert "pooled: codes of C1 (rows) against C2 (columns)" in text
    assert "undefined: no variation" in text


def test_coverage_shows_both_codes_where_coders_differ(coded: SmallAudit) -> None:
    """The matrix and the level map, as text and as data."""
    text = run("coverage", coded.study).out
    assert "The bench-0   0/1   0" in text
    assert "11 of 12 cells have one code from all coders." in text
    found = run("coverage", coded.study, "--json").json
    assert found["benchmarks"][0]["cells"][0]["agreed"] is None
    assert found["benchmarks"][1]["levels"][0]["distance"] == 0


@pytest.mark.parametrize(
    "command",
    [
        ("effects",),
        ("blinding",),
        ("unblind", "--key", "study.key", "--lock-code", "0", "--reason", "why"),
        ("export", "--r", "for-r"),
    ],
    ids=lambda words: "-".join(words[:2]),
)
def test_what_needs_conditions_is_refused_by_the_kind(
    coded: SmallAudit, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 6 and a sentence, before any key is looked for; nothing is written."""
    monkeypatch.chdir(tmp_path)
    name, *options = command
    refused = run(name, coded.study, *options)
    assert refused.code == ExitCode.WRONG_STATE, refused.err
    assert "This is a benchmark audit" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_export_holds_codes_evidence_agreement_and_coverage(coded: SmallAudit, tmp_path: Path) -> None:
    """Rows name their benchmark; nothing is said to be left out."""
    folder = tmp_path / "results"
    assert run("export", coded.study, "-o", folder).code == ExitCode.DONE
    assert {path.name for path in folder.iterdir()} >= {
        "ratings.csv",
        "coder_agreement.json",
        "coverage.json",
    }
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["left_out"] == []
    assert manifest["kind"] == "benchmark-audit"
    assert "bench-3" in (folder / "ratings.csv").read_text(encoding="utf-8")


def test_coverage_of_a_study_with_conditions_is_refused(tmp_path: Path) -> None:
    """It says what that study has instead."""
    from tests.services.small_studies import seed_small, write_sources

    small = seed_small(write_sources(tmp_path))
    refused = run("coverage", small.study)
    assert refused.code == ExitCode.WRONG_STATE
    assert "no benchmark audit" in refused.err


def test_the_next_step_of_a_locked_audit_is_its_agreement(coded: SmallAudit) -> None:
    """`status` names no second door where there is none."""
    assert run("status", coded.study, "--json").json["next"].startswith("rater-admin agreement")
