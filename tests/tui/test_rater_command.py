"""The command line of `rater`: what it loads, what it refuses, and with which words and codes."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from db.connection import FileKind
from rater import __version__
from rater.cli import SAMPLE_PACK
from rater.settings import read_settings, settings_path
from tests.conftest import BuildStudy
from tests.tui.terminal import ROOT, Terminal

HEAVY = (
    "textual",
    "rich",
    "sqlite_utils",
    "numpy",
    "scipy",
    "matplotlib",
    "krippendorff",
    "pyrage",
)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `rater` without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "rater", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )


def loaded_after(statement: str) -> set[str]:
    """Return the modules in a fresh interpreter after a statement."""
    script = f"import sys\n{statement}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    return set(done.stderr.split())


def help_of(*arguments: str) -> str:
    """Return a statement that prints help as the console script does."""
    return (
        f"sys.argv = ['rater', *{list(arguments)!r}]\n"
        "import rater.cli\n"
        "try:\n    rater.cli.main()\nexcept SystemExit as end:\n    assert not end.code, end.code"
    )


@pytest.mark.parametrize("arguments", [["--help"], ["rate", "--help"], ["demo", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Neither Textual nor Rich nor anything of the analysis is imported to print a page of help."""
    loaded = {name.split(".")[0] for name in loaded_after(help_of(*arguments))}
    assert loaded & set(HEAVY) == set()


def test_version_and_help_go_to_standard_output() -> None:
    """Both end with code 0."""
    assert run("--version").stdout == f"rater {__version__}\n"
    done = run("--help")
    assert done.returncode == 0
    assert "rate" in done.stdout
    assert "demo" in done.stdout


def test_without_a_terminal_there_is_one_sentence_and_code_2(build_study: BuildStudy) -> None:
    """A pipe in place of a terminal is refused before the file is touched."""
    study = build_study()
    done = run("rate", str(study.path))
    assert done.returncode == 2
    assert done.stderr == (
        "rater: The rating app needs a terminal for its input and output. Start it in a terminal window,"
        " without a pipe or redirection, or take --plain.\n"
    )


def test_a_missing_file_is_said_before_a_missing_terminal(tmp_path: Path) -> None:
    """Whoever mistypes the name in a script learns that, and nothing about terminals."""
    done = run("rate", str(tmp_path / "nosuch.db"))
    assert done.returncode == 5
    assert "There is no such file" in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"TEXTUAL_LOG": "keys.log"},
        {"TEXTUAL": "devtools"},
        {"TEXTUAL": "debug,devtools"},
        {"TEXTUAL_PRESS": "1"},
    ],
)
def test_what_records_keys_is_refused(build_study: BuildStudy, environment: dict[str, str]) -> None:
    """Textual's log and devtools hold every key; the sentence names the variable."""
    done = run("rate", str(build_study().path), **environment)
    assert done.returncode == 2
    assert next(iter(environment)) in done.stderr
    assert "Unset it" in done.stderr


def test_a_terminal_that_is_too_small_is_refused_in_words(build_study: BuildStudy) -> None:
    """The sentence gives both sizes; nothing is opened."""
    terminal = Terminal("rate", str(build_study().path), columns=59, rows=30)
    assert terminal.finish() == 2
    words = " ".join(terminal.written.decode().split())
    assert "The terminal has 59 columns and 30 rows; rating needs at least 60 and 16." in words


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("missing.db", 5, "There is no such file"),
        ("folder", 7, "This is a folder"),
        ("empty.db", 7, "The file is empty"),
        ("text.db", 7, "no study file"),
        ("escape\x1b]0;x\x07.db", 5, "escape␛]0;x␇.db"),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(tmp_path: Path, name: str, code: int, words: str) -> None:
    """With the code of its kind, without a traceback, and safe to print."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("hello, this is no database", encoding="utf-8")
    terminal = Terminal("rate", str(tmp_path / name), columns=400)
    assert terminal.finish() == code
    shown = terminal.written.decode()
    assert words in shown
    assert "Traceback" not in shown
    assert "\x1b" not in shown


def test_several_raters_and_none_named_is_a_sentence(build_study: BuildStudy) -> None:
    """The codes to choose from are named; an unknown one is not found."""
    path = str(build_study(raters=("R1", "R2")).path)
    terminal = Terminal("rate", path, columns=200)
    assert terminal.finish() == 2
    assert b"R1, R2" in terminal.written
    terminal = Terminal("rate", path, "--as", "R9", columns=200)
    assert terminal.finish() == 5


def test_a_read_only_file_is_said(build_study: BuildStudy) -> None:
    """Nobody rates for an hour into a file that takes nothing."""
    if os.geteuid() == 0:
        pytest.skip("the superuser may write to read-only files")
    study = build_study(kind=FileKind.PACK)
    study.path.chmod(stat.S_IRUSR)
    terminal = Terminal("rate", str(study.path), columns=200)
    assert terminal.finish() == 1
    assert b"read-only" in terminal.written


def test_a_fault_outside_the_app_is_one_sentence(
    build_study: BuildStudy,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own_folders: Path,
) -> None:
    """No traceback and no value, also before the app is up."""
    from rater import cli, launching

    def broken(**_: object) -> None:
        secret = "4711"
        raise RuntimeError(secret)

    monkeypatch.setattr(launching, "check_terminal", broken)
    monkeypatch.setattr(sys, "argv", ["rater", "rate", str(build_study().path)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    shown = capsys.readouterr().err
    assert "fault of its own" in shown
    assert "4711" not in shown
    assert "Traceback" not in shown
    assert "4711" not in next(own_folders.rglob("*.txt")).read_text(encoding="utf-8")


def test_the_demo_starts_from_a_copy_and_resumes_it(tmp_path: Path) -> None:
    """The shipped pack is not touched; the second start finds the first one's score."""
    if not SAMPLE_PACK.exists():
        pytest.skip("the demo pack is not built")
    before = SAMPLE_PACK.read_bytes()
    mine = tmp_path / "new" / "demo.pack.db"
    for keys, shown in (("\r", "item 1/"), ("\r", "item 1/")):
        terminal = Terminal("demo", "--file", str(mine))
        terminal.wait_for("Who sees it")
        terminal.press(keys)
        terminal.wait_for(shown)
        terminal.press("X1")
        assert terminal.quit() == 0
        assert str(mine) in terminal.written.decode().replace("\r\n", "")
    assert SAMPLE_PACK.read_bytes() == before
    assert stat.S_IMODE(mine.stat().st_mode) == 0o600


def test_the_demo_goes_to_the_users_data_folder(own_folders: Path) -> None:
    """Without --file the pack is in the folder for data of the user."""
    if not SAMPLE_PACK.exists():
        pytest.skip("the demo pack is not built")
    terminal = Terminal("demo")
    terminal.wait_for("Who sees it")
    assert terminal.quit() == 0
    assert (own_folders / "XDG_DATA_HOME" / "blindrater" / "demo.pack.db").exists()


def test_without_the_demo_pack_there_is_a_sentence(tmp_path: Path) -> None:
    """An installation that lacks it says so."""
    shutil.copytree(ROOT / "rater", tmp_path / "rater", ignore=shutil.ignore_patterns("demo.pack.db"))
    terminal = Terminal(
        "demo",
        "--file",
        str(tmp_path / "mine.db"),
        columns=300,
        environment={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "PYTHONSAFEPATH": "1"},
    )
    assert terminal.finish() == 5
    assert b"no demo pack" in terminal.written


def test_a_theme_on_the_command_line_is_kept(build_study: BuildStudy) -> None:
    """It is in the settings file for the next start; one that does not exist is refused."""
    path = str(build_study().path)
    terminal = Terminal("rate", path, "--theme", "pink", columns=200)
    assert terminal.finish() == 2
    assert b"dark, light, high-contrast, colour-blind" in terminal.written
    terminal = Terminal("rate", path, "--theme", "light", columns=200)
    terminal.wait_for("Who sees it")
    assert terminal.quit() == 0
    assert "Everything is saved: 0 of 4 items completed." in terminal.written.decode()
    assert read_settings(settings_path()).theme == "light"


def test_wrong_settings_stop_the_start_in_words(build_study: BuildStudy) -> None:
    """File, line and setting are named; nothing is opened."""
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("[keys]\nitem.nose = 'v'\n", encoding="utf-8")
    terminal = Terminal("rate", str(build_study().path), columns=400)
    assert terminal.finish() == 7
    assert f'{settings_path()}, line 2, keys.item.nose: There is no action "item.nose"' in (
        terminal.written.decode()
    )


def test_keys_are_printed_as_a_table(own_folders: Path) -> None:
    """TOML on standard output, the place of the file on standard error."""
    done = run("keys")
    assert done.returncode == 0
    assert done.stdout.startswith("[keys]\n")
    assert str(own_folders) in done.stderr


def test_plain_has_no_theme(build_study: BuildStudy) -> None:
    """Two options that do not go together are refused."""
    done = run("rate", str(build_study().path), "--plain", "--theme", "light")
    assert done.returncode == 2
    assert "draws no colours" in done.stderr
