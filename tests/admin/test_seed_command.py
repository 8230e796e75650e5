"""`rater-admin keygen` and `seed` from the outside."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protocol.canonical_json import sha256_hex
from rater.exit_codes import ExitCode
from tests.admin.running import Run, done, refused, run
from tests.services.small_studies import (
    MODELS,
    PLAIN,
    TASKS,
    SmallStudy,
    protocol_text,
    rate_item,
    recipient_of,
    transcript_lines,
    write_sources,
)


@pytest.fixture
def small(tmp_path: Path) -> SmallStudy:
    """Return the sources of a small study, not yet seeded."""
    return write_sources(tmp_path / "small")


def seed(small: SmallStudy, *more: str | Path) -> Run:
    return done("seed", *arguments(small), *more)


def arguments(small: SmallStudy) -> list[str | Path]:
    return [small.protocol, small.transcripts, "-o", small.study, "--recipient", recipient_of(small)]


def test_keygen_prints_the_recipient_alone(tmp_path: Path) -> None:
    """Standard output can be used as it is; the identity is in the file, mode 0600, and nowhere else."""
    path = tmp_path / "id.txt"
    found = done("keygen", "-o", path)
    assert found.out.startswith("age1")
    assert found.out.count("\n") == 1
    identity = path.read_text(encoding="utf-8").strip().splitlines()[-1]
    assert identity.startswith("AGE-SECRET-KEY-")
    assert identity not in found.out + found.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    refused(ExitCode.USAGE, "already", "keygen", "-o", path)
    other = done("keygen", "-o", tmp_path / "two", "--json").json
    assert other["schema"] == "keygen/1"
    assert set(other) == {"schema", "identity_file", "recipient"}


@pytest.mark.parametrize("name", [".", "/", "no/such/place", "x" * 300])
def test_keygen_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A sentence each."""
    monkeypatch.chdir(tmp_path)
    found = run("keygen", "-o", name)
    assert found.code in (ExitCode.USAGE, ExitCode.INTERNAL_FAULT)
    assert "Name a file" in found.err or "cannot be written" in found.err


def test_seed_says_what_was_written_and_what_comes_next(small: SmallStudy) -> None:
    """Counts and hashes on stdout; advice, and one lonely recipient, on stderr."""
    found = seed(small)
    assert "12 items of 3 tasks; items by rater: R1 8, R2 8, R3 8" in found.out
    assert sha256_hex(small.key.read_bytes()) in found.out
    assert sha256_hex(small.protocol.read_bytes()) in found.out
    assert "one recipient alone can open the key" in found.err
    assert f"Next: rater rate {small.study} --as R1" in found.err
    assert not any(model in found.out + found.err for model in MODELS)
    assert stat.S_IMODE(small.study.stat().st_mode) == 0o600
    assert stat.S_IMODE(small.key.stat().st_mode) == 0o600


def test_seed_json_has_the_hashes(small: SmallStudy) -> None:
    """One object; the key is beside the study unless another place is named."""
    value = seed(small, "--json").json
    assert value["schema"] == "seed/1"
    assert value["key"] == str(small.key)
    assert value["sealed_sha256"] == sha256_hex(small.key.read_bytes())
    assert value["items_of_rater"] == {"R1": 8, "R2": 8, "R3": 8}
    assert value["voided_key_sha256"] is None


def test_typed_commands_can_be_typed(tmp_path: Path) -> None:
    """A path with blanks is quoted in every command that is advised."""
    small = write_sources(tmp_path / "my study's folder")
    found = seed(small)
    (line,) = [line for line in found.err.splitlines() if line.startswith("Next: ")]
    assert shlex.split(line)[1:] == ["rater", "rate", str(small.study), "--as", "R1"]
    told = done("status", small.study).out.splitlines()[-1]
    assert shlex.split(told)[1:4] == ["rater", "rate", str(small.study)]


def test_no_option_takes_a_secret(small: SmallStudy) -> None:
    """Passphrases and identities come by prompt, file or descriptor: an argument is seen by everybody."""
    for command in ("seed", "unblind", "key-check"):
        text = done(command, "--help").out
        assert "--passphrase-file" in text
        assert "--passphrase-fd" in text
        assert "--passphrase " not in text
        refused_ = run(command, "--passphrase", "hunter2 hunter2", small.protocol, small.transcripts)
        assert refused_.code == ExitCode.USAGE


def test_json_holds_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    """Control characters of a path come out escaped, and the JSON reads back to the same path."""
    name = "odd\x1b[31m\x9b\u202e\u2028\U000e0041é"
    small = write_sources(tmp_path / name)
    found = seed(small, "--json")
    assert found.json["study"] == str(small.study)
    assert all(char.isprintable() or char == "\n" for char in found.out + found.err)
    assert "é" in found.out


def test_something_that_seals_is_needed(small: SmallStudy) -> None:
    """Without a terminal there is no question: the error names the options."""
    plain: list[str | Path] = ["seed", small.protocol, small.transcripts, "-o", small.study]
    refused(ExitCode.USAGE, "--recipient or --passphrase-file", *plain)
    refused(ExitCode.USAGE, "--recipient or --passphrase-file", *plain, "--no-input")
    refused(ExitCode.INVALID_INPUT, "Recipient number 1", *plain, "--recipient", "age1nobody")
    secret = small.folder / "pass"
    secret.write_text("long enough passphrase\n", encoding="utf-8")
    both = [*arguments(small), "--passphrase-file", secret]
    refused(ExitCode.USAGE, "either for recipients or with a passphrase", "seed", *both)
    assert not small.study.exists()
    assert not small.key.exists()


@contextmanager
def descriptor(content: bytes) -> Iterator[int]:
    """Yield an open file descriptor with this content."""
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    yield reader
    os.close(reader)


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n", b"  short  \r\nsecond line is long enough\n"])
def test_a_passphrase_that_protects_nothing_is_refused(small: SmallStudy, content: bytes) -> None:
    """By file or descriptor, blank or short: the first line counts, without its line end."""
    plain: list[str | Path] = ["seed", small.protocol, small.transcripts, "-o", small.study]
    path = small.folder / "pass"
    path.write_bytes(content)
    found = run(*plain, "--passphrase-file", path)
    assert found.code == ExitCode.INVALID_INPUT
    with descriptor(content) as number:
        found = run(*plain, "--passphrase-fd", str(number))
    assert found.code == ExitCode.INVALID_INPUT
    assert "fewer than 12" in found.err
    assert not small.key.exists()


def test_file_and_descriptor_give_the_same_passphrase(
    small: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the line end: a study sealed one way opens the other."""
    taken: list[str] = []

    def take(_: bytes, passphrase: str) -> bytes:
        taken.append(passphrase)
        return b"age-encryption.org/v1\nsealed"

    monkeypatch.setattr("rater.services.doors.key_files.seal_with_passphrase", take)
    for number, end in enumerate((b"\n", b"\r\n", b"")):
        content = "correct horse bätterie".encode() + end
        path = small.folder / "pass"
        path.write_bytes(content)
        plain: list[str | Path] = ["seed", small.protocol, small.transcripts, "-o"]
        done(*plain, small.folder / f"a{number}.db", "--passphrase-file", path)
        with descriptor(content) as opened:
            done(*plain, small.folder / f"b{number}.db", "--passphrase-fd", str(opened))
    assert set(taken) == {"correct horse bätterie"}
    assert len(taken) == 6


@pytest.mark.parametrize("number", ["-1", "999999", "x", "1.5"])
def test_a_descriptor_that_is_none(small: SmallStudy, number: str) -> None:
    """A usage error, whatever was typed."""
    plain: list[str | Path] = ["seed", small.protocol, small.transcripts, "-o", small.study]
    assert run(*plain, "--passphrase-fd", number).code == ExitCode.USAGE


def test_a_descriptor_with_no_text_is_a_sentence(small: SmallStudy) -> None:
    """Bytes that are no UTF-8 are named as such."""
    plain: list[str | Path] = ["seed", small.protocol, small.transcripts, "-o", small.study]
    with descriptor(b"\xff\xfe\x00 binary binary\n") as number:
        refused(ExitCode.INVALID_INPUT, "no UTF-8", *plain, "--passphrase-fd", str(number))


def test_a_leak_in_a_card_stops_seeding_with_code_4(small: SmallStudy) -> None:
    """The place and the words are named; nothing is written."""
    text = protocol_text().replace("the question about b.", f"what {MODELS[0]} says.")
    small.protocol.write_text(text, encoding="utf-8")
    found = refused(ExitCode.WOULD_BREAK_BLIND, "Raters would see", "seed", *arguments(small))
    assert "tasks.task-b.card.brief: study name: 'canary-one'" in found.err
    assert not small.study.exists()
    assert not small.key.exists()


def test_a_spacing_that_cannot_be_kept_names_the_largest(small: SmallStudy) -> None:
    """Exit 7, and the number to write into study.toml."""
    small.protocol.write_text(protocol_text(spacing=5), encoding="utf-8")
    refused(
        ExitCode.INVALID_INPUT,
        "that works here is 2. More tasks make room for more.",
        "seed",
        *arguments(small),
    )


def test_nothing_is_replaced_without_force_and_nothing_rated_with_it(small: SmallStudy) -> None:
    """--force needs a new key; with one rating on disk it is of no use."""
    old = seed(small, "--json").json
    refused(ExitCode.USAGE, "--force", "seed", *arguments(small))
    refused(ExitCode.USAGE, "a key is never replaced", "seed", *arguments(small), "--force")
    second = small.folder / "second.key"
    found = seed(small, "--force", "--key", second)
    assert f"The key with SHA-256 {old['sealed_sha256']} is void" in found.err
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    before = small.study.read_bytes()
    third = small.folder / "third.key"
    again = [*arguments(small), "--force", "--key", third]
    refused(
        ExitCode.WRONG_STATE, "has ratings, or training that was begun, and is never replaced", "seed", *again
    )
    assert small.study.read_bytes() == before
    assert not third.exists()


def test_the_study_needs_a_name_of_its_own(small: SmallStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, or the name of the key, is none."""
    monkeypatch.chdir(small.folder)
    sources: list[str | Path] = [small.protocol, small.transcripts, "--recipient", recipient_of(small)]
    for name in (".", "..", "/", str(small.folder)):
        refused(ExitCode.USAGE, "folder", "seed", *sources, "-o", name)
    refused(ExitCode.USAGE, "two names", "seed", *sources, "-o", "study.key")
    refused(ExitCode.USAGE, "two names", "seed", *sources, "-o", "s.db", "--key", "./s.db")
    assert {path.name for path in small.folder.iterdir()} == {
        "study.toml",
        "transcripts.jsonl",
        "identity.txt",
    }


def test_empty_and_doubled_cells_are_named(small: SmallStudy) -> None:
    """Every one of them, with the files to look into."""
    lines = transcript_lines().splitlines(keepends=True)
    twice = lines[0].replace('"id": "', '"id": "again-')
    small.transcripts.write_text("".join([*lines[:-1], twice]), encoding="utf-8")
    found = refused(ExitCode.INVALID_INPUT, "do not fill the design", "seed", *arguments(small))
    assert f"{MODELS[1]} x checks x {TASKS[2]}: found an empty cell" in found.err
    assert "found 2 transcripts" in found.err
    assert "rater-admin inspect" in found.err


def test_failed_runs_alone_make_no_study(small: SmallStudy) -> None:
    """Where every run failed, that is said, not something about the design."""
    lines = small.transcripts.read_text(encoding="utf-8").splitlines()
    failed = [line.replace("{", '{"error": "quota", ', 1) for line in lines]
    small.transcripts.write_text("\n".join(failed), encoding="utf-8")
    refused(ExitCode.INVALID_INPUT, "no transcript with an answer", "seed", *arguments(small))
    assert not small.study.exists()


@pytest.mark.parametrize("option", ["-o", "--key"])
def test_a_folder_that_is_not_there_is_named(small: SmallStudy, option: str) -> None:
    """Nothing is found where study or key should go: code 5, and what to do."""
    places = {"-o": small.study, "--key": small.key, option: small.folder / "nodir" / "file"}
    words: list[str | Path] = ["seed", small.protocol, small.transcripts, "--recipient", recipient_of(small)]
    for name, place in places.items():
        words += [name, place]
    found = refused(ExitCode.NOT_FOUND, "There is no such folder. Make it", *words)
    assert str(small.folder / "nodir") in found.err
