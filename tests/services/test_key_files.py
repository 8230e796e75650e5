"""Key and identity files: private, never replaced, never in the clear."""

from __future__ import annotations

import os
import random
import stat
import sys
import threading
from pathlib import Path

import pytest

from db.atomic_file import write_whole
from protocol.allocation.allocation_key import AllocationKey
from protocol.allocation.sealing import generate_key_pair, is_passphrase_sealed
from protocol.errors import CheckFailedError, InvalidInputError, NotFoundError, StorageError, UsageError
from protocol.transcript import Origin
from rater.services.doors import passphrase_process
from rater.services.doors.key_files import (
    Secrets,
    open_key,
    read_bytes,
    read_identities,
    read_secret_text,
    seal,
    write_identity,
)
from rater.services.seeding.seeding import SeedRequest

KEY = AllocationKey(
    study_id="5" * 16,
    allocation={"a" * 16: Origin(model="Zephyrion", scaffold="none", task="t1", source="z-none-t1")},
    tasks={"c" * 16: "t1"},
    redaction_log={},
    study_toml="format = 1\n",
    allocation_salt="0a" * 32,
    redaction_salt="0b" * 32,
)
PASSPHRASE = "correct horse battery staple"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_identity_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600 whatever the umask, and readable as the age tool reads it."""
    old = os.umask(0)
    try:
        pair = write_identity(tmp_path / "id")
    finally:
        os.umask(old)
    assert mode_of(tmp_path / "id") == 0o600
    assert read_identities([tmp_path / "id"]) == (pair.identity,)
    assert pair.recipient in (tmp_path / "id").read_text(encoding="utf-8")


def test_an_identity_is_never_replaced(tmp_path: Path) -> None:
    """A file, a folder or a link in the way stays as it is."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "folder", "link"):
        with pytest.raises(UsageError, match=r"already|folder"):
            write_identity(tmp_path / name)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "link"]


@pytest.mark.parametrize("name", ["no/such/folder/id", "x" * 300])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    """Nothing is left behind."""
    with pytest.raises(StorageError, match="cannot be written"):
        write_identity(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [".", "..", "/"])
def test_a_folder_is_no_name_for_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The names that every folder has are refused in a sentence."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="folder"):
        write_identity(Path(name))


def test_no_plaintext_is_ever_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file that is opened while a key is sealed and written: none holds a word of it.

    The audit hook sees each open of the process; what was opened for writing is read back.
    """
    written: set[str] = set()
    watching = threading.Event()

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching.is_set() and event == "open" and isinstance(arguments[0], str):
            flags = arguments[2]
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                written.add(arguments[0])

    sys.addaudithook(watch)  # stays for the life of the process, silent when not watching
    seen: list[bytes] = []
    real = write_whole

    def look(path: Path, data: bytes, *, mode: int = 0o644, replace: bool = False) -> None:
        seen.extend(one.read_bytes() for one in tmp_path.iterdir())
        real(path, data, mode=mode, replace=replace)
        seen.extend(one.read_bytes() for one in tmp_path.iterdir())

    monkeypatch.setattr("rater.services.doors.key_files.write_whole", look)
    pair = generate_key_pair()
    watching.set()
    look(tmp_path / "study.key", seal(KEY, recipients=[pair.recipient], passphrase=None), mode=0o600)
    watching.clear()
    seen.extend(Path(name).read_bytes() for name in written if Path(name).is_file())
    assert {Path(name).parent for name in written if name.startswith(str(tmp_path))} == {tmp_path}
    assert [one.name for one in tmp_path.iterdir()] == ["study.key"]
    assert not any(b"Zephyrion" in content or b"z-none-t1" in content for content in seen)
    assert mode_of(tmp_path / "study.key") == 0o600


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), OSError(5, "I/O error")])
def test_a_key_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    """Half a key under its name would look like one."""

    def fail(_: int) -> None:
        raise fault

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match=r"disk is full|cannot be written"):
        write_whole(tmp_path / "study.key", b"sealed", mode=0o600)
    assert list(tmp_path.iterdir()) == []


def test_sealing_is_for_recipients_or_with_a_passphrase() -> None:
    """Neither and both are no answer; two custodians are two."""
    pair = generate_key_pair()
    with pytest.raises(UsageError, match="either"):
        seal(KEY, recipients=[], passphrase=None)
    with pytest.raises(UsageError, match="either"):
        seal(KEY, recipients=[pair.recipient], passphrase=PASSPHRASE)
    for recipients in ([pair.recipient], [pair.recipient, pair.recipient]):
        with pytest.raises(UsageError, match="Two custodians"):
            seal(KEY, recipients=recipients, passphrase=None, require_all=True)


def test_what_opens_must_fit_how_it_was_sealed() -> None:
    """The message names the option that would have fitted."""
    pair = generate_key_pair()
    sealed = seal(KEY, recipients=[pair.recipient], passphrase=None)
    assert open_key(sealed, Secrets(identities=(pair.identity,))) == KEY
    with pytest.raises(UsageError, match="--identity"):
        open_key(sealed, Secrets(passphrase=PASSPHRASE))
    with pytest.raises(UsageError, match="--passphrase-file"):
        open_key(b"age-encryption.org/v1\n-> scrypt c2FsdA 20\n", Secrets(identities=(pair.identity,)))


def test_an_age_file_with_something_else_inside_is_no_key() -> None:
    """It opens, and is refused in words that show nothing of it."""
    from protocol.allocation.sealing import seal_for_recipients

    pair = generate_key_pair()
    sealed = seal_for_recipients(b'{"private": "letter"}', [pair.recipient])
    with pytest.raises(CheckFailedError, match="no allocation key") as caught:
        open_key(sealed, Secrets(identities=(pair.identity,)))
    assert "letter" not in str(caught.value)


def test_secrets_are_not_in_the_form_that_logs_print() -> None:
    """The printed form of a request or of secrets shows neither identity nor passphrase."""
    pair = generate_key_pair()
    request = SeedRequest(study_path=Path("s"), key_path=Path("k"), passphrase=PASSPHRASE, who="me", app="0")
    for text in (
        repr(Secrets(identities=(pair.identity,), passphrase=PASSPHRASE)),
        repr(request),
        repr(pair),
    ):
        assert PASSPHRASE not in text
        assert pair.identity not in text


def test_files_that_hold_no_secret_are_named(tmp_path: Path) -> None:
    """Missing, folder, empty, no text: each its own sentence."""
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotFoundError):
        read_bytes(tmp_path / "nothing", wanted="the sealed key")
    with pytest.raises(InvalidInputError, match="folder"):
        read_bytes(tmp_path, wanted="the sealed key")
    with pytest.raises(InvalidInputError, match="empty"):
        read_bytes(tmp_path / "empty", wanted="the sealed key")
    with pytest.raises(InvalidInputError, match="no UTF-8"):
        read_secret_text(tmp_path / "binary", wanted="a passphrase")


# Passphrases: the first of these two really runs age's scrypt (2 s and 1 GiB each way).


def test_a_passphrase_seals_and_opens_and_a_wrong_one_does_not() -> None:
    """In a process of its own; a wrong passphrase is a sentence."""
    passphrase = f"{PASSPHRASE} {random.Random().random()}"
    sealed = seal(KEY, recipients=[], passphrase=passphrase)
    assert is_passphrase_sealed(sealed)
    assert b"Zephyrion" not in sealed
    assert open_key(sealed, Secrets(passphrase=passphrase)) == KEY
    with pytest.raises(CheckFailedError, match="this passphrase"):
        open_key(sealed, Secrets(passphrase=PASSPHRASE))


def test_a_process_that_is_killed_for_its_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scrypt of age takes a gigabyte; where it is refused the process aborts, and we say why."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(StorageError, match="1 GiB"):
        seal(KEY, recipients=[], passphrase=PASSPHRASE)


@pytest.mark.parametrize("passphrase", ["", "short", " " * 20])
def test_a_weak_passphrase_starts_no_process(monkeypatch: pytest.MonkeyPatch, passphrase: str) -> None:
    """Refused before anything is computed."""
    monkeypatch.setattr(passphrase_process, "_run", lambda *_: pytest.fail("a process was started"))
    with pytest.raises(InvalidInputError, match="fewer than 12"):
        seal(KEY, recipients=[], passphrase=passphrase)


def test_the_process_takes_no_module_from_the_folder_it_is_called_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pyrage.py beside the transcripts must not be handed the passphrase."""
    spy = tmp_path / "seen"
    for name in ("pyrage.py", "subprocess.py", "json.py"):
        (tmp_path / name).write_text(f"open({str(spy)!r}, 'w').write('loaded')\n", encoding="utf-8")
    (tmp_path / "rater").mkdir()
    (tmp_path / "rater" / "__init__.py").write_text(f"open({str(spy)!r}, 'w')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with pytest.raises(CheckFailedError):  # no age file after its header: no scrypt is run
        open_key(b"age-encryption.org/v1\n-> scrypt c2FsdA 20\n", Secrets(passphrase=PASSPHRASE))
    assert not spy.exists()
