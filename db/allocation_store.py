"""The opened allocation. Its tables are made at unblinding: before that, no file has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocol.canonical_json import sha256_hex
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError, WrongStateError
from protocol.transcript import Origin

OPENED_TABLES = (
    """CREATE TABLE allocation (
        item_id TEXT NOT NULL PRIMARY KEY REFERENCES item (item_id),
        model TEXT NOT NULL,
        scaffold TEXT NOT NULL,
        task TEXT NOT NULL,
        replicate INTEGER NOT NULL,
        source TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE opened_protocol (
        row INTEGER NOT NULL PRIMARY KEY CHECK (row = 1),
        study_toml TEXT NOT NULL,
        allocation_salt TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    *(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, 'the opened allocation never changes'); END"
        for table in ("allocation", "opened_protocol")
        for verb in ("update", "delete")
    ),
    "CREATE TRIGGER allocation_once BEFORE INSERT ON allocation"
    " WHEN (SELECT state FROM study) IS NOT 'locked'"
    " BEGIN SELECT RAISE(ABORT, 'the allocation is opened once, from a locked study'); END",
    "CREATE TRIGGER opened_protocol_once BEFORE INSERT ON opened_protocol"
    " WHEN (SELECT state FROM study) IS NOT 'locked'"
    " BEGIN SELECT RAISE(ABORT, 'the protocol is opened once, from a locked study'); END",
)

OPENED_BATCH_TABLES = (
    """CREATE TABLE opened_batch (
        batch INTEGER NOT NULL PRIMARY KEY CHECK (batch > 1),
        study_toml TEXT NOT NULL,
        allocation_salt TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    *(
        f"CREATE TRIGGER opened_batch_no_{verb} BEFORE {verb.upper()} ON opened_batch"
        f" BEGIN SELECT RAISE(ABORT, 'the opened allocation never changes'); END"
        for verb in ("update", "delete")
    ),
    "CREATE TRIGGER opened_batch_once BEFORE INSERT ON opened_batch"
    " WHEN (SELECT state FROM study) IS NOT 'locked'"
    " BEGIN SELECT RAISE(ABORT, 'the allocation is opened once, from a locked study'); END",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBatch:
    """What opening the key of a batch leaves in the study file, besides the origins."""

    number: int
    study_toml: str
    allocation_salt: str


def insert_opened_batches(connection: sqlite3.Connection, batches: Sequence[OpenedBatch]) -> None:
    """Write plan and salt of batches, in the transaction that unblinds; no table where there is none."""
    if not batches:
        return
    for statement in OPENED_BATCH_TABLES:
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO opened_batch (batch, study_toml, allocation_salt) VALUES (?, ?, ?)",
        [(one.number, one.study_toml, one.allocation_salt) for one in batches],
    )


def has_opened_batches(connection: sqlite3.Connection) -> bool:
    """Whether the file has the table."""
    row = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'opened_batch'").fetchone()
    return row is not None


def read_opened_batches(connection: sqlite3.Connection) -> tuple[OpenedBatch, ...]:
    """Return plan and salt of every batch after the first, in order.

    Raises:
        WrongStateError: The study is not unblinded.
    """
    _require_opened(connection)
    if not has_opened_batches(connection):
        return ()
    rows = connection.execute("SELECT batch, study_toml, allocation_salt FROM opened_batch ORDER BY batch")
    return tuple(
        OpenedBatch(number=number, study_toml=text, allocation_salt=salt) for number, text, salt in rows
    )


def insert_allocation(
    connection: sqlite3.Connection, allocation: Mapping[str, Origin], study_toml: str, *, salt: str
) -> None:
    """Write the opened allocation and protocol, in the transaction that unblinds the study.

    Args:
        connection: The study file.
        allocation: Item id to origin.
        study_toml: The complete protocol.
        salt: Of the commitment to the allocation; with it a stranger can check the commitment.
    """
    for statement in OPENED_TABLES:
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO allocation (item_id, model, scaffold, task, replicate, source)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (item_id, origin.model, origin.scaffold, origin.task, origin.replicate, origin.source)
            for item_id, origin in sorted(allocation.items())
        ],
    )
    connection.execute(
        "INSERT INTO opened_protocol (row, study_toml, allocation_salt) VALUES (1, ?, ?)", (study_toml, salt)
    )


def read_allocation(connection: sqlite3.Connection) -> dict[str, Origin]:
    """Return the origin of every item.

    Raises:
        WrongStateError: The study is not unblinded.
    """
    _require_opened(connection)
    rows = connection.execute(
        "SELECT item_id, model, scaffold, task, replicate, source FROM allocation ORDER BY item_id"
    )
    return {
        item_id: Origin(model=model, scaffold=scaffold, task=task, replicate=replicate, source=source)
        for item_id, model, scaffold, task, replicate, source in rows
    }


def read_study_toml(connection: sqlite3.Connection) -> str:
    """Return the complete study.toml.

    Raises:
        WrongStateError: The study is not unblinded.
        CheckFailedError: It is not the text that was hashed at seeding.
    """
    _require_opened(connection)
    text = str(connection.execute("SELECT study_toml FROM opened_protocol").fetchone()[0])
    expected = connection.execute("SELECT protocol_sha256 FROM study").fetchone()[0]
    if sha256_hex(text.encode()) != expected:
        raise CheckFailedError(
            "The opened study.toml is not the one that was hashed at seeding.",
            next_step=RESTORE_A_BACKUP,
        )
    return text


def read_allocation_salt(connection: sqlite3.Connection) -> str:
    """Return the salt of the commitment to the allocation.

    Raises:
        WrongStateError: The study is not unblinded.
    """
    _require_opened(connection)
    return str(connection.execute("SELECT allocation_salt FROM opened_protocol").fetchone()[0])


def _require_opened(connection: sqlite3.Connection) -> None:
    state = connection.execute("SELECT state FROM study").fetchone()[0]
    if state != "unblinded":
        raise WrongStateError(
            f"The study is {state}: its conditions are still sealed.",
            next_step="Run `rater-admin lock` and `rater-admin unblind` first.",
        )
