"""The study.toml of a benchmark audit, which is in the file from the first day: there is nothing to hide.

The table exists only in the study file of an audit. The protocol of every other study travels inside
the sealed key, and `db.allocation_store` writes it at unblinding.
"""

from __future__ import annotations

import sqlite3

from protocol.canonical_json import sha256_hex
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError

AUDIT_PLAN_TABLES = (
    """CREATE TABLE audit_plan (
    row INTEGER NOT NULL PRIMARY KEY CHECK (row = 1),
    study_toml TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER audit_plan_seeded BEFORE INSERT ON audit_plan WHEN EXISTS (SELECT 1 FROM event)
BEGIN SELECT RAISE(ABORT, 'the plan of an audit is written once, at seeding'); END""",
    """CREATE TRIGGER audit_plan_no_update BEFORE UPDATE ON audit_plan
BEGIN SELECT RAISE(ABORT, 'the plan of an audit never changes'); END""",
    """CREATE TRIGGER audit_plan_no_delete BEFORE DELETE ON audit_plan
BEGIN SELECT RAISE(ABORT, 'the plan of an audit is never deleted'); END""",
)


def insert_audit_plan(connection: sqlite3.Connection, study_toml: str) -> None:
    """Make the table and write the plan, in the transaction that seeds the audit."""
    for statement in AUDIT_PLAN_TABLES:
        connection.execute(statement)
    connection.execute("INSERT INTO audit_plan (row, study_toml) VALUES (1, ?)", (study_toml,))


def read_audit_plan(connection: sqlite3.Connection) -> str:
    """Return the complete study.toml of an audit.

    Raises:
        CheckFailedError: It is not there, or not the text that was hashed at seeding.
    """
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_plan'").fetchone()
    row = connection.execute("SELECT study_toml FROM audit_plan").fetchone() if there else None
    expected = connection.execute("SELECT protocol_sha256 FROM study").fetchone()[0]
    if row is None or sha256_hex(str(row[0]).encode()) != expected:
        raise CheckFailedError(
            "The plan of the audit is not the study.toml that was hashed at seeding.",
            next_step=RESTORE_A_BACKUP,
        )
    return str(row[0])
