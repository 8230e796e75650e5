"""Opening and creating study files and packs, and the one way to write to them.

The rating loop uses sqlite3 itself: importing sqlite-utils costs 80 ms of CPU, so only creating
and migrating a file loads it. Every write begins IMMEDIATE: a deferred transaction that reads
first loses its write to a concurrent one, whatever the timeout.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from protocol.errors import FileBusyError, InvalidInputError, NotFoundError, StorageError, UsageError

APPLICATION_ID = 0x626C6472
"""`bldr`: tells our files from other SQLite files."""
SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 5.0
CHECKED_WHOLE_BYTES = 256 * 2**20
"""Larger files are not looked through at every opening: that is about a second for each GB on a good disk."""


class FileKind(StrEnum):
    """What a database file is; each has the journal that fits how it is used."""

    STUDY = "study"
    """Shared by processes on one machine: WAL with FULL."""
    PACK = "pack"
    """Travels as one file at any moment: TRUNCATE with EXTRA."""


_JOURNAL = {FileKind.STUDY: ("wal", 2), FileKind.PACK: ("truncate", 3)}
"""Journal mode and numeric synchronous level, read back after setting."""


def connect(path: Path, *, uri_options: str = "") -> sqlite3.Connection:
    """Return a bare connection with the settings every file has."""
    uri = f"{path.resolve().as_uri()}?mode=rw{uri_options}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def set_journal(connection: sqlite3.Connection, kind: FileKind) -> None:
    """Set the journal that keeps an acknowledged rating through a power cut, and read it back.

    Raises:
        StorageError: The file system does not give the journal.
    """
    journal, synchronous = _JOURNAL[kind]
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    if sys.platform == "darwin":
        connection.execute("PRAGMA fullfsync = ON")
    found = connection.execute("PRAGMA journal_mode").fetchone()[0]
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if found != journal or level != synchronous:
        raise StorageError(
            f"The file system refused the journal ({journal} asked, {found} given).",
            next_step="Move the file to a local disk: a network folder cannot keep ratings safely.",
        )


def check_file(path: Path) -> None:
    """Refuse what cannot be one of our files before SQLite is asked.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: A directory, a pipe, an empty file, unreadable, or not SQLite.
    """
    try:
        if not path.exists():
            raise NotFoundError("There is no such file.", where=str(path), next_step="Check the path.")
        if path.is_dir():
            raise InvalidInputError(
                "This is a folder.", where=str(path), next_step="Name the study file or pack inside it."
            )
        if not path.is_file():  # a pipe would let us wait for ever
            raise InvalidInputError(
                "This is no ordinary file.", where=str(path), next_step="Name the study file or pack."
            )
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as fault:
        raise InvalidInputError(
            f"The file cannot be read: {fault.strerror}.", where=str(path), next_step="Check its permissions."
        ) from fault
    if not start:
        raise InvalidInputError(
            "The file is empty.", where=str(path), next_step="Restore it from a backup or ask for a new copy."
        )
    if start != b"SQLite format 3\x00":
        raise InvalidInputError(
            "This is no study file and no pack.",
            where=str(path),
            next_step="Name the .db file that `rater-admin seed` wrote.",
        )


def _check_versions(connection: sqlite3.Connection, path: Path) -> None:
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application_id != APPLICATION_ID:
        raise InvalidInputError(
            "This SQLite file was not made by blindrater.",
            where=str(path),
            next_step="Name the .db file that `rater-admin seed` wrote.",
        )
    if version > SCHEMA_VERSION:
        raise InvalidInputError(
            f"The file has schema version {version}; this program knows versions up to {SCHEMA_VERSION}.",
            where=str(path),
            next_step="Install a newer blindrater. Nothing was changed.",
        )
    # A view answers differently at every read, or never: nothing is read from one.
    if connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'view' LIMIT 1").fetchone():
        raise InvalidInputError(
            "The file has views, which no file of this program has.",
            where=str(path),
            next_step="Restore it from a backup or ask for a new copy: it was changed outside the program.",
        )


def file_kind(connection: sqlite3.Connection) -> FileKind:
    """Return whether an open file is a study or a pack."""
    return FileKind(connection.execute("SELECT file FROM study").fetchone()[0])


@contextmanager
def patience(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Let a connection wait so long, and no longer, for other programs that write."""
    connection.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {round(1000 * BUSY_TIMEOUT_S)}")


def path_of(connection: sqlite3.Connection) -> Path:
    """Return where the file of a connection is."""
    return Path(connection.execute("PRAGMA database_list").fetchone()[2])


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a study file or pack to add to it.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files, damaged, or made by a newer version.
        StorageError: It cannot be written: read-only, locked, or the disk is full.
    """
    check_file(path)
    meant = path.stat()
    with sentences(path):
        connection = connect(path)
        try:
            _check_versions(connection, path)
            if not _is_still(path, meant):  # after waiting for a lock, it may be another file
                raise StorageError(
                    "The file was replaced while it was being opened.",
                    where=str(path),
                    next_step="Open it again.",
                )
            _quick_check(connection, path)
            set_journal(connection, file_kind(connection))
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE study SET study_id = study_id WHERE 0")
            connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        return connection


def _is_still(path: Path, meant: os.stat_result) -> bool:
    return path.exists() and os.path.samestat(path.stat(), meant)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a study file or pack to look at it; works on read-only media.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files, damaged, or made by a newer version.
        StorageError: A read-only copy still has unsaved side files.
    """
    check_file(path)
    with sentences(path):
        connection = connect(path)
        try:
            try:
                _check_versions(connection, path)
                connection.execute("SELECT count(*) FROM study").fetchone()
            except sqlite3.OperationalError as fault:
                # A lock must not be read past: only a file that cannot be locked at all is.
                if _primary_code(fault) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                    raise
                connection.close()
                connection = _open_immutable(path)
                _check_versions(connection, path)
            _quick_check(connection, path)
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection


def _open_immutable(path: Path) -> sqlite3.Connection:
    """WAL files on read-only media open only as immutable, which ignores a WAL that is still there."""
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise StorageError(
            "The file is read-only and its newest ratings are still in the -wal file beside it.",
            where=str(path),
            next_step="Open it once where it can be written, then copy it.",
        )
    return connect(path, uri_options="&immutable=1")


def _quick_check(connection: sqlite3.Connection, path: Path) -> None:
    """Look at the whole file, or at its head where that would take longer than a rater waits.

    What is read of a large file later is checked all the same: every item and every chain by its hash.
    """
    check = "quick_check(1)" if path.stat().st_size <= CHECKED_WHOLE_BYTES else "quick_check(study)"
    answer = connection.execute(f"PRAGMA {check}").fetchone()[0]
    if answer != "ok":
        raise InvalidInputError(
            "The file is damaged.",
            where=str(path),
            next_step="Restore it from a backup; keep this copy for rescue.",
        )


def close(connection: sqlite3.Connection) -> None:
    """Close a file so that nothing of it stays in side files."""
    with suppress(sqlite3.Error):  # refused while another process uses the file: its own close does it
        connection.execute("PRAGMA busy_timeout = 0")
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == _JOURNAL[FileKind.PACK][0]:
            connection.execute("PRAGMA journal_mode = DELETE")  # removes the empty journal beside the pack
        else:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Run one use case in one transaction that holds the write lock from the start.

    Raises:
        StorageError: The file is locked, read-only or full; nothing of the transaction is kept.
    """
    with sentences(None):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def sentences(path: Path | None) -> Iterator[None]:
    """Turn SQLite's faults into errors that say what to do."""
    where = str(path) if path else ""
    try:
        yield
    except sqlite3.IntegrityError as fault:
        raise _integrity_error(fault) from fault
    except sqlite3.OperationalError as fault:
        raise _storage_error(fault, where) from fault
    except sqlite3.DatabaseError as fault:
        raise InvalidInputError(
            "The file is damaged or no database.",
            where=where,
            next_step="Restore it from a backup; keep this copy for rescue.",
        ) from fault


def _integrity_error(fault: sqlite3.IntegrityError) -> StorageError | UsageError:
    return StorageError(
        f"The study file refused the change: {fault}.",
        next_step="Close other windows that work on this file and open it again.",
    )


_FAULTS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: (
        "Another program is writing to the file and did not finish in five seconds.",
        "Close it or wait, then try again. Nothing was lost.",
    ),
    sqlite3.SQLITE_LOCKED: (
        "Another part of the program is using the file.",
        "Try again. Nothing was lost.",
    ),
    sqlite3.SQLITE_FULL: (
        "The disk is full: the change was not saved.",
        "Free some space, then try again. What was saved before is safe.",
    ),
    sqlite3.SQLITE_READONLY: (
        "The file or its folder is read-only.",
        "Make both writable, or copy the file to a folder of your own.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The file cannot be opened.",
        "Check that it and its folder can be read and written.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk reported an error.",
        "Check the disk, then try again. What was saved before is safe.",
    ),
}


def _primary_code(fault: sqlite3.OperationalError) -> int:
    return int(getattr(fault, "sqlite_errorcode", 0)) & 0xFF


def _storage_error(fault: sqlite3.OperationalError, where: str) -> StorageError:
    what, next_step = _FAULTS.get(
        _primary_code(fault),
        (f"The file could not be used: {fault}.", "Restore it from a backup if this goes on."),
    )
    is_busy = _primary_code(fault) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return (FileBusyError if is_busy else StorageError)(what, where=where, next_step=next_step)
