"""Opening files: what is refused and how, and the settings that keep a rating through a power cut."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import db.connection
from db.connection import (
    FileKind,
    close,
    connect,
    open_for_reading,
    open_for_writing,
    sentences,
    set_journal,
    writing,
)
from protocol.chain.events import EventDraft, EventKind
from protocol.errors import BlindraterError, InvalidInputError, NotFoundError, StorageError
from rater.services.sitting.opening import open_desk
from tests.conftest import BuildStudy, make_items

OPENERS = [open_for_reading, open_for_writing]
Opener = Callable[[Path], sqlite3.Connection]


def _missing(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("just text", encoding="utf-8")


def _short(path: Path) -> None:
    path.write_bytes(b"SQL")


def _junk(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + os.urandom(8000))


def _header_alone(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 5])


def _zeroed_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 4] = bytes(4096)
    path.write_bytes(data)


def _foreign(path: Path) -> None:
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE study (row, file)")
    other.close()


def _newer(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


BAD_FILES: list[tuple[Callable[[Path], None], type[BlindraterError], str]] = [
    (_missing, NotFoundError, "no such file"),
    (_folder, InvalidInputError, "folder"),
    (_empty, InvalidInputError, "empty"),
    (_text, InvalidInputError, "no study file"),
    (_short, InvalidInputError, "no study file"),
    (_junk, InvalidInputError, "damaged|no database"),
    (_header_alone, InvalidInputError, "damaged|no database|not made by"),
    (_cut, InvalidInputError, "damaged"),
    (_zeroed_page, InvalidInputError, "damaged"),
    (_foreign, InvalidInputError, "not made by blindrater"),
    (_newer, InvalidInputError, "schema version 99.*Install a newer"),
    (_fifo, InvalidInputError, "no ordinary file"),
]


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize(("damage", "error", "words"), BAD_FILES)
def test_a_file_that_is_none_of_ours_is_named(
    build_study: BuildStudy,
    opener: Opener,
    damage: Callable[[Path], None],
    error: type[BlindraterError],
    words: str,
) -> None:
    """Each with the class that gives its exit code, a sentence, and the path; nothing is changed."""
    path = build_study(items=make_items(30)).path
    damage(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(error, match=f"(?s){words}") as caught:
        opener(path)
    assert caught.value.where == str(path)
    assert caught.value.next_step
    if before is not None:
        assert path.read_bytes() == before
    assert not path.with_name("study.db-journal").exists()


@pytest.mark.parametrize("opener", OPENERS)
def test_a_name_that_no_file_can_have_is_not_found(tmp_path: Path, opener: Opener) -> None:
    """Too long, or with a NUL: a sentence, not a fault of the program."""
    for name in ("x" * 400, "a\x00b"):
        with pytest.raises((NotFoundError, InvalidInputError)):
            opener(tmp_path / name)


def test_odd_names_are_opened_and_nothing_else_is_made(build_study: BuildStudy, tmp_path: Path) -> None:
    """Blanks, question marks, hashes, percent signs and quotes are part of a name, not of an address."""
    folder = tmp_path / "a b?mode=memory#x%20'\"\\"
    folder.mkdir()
    path = folder / "study ä.db?vfs=x&mode=ro"
    shutil.move(build_study().path, path)
    connection = open_for_writing(path)
    assert connection.execute("SELECT count(*) FROM item").fetchone() == (4,)
    close(connection)
    assert [one.name for one in folder.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("kind", "journal", "synchronous"), [(FileKind.STUDY, "wal", 2), (FileKind.PACK, "truncate", 3)]
)
def test_the_journal_that_survives_a_power_cut_is_set(
    build_study: BuildStudy, kind: FileKind, journal: str, synchronous: int
) -> None:
    """A study file has WAL with FULL, a pack TRUNCATE with EXTRA; read back from the open file."""
    connection = open_for_writing(build_study(kind=kind).path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
    assert connection.execute("PRAGMA synchronous").fetchone() == (synchronous,)
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.execute("PRAGMA recursive_triggers").fetchone() == (1,)
    assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
    close(connection)


def test_a_file_system_without_the_journal_is_refused() -> None:
    """What was asked and what was given are both named: in memory there is no WAL."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(StorageError, match="wal asked, memory given"):
        set_journal(memory, FileKind.STUDY)
    memory.close()


@pytest.mark.parametrize("kind", list(FileKind))
def test_a_closed_file_is_one_file(build_study: BuildStudy, kind: FileKind) -> None:
    """No -wal, -shm or -journal stays beside it, after reading and after writing."""
    path = build_study(kind=kind).path
    for opener in OPENERS:
        close(opener(path))
        assert [one.name for one in path.parent.iterdir()] == ["study.db"]
    desk = open_desk(path, rater=None, app="0")
    desk.start_sitting()
    desk.close()
    assert [one.name for one in path.parent.iterdir()] == ["study.db"]


def test_a_reader_cannot_write(build_study: BuildStudy) -> None:
    """What was opened to be looked at stays as it is."""
    connection = open_for_reading(build_study().path)
    with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
        connection.execute("INSERT INTO item VALUES ('x', 't', '{}')")
    close(connection)


@pytest.mark.parametrize("kind", list(FileKind))
def test_a_file_that_another_program_writes_to_is_busy(
    build_study: BuildStudy, monkeypatch: pytest.MonkeyPatch, kind: FileKind
) -> None:
    """After the timeout a sentence; when the other is done, it opens."""
    monkeypatch.setattr(db.connection, "BUSY_TIMEOUT_S", 0.05)
    path = build_study(kind=kind).path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="Another program is writing"):
        open_for_writing(path)
    other.execute("ROLLBACK")
    other.close()
    close(open_for_writing(path))


def test_a_pack_that_is_being_written_is_not_read_past_its_lock(
    build_study: BuildStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-written pages must not be taken for a damaged file, or for the truth."""
    monkeypatch.setattr(db.connection, "BUSY_TIMEOUT_S", 0.05)
    path = build_study(kind=FileKind.PACK).path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="Another program is writing"):
        open_for_reading(path)
    other.execute("ROLLBACK")
    other.close()


def test_a_study_can_be_read_while_it_is_written(build_study: BuildStudy) -> None:
    """Status works while raters rate."""
    path = build_study().path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connection = open_for_reading(path)
    assert connection.execute("SELECT count(*) FROM item").fetchone() == (4,)
    close(connection)
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("kind", list(FileKind))
def test_a_read_only_file_is_a_sentence(
    build_study: BuildStudy, monkeypatch: pytest.MonkeyPatch, kind: FileKind
) -> None:
    """Nothing that a rater types is taken before it is sure that it can be kept.

    Permissions do not bind the super-user, who often runs tests: the file is opened as the system
    opens one that may not be written.
    """
    path = build_study(kind=kind).path
    real = sqlite3.connect

    def ro(address: str, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(address.replace("mode=rw", "mode=ro"), **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", ro)
    with pytest.raises(StorageError, match="read-only") as caught:
        open_for_writing(path)
    assert caught.value.where == str(path)
    close(open_for_reading(path))


class NoSideFiles(sqlite3.Connection):
    """Answers as SQLite does for a WAL file in a folder where no side file can be made."""

    def execute(self, *_: object) -> sqlite3.Cursor:
        fault = sqlite3.OperationalError("unable to open database file")
        fault.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise fault


def test_a_study_on_read_only_media_can_be_read(
    build_study: BuildStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no side file can be made the file is read as it is, unless newer ratings stand beside it."""
    path = build_study().path

    def there(path: Path, *, uri_options: str = "") -> sqlite3.Connection:
        factory = sqlite3.Connection if uri_options else NoSideFiles
        address = f"{path.as_uri()}?mode=rw{uri_options}"
        return sqlite3.connect(address, uri=True, isolation_level=None, factory=factory)

    monkeypatch.setattr(db.connection, "connect", there)
    connection = open_for_reading(path)
    assert connection.execute("SELECT count(*) FROM item").fetchone() == (4,)
    connection.close()
    path.with_name("study.db-wal").write_bytes(b"not yet in the file")
    with pytest.raises(StorageError, match="-wal"):
        open_for_reading(path)


def test_a_full_disk_keeps_what_was_saved(build_study: BuildStudy) -> None:
    """The transaction is rolled back, earlier events are there, and later ones again when there is room."""
    study = build_study()
    desk = open_desk(study.path, rater=None, app="0")
    desk.start_sitting()
    before = desk.session
    connection = desk._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    note = EventDraft(
        kind=EventKind.NOTE, item_id=study.items[0].id, dimension="D1", texts={"note": "x" * 100_000}
    )
    with pytest.raises(StorageError, match=r"disk is full: the change was not saved\."):
        desk.record(note)
    assert desk.session == before
    assert desk.head.seq == 1
    assert not connection.in_transaction
    connection.execute("PRAGMA max_page_count = 1000000")
    desk.record(note)
    desk.close()
    again = open_desk(study.path, rater=None, app="0")
    assert again.head.seq == 2
    assert again.session.of(study.items[0].id).mark("D1").note == "x" * 100_000
    again.close()


def test_a_failed_use_case_leaves_nothing(build_study: BuildStudy) -> None:
    """One transaction: what was written before the fault is gone with it."""
    connection = open_for_writing(build_study().path)

    def add(name: str, fault: BaseException | None = None) -> None:
        with writing(connection):
            connection.execute("INSERT INTO item VALUES (?, 't', '{}')", (name,))
            if fault is not None:
                raise fault
            connection.execute("INSERT INTO item VALUES (?, 't', '{}')", (name,))

    with pytest.raises(KeyboardInterrupt):
        add("x", KeyboardInterrupt())
    assert connection.execute("SELECT count(*) FROM item").fetchone() == (4,)
    with pytest.raises(StorageError, match="refused the change: items are written once"):
        add("x")
    assert connection.execute("SELECT count(*) FROM item").fetchone() == (4,)
    close(connection)


def test_a_torn_write_is_rolled_back_at_the_next_start(build_study: BuildStudy) -> None:
    """A pack with a hot journal, copied in the middle of a commit, opens with what was saved."""
    study = build_study(kind=FileKind.PACK)
    desk = open_desk(study.path, rater=None, app="0")
    desk.start_sitting()
    connection = desk._connection
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    rows = [(f"{number:016x}", "t", "x" * 3000) for number in range(1000, 1100)]
    connection.execute("DROP TRIGGER item_seeded")
    connection.executemany("INSERT INTO item VALUES (?, ?, ?)", rows)
    torn = study.path.parent / "torn"
    torn.mkdir()
    for file in study.path.parent.glob("study.db*"):
        shutil.copy(file, torn)
    assert (torn / "study.db-journal").stat().st_size > 0
    connection.execute("ROLLBACK")
    desk.close()
    again = open_desk(torn / "study.db", rater=None, app="0")
    assert again.head.seq == 1
    assert len(again.session.items) == 4
    again.close()


def test_an_unclean_end_loses_no_event(build_study: BuildStudy, tmp_path: Path) -> None:
    """The file with its -wal, as a killed process leaves it, has every acknowledged event."""
    study = build_study()
    desk = open_desk(study.path, rater=None, app="0")
    for _ in range(5):
        desk.start_sitting()
    left = tmp_path / "left"
    left.mkdir()
    for file in tmp_path.glob("study.db*"):
        shutil.copy(file, left)
    desk.close()
    assert (left / "study.db-wal").stat().st_size > 0
    again = open_desk(left / "study.db", rater=None, app="0")
    assert again.head.seq == 5
    again.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (sqlite3.OperationalError("odd"), StorageError),
        (sqlite3.IntegrityError("odd"), StorageError),
        (sqlite3.DatabaseError("malformed"), InvalidInputError),
    ],
)
def test_every_fault_of_sqlite_becomes_a_sentence(
    fault: sqlite3.Error, error: type[BlindraterError], tmp_path: Path
) -> None:
    """Also those that have no sentence of their own."""
    with pytest.raises(error), sentences(tmp_path):
        raise fault


def test_connect_makes_no_file(tmp_path: Path) -> None:
    """A mistyped name must not leave an empty database."""
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "new.db")
    assert list(tmp_path.iterdir()) == []
