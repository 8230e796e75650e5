"""Adjudication: one manifest and one chain for each lock after which it began.

The tables exist only where it began. A chain takes events while its lock holds: an unlock ends it as it
stands, and so does the lock code that is issued when it is finished.
"""

from __future__ import annotations

import sqlite3

from db.event_store import verified_events
from protocol.adjudication.manifest import AdjudicationManifest
from protocol.chain.events import Event, Head, genesis
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError

ADJUDICATION_TABLES = (
    """CREATE TABLE adjudication (
    manifest_id TEXT NOT NULL PRIMARY KEY,
    lock_code TEXT NOT NULL UNIQUE REFERENCES lock_manifest (lock_code),
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE adjudication_event (
    chain_id TEXT NOT NULL REFERENCES adjudication (manifest_id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    withheld TEXT NOT NULL,
    PRIMARY KEY (chain_id, seq)
) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER adjudication_locked BEFORE INSERT ON adjudication
WHEN (SELECT state FROM study) IS NOT 'locked' OR (SELECT lock_code FROM study) IS NOT NEW.lock_code
    OR EXISTS (SELECT 1 FROM adjudication WHERE manifest_id = NEW.manifest_id OR lock_code = NEW.lock_code)
BEGIN SELECT RAISE(ABORT, 'an adjudication begins once, on the lock that holds'); END""",
    """CREATE TRIGGER adjudication_event_locked BEFORE INSERT ON adjudication_event
WHEN (SELECT state FROM study) IS NOT 'locked' OR (SELECT lock_code FROM study) IS NOT
    (SELECT lock_code FROM adjudication WHERE manifest_id = NEW.chain_id)
BEGIN SELECT RAISE(ABORT, 'this adjudication has ended: its decisions are final'); END""",
    """CREATE TRIGGER adjudication_event_next BEFORE INSERT ON adjudication_event
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM adjudication_event WHERE chain_id = NEW.chain_id), 0)
BEGIN SELECT RAISE(ABORT, 'the adjudicator worked in another window at the same time'); END""",
    *(
        f"""CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}
BEGIN SELECT RAISE(ABORT, '{what}'); END"""
        for table, what in (
            ("adjudication", "the queue of an adjudication stays as it was drawn"),
            ("adjudication_event", "an event of an adjudication stays as it was recorded"),
        )
        for verb in ("update", "delete")
    ),
)


def has_adjudication(connection: sqlite3.Connection) -> bool:
    """Whether the file has the tables."""
    row = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'adjudication'").fetchone()
    return row is not None


def insert_adjudication(connection: sqlite3.Connection, manifest: AdjudicationManifest) -> None:
    """Write the manifest of an adjudication, and the tables where they are not there yet."""
    if not has_adjudication(connection):
        for statement in ADJUDICATION_TABLES:
            connection.execute(statement)
    connection.execute(
        "INSERT INTO adjudication (manifest_id, lock_code, body) VALUES (?, ?, ?)",
        (manifest.id, manifest.lock_code, manifest.body().decode()),
    )


def read_adjudications(connection: sqlite3.Connection) -> list[AdjudicationManifest]:
    """Return the manifest of every adjudication that ever began, in id order.

    Raises:
        CheckFailedError: A row is not what the hashed body says.
    """
    if not has_adjudication(connection):
        return []
    rows = connection.execute("SELECT manifest_id, lock_code, body FROM adjudication ORDER BY manifest_id")
    return [_manifest(*row) for row in rows]


def read_adjudication(connection: sqlite3.Connection, lock_code: str) -> AdjudicationManifest | None:
    """Return the manifest of the adjudication on a lock, or None where none began.

    Raises:
        CheckFailedError: The row is not what the hashed body says.
    """
    return next((one for one in read_adjudications(connection) if one.lock_code == lock_code), None)


def _manifest(manifest_id: str, lock_code: str, body: str) -> AdjudicationManifest:
    manifest = AdjudicationManifest.from_body(body.encode())
    if (manifest.id, manifest.lock_code) != (manifest_id, lock_code):
        raise CheckFailedError(
            "The adjudication in the file belongs to another lock.",
            next_step=RESTORE_A_BACKUP,
        )
    return manifest


def append_adjudication_event(connection: sqlite3.Connection, event: Event) -> None:
    """Add an event; a trigger refuses it unless it is the next of its chain and its lock holds."""
    connection.execute(
        "INSERT INTO adjudication_event (chain_id, seq, hash, body, withheld) VALUES (?, ?, ?, ?, ?)",
        (event.chain_id, event.seq, event.hash, event.body.decode(), event.withheld_bytes().decode()),
    )


def read_adjudication_head(connection: sqlite3.Connection, manifest: AdjudicationManifest) -> Head:
    """Return the end of an adjudicator's chain."""
    row = connection.execute(
        "SELECT seq, hash FROM adjudication_event WHERE chain_id = ? ORDER BY seq DESC LIMIT 1",
        (manifest.id,),
    ).fetchone()
    if row is None:
        return Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    return Head(chain_id=manifest.id, seq=row[0], hash=row[1])


def read_adjudication_events(connection: sqlite3.Connection, manifest: AdjudicationManifest) -> list[Event]:
    """Return an adjudicator's chain with every number, binding and hash checked.

    Raises:
        CheckFailedError: The chain is broken; the message names the first event that does not fit.
    """
    rows = connection.execute(
        "SELECT seq, hash, body, withheld FROM adjudication_event WHERE chain_id = ? ORDER BY seq",
        (manifest.id,),
    )
    return verified_events(rows, manifest, what="adjudication events")


def chains_of_adjudication_events(connection: sqlite3.Connection) -> set[str]:
    """Return the id of every adjudication chain that has an event."""
    if not has_adjudication(connection):
        return set()
    return {chain for (chain,) in connection.execute("SELECT DISTINCT chain_id FROM adjudication_event")}
