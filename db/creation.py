"""Creating a study file or pack: a new file in one go, or nothing.

The file is built under another name and moved into place when it is complete and on disk.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from db.connection import FileKind, close, connect, sentences, set_journal, writing
from protocol.errors import StorageError


def create_file(
    path: Path, kind: FileKind, fill: Callable[[sqlite3.Connection], None], *, replace: bool = False
) -> None:
    """Create a database file, filled in one transaction.

    Args:
        path: Where it goes; its folder exists.
        kind: Study or pack.
        fill: Writes the rows.
        replace: Put it in the place of a file that is there.

    Raises:
        StorageError: The file exists, or cannot be written; nothing is left behind.
    """
    from sqlite_utils import Database  # 80 ms of CPU; only creating a file needs it

    from db.schema import create_tables

    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with sentences(path):
            connection = connect(part)
            try:
                create_tables(Database(connection, execute_plugins=False), kind)
                with writing(connection):
                    fill(connection)
                set_journal(connection, kind)
            finally:
                close(connection)
        _move_into_place(part, path, replace=replace)
    except OSError as fault:
        raise StorageError(
            f"The file cannot be written: {fault.strerror}.",
            where=str(path),
            next_step="Choose a folder that can be written and has room.",
        ) from fault
    finally:
        for leftover in (part, *(part.with_name(part.name + end) for end in ("-journal", "-wal", "-shm"))):
            leftover.unlink(missing_ok=True)


def _move_into_place(part: Path, path: Path, *, replace: bool) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    if replace:
        part.replace(path)
    else:
        _link_into_place(part, path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _link_into_place(part: Path, path: Path) -> None:
    """Move without replacing: rename() would replace a file that is there without a word."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        part.rename(path)
    else:
        part.unlink()
