"""`rater rate --plain` as a process of its own: pipes, terminals, signals, and what it loads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.chain.events import EventKind
from protocol.conversation import Conversation, Message
from rater.entry import RateArguments, rate_arguments
from rater.tui.smallest import too_small
from tests.conftest import BuildStudy, StudyFile, make_items
from tests.plain.talking import events_on_disk, item_on_disk, kinds_on_disk
from tests.tui.terminal import ROOT, Terminal

NEVER_LOADED = {"textual", "rich", "typer", "pydantic", "numpy", "scipy", "sqlite_utils", "pyrage"}


def run(path: Path, script: str | bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the plain mode on a file with a script on standard input."""
    return subprocess.run(
        [sys.executable, "-m", "rater", "rate", str(path), "--plain"],
        input=script.encode() if isinstance(script, str) else script,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )


def write_settings(folder: Path, text: str) -> dict[str, str]:
    """Write a settings file, and return what makes the program read it."""
    (folder / "blindrater").mkdir(parents=True)
    (folder / "blindrater" / "rater.toml").write_text(text, encoding="utf-8")
    return {"XDG_CONFIG_HOME": str(folder)}


def test_the_settings_can_ask_for_ascii(build_study: BuildStudy, tmp_path: Path) -> None:
    """As --ascii does; a theme and keys, which plain mode has not, are no mistake."""
    said = Conversation(messages=(Message(role="assistant", text="├── notes"),))
    study = build_study(items=[replace(item, conversation=said) for item in make_items(1)])
    settings = write_settings(tmp_path / "config", 'ascii = true\ntheme = "light"\n[keys]\nitem.note = "v"\n')
    done = run(study.path, "\nq\n", **settings)
    assert done.returncode == 0, done.stderr
    assert "+-- notes" in done.stdout.decode()
    assert "├── notes" in run(study.path, "\nq\n").stdout.decode()


def test_wrong_settings_are_said_before_the_file_is_opened(build_study: BuildStudy, tmp_path: Path) -> None:
    """With the line and the setting, as in the app; nothing is recorded."""
    study = build_study()
    done = run(study.path, "\nq\n", **write_settings(tmp_path / "config", "\nascii = 1\n"))
    assert done.returncode == 7
    assert b"rater.toml, line 2, ascii" in done.stderr
    assert events_on_disk(study) == []


@pytest.mark.parametrize(
    ("words", "study", "rater"),
    [
        ("rate x.db --plain", "x.db", None),
        ("rate --plain --as R1 x.db", "x.db", "R1"),
        ("rate --as=R2 x.db --plain", "x.db", "R2"),
    ],
)
def test_the_words_of_the_plain_mode_are_read_without_typer(
    words: str, study: str, rater: str | None
) -> None:
    """In any order, as Typer would."""
    assert rate_arguments(words.split()) == RateArguments(study=Path(study), rater=rater, plain=True)


def test_the_words_of_the_app_are_read_without_typer() -> None:
    """So that the first item is there sooner."""
    assert rate_arguments(["rate", "x.db", "--as", "R1", "--theme=light", "--ascii"]) == RateArguments(
        study=Path("x.db"), rater="R1", theme="light", ascii_only=True
    )
    assert rate_arguments(["rate", "x.db"]) == RateArguments(study=Path("x.db"), rater=None)


@pytest.mark.parametrize(
    "words",
    [
        *(
            "",
            "rate --plain",
            "rate --plain x.db y.db",
            "rate --plain x.db --as",
            "demo --plain",
        ),
        *("rate --plain x.db --help", "rate --plain x.db -h", "rate --plain x.db --as R1 --as R2"),
        *("--plain", "demo --plain"),
        *("rate --plain --debug x.db", "rate --plain --as=R1 --as=R1 x.db", "rate --plain -- x.db"),
    ],
)
def test_everything_else_is_left_to_typer(words: str) -> None:
    """Help, mistakes and rare options have one reader, so they have one answer."""
    assert rate_arguments(words.split()) is None


def test_options_that_typer_reads_lead_to_the_same_place(build_study: BuildStudy) -> None:
    """As does a code that the file does not have: one sentence, code 5."""
    study = build_study()
    for options in (["--plain", "--", str(study.path)], ["--plain", "--debug", str(study.path)]):
        done = subprocess.run(
            [sys.executable, "-m", "rater", "rate", *options],
            input=b"\n2\n",
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert [item_on_disk(study).mark(name).level for name in ("D1", "D2")] == [2, 2]
    done = subprocess.run(
        [sys.executable, "-m", "rater", "rate", "--plain", "--as", "R9", str(study.path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 5
    assert done.stderr.startswith(b"rater: ")
    assert b"Traceback" not in done.stderr


def plain_terminal(study: StudyFile, **environment: str) -> Terminal:
    """Start the plain mode in a small dumb terminal."""
    return Terminal(
        "rate", str(study.path), "--plain", columns=50, rows=8, environment={"TERM": "dumb", **environment}
    )


def test_a_script_on_standard_input_rates_items(build_study: BuildStudy) -> None:
    """Code 0, everything on disk, one file left, and the answers stand behind their prompts."""
    study = build_study()
    done = run(study.path, "\n2\n3\n\n1\n")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert "starts, q quits if you are not R1: \n" in done.stdout.decode()
    assert "Process steerability 0-3 (? help): 3\n" in done.stdout.decode()
    assert item_on_disk(study).completed
    assert item_on_disk(study, 1).mark("D1").level == 1
    assert [path.name for path in study.path.parent.iterdir()] == ["study.db"]


def test_a_script_with_answers_that_cannot_be_taken_tells(build_study: BuildStudy) -> None:
    """Code 2 and the numbers of the lines; the others count."""
    study = build_study()
    done = run(study.path, b"\n9\n2\nm caf\xe9\nq\n")
    assert done.returncode == 2
    said = "rater: 2 of 5 answers could not be taken: lines 2, 4 of the input. The output says why.\n"
    assert done.stderr.decode() == said
    assert item_on_disk(study).mark("D1").level == 2
    assert item_on_disk(study).note == ""


def test_what_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    """With the code of its kind, as without --plain."""
    done = run(tmp_path / "missing.db", "")
    assert done.returncode == 5
    assert done.stdout == b""
    assert b"There is no such file" in done.stderr


def test_an_unsaved_step_at_the_end_of_input_is_an_error(build_study: BuildStudy) -> None:
    """Another process holds the lock for good: the sentence names what is not on disk, the code is 1."""
    import sqlite3

    study = build_study()
    blocker = sqlite3.connect(study.path, isolation_level=None)
    child = subprocess.Popen(
        [sys.executable, "-m", "rater", "rate", str(study.path), "--plain"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"\n")
    child.stdin.flush()
    while b"Message 1" not in child.stdout.readline():
        pass
    while b"(a anchors" not in child.stdout.readline():
        pass
    blocker.execute("BEGIN IMMEDIATE")
    rest, errors = child.communicate(b"m typed but not saved\n")
    blocker.execute("ROLLBACK")
    blocker.close()
    assert b"NOT SAVED. Another program is writing to the file" in rest
    assert b"Not on disk: note: typed but not saved" in rest
    assert b"Everything is saved" not in rest
    assert errors.startswith(b"rater: Another program is writing")
    assert child.returncode == 1


def test_nothing_slow_is_loaded_and_nothing_that_knows_an_origin(build_study: BuildStudy) -> None:
    """In a fresh interpreter, after a sitting that used notes, quotes, lists, pages and help."""
    study = build_study()
    script = (
        "import sys\n"
        f"sys.argv = ['rater', 'rate', {str(study.path)!r}, '--plain']\n"
        "import rater.entry\n"
        "try:\n    rater.entry.main()\n"
        "finally:\n    print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input="\n?\na\nt\nm note\ne 2-3\n2\n3\n\ni\nX\n1\nu\nq\n",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    loaded = set(done.stderr.split())
    assert "rater.plain.running" in loaded
    assert {name.split(".")[0] for name in loaded} & NEVER_LOADED == set()
    ours = {name for name in loaded if name.startswith(("protocol.", "rater.", "db."))}
    for forbidden in (
        *("protocol.allocation", "protocol.analysis", "protocol.deidentify", "protocol.sources"),
        *("protocol.stats", "protocol.transcript", "db.allocation_store", "rater.admin", "rater.tui"),
    ):
        assert not [name for name in ours if name == forbidden or name.startswith(f"{forbidden}.")]
    assert item_on_disk(study).completed


def test_a_dumb_terminal_gets_no_escape_sequence(build_study: BuildStudy) -> None:
    """At any size, also with colour forced by the environment; typed answers are not repeated."""
    study = build_study()
    terminal = plain_terminal(study, FORCE_COLOR="1", CLICOLOR_FORCE="1", PAGER="cat")
    terminal.wait_for("q quits if you are not R1: ")
    terminal.press("\n")
    terminal.wait_for("? help, q quit): ")
    terminal.press("2\n")
    terminal.wait_for("steerability 0-3 (? help): ")
    terminal.press("P\n")
    terminal.wait_for("End of the conversation.")
    terminal.wait_for("steerability 0-3 (? help): ")
    terminal.press("q\n")
    assert terminal.finish() == 0
    assert b"\x1b" not in terminal.written
    assert terminal.written.count(b"End of the conversation.") == 2
    assert re.search(rb"\(\? help\): q\r\nEverything is saved", terminal.written)
    rows = terminal.written.decode().replace("\r", "").split("\n")
    assert max(map(len, rows)) <= 52
    assert item_on_disk(study).mark("D1").level == 2


@pytest.mark.parametrize("way", ["interrupt", "end of file", "terminate", "hang up", "kill"])
def test_however_it_ends_everything_said_to_be_saved_is_there(build_study: BuildStudy, way: str) -> None:
    """Ctrl-C, Ctrl-D, SIGTERM, a closed terminal, SIGKILL: the next start goes on."""
    study = build_study()
    terminal = plain_terminal(study)
    terminal.wait_for("not R1: ")
    terminal.press("\n")
    terminal.wait_for("q quit): ")
    terminal.press("2\n")
    terminal.wait_for("Verification support 2, saved.")
    terminal.wait_for("(? help): ")
    if way == "interrupt":
        terminal.press("\x03")
        assert terminal.finish() == 0
        assert b"\nStopped. Everything that was said" in terminal.written
    elif way == "end of file":
        terminal.press("\x04")
        assert terminal.finish() == 0
        assert b"Everything is saved: 0 of 4 items" in terminal.written
    elif way == "terminate":
        terminal.ask_to_end()
    elif way == "hang up":
        assert terminal.hang_up()
    else:
        terminal.kill()
    assert item_on_disk(study).mark("D1").level == 2
    assert [path.name for path in study.path.parent.iterdir()] == ["study.db"]
    done = run(study.path, "\n3\n\n")
    assert done.returncode == 0
    assert item_on_disk(study).completed


def test_a_reader_that_goes_away_ends_it_quietly(build_study: BuildStudy) -> None:
    """As with `| head`: no traceback, no complaint, and what was taken before is on disk."""
    study = build_study(items=make_items(3, lines=3000))
    child = subprocess.Popen(
        [sys.executable, "-m", "rater", "rate", str(study.path), "--plain"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdin.write(b"\nm noted\nn\nn\nn\n")
    child.stdin.close()
    while b"Paragraph 5 of answer 1." not in child.stdout.readline():
        pass
    child.stdout.close()
    errors = child.stderr.read()
    assert child.wait() == 0
    child.stderr.close()
    assert b"Traceback" not in errors
    assert b"Exception" not in errors
    assert kinds_on_disk(study) == [EventKind.SITTING, EventKind.SHOW]


def test_an_output_that_cannot_be_written_is_a_sentence(build_study: BuildStudy) -> None:
    """A full device behind standard output ends it with code 1; the file stays whole."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    study = build_study()
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "rater", "rate", str(study.path), "--plain"],
            input=b"\n2\n",
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert done.returncode == 1
    assert b"The output cannot be written" in done.stderr
    assert b"Traceback" not in done.stderr
    assert events_on_disk(study) == []


def test_the_demo_can_be_rated_line_by_line(tmp_path: Path) -> None:
    """Ten items of the shipped sample from a script: all completed, and the chain verifies."""
    path = tmp_path / "demo.pack.db"
    done = subprocess.run(
        [sys.executable, "-m", "rater", "demo", "--plain", "--file", str(path)],
        input="\n" + "0\n0\n\n" * 10,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "10 of 60 items completed" in done.stdout
    assert not re.search(r"[^\n -~\u00a0-\U0010ffff]", done.stdout)


def test_the_app_names_the_plain_mode_where_the_terminal_is_too_small(build_study: BuildStudy) -> None:
    """The sentence says what works in a terminal of that size."""
    assert "`rater rate --plain`" in too_small(59, 30)
    terminal = Terminal("rate", str(build_study().path), columns=59, rows=30)
    assert terminal.finish() == 2
    assert "rater rate --plain" in " ".join(terminal.written.decode().split())
