"""Holding a file for oneself while another takes its place.

A study file that is replaced under an open program would lose what is rated in it, and its -wal
would be taken for that of its successor.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.connection import close, open_for_writing, sentences
from protocol.errors import StorageError


@contextmanager
def held_alone(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold a study file so that no other program has it open, nor can open it meanwhile.

    Raises:
        StorageError: Another program has it open; everything else as `open_for_writing`.
    """
    connection = open_for_writing(path)
    try:
        with sentences(path):
            _leave_wal(connection, path)
            connection.execute("BEGIN EXCLUSIVE")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")
    finally:
        close(connection)


def _leave_wal(connection: sqlite3.Connection, path: Path) -> None:
    """Change the journal, which SQLite grants to the only user of a file alone."""
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as fault:
        raise StorageError(
            "The study is open in another program.",
            where=str(path),
            next_step="Close the rating app and other commands on this file, then try again.",
        ) from fault
