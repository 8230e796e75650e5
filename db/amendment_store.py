"""Amendments of an open study, as the bytes that were hashed.

The table exists only where something was amended: in the study file, and in packs of those it concerns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from protocol.errors import RESTORE_A_BACKUP, CheckFailedError

if TYPE_CHECKING:
    from protocol.chain.amendment import Amendment

AMENDMENT_TABLES = (
    """CREATE TABLE amendment (
    number INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    hash TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER amendment_open BEFORE INSERT ON amendment
WHEN (SELECT state FROM study) IS NOT 'open' OR EXISTS (SELECT 1 FROM amendment WHERE number >= NEW.number)
BEGIN SELECT RAISE(ABORT, 'an amendment is added at the end, while the study is open'); END""",
    """CREATE TRIGGER amendment_no_update BEFORE UPDATE ON amendment
BEGIN SELECT RAISE(ABORT, 'an amendment never changes'); END""",
    """CREATE TRIGGER amendment_no_delete BEFORE DELETE ON amendment
BEGIN SELECT RAISE(ABORT, 'an amendment is never deleted'); END""",
)


def has_amendments(connection: sqlite3.Connection) -> bool:
    """Whether the file has the table."""
    row = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'amendment'").fetchone()
    return row is not None


def insert_amendments(connection: sqlite3.Connection, amendments: Iterable[Amendment]) -> None:
    """Add amendments in order, and the table where it is not there yet; nothing where there is none."""
    for amendment in amendments:
        if not has_amendments(connection):
            for statement in AMENDMENT_TABLES:
                connection.execute(statement)
        connection.execute(
            "INSERT INTO amendment (number, hash, body) VALUES (?, ?, ?)",
            (amendment.number, amendment.sha256, amendment.body().decode()),
        )


def read_amendments(connection: sqlite3.Connection) -> tuple[Amendment, ...]:
    """Return every amendment in order.

    Raises:
        CheckFailedError: A row is not what was hashed.
    """
    if not has_amendments(connection):
        return ()
    rows = connection.execute("SELECT number, hash, body FROM amendment ORDER BY number")
    return tuple(_amendment(number, hash_, body) for number, hash_, body in rows)


def _amendment(number: int, hash_: str, body: str) -> Amendment:
    from protocol.chain.amendment import Amendment  # most files have none, and a rater waits for them

    found = Amendment.from_body(body.encode())
    if (found.number, found.sha256) != (number, hash_):
        raise CheckFailedError(
            f"Amendment {number} is not the one that was recorded.",
            next_step=RESTORE_A_BACKUP,
        )
    return found
