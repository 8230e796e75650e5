"""The whole life of a study, from two custodians to a referee with an empty Python, and twelve forgeries."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.admin.running import done
from tests.services.bundles import Bundled, program_fails, script_fails
from tests.services.test_bundle_manipulations import MANIPULATIONS
from tests.services.whole_life import AMENDED, HEARD, NAMES, SITES, Life, lived

EACH_OF_THE_TWELVE = {name.split()[0]: name for name in reversed(MANIPULATIONS)}
"""One of each number: the first of the list."""


def bundle_of(life: Life) -> Bundled:
    return Bundled(small=life.small, folder=life.bundle, lock_code=life.lock_code)


def test_nothing_that_came_back_is_lost_and_the_log_tells_the_life(tmp_path: Path) -> None:
    """Every step stands in the audit log, the forked file in the study; what was withdrawn counts nowhere."""
    life = lived(tmp_path)
    actions = life.small.actions()
    for action in ("clarify", "withdraw", "reassign", "incident", "amend", "fork", "locked", "unblinded"):
        assert actions.count(action) == 1, action
    with life.small.raw() as connection:
        statuses = [one for (one,) in connection.execute("SELECT status FROM returned_file")]
        (task,) = connection.execute(
            "SELECT task_id FROM item WHERE item_id = ?", (life.withdrawn,)
        ).fetchone()
        gone = connection.execute("SELECT item_id FROM item WHERE task_id = ?", (task,)).fetchall()
    assert statuses.count("fork") == 1
    assert len(gone) == 4, "two models under two scaffolds"
    units = {one["unit"] for one in _rows(life.small.folder / "data" / "ratings.csv")}
    assert units.isdisjoint(item for (item,) in gone)


def test_effects_stand_with_and_without_what_came_after_the_incident(tmp_path: Path) -> None:
    """The report says what was heard, how many tasks went over, and what was missing at the lock."""
    life = lived(tmp_path)
    report = "\n".join(
        path.read_text(encoding="utf-8") for path in (life.small.folder / "report").glob("*.md")
    )
    for words in (
        HEARD,
        AMENDED,
        "DEVIATION",
        "carried",
        "R3",
        "R5",
        "The term is over.",
        "SIMULATED",
    ):
        assert words in report, words
    effects = done("effects", life.study).out
    assert "after an incident" in effects
    assert "before an amendment of what their dimension is rated by" in " ".join(effects.split())


def test_the_bundle_verifies_and_recomputes_for_the_program(tmp_path: Path) -> None:
    """With code and receipts nothing is open but what no bundle can prove."""
    life = lived(tmp_path)
    receipts = life.small.folder / "receipts.txt"
    anchors = ("--lock-code", life.lock_code, "--receipts", receipts, "--recompute")
    found = done("verify", life.bundle, *anchors).out
    assert "FAILED" not in found
    text = "".join(path.read_text(encoding="utf-8") for path in life.bundle.iterdir())
    for name in (*NAMES.values(), *SITES.values(), HEARD):
        assert name not in text


def test_a_stranger_verifies_in_an_empty_environment(tmp_path: Path) -> None:
    """A new virtual environment without pip: nothing of this program is there, and the answer is the same."""
    life = lived(tmp_path)
    venv.create(tmp_path / "empty", with_pip=False, symlinks=sys.platform != "win32")
    python = tmp_path / "empty" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    for words, wanted in (
        (["-c", "import protocol"], 1),
        ([str(life.bundle / "verify.py"), "--lock-code", life.lock_code], 0),
        ([str(life.bundle / "verify.py"), "--lock-code", "0" * 64], 3),
    ):
        run = subprocess.run(
            [python, "-I", *words], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert run.returncode == wanted, (words, run.stdout, run.stderr)


@pytest.mark.parametrize("name", EACH_OF_THE_TWELVE.values())
def test_each_of_twelve_manipulations_is_named_by_both_verifiers(tmp_path: Path, name: str) -> None:
    """As in the small study: the same deeds, the same words, in a study in which everything happened."""
    manipulation = MANIPULATIONS[name]
    one = bundle_of(lived(tmp_path))
    manipulation.change(one)
    one.index_anew()
    program, script = program_fails(one), script_fails(one)
    assert re.search(manipulation.program, program, re.DOTALL), program
    assert re.search(manipulation.script, script), script


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
