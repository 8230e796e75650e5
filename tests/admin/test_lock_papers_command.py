"""`lock` with its papers and `rater check-receipt`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from protocol.canonical_json import sha256_hex
from rater.cli import app as rater_app
from rater.exit_codes import ExitCode
from tests.admin.running import done, refused
from tests.services.returned_files import write
from tests.services.small_studies import locked_study, rated_study, returned_by, seeded_study


def test_the_lock_writes_its_papers_and_prints_the_code_alone(tmp_path: Path) -> None:
    """Data stays the code; the two files are named in the talk and by --json."""
    small = rated_study(tmp_path)
    locked = done("lock", small.study)
    code = locked.out.split()[-1]
    manifest = small.folder / f"study.lock-{code[:8]}.json"
    assert locked.out == f"lock code {code}\n"
    assert str(manifest) in locked.err
    assert sha256_hex(manifest.read_bytes()) == code
    assert code in manifest.with_suffix(".txt").read_text(encoding="utf-8")


def test_named_papers_and_what_is_in_the_way(tmp_path: Path) -> None:
    """A file in the way refuses before the lock, so that nothing is locked by half."""
    small = rated_study(tmp_path)
    taken = write(tmp_path, "taken.txt", b"mine")
    refused(ExitCode.USAGE, "there already", "lock", small.study, "--message", taken)
    refused(ExitCode.USAGE, "no such folder", "lock", small.study, "--manifest", tmp_path / "no" / "m.json")
    refused(ExitCode.USAGE, "two files", "lock", small.study, *("--manifest", "x", "--message", "x"))
    assert small.actions()[-1] == "seeded"
    message, manifest = tmp_path / "mail.txt", tmp_path / "lock.json"
    value = done("lock", small.study, "--message", message, "--manifest", manifest, "--json").json
    assert (value["message"], value["manifest"]) == (str(message), str(manifest))
    assert sha256_hex(manifest.read_bytes()) == value["lock_code"]


def test_papers_of_a_locked_study_are_written_again(tmp_path: Path) -> None:
    """--papers-only changes nothing in the study; an open one has none."""
    door = locked_study(tmp_path)
    before = door.small.study.read_bytes()
    written = done("lock", door.small.study, "--papers-only").out.split()
    assert sha256_hex(Path(written[0]).read_bytes()) == door.lock_code
    value = done("lock", door.small.study, "--papers-only", "--json").json
    assert [value["manifest"], value["message"]] == written
    assert door.small.study.read_bytes() == before
    refused(ExitCode.WRONG_STATE, "open", "lock", seeded_study(tmp_path / "b").study, "--papers-only")
    refused(ExitCode.USAGE, "--dry-run", "lock", door.small.study, "--papers-only", "--dry-run")


def test_a_rater_checks_the_receipt(tmp_path: Path) -> None:
    """Exit 0 and "Counted, unchanged."; 3 where something differs; the lock code to compare is named."""
    small = seeded_study(tmp_path)
    mine = write(tmp_path, "R1.ratings.jsonl", returned_by("R1").interim2)
    receipt = done("merge", small.study, mine, "--json").json["files"][0]["receipt"]
    code = done("lock", small.study, "--accept-missing", "--reason", "a test").out.split()[-1]
    manifest = small.folder / f"study.lock-{code[:8]}.json"
    runner = CliRunner()
    found = runner.invoke(rater_app, ["check-receipt", str(mine), receipt, str(manifest)])
    assert (found.exit_code, found.stdout) == (0, "R1: Counted, unchanged.\n")
    assert code in found.stderr
    given = ["check-receipt", str(mine), receipt, str(manifest), "--lock-code", code, "--json"]
    value = json.loads(runner.invoke(rater_app, given).stdout)
    assert (value["schema"], value["counted"], value["lock_code"]) == ("receipt-check/1", True, code)
    late = write(tmp_path, "late.jsonl", returned_by("R1").final)
    mine_now = late.read_text(encoding="utf-8").rsplit('"receipt":"', 1)[1][:19]
    found = runner.invoke(rater_app, ["check-receipt", str(late), mine_now, str(manifest)])
    assert found.exit_code == ExitCode.CHECK_FAILED
    assert "not counted" in found.stdout
