"""Creating a study file or pack: a new file in one go, or nothing.

The file is built under another name and moved into place when it is complete and on disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from db.atomic_file import cannot_write, move_into_place, part_of, remove
from db.connection import FileKind, close, connect, sentences, set_journal, writing


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
        UsageError: A file is there already and `replace` is not set, or it is a folder.
        StorageError: It cannot be written; nothing is left behind.
    """
    from sqlite_utils import Database  # 80 ms of CPU; only creating a file needs it

    from db.schema import create_tables

    part = part_of(path)
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
        move_into_place(part, path, replace=replace)
    except OSError as fault:
        raise cannot_write(path, fault) from fault
    finally:
        for leftover in (part, *(part.with_name(part.name + end) for end in ("-journal", "-wal", "-shm"))):
            remove(leftover)
