"""The whole life of a study, from two custodians to a referee with an empty Python, and twelve forgeries."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import venv
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from statistics import mean

import pytest

from tests.admin.running import done
from tests.services.bundles import Bundled, level_of, program_fails, script_fails
from tests.services.test_bundle_manipulations import MANIPULATIONS
from tests.services.whole_life import (
    AMENDED,
    HEARD,
    MORE_TASKS,
    NAMES,
    SITES,
    TASKS,
    WHY_WITHDRAWN,
    Life,
    lived,
)

EACH_OF_THE_TWELVE = {name.split()[0]: name for name in reversed(MANIPULATIONS)}
"""One of each number: the first of the list."""


RATERS = (*SITES, "R5")


def bundle_of(life: Life) -> Bundled:
    return Bundled(small=life.small, folder=life.bundle, lock_code=life.lock_code)


def test_nothing_that_came_back_is_lost_and_the_log_tells_the_life(tmp_path: Path) -> None:
    """Every step stands in the audit log, the forked file in the study, amendments in the lock."""
    life = lived(tmp_path)
    actions = life.small.actions()
    doors = ("locked", "adjudicated", "unblind-refused", "unblinded")
    for action in ("clarify", "withdraw", "incident", "amend", "batch-sealed", "fork", *doors):
        assert actions.count(action) == 1, action
    assert actions.count("extend") == 4
    with life.small.raw() as connection:
        statuses = [one for (one,) in connection.execute("SELECT status FROM returned_file")]
    assert statuses.count("fork") == 1
    lock = json.loads((life.bundle / "lock.json").read_text(encoding="utf-8"))
    kinds = [one["kind"] for one in lock["amendments"]]
    if kinds[4] == "reassign":
        del kinds[4]
    assert kinds == ["clarify", "withdraw", "reassign", "amend", *["extend"] * 4]


def test_every_level_is_the_one_that_was_given(tmp_path: Path) -> None:
    """By rater, item and dimension; the withdrawn task counts nowhere, and one item alone is missing."""
    life = lived(tmp_path)
    rows = rows_of(life.small.folder / "data" / "ratings.csv")
    rated = [one for one in rows if one["value"]]
    for one in rated:
        given = level_of(one["model"], one["scaffold"], one["task"], one["rater"], one["dimension"])
        assert one["value"] == str(given), one
    of = {name: {(one["unit"], one["dimension"]) for one in rated if one["rater"] == name} for name in RATERS}
    assert all(of.values())
    missing = {(one["rater"], one["unit"]) for one in rows if not one["value"] and one["rater"] != "R3"}
    assert missing == {("R2", life.left_out)}
    gone = {one["unit"] for one in rows_of(life.bundle / "ratings.csv") if one["withdrawn"] == "1"}
    assert len(gone) == 4, "two models under two scaffolds"
    assert gone.isdisjoint(one["unit"] for one in rows)
    batches = {(one["task"], one["batch"]) for one in rows}
    assert {task for task, batch in batches if batch == "2"} == set(MORE_TASKS)
    assert len(batches) == len(TASKS) - 1 + len(MORE_TASKS)


def test_who_left_is_the_only_one_with_carried_ratings(tmp_path: Path) -> None:
    """D1 was asked again of everybody else; what R3 did before stands, and every output says how much."""
    life = lived(tmp_path)
    rows = rows_of(life.small.folder / "data" / "ratings.csv")
    first = [one for one in rows if one["value"] and one["occasion"] == "1"]
    carried = [one for one in first if one["carried"] == "1"]
    left = [one for one in first if (one["rater"], one["dimension"]) == ("R3", "D1")]
    assert carried == left
    said = done("agreement", life.study, "--json").json["carried"][0]
    assert (said["dimension"], said["carried"]) == ("D1", len(left))
    assert said["ratings"] == sum(one["dimension"] == "D1" for one in first)


def test_the_figures_are_those_of_a_count_by_hand(tmp_path: Path) -> None:
    """Mean shifts, percent agreement, counts of profiles and the consensus, from the exported ratings."""
    life = lived(tmp_path)
    first = [
        one
        for one in rows_of(life.small.folder / "data" / "ratings.csv")
        if one["value"] and one["occasion"] == "1"
    ]
    for effect in done("effects", life.study, "--json").json["effects"]:
        assert effect["mean_diff"] == pytest.approx(shift(first, effect["model"], effect["dimension"]))
    for found in done("agreement", life.study, "--json").json["dimensions"]:
        percent = next(one for one in found["coefficients"] if one["measure"] == "percent_agreement")
        assert percent["value"] == pytest.approx(agreed(first, found["dimension"]))
    for path in (life.small.folder / "profiles").glob("*.json"):
        profile = json.loads(path.read_text(encoding="utf-8"))
        model, scaffold = path.name.split(".")[:2]
        for row in profile["rows"][:2]:
            own = Counter(
                one["value"]
                for one in first
                if (one["model"], one["scaffold"], one["dimension"]) == (model, scaffold, row["dimension"])
            )
            assert row["result"]["counts"] == [own[str(level)] for level in range(4)]
    opinions = defaultdict(set)
    for one in first:
        opinions[one["unit"], one["dimension"]].add(one["value"])
    for one in rows_of(life.small.folder / "data" / "consensus.csv"):
        said = opinions[one["unit"], one["dimension"]]
        agree = len(said) == 1
        assert one["consensus"] == (next(iter(said)) if agree else "2"), one
        assert (one["consensus_by"] == "adjudicated") is not agree, one


def shift(rows: list[dict[str, str]], model: str, dimension: str) -> float:
    """Inside task and rater, then over raters, then over tasks."""
    levels = defaultdict(list)
    for one in rows:
        if (one["model"], one["dimension"]) == (model, dimension):
            levels[one["task"], one["rater"], one["scaffold"]].append(int(one["value"]))
    of_task = defaultdict(list)
    for task, rater, scaffold in levels:
        if scaffold == "checks" and (task, rater, "plain") in levels:
            pair = levels[task, rater, "checks"], levels[task, rater, "plain"]
            of_task[task].append(mean(pair[0]) - mean(pair[1]))
    return mean(mean(found) for found in of_task.values())


def agreed(rows: list[dict[str, str]], dimension: str) -> float:
    """Of all pairs of raters of an item the share that agrees, averaged over items."""
    units = defaultdict(list)
    for one in rows:
        if one["dimension"] == dimension:
            units[one["unit"]].append(one["value"])
    pairs = [list(combinations(found, 2)) for found in units.values() if len(found) > 1]
    return mean(mean(one == other for one, other in found) for found in pairs)


def test_effects_stand_with_and_without_what_came_after_the_incident(tmp_path: Path) -> None:
    """The report says what was heard, how many tasks went over, and what was missing at the lock."""
    life = lived(tmp_path)
    report = "\n".join(
        path.read_text(encoding="utf-8") for path in (life.small.folder / "report").glob("*.md")
    )
    for words in (
        HEARD,
        AMENDED,
        WHY_WITHDRAWN,
        "DEVIATION",
        "carried",
        "R3",
        "R5",
        "More tasks came in.",
        "adjudicat",
        "The term is over.",
        "SIMULATED",
    ):
        assert words in report, words
    effects = " ".join(done("effects", life.study).out.split())
    assert "after an incident" in effects
    assert "before an amendment of what their dimension is rated by" in effects
    assert "shift in each batch of tasks, and in all together" in effects
    assert "the adjudicated consensus" in effects


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


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
