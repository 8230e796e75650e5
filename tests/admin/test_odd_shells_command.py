"""`rater-admin` where its streams or its folder are not what programs expect."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.small_studies import rated_study

ADMIN = str(Path(sys.executable).with_name("rater-admin"))


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in a folder; $ADMIN is the program."""
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, cwd=folder, env={"ADMIN": ADMIN}, check=False
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="This system has no /dev/full.")
@pytest.mark.parametrize(
    "arguments", ["status study.db", "status study.db --json", "keygen -o id2", "--help", "--version"]
)
def test_output_on_a_full_disk_is_a_sentence(tmp_path: Path, arguments: str) -> None:
    """Short and long output, also that of help: exit 1, no traceback, nothing at the exit."""
    small = rated_study(tmp_path)
    found = shell(f"$ADMIN {arguments} > /dev/full", small.folder)
    assert found.returncode == 1
    assert "The system refused: No space left on device." in found.stderr
    assert "Traceback" not in found.stderr
    assert "internal fault" not in found.stderr


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0)])
def test_closed_streams_change_no_result(tmp_path: Path, closed: str, code: int) -> None:
    """The study is locked whether or not anybody reads about it, and its code can be read later."""
    small = rated_study(tmp_path)
    found = shell(f"$ADMIN lock study.db {closed}", small.folder)
    assert (found.returncode, "fault" in found.stdout + found.stderr) == (code, False)
    assert "lock code" in shell("$ADMIN status study.db", small.folder).stdout


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    """`| head` ends the output, not the peace."""
    small = rated_study(tmp_path)
    found = shell("$ADMIN status study.db --json | head -n 1", small.folder)
    assert found.stdout == "{\n"
    assert found.stderr == ""


def test_a_reader_that_went_away_before_a_table_is_no_fault(tmp_path: Path) -> None:
    """A table is printed by rich, which would exit with 1 by itself."""
    small = rated_study(tmp_path)
    found = shell("{ $ADMIN status study.db; echo $? >&2; } | true", small.folder)
    assert found.stderr == "0\n"


def test_a_folder_that_was_removed_is_a_sentence(tmp_path: Path) -> None:
    """Standing in a removed folder no relative path can be found."""
    small = rated_study(tmp_path)
    gone = f"mkdir gone && cd gone && rmdir {small.folder}/gone && "
    found = shell(gone + "$ADMIN status ../study.db", small.folder)
    assert found.returncode != 0
    assert "Traceback" not in found.stderr
    assert "internal fault" not in found.stderr
    assert found.stderr.startswith("rater-admin: ")


def test_a_terminal_without_utf8_shows_escapes_and_no_fault(tmp_path: Path) -> None:
    """A name that the locale cannot read is shown by its codes, and the file is found all the same."""
    small = rated_study(tmp_path)
    (small.folder / "größe.db").write_bytes(small.study.read_bytes())
    found = subprocess.run(
        [ADMIN, "status", "größe.db"],
        capture_output=True,
        cwd=small.folder,
        env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        check=False,
    )
    assert found.returncode == 0
    assert b"next: rater-admin lock 'gr<U+DCC3><U+DCB6>" in found.stdout
