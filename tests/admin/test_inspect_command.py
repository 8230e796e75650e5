"""`rater-admin inspect` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rater.admin.app import app
from rater.exit_codes import ExitCode

TALK = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]


def _inspect(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


@pytest.fixture
def canonical(tmp_path: Path) -> Path:
    path = tmp_path / "a.jsonl"
    lines = [
        {"id": f"{m}{s}{t}", "model": m, "scaffold": s, "task": t, "messages": TALK, "extra": 1}
        for m in ("A", "B")
        for s in ("S0", "S1")
        for t in ("one", "two")
    ]
    del lines[2]
    lines.append(lines[0] | {"id": "again"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_table_gaps_and_roles_are_shown(canonical: Path) -> None:
    """Counts per condition, the missing and the doubled cell by name, roles, what is left behind."""
    result = _inspect(canonical)
    assert result.exit_code == ExitCode.DONE
    assert "8 transcripts: 2 models x 2 scaffolds x 2 tasks" in result.stdout
    assert "missing cells: 1\n  A x S1 x one\n" in result.stdout
    assert f"doubled cells: 1\n  A x S0 x one, replicate 1: {canonical}, line 1; " in result.stdout
    assert "roles: assistant 8, user 8" in result.stdout
    assert 'left behind: field "extra" 8' in result.stdout


def test_json_is_one_object_with_the_same_facts(canonical: Path) -> None:
    """--json prints the schema inspect/1 and nothing else."""
    report = json.loads(_inspect(canonical, "--json").stdout)
    assert report["schema"] == "inspect/1"
    assert report["complete"] is False
    assert report["missing"] == [{"model": "A", "scaffold": "S1", "task": "one"}]
    assert report["doubled"][0]["read_from"] == [f"{canonical}, line 1", f"{canonical}, line 8"]
    assert report["conditions"][0] == {
        "model": "A",
        "scaffold": "S0",
        "transcripts": 3,
        "tasks": 2,
        "messages": {"lowest": 2, "median": 2, "highest": 2},
        "characters": {"lowest": 7, "median": 7, "highest": 7},
    }


@pytest.mark.parametrize("repeat", [False, True], ids=["after one --map", "--map repeated"])
def test_origin_of_chat_is_mapped(tmp_path: Path, repeat: bool) -> None:
    """Entries may follow one --map, or each have their own."""
    chat = tmp_path / "chat.jsonl"
    chat.write_text(json.dumps({"messages": TALK, "meta": {"p": "S1", "n": 4}}) + "\n", encoding="utf-8")
    entries = ["model=:Some Model", "scaffold=meta.p", "task=meta.n"]
    arguments = [part for entry in entries for part in ("--map", entry)] if repeat else ["--map", *entries]
    report = json.loads(_inspect(chat, *arguments, "--json").stdout)
    assert (report["models"], report["scaffolds"], report["tasks"]) == (["Some Model"], ["S1"], ["4"])


def test_map_without_a_file_or_with_nonsense_is_a_usage_error(canonical: Path) -> None:
    """Exit code 2 and the form of an entry."""
    assert _inspect("model=a", "--map", "task=b").exit_code == ExitCode.USAGE
    result = _inspect(canonical, "--map", "nonsense")
    assert result.exit_code == ExitCode.USAGE
    assert "PART=FIELD" in result.stderr


def test_bad_input_is_sentences_on_stderr_with_the_right_code(tmp_path: Path, canonical: Path) -> None:
    """Nothing goes to stdout when nothing was imported."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "x", "task": 1, "messages": "\\u001b[2J"}\n', encoding="utf-8")
    result = _inspect(canonical, bad)
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert result.stdout == ""
    assert "bad.jsonl, line 1, messages: found the text" in result.stderr
    assert "\x1b" not in result.stderr
    assert _inspect(tmp_path / "absent").exit_code == ExitCode.NOT_FOUND
    assert _inspect(tmp_path).exit_code == ExitCode.INVALID_INPUT


def test_protocol_with_mistakes_shows_them(tmp_path: Path, canonical: Path) -> None:
    """A broken study.toml is told before any transcript is looked at."""
    protocol = tmp_path / "study.toml"
    protocol.write_text("format = 1\n", encoding="utf-8")
    result = _inspect(canonical, "--protocol", protocol)
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "6 mistakes" in result.stderr


def test_failed_runs_and_requests_without_answers_are_told_and_nothing_is_called_filled(
    tmp_path: Path,
) -> None:
    """What is no answer is named with its reason; a design without a transcript is not complete."""
    path = tmp_path / "failed.jsonl"
    line = {"id": "a", "model": "m", "scaffold": "s", "task": "t", "messages": TALK, "error": "quota"}
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    result = _inspect(path)
    assert "failed runs, left out; --failed-runs takes them: ended in an error 1" in result.stdout
    assert "There is no transcript to rate." in result.stdout
    assert json.loads(_inspect(path, "--json").stdout)["complete"] is False
    assert "1 transcript: 1 model" in _inspect(path, "--failed-runs").stdout


def test_a_protocol_is_no_source(tmp_path: Path) -> None:
    """One sentence instead of a mistake for each of its lines."""
    CliRunner().invoke(app, ["init", str(tmp_path / "s")])
    found = _inspect(tmp_path / "s" / "study.toml")
    assert found.exit_code == ExitCode.INVALID_INPUT
    assert "is a protocol, such as study.toml, and no source of transcripts" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_an_identity_in_the_place_of_a_source_is_not_quoted(tmp_path: Path) -> None:
    """The wrong file of two: no character of the secret key reaches a screen or a log."""
    secret = "QXZ7WVQXZ7WV"
    identity = tmp_path / "identity.txt"
    identity.write_text(f"AGE-SECRET-KEY-1{secret}\n", encoding="utf-8")
    done = _inspect(identity)
    assert done.exit_code == ExitCode.INVALID_INPUT
    assert "age identity" in done.stderr
    assert "QXZ" not in done.output
