"""The public bundle of an adjudicated study: both verifiers, and what a forger would have to change."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from protocol.canonical_json import sha256_hex
from protocol.errors import WrongStateError
from rater.services.adjudication.adjudicating import (
    finish_adjudication,
    open_adjudication,
    waive_adjudication,
)
from rater.services.doors.doors import lock_study
from rater.services.results.identity_facts import IdentityFacts
from rater.services.results.public_bundle import export_public
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying_bundle import read_bundle, verify_bundle
from rater.services.who import Who
from tests.services.adjudicated_studies import _templates, code_of, decide, finished_apart, locked_apart
from tests.services.small_audits import write_audit
from tests.services.small_studies import ADMIN, APP, clock, unblind_small

NOBODY = IdentityFacts()


@cache
def _bundle() -> tuple[Path, str]:
    small = finished_apart(_templates() / "bundle")
    code = code_of(small)
    unblind_small(small, code)
    folder = _templates() / "bundle" / "public"
    export_public(small.study, folder, app=APP, identities=NOBODY)
    return folder, code


@pytest.fixture
def bundle(tmp_path: Path) -> tuple[Path, str]:
    """A copy of the bundle with its lock code."""
    folder, code = _bundle()
    shutil.copytree(folder, tmp_path / "public")
    return tmp_path / "public", code


def _failed(folder: Path, code: str) -> list[str]:
    checks = verify_bundle(read_bundle(folder), Anchors(lock_code=code), app=APP, recompute=True)
    return [f"{one.question}: {one.why}" for one in checks if one.answer is Answer.FAILED]


def _alone(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(folder / "verify.py"), "--lock-code", code]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _index_anew(folder: Path) -> None:
    index = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    index["files"] = {
        path.name: sha256_hex(path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.name != "bundle.json"
    }
    (folder / "bundle.json").write_text(json.dumps(index), encoding="utf-8")


def test_both_verifiers_accept_it_whole(bundle: tuple[Path, str]) -> None:
    """Queue, decisions and consensus are in it; every figure, also that of the consensus, follows."""
    folder, code = bundle
    assert {"adjudication.json", "decisions.jsonl", "consensus.csv"} <= {one.name for one in folder.iterdir()}
    assert _failed(folder, code) == []
    done = _alone(folder, code)
    assert done.returncode == 0, done.stdout
    effects = json.loads((folder / "effects.json").read_text(encoding="utf-8"))
    assert "adjudicated" in [one["variant"] for one in effects["robustness"]]
    whole = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"a note nobody but its rater should see" not in whole


def _first_level(text: str) -> str:
    return text.replace('\\"level\\":2', '\\"level\\":3', 1)


@pytest.mark.parametrize(
    ("name", "change", "alone_finds"),
    [
        ("decisions.jsonl", _first_level, True),
        ("decisions.jsonl", lambda text: "".join(text.splitlines(keepends=True)[:-2]), True),
        ("adjudication.json", lambda text: text.replace('"A1"', '"A2"'), True),
        ("consensus.csv", lambda text: text.replace("adjudicated", "agreed", 1), False),
    ],
)
def test_what_a_forger_changes_is_found(
    bundle: tuple[Path, str], name: str, change: Callable[[str], str], alone_finds: bool
) -> None:
    """With the index written anew; the short verifier checks what is hashed, the long one all of it."""
    folder, code = bundle
    path = folder / name
    before = path.read_text(encoding="utf-8")
    path.write_text(change(before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    _index_anew(folder)
    assert _failed(folder, code)
    assert (_alone(folder, code).returncode == 3) is alone_finds


@pytest.mark.parametrize("name", ["adjudication.json", "decisions.jsonl", "consensus.csv"])
def test_nothing_of_it_can_be_left_out(bundle: tuple[Path, str], name: str) -> None:
    """The lock names an adjudication, so its files belong to the bundle."""
    folder, code = bundle
    (folder / name).unlink()
    _index_anew(folder)
    assert any("missing" in one for one in _failed(folder, code))
    assert _alone(folder, code).returncode == 3


def test_an_adjudication_that_was_waived_untouched(tmp_path: Path) -> None:
    """The bundle says so: no queue, no decisions, five cells unresolved."""
    small = locked_apart(tmp_path)
    who = Who(name="admin", app=APP, reason="nobody could be found in time")
    code = waive_adjudication(small.study, who=who, clock=clock).lock_code
    unblind_small(small, code)
    export_public(small.study, tmp_path / "public", app=APP, identities=NOBODY)
    assert _failed(tmp_path / "public", code) == []
    done = _alone(tmp_path / "public", code)
    assert done.returncode == 0, done.stdout
    text = (tmp_path / "public" / "consensus.csv").read_text(encoding="utf-8")
    assert text.count("unresolved") == 5


def test_an_audit_with_its_third_coder(tmp_path: Path) -> None:
    """Not published before the adjudication ended; then with the consensus in its coverage."""
    audit = write_audit(tmp_path)
    text = audit.protocol.read_text(encoding="utf-8")
    audit.protocol.write_text(f'{text}\n[adjudication]\nwho = "C3"\n', encoding="utf-8")
    audit.seed()
    audit.code(lambda coder, benchmark, dimension: None if dimension == "A1" else 1)
    lock_study(audit.study, who=ADMIN, clock=clock)
    with pytest.raises(WrongStateError, match="adjudication"):
        export_public(audit.study, tmp_path / "public", app=APP, identities=NOBODY)
    desk = open_adjudication(audit.study, adjudicator="C3", who=ADMIN, clock=clock)
    for place in range(desk.places):
        decide(desk, place, level=1)
    desk.close()
    code = finish_adjudication(audit.study, who=ADMIN, clock=clock).lock_code
    export_public(audit.study, tmp_path / "public", app=APP, identities=NOBODY)
    assert _failed(tmp_path / "public", code) == []
    done = _alone(tmp_path / "public", code)
    assert done.returncode == 0, done.stdout
    assert '"consensus_by": "adjudicated"' in (tmp_path / "public" / "coverage.json").read_text("utf-8")
