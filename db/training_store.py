"""Training: its items, manifests, chains, admit codes; and the references of gold items.

The tables exist only in files of a study with training, and none of them is one that ratings are
read from. A pack holds one rater's manifest and chain; codes and gold stay in the study file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.connection import FileKind
from db.event_store import stored_rows, verified_events
from db.item_store import item_of_row
from db.late_rows import lifted
from protocol.canonical_json import canonical_bytes, sha256_hex
from protocol.chain.events import Event, Head, genesis
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError
from protocol.training.reference import References, TrainingItem, read_references, references_body
from protocol.training.training_manifest import TrainingManifest

if TYPE_CHECKING:
    from protocol.chain.ratings_file import StoredEvent

_SHARED = (
    """CREATE TABLE training_item (
    item_id TEXT NOT NULL PRIMARY KEY,
    task_id TEXT NOT NULL,
    body TEXT NOT NULL,
    reference TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE training_manifest (
    manifest_id TEXT NOT NULL PRIMARY KEY,
    rater TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE training_event (
    chain_id TEXT NOT NULL REFERENCES training_manifest (manifest_id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    withheld TEXT NOT NULL,
    PRIMARY KEY (chain_id, seq)
) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER training_item_seeded BEFORE INSERT ON training_item
WHEN EXISTS (SELECT 1 FROM training_event)
    OR EXISTS (SELECT 1 FROM training_item WHERE item_id = NEW.item_id)
BEGIN SELECT RAISE(ABORT, 'training items are written once, at seeding'); END""",
    """CREATE TRIGGER training_manifest_seeded BEFORE INSERT ON training_manifest
WHEN EXISTS (SELECT 1 FROM training_event)
    OR EXISTS (SELECT 1 FROM training_manifest WHERE manifest_id = NEW.manifest_id OR rater = NEW.rater)
BEGIN SELECT RAISE(ABORT, 'training manifests are written once, at seeding'); END""",
    """CREATE TRIGGER training_event_open BEFORE INSERT ON training_event
WHEN (SELECT state FROM study) IS NOT 'open'
BEGIN SELECT RAISE(ABORT, 'the study is locked: ratings are final'); END""",
    """CREATE TRIGGER training_event_next BEFORE INSERT ON training_event
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM training_event WHERE chain_id = NEW.chain_id), 0)
BEGIN SELECT RAISE(ABORT, 'this rater worked in another window at the same time'); END""",
    *(
        f"""CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}
BEGIN SELECT RAISE(ABORT, '{what}'); END"""
        for table, what in (
            ("training_item", "a training item stays as it was seeded"),
            ("training_manifest", "a training manifest stays as it was seeded"),
            ("training_event", "an event of training stays as it was recorded"),
        )
        for verb in ("update", "delete")
    ),
)
_STUDY_ONLY = (
    """CREATE TABLE training_admission (
    manifest_id TEXT NOT NULL PRIMARY KEY REFERENCES training_manifest (manifest_id),
    code TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE gold_reference (
    item_id TEXT NOT NULL PRIMARY KEY REFERENCES item (item_id),
    reference TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    *(
        f"""CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table}
BEGIN SELECT RAISE(ABORT, '{what}'); END"""
        for table, what in (
            ("training_admission", "an admit code stays as it was drawn"),
            ("gold_reference", "the reference of a gold item stays as it was seeded"),
        )
        for verb in ("update", "delete")
    ),
    """CREATE TRIGGER gold_reference_seeded BEFORE INSERT ON gold_reference
WHEN EXISTS (SELECT 1 FROM event)
BEGIN SELECT RAISE(ABORT, 'gold references are written once, at seeding'); END""",
)


def training_tables(kind: FileKind) -> tuple[str, ...]:
    """Return the statements that make the tables of a file of a study with training."""
    return _SHARED + (_STUDY_ONLY if kind is FileKind.STUDY else ())


def create_training_tables(connection: sqlite3.Connection, kind: FileKind) -> None:
    """Make the tables, in the transaction that fills a new file."""
    for statement in training_tables(kind):
        connection.execute(statement)


def has_training(connection: sqlite3.Connection) -> bool:
    """Whether the file is of a study with training."""
    row = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'training_manifest'").fetchone()
    return row is not None


def insert_training_items(connection: sqlite3.Connection, items: Iterable[TrainingItem]) -> None:
    """Write training items in id order."""
    connection.executemany(
        "INSERT INTO training_item (item_id, task_id, body, reference) VALUES (?, ?, ?, ?)",
        sorted(
            (
                one.item.id,
                one.item.task_id,
                one.item.body().decode(),
                references_body(one.references).decode(),
            )
            for one in items
        ),
    )


def read_training_items(connection: sqlite3.Connection) -> list[TrainingItem]:
    """Return all training items in id order.

    Raises:
        CheckFailedError: One holds something else than a training item does.
    """
    rows = connection.execute("SELECT item_id, task_id, body, reference FROM training_item ORDER BY item_id")
    return [
        TrainingItem(item=item_of_row(item_id, task_id, body), references=read_references(reference.encode()))
        for item_id, task_id, body, reference in rows
    ]


def insert_training_manifests(connection: sqlite3.Connection, manifests: Iterable[TrainingManifest]) -> None:
    """Write training manifests in id order."""
    connection.executemany(
        "INSERT INTO training_manifest (manifest_id, rater, body) VALUES (?, ?, ?)",
        sorted((manifest.id, manifest.rater, manifest.body().decode()) for manifest in manifests),
    )


def insert_late_training(connection: sqlite3.Connection, manifest: TrainingManifest, *, code: str) -> None:
    """Write the training of a rater who joins an open study, by an amendment in the same transaction."""
    with lifted(connection, "training_manifest_seeded"):
        insert_training_manifests(connection, [manifest])
    insert_admit_codes(connection, {manifest.id: code})


def read_training_manifests(connection: sqlite3.Connection) -> list[TrainingManifest]:
    """Return every training manifest, by rater code.

    Raises:
        CheckFailedError: A row is not what the hashed body says.
    """
    rows = connection.execute("SELECT manifest_id, rater, body FROM training_manifest ORDER BY rater")
    return [_manifest(manifest_id, rater, body) for manifest_id, rater, body in rows]


def read_training_manifest(connection: sqlite3.Connection, rater: str) -> TrainingManifest:
    """Return the training manifest of one rater.

    Raises:
        CheckFailedError: The file has none, or the row is not what the hashed body says.
    """
    row = connection.execute(
        "SELECT manifest_id, rater, body FROM training_manifest WHERE rater = ?", (rater,)
    ).fetchone()
    if row is None:
        raise CheckFailedError(
            f"The file has no training of {rater}.",
            next_step=RESTORE_A_BACKUP,
        )
    return _manifest(*row)


def _manifest(manifest_id: str, rater: str, body: str) -> TrainingManifest:
    manifest = TrainingManifest.from_body(body.encode())
    if (manifest.id, manifest.rater) != (manifest_id, rater):
        raise CheckFailedError(
            f"The training manifest of {rater} belongs to somebody else.",
            next_step=RESTORE_A_BACKUP,
        )
    return manifest


def append_training_event(connection: sqlite3.Connection, event: Event) -> None:
    """Add an event; a trigger refuses it unless it is the next of its chain and the study is open."""
    connection.execute(
        "INSERT INTO training_event (chain_id, seq, hash, body, withheld) VALUES (?, ?, ?, ?, ?)",
        (event.chain_id, event.seq, event.hash, event.body.decode(), event.withheld_bytes().decode()),
    )


def append_stored_training(
    connection: sqlite3.Connection, chain_id: str, events: Sequence[StoredEvent], *, after: int
) -> None:
    """Add training events of a verified file, word for word, behind the event with this number."""
    connection.executemany(
        "INSERT INTO training_event (chain_id, seq, hash, body, withheld) VALUES (?, ?, ?, ?, ?)",
        stored_rows(chain_id, events, after=after),
    )


def read_training_hashes(connection: sqlite3.Connection, chain_id: str) -> list[str]:
    """Return the stored hashes of a training chain, in order and not checked."""
    rows = connection.execute("SELECT hash FROM training_event WHERE chain_id = ? ORDER BY seq", (chain_id,))
    return [hash_ for (hash_,) in rows]


def read_training_head(connection: sqlite3.Connection, manifest: TrainingManifest) -> Head:
    """Return the end of a rater's training chain."""
    row = connection.execute(
        "SELECT seq, hash FROM training_event WHERE chain_id = ? ORDER BY seq DESC LIMIT 1", (manifest.id,)
    ).fetchone()
    if row is None:
        return Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    return Head(chain_id=manifest.id, seq=row[0], hash=row[1])


def read_training_events(connection: sqlite3.Connection, manifest: TrainingManifest) -> list[Event]:
    """Return a rater's training chain with every number, binding and hash checked.

    Raises:
        CheckFailedError: The chain is broken; the message names the first event that does not fit.
    """
    rows = connection.execute(
        "SELECT seq, hash, body, withheld FROM training_event WHERE chain_id = ? ORDER BY seq",
        (manifest.id,),
    )
    return verified_events(rows, manifest, what="training events")


def has_training_events(connection: sqlite3.Connection) -> bool:
    """Whether any rater has begun the training; in a file without training nobody has."""
    return has_training(connection) and bool(
        connection.execute("SELECT EXISTS (SELECT 1 FROM training_event)").fetchone()[0]
    )


def chains_of_training_events(connection: sqlite3.Connection) -> set[str]:
    """Return the id of every training chain that has an event."""
    return {chain for (chain,) in connection.execute("SELECT DISTINCT chain_id FROM training_event")}


def insert_admit_codes(connection: sqlite3.Connection, codes: Mapping[str, str]) -> None:
    """Write the code with which each rater can be let in, by training manifest id."""
    connection.executemany(
        "INSERT INTO training_admission (manifest_id, code) VALUES (?, ?)", sorted(codes.items())
    )


def read_admit_code(connection: sqlite3.Connection, manifest: TrainingManifest) -> str:
    """Return the code with which a rater can be let in.

    Raises:
        CheckFailedError: The file has none.
    """
    row = connection.execute(
        "SELECT code FROM training_admission WHERE manifest_id = ?", (manifest.id,)
    ).fetchone()
    if row is None:
        raise CheckFailedError(
            f"The file has no admit code of {manifest.rater}.",
            next_step=RESTORE_A_BACKUP,
        )
    return str(row[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldItem:
    """A study item whose levels are known."""

    item_id: str
    references: References


def gold_sha256(gold: Iterable[GoldItem]) -> str:
    """Return the hash of all gold items; it stands in the log's first entry."""
    return sha256_hex(
        canonical_bytes(
            [
                [item_id, body]
                for item_id, body in sorted(
                    (one.item_id, references_body(one.references).decode()) for one in gold
                )
            ]
        )
    )


def insert_gold(connection: sqlite3.Connection, gold: Iterable[GoldItem]) -> None:
    """Write the references of gold items in id order."""
    connection.executemany(
        "INSERT INTO gold_reference (item_id, reference) VALUES (?, ?)",
        sorted((one.item_id, references_body(one.references).decode()) for one in gold),
    )


def read_gold(connection: sqlite3.Connection) -> list[GoldItem]:
    """Return the gold items in id order; none in a pack or in a study without training."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'gold_reference'").fetchone() is None:
        return []
    rows = connection.execute("SELECT item_id, reference FROM gold_reference ORDER BY item_id")
    return [
        GoldItem(item_id=item_id, references=read_references(reference.encode()))
        for item_id, reference in rows
    ]
