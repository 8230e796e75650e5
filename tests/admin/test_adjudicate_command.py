"""`rater-admin adjudicate`: counts, the line-by-line mode, the end with its papers, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

from protocol.canonical_json import sha256_hex
from tests.admin.running import done, refused, run
from tests.services.adjudicated_studies import (
    SECRET_NOTE,
    code_of,
    decide_all,
    locked_apart,
    seed_adjudicated,
)
from tests.services.small_studies import locked_study

USAGE, NOT_FOUND, WRONG_STATE = 2, 5, 6


def test_the_list_counts_and_opens_nothing(tmp_path: Path) -> None:
    """By dimension, with the next step; no table of an adjudication comes into being."""
    small = locked_apart(tmp_path)
    before = small.study.read_bytes()
    shown = done("adjudicate", small.study, "--list").out
    assert "0 of 5 disagreements on 5 items decided" in shown
    assert "D1: 4 disagreements" in shown
    found = done("adjudicate", small.study, "--json").json
    assert (found["schema"], found["state"], found["disagreements"]) == ("adjudication/1", "needed", 5)
    assert found["dimensions"][0] == {"dimension": "D1", "disagreements": 4, "decided": 0}
    assert small.study.read_bytes() == before


def test_status_tells_where_it_stands(tmp_path: Path) -> None:
    """In words and in JSON; a study without the table has no word of it."""
    small = locked_apart(tmp_path)
    assert "adjudication by A1: needed" in done("status", small.study).out
    assert done("status", small.study, "--json").json["adjudication"]["disagreements"] == 5
    other = locked_study(tmp_path / "other").small
    assert "adjudication" not in done("status", other.study, "--json").json


def test_a_whole_adjudication_line_by_line(tmp_path: Path) -> None:
    """Levels and reasons from a script, an undo, the end; then the papers are there under the new code."""
    small = locked_apart(tmp_path)
    old = code_of(small)
    answers = "9\n2\n4\nu\nu\n3\n1\n" + "1\n2\n" * 3 + "x\n1\n5\n" + "finish\n"
    found = done("adjudicate", small.study, "--as", "A1", "--plain", stdin=answers)
    assert "Disagreement 1 of 5" in found.out
    assert "The first opinion: " in found.out
    assert "Please answer with a level, 0-3" in found.out
    assert SECRET_NOTE not in found.out
    assert not any(name in found.out for name in ("R1", "R2", "R3", "canary", "checks"))
    code = code_of(small)
    assert f"lock code {code}" in found.out
    assert code != old
    manifest = small.folder / f"study.lock-{code[:8]}.json"
    assert sha256_hex(manifest.read_bytes()) == code
    message = (small.folder / f"study.lock-{code[:8]}.txt").read_text(encoding="utf-8")
    assert old in message
    entry = json.loads(manifest.read_bytes())["adjudication"]
    assert (entry["outcome"], entry["cells"], entry["decided"]) == ("finished", 5, 5)


def test_plain_mode_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A level without its reason is asked for its reason at the next start."""
    small = locked_apart(tmp_path)
    first = done("adjudicate", small.study, "--plain", stdin="2\n")
    assert "0 of 5 decided" in first.out
    again = done("adjudicate", small.study, "--plain", stdin="?\nl\na\nt\nk\nk\np\nfinish\n3\nn\nq\n")
    assert "Decided: 2, without a reason yet." in again.out
    assert "1 of 5 decided" in again.out
    assert "5 disagreements still to be decided" in again.out


def test_finish_and_waive_from_the_command_line(tmp_path: Path) -> None:
    """Finishing asks for all decisions, waiving for a reason; JSON has both codes."""
    small = locked_apart(tmp_path)
    refused(WRONG_STATE, "5 of 5 disagreements are not decided", "adjudicate", small.study, "--finish")
    refused(USAGE, "needs a reason", "adjudicate", small.study, "--waive")
    old = code_of(small)
    found = done("adjudicate", small.study, "--waive", "--reason", "no third coder", "--json").json
    assert (found["schema"], found["outcome"]) == ("adjudicated/1", "waived")
    assert (found["lock_code"], found["replaced_lock_code"]) == (code_of(small), old)
    refused(WRONG_STATE, "waived", "adjudicate", small.study, "--finish")


def test_finish_after_the_work(tmp_path: Path) -> None:
    """The next step is unblinding."""
    small = locked_apart(tmp_path)
    decide_all(small)
    assert "rater-admin unblind" in done("adjudicate", small.study, "--finish").err
    assert small.actions()[-1] == "adjudicated"


def test_what_is_refused(tmp_path: Path) -> None:
    """A study without the table, an open one, another adjudicator, two things at once, papers in the way."""
    past = locked_study(tmp_path / "past")
    refused(WRONG_STATE, "[adjudication] who", "adjudicate", past.small.study, "--list")
    small = locked_apart(tmp_path)
    refused(NOT_FOUND, "The plan names A1", "adjudicate", small.study, "--as", "R1", "--plain")
    refused(USAGE, "three things", "adjudicate", small.study, "--finish", "--waive")
    refused(USAGE, "open the work", "adjudicate", small.study, "--finish", "--as", "A1")
    refused(USAGE, "writes nothing", "adjudicate", small.study, "--list", "--reason", "so")
    refused(USAGE, "already", "adjudicate", small.study, "--finish", "--message", small.protocol)
    refused(USAGE, "needs a terminal", "adjudicate", small.study)
    opened = seed_adjudicated(tmp_path / "open")
    refused(WRONG_STATE, "after `rater-admin lock`", "adjudicate", opened.study, "--plain")
    refused(NOT_FOUND, "no such file", "adjudicate", tmp_path / "none.db", "--list")


def test_unblind_is_refused_with_the_command(tmp_path: Path) -> None:
    """Exit 6, nothing on the record, no key opened."""
    small = locked_apart(tmp_path)
    arguments = ("--key", small.key, "--identity", small.identity, "--lock-code", code_of(small))
    refused(WRONG_STATE, "rater-admin adjudicate", "unblind", small.study, *arguments, "--reason", "a test")
    assert "unblind-intent" not in small.actions()


def test_an_adjudicated_study_unblinds_and_verifies(tmp_path: Path) -> None:
    """With the code that finishing printed; verify names the adjudication among its questions."""
    small = locked_apart(tmp_path)
    decide_all(small)
    code = done("adjudicate", small.study, "--finish", "--json").json["lock_code"]
    arguments = ("--key", small.key, "--identity", small.identity, "--lock-code", code)
    done("unblind", small.study, *arguments, "--reason", "a test")
    found = run("verify", small.study, "--lock-code", code)
    assert "the queue is that of the raters' disagreements" in found.out
    assert "FAILED" not in found.out
