"""`rater-admin protocol verify`, and what becomes of its answer in a study."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.study_file import read_study
from rater.services.seeding.starting import study_text
from tests.admin.running import done, run
from tests.fair_run import Run, fair_run, write_run

REASON = ("--reason", "a test")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The shipped study with the three tasks and two models of the fair run, rated by one."""
    tasks = study_text().split("[[tasks]]")
    text = "[[tasks]]".join(tasks[:4]) + "\n" + tasks[-1][tasks[-1].index("# ------") :]
    for old, new in (
        ("spacing = 8", "spacing = 2"),
        ('raters = ["R1", "R2"]', 'raters = ["R1"]'),
        ("raters_per_item = 2", "raters_per_item = 1"),
        ('"first-model"', '"alpha"'),
        ('"second-model"', '"beta"'),
        ('"Family C" = "third-model"\n', ""),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    assert len(read_study(text, where="study.toml").tasks) == 3
    return path


def _of(study: Path, run: Run) -> Run:
    plan = hashlib.sha256(study.read_bytes()).hexdigest()
    return replace(run, manifest=replace(run.run, protocol_sha256=plan))


def test_a_fair_run_passes(study: Path, tmp_path: Path) -> None:
    """Every rule is kept; the run manifest beside the transcripts is found."""
    write_run(_of(study, fair_run()), tmp_path / "run")
    found = done("protocol", "verify", tmp_path / "run", "--protocol", study)
    assert found.out.rstrip().endswith("run.json: comparable.")
    assert "broken" not in found.out


def test_breaches_are_named_and_the_check_fails(study: Path, tmp_path: Path) -> None:
    """Exit code 3; each place stands under its rule, in text and JSON."""
    fair = _of(study, fair_run())
    changed = replace(fair.run, tools=("search",), order_seed=1)
    write_run(replace(fair, manifest=changed), tmp_path / "run")
    told = run("protocol", "verify", tmp_path / "run", "--protocol", study)
    assert told.code == 3
    assert "run manifest: tools were given: search" in told.out
    assert "not comparable." in told.out
    body = run("protocol", "verify", tmp_path / "run", "--protocol", study, "--json").json
    assert body["verdict"] == "not comparable"
    rule = next(one for one in body["rules"] if one["rule"] == 7)
    assert rule["breaches"] == [{"where": "run manifest", "what": "tools were given: search"}]


def test_a_run_without_a_manifest_is_not_shown_to_be_fair(study: Path, tmp_path: Path) -> None:
    """What cannot be looked at is said, and the check does not pass."""
    write_run(fair_run(), tmp_path / "run")
    (tmp_path / "run" / "run.json").unlink()
    found = run("protocol", "verify", tmp_path / "run" / "transcripts.jsonl", "--protocol", study)
    assert found.code == 3
    assert "no run manifest: not shown to be comparable." in found.out


def test_an_unfair_run_is_sealed_as_such_and_told_at_unblinding(study: Path, tmp_path: Path) -> None:
    """Seeding warns; nothing of it is in the study file before unblinding; then the audit log has it."""
    fair = _of(study, fair_run())
    write_run(replace(fair, manifest=replace(fair.run, tools=("search",))), tmp_path / "run")
    identity = tmp_path / "identity.txt"
    recipient = done("keygen", "-o", identity).out.split()[-1]
    database, key = tmp_path / "study.db", tmp_path / "study.key"
    seeded = done(
        *("seed", study, tmp_path / "run" / "transcripts.jsonl", "-o", database),
        *("--key", key, "--recipient", recipient),
    )
    assert "not comparable (rules 7)" in " ".join(seeded.err.split())
    assert b"comparable" not in database.read_bytes()
    code = done("lock", database, "--accept-missing", *REASON).out.split()[-1]
    done(*("unblind", database, "--key", key, "--identity", identity, "--lock-code", code), *REASON)
    verified = json.dumps(_audit(database))
    assert '"fairness": "not comparable"' in verified
    assert '"rules_broken": "7"' in verified


def _audit(database: Path) -> list[object]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(database)) as connection:
        bodies = connection.execute("SELECT body FROM audit ORDER BY seq").fetchall()
    return [json.loads(body) for (body,) in bodies]
