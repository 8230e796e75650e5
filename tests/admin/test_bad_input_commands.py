"""Bad input to the admin tool: one clear sentence and the right exit code, nothing lost, no traceback."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import db.connection
from protocol.canonical_json import sha256_hex
from protocol.errors import CheckFailedError, StorageError
from rater.admin.staged_group import STAGES
from rater.exit_codes import ExitCode, exit_code_of
from rater.services.doors import key_files
from tests.admin.running import refused, run
from tests.services.small_studies import (
    SmallStudy,
    locked_study,
    pack_of_r1,
    protocol_text,
    rated_study,
    recipient_of,
    transcript_lines,
    unblinded_study,
    write_sources,
)

NO_STORAGE = exit_code_of(StorageError("any"))
CODE = "0" * 64

# Every command that takes a study file, with what else it needs.
ON_STUDY: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "status": lambda study, _: [study],
    "agreement": lambda study, _: [study],
    "coverage": lambda study, _: [study],
    "rehearse": lambda study, key: [study, "--protocol", key.with_name("study.toml")],
    "lock": lambda study, _: [study],
    "lock --dry-run": lambda study, _: [study],
    "unlock": lambda study, _: [study, "--reason", "x"],
    "unblind": lambda study, key: [study, "--key", key, "--lock-code", CODE, "--reason", "x"],
    "key-check": lambda study, key: [
        key,
        "--study",
        study,
        "--identity",
        key.with_name("identity.txt"),
    ],
    "effects": lambda study, _: [study],
    "blinding": lambda study, _: [study],
    "export": lambda study, key: [study, "-o", key.with_name("out")],
    "report": lambda study, key: [study, "-o", key.with_name("out")],
    "profile": lambda study, key: [study, "-o", key.with_name("out")],
    "verify": lambda study, _: [study],
    "pack": lambda study, key: [study, "--all", "-o", key.with_name("packs")],
    "merge": lambda study, key: [study, key],
    "incident": lambda study, _: [study, "--rater", "R1", "--text", "x"],
    "questions": lambda study, _: [study],
    "clarify": lambda study, _: [study, "--dimension", "D1", "--text", "x", "--reason", "x"],
    "withdraw": lambda study, _: [study, "--item", "0" * 16, "--reason", "x"],
    "adjudicate --list": lambda study, _: [study],
    "adjudicate --finish": lambda study, _: [study],
    "adjudicate --waive": lambda study, _: [study, "--reason", "x"],
    "amend": lambda study, key: [study, key.with_name("study.toml"), "--carry", "--reason", "x"],
    "extend": lambda study, key: [
        study,
        key.with_name("study.toml"),
        key.with_name("transcripts.jsonl"),
        *("--key", key.with_name("batch.key")),
        *("--original", key.with_name("study.toml")),
        *("--recipient", "x"),
        *("--reason", "x"),
    ],
    "reassign": lambda study, _: [study, "--from", "R1", "--to", "R9", "--reason", "x"],
    "calibration": lambda study, _: [study],
    "calibration --admit R1": lambda study, _: [study, "--reason", "x"],
}


def _text(path: Path) -> None:
    path.write_text("just text", encoding="utf-8")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _missing(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _newer(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 5])


def _foreign(path: Path) -> None:
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (x)")
    other.close()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


BAD_STUDIES: dict[str, tuple[Callable[[Path], None], ExitCode]] = {
    "missing": (_missing, ExitCode.NOT_FOUND),
    "empty": (_empty, ExitCode.INVALID_INPUT),
    "text": (_text, ExitCode.INVALID_INPUT),
    "a folder": (_folder, ExitCode.INVALID_INPUT),
    "newer": (_newer, ExitCode.INVALID_INPUT),
    "cut off": (_cut, ExitCode.INVALID_INPUT),
    "another database": (_foreign, ExitCode.INVALID_INPUT),
    "a pipe": (_pipe, ExitCode.INVALID_INPUT),
}


@pytest.mark.parametrize("damage", BAD_STUDIES)
def test_every_command_names_a_bad_study_file(tmp_path: Path, damage: str) -> None:
    """Code 5 where nothing is there, 7 where it is unreadable; the path is named, nothing is written."""
    spoil, code = BAD_STUDIES[damage]
    small = rated_study(tmp_path)
    spoil(small.study)
    before = small.study.read_bytes() if small.study.is_file() else None
    for name, arguments in ON_STUDY.items():
        found = run(*name.split(), *arguments(small.study, small.key))
        assert found.code == code, (name, found.code, found.err)
        assert str(small.study) in found.err, name
        assert not found.out, name
    assert (small.study.read_bytes() if small.study.is_file() else None) == before
    assert {path.name for path in small.folder.iterdir()} - {"study.db"} == {
        "study.key",
        "study.toml",
        "transcripts.jsonl",
        "identity.txt",
    }


def test_every_command_with_a_study_is_tried() -> None:
    """A new command with a STUDY argument has to stand in the table above."""
    tried = {name.split()[0] for name in ON_STUDY}
    for names in STAGES.values():
        for name in names:
            if re.search(r"\{STUDY\}|\[STUDY\]|--study STUDY", run(name, "--help").out):
                assert name in tried, name


def test_a_pack_is_told_from_a_study(tmp_path: Path) -> None:
    """The doors, and the handing out, belong to the study file."""
    small = rated_study(tmp_path)
    pack = pack_of_r1(tmp_path, rated=1)
    for name in ("lock", "unlock", "unblind"):
        refused(ExitCode.INVALID_INPUT, "This is a pack", name, *ON_STUDY[name](pack, small.key))


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    """A sentence, for every command."""
    small = rated_study(tmp_path)
    long = tmp_path / ("x" * 300)
    for name in ("status", "lock", "export", "verify"):
        found = run(name, *ON_STUDY[name](long, small.key))
        assert found.code in (ExitCode.NOT_FOUND, ExitCode.INVALID_INPUT), (name, found.err)


# Locked, read-only, full.


def test_a_study_that_another_program_writes_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writers wait and then say so; readers still read."""
    monkeypatch.setattr(db.connection, "BUSY_TIMEOUT_S", 0.05)
    small = rated_study(tmp_path)
    other = sqlite3.connect(small.study, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for name in ("lock", "export"):
        refused(NO_STORAGE, "Another program is writing", name, *ON_STUDY[name](small.study, small.key))
    assert run("status", small.study).code == 0
    assert not (small.folder / "out").exists()
    other.execute("ROLLBACK")
    other.close()
    assert run("lock", small.study).code == 0


def test_a_study_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shown that could not be put on record first; status still works.

    Permissions do not bind the super-user: the file is opened as the system opens a read-only one.
    """
    small = rated_study(tmp_path)
    real = sqlite3.connect

    def ro(address: str, **options: object) -> sqlite3.Connection:
        return real(address.replace("mode=rw", "mode=ro"), **options)  # type: ignore[call-overload, no-any-return]  # passes on

    monkeypatch.setattr(sqlite3, "connect", ro)
    before = small.study.read_bytes()
    for name in ("lock", "agreement", "export"):
        refused(NO_STORAGE, "read-only", name, *ON_STUDY[name](small.study, small.key))
    assert run("status", small.study).code == 0
    assert small.study.read_bytes() == before


def test_a_disk_that_is_full_while_locking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The study stays open with every rating, and locks when there is room."""
    small = rated_study(tmp_path)
    real = db.connection.connect

    def cramped(path: Path, *, uri_options: str = "") -> sqlite3.Connection:
        connection = real(path, uri_options=uri_options)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    def wordy(*_: object, **__: object) -> bytes:
        return b'"' + b"x" * 100_000 + b'"'

    with monkeypatch.context() as patch:
        patch.setattr(db.connection, "connect", cramped)
        patch.setattr("rater.services.doors.doors.canonical_bytes", wordy)
        refused(NO_STORAGE, "The disk is full: the change was not saved.", "lock", small.study)
    with small.raw() as connection:
        assert connection.execute("SELECT state FROM study").fetchone() == ("open",)
        assert connection.execute("SELECT count(*) FROM lock_manifest").fetchone() == (0,)
    assert run("lock", small.study).code == 0


def test_a_disk_that_is_full_while_seeding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No half study; the key that was written first is named in the way of the second try."""
    small = write_sources(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    sources: list[str | Path] = [small.protocol, small.transcripts]
    arguments = [*sources, "-o", small.study, "--recipient", recipient_of(small)]
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        refused(NO_STORAGE, "The disk is full.", "seed", *arguments)
    assert {path.name for path in tmp_path.iterdir()} == {"study.toml", "transcripts.jsonl", "identity.txt"}
    assert run("seed", *arguments).code == 0


# What seed reads.


def seeded_with(small: SmallStudy, *sources: Path) -> list[str | Path]:
    return [
        "seed",
        small.protocol,
        *(sources or (small.transcripts,)),
        "-o",
        small.study,
        "--recipient",
        "age1x",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00n\x00o", "UTF-8"),
        (b"name = \xe9", "UTF-8"),
        (b"not = [toml", "TOML"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"\x00" * 100, ""),
    ],
)
def test_a_protocol_that_cannot_be_read(tmp_path: Path, content: bytes, words: str) -> None:
    """Empty, another encoding, no TOML, another kind of file: code 7, and nothing is written."""
    small = write_sources(tmp_path)
    small.protocol.write_bytes(content)
    found = refused(ExitCode.INVALID_INPUT, words, *seeded_with(small))
    assert str(small.protocol) in found.err
    assert not small.key.exists()


def test_a_protocol_with_five_mistakes_names_all_five(tmp_path: Path) -> None:
    """One run tells everything, each with its key path and line."""
    text = (
        protocol_text()
        .replace('kind = "stress-test"', 'kind = "contest"')
        .replace("raters_per_item = 2", "raters_per_item = 9")
        .replace('headline = ["D1"]', 'headline = ["D9"]')
        .replace("seed = 5", 'seed = "five"')
        .replace('evidence_level = "response"', 'evidence_level = "certain"')
    )
    small = write_sources(tmp_path, protocol=text)
    found = refused(ExitCode.INVALID_INPUT, "", *seeded_with(small))
    for path in (
        "study.kind",
        "study.evidence_level",
        "design.raters_per_item",
        "analysis.headline",
        "analysis.seed",
    ):
        assert path in found.err, path
    assert found.err.count("line ") >= 5


def test_sources_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing is 5, everything else 7; the file and the line are named."""
    small = write_sources(tmp_path)
    good = transcript_lines()
    cases: list[tuple[bytes | None, ExitCode, str]] = [
        (None, ExitCode.NOT_FOUND, "no such file"),
        (b"", ExitCode.INVALID_INPUT, "empty"),
        (b"\xff\xfe{\x00}\x00", ExitCode.INVALID_INPUT, ""),
        (good.encode().replace(b"canary-two", b"canary-tw\xe9", 1), ExitCode.INVALID_INPUT, "line 7"),
        (b"id,model\n1,2\n", ExitCode.INVALID_INPUT, ""),
        (good.encode() + b'{"id": "x"}\n', ExitCode.INVALID_INPUT, "line 13"),
        (b"[" * 100_000, ExitCode.INVALID_INPUT, ""),
    ]
    for content, code, words in cases:
        path = tmp_path / "source.jsonl"
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
        found = refused(code, words, *seeded_with(small, path))
        assert "source.jsonl" in found.err
    (tmp_path / "empty").mkdir()
    refused(ExitCode.INVALID_INPUT, "no file of a known format", *seeded_with(small, tmp_path / "empty"))
    assert not small.key.exists()


def test_files_of_two_studies_mixed(tmp_path: Path) -> None:
    """Every task without a card and every unknown scaffold is named."""
    small = write_sources(tmp_path)
    other = tmp_path / "other.jsonl"
    other.write_text(transcript_lines(tasks=["far-task"]).replace('"checks"', '"react_v2"'), encoding="utf-8")
    found = refused(
        ExitCode.INVALID_INPUT, "do not fill the design", *seeded_with(small, small.transcripts, other)
    )
    assert "task far-task: found no task card" in found.err
    assert "scaffold react_v2: found none" in found.err


# What unblind reads.


def test_a_wrong_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code 3, on record, and the study stays locked; age itself is tested with the key files."""
    door = locked_study(tmp_path)
    sealed = b"age-encryption.org/v1\n-> scrypt c2FsdA 20\nxxxx"
    door.small.key.write_bytes(sealed)
    with door.small.raw() as connection:
        connection.execute("DROP TRIGGER study_fixed")
        connection.execute("UPDATE study SET sealed_sha256 = ?", (sha256_hex(sealed),))
    monkeypatch.setattr("rater.services.doors.doors.check_lock", lambda *_: None)

    def wrong(*_: object) -> bytes:
        raise CheckFailedError("The key does not open with this passphrase, or its file was changed.")

    monkeypatch.setattr(key_files, "open_with_passphrase", wrong)
    secret = tmp_path / "pass"
    secret.write_text("not the right passphrase\n", encoding="utf-8")
    start: list[str | Path] = [
        "unblind",
        door.small.study,
        "--key",
        door.small.key,
        "--lock-code",
        door.lock_code,
    ]
    refused(ExitCode.CHECK_FAILED, "this passphrase", *start, "--reason", "x", "--passphrase-file", secret)
    assert door.small.actions()[-1] == "unblind-refused"
    refused(ExitCode.USAGE, "--passphrase-file", *start, "--reason", "x", "--no-input")
    refused(ExitCode.USAGE, "--passphrase-file", *start, "--reason", "x")
    empty = tmp_path / "empty"
    empty.touch()
    for path, code in (
        (tmp_path / "none", ExitCode.NOT_FOUND),
        (empty, ExitCode.INVALID_INPUT),
        (tmp_path, ExitCode.INVALID_INPUT),
    ):
        refused(code, str(path), *start, "--reason", "x", "--passphrase-file", path)


def test_argument_errors_are_usage_errors(tmp_path: Path) -> None:
    """Unknown commands and options, missing arguments: code 2."""
    for arguments in (["nonsense"], ["status"], ["lock", "x", "--nonsense"], ["seed", "a"], ["unblind", "x"]):
        found = run(*arguments)
        assert found.code == ExitCode.USAGE
        assert not found.out
    assert run("--version").code == 0
    assert run().code in (0, 2)


def test_names_from_files_are_shown_not_obeyed(tmp_path: Path) -> None:
    """A model name with an escape sequence does not reach the terminal through any command."""
    text = transcript_lines().replace("canary-two", "canary\\u001b]0;title\\u0007-two")
    small = write_sources(tmp_path, transcripts=text)
    for arguments in (
        ["inspect", small.transcripts],
        ["inspect", small.transcripts, "--json"],
        seeded_with(small),
    ):
        found = run(*arguments)
        assert "\x1b" not in found.out + found.err
        assert "\x07" not in found.out + found.err


def test_effects_of_an_unblinded_study_come_as_json(tmp_path: Path) -> None:
    """The good case beside all these: exit 0 and one object."""
    small = unblinded_study(tmp_path).small
    value = run("effects", small.study, "--json").json
    assert value["schema"] == "effects/1"
