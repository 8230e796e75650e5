"""Lock manifests: what was final when a study was locked, under its lock code."""

from __future__ import annotations

import sqlite3

from protocol.errors import RESTORE_A_BACKUP, CheckFailedError


def insert_lock(connection: sqlite3.Connection, *, lock_code: str, body: bytes) -> None:
    """Write a lock manifest."""
    connection.execute(
        "INSERT INTO lock_manifest (lock_code, body) VALUES (?, ?)", (lock_code, body.decode())
    )


def reissue_lock(connection: sqlite3.Connection, *, lock_code: str, body: bytes) -> None:
    """Write the lock manifest that takes the place of a locked study's, and its code, in one transaction.

    The guards that let a lock manifest in while the study is open, and a lock code change with the state
    alone, are lifted for these two rows and put back as they were.
    """
    guards = [
        (name, connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0])
        for name in ("lock_manifest_new", "study_code")
    ]
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    insert_lock(connection, lock_code=lock_code, body=body)
    connection.execute("UPDATE study SET lock_code = ? WHERE state = 'locked'", (lock_code,))
    for _, guard in guards:
        connection.execute(guard)


def read_locks(connection: sqlite3.Connection) -> dict[str, bytes]:
    """Return the body of every lock manifest by lock code, those of voided locks too."""
    rows = connection.execute("SELECT lock_code, body FROM lock_manifest ORDER BY lock_code")
    return {code: body.encode() for code, body in rows}


def read_lock(connection: sqlite3.Connection, lock_code: str) -> bytes:
    """Return the body of a lock manifest.

    Raises:
        CheckFailedError: The file has none under this code.
    """
    row = connection.execute("SELECT body FROM lock_manifest WHERE lock_code = ?", (lock_code,)).fetchone()
    if row is None:
        raise CheckFailedError(
            "The study file has no lock manifest under its lock code.",
            next_step=RESTORE_A_BACKUP,
        )
    return bytes(row[0].encode())
