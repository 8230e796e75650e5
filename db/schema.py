"""The tables, as SQL, one idea a migration, never edited after release.

No name, column, CHECK or comment in here tells anything about conditions: schema text is bytes of
the file. The tables for the opened allocation are made at unblinding, by `db.allocation_store`,
those for training and for hidden repeats at seeding where a study has them, by `db.training_store` and
`db.repeat_store`, those for amendments and adjudication with the first of them, by `db.amendment_store`
and `db.adjudication_store`.
Tables are WITHOUT ROWID and filled in id order, so a file's bytes do not depend on the order of
its sources. Versions are kept in `user_version`: a table of migrations would put clock times into
the file. Triggers guard against bugs; against people the hash chain does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.connection import APPLICATION_ID, SCHEMA_VERSION, FileKind

if TYPE_CHECKING:
    from sqlite_utils import Database

_SHARED = """
CREATE TABLE study (
    row INTEGER NOT NULL PRIMARY KEY CHECK (row = 1),
    file TEXT NOT NULL CHECK (file IN ('study', 'pack')),
    study_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('stress-test', 'benchmark-audit')),
    state TEXT NOT NULL CHECK (state IN ('open', 'locked', 'unblinded')),
    lock_code TEXT CHECK ((state = 'open') = (lock_code IS NULL)),
    visible TEXT NOT NULL,
    protocol_sha256 TEXT NOT NULL,
    sealed_sha256 TEXT NOT NULL,
    allocation_commitment TEXT NOT NULL,
    redaction_commitment TEXT NOT NULL,
    app TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE item (
    item_id TEXT NOT NULL PRIMARY KEY,
    task_id TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE manifest (
    manifest_id TEXT NOT NULL PRIMARY KEY,
    rater TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    chain_id TEXT NOT NULL REFERENCES manifest (manifest_id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    withheld TEXT NOT NULL,
    PRIMARY KEY (chain_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER study_one_row BEFORE INSERT ON study WHEN EXISTS (SELECT 1 FROM study)
BEGIN SELECT RAISE(ABORT, 'the study is already described'); END;
CREATE TRIGGER study_no_delete BEFORE DELETE ON study
BEGIN SELECT RAISE(ABORT, 'the description of a study is never deleted'); END;
CREATE TRIGGER study_fixed BEFORE UPDATE ON study WHEN
    NEW.row <> OLD.row OR NEW.file <> OLD.file OR NEW.study_id <> OLD.study_id OR NEW.kind <> OLD.kind
    OR NEW.visible <> OLD.visible OR NEW.protocol_sha256 <> OLD.protocol_sha256
    OR NEW.sealed_sha256 <> OLD.sealed_sha256
    OR NEW.allocation_commitment <> OLD.allocation_commitment
    OR NEW.redaction_commitment <> OLD.redaction_commitment OR NEW.app <> OLD.app
BEGIN SELECT RAISE(ABORT, 'the description of a study never changes'); END;
CREATE TRIGGER study_steps BEFORE UPDATE OF state ON study WHEN NOT (
    (OLD.state = 'open' AND NEW.state = 'locked')
    OR (OLD.state = 'locked' AND NEW.state IN ('open', 'unblinded'))
    OR (OLD.state = NEW.state AND OLD.lock_code IS NEW.lock_code))
BEGIN SELECT RAISE(ABORT, 'the study cannot go from this state to that'); END;
CREATE TRIGGER study_code BEFORE UPDATE OF lock_code ON study
WHEN OLD.state = NEW.state AND OLD.lock_code IS NOT NEW.lock_code
    OR (NEW.state = 'unblinded' AND OLD.lock_code IS NOT NEW.lock_code)
BEGIN SELECT RAISE(ABORT, 'a lock code changes only by locking or unlocking'); END;

CREATE TRIGGER item_seeded BEFORE INSERT ON item
WHEN EXISTS (SELECT 1 FROM event) OR EXISTS (SELECT 1 FROM item WHERE item_id = NEW.item_id)
BEGIN SELECT RAISE(ABORT, 'items are written once, at seeding'); END;
CREATE TRIGGER item_no_update BEFORE UPDATE ON item
BEGIN SELECT RAISE(ABORT, 'an item never changes'); END;
CREATE TRIGGER item_no_delete BEFORE DELETE ON item
BEGIN SELECT RAISE(ABORT, 'an item is never deleted'); END;

CREATE TRIGGER manifest_seeded BEFORE INSERT ON manifest
WHEN EXISTS (SELECT 1 FROM event)
    OR EXISTS (SELECT 1 FROM manifest WHERE manifest_id = NEW.manifest_id OR rater = NEW.rater)
BEGIN SELECT RAISE(ABORT, 'assignment manifests are written once, at seeding'); END;
CREATE TRIGGER manifest_no_update BEFORE UPDATE ON manifest
BEGIN SELECT RAISE(ABORT, 'an assignment manifest never changes'); END;
CREATE TRIGGER manifest_no_delete BEFORE DELETE ON manifest
BEGIN SELECT RAISE(ABORT, 'an assignment manifest is never deleted'); END;

CREATE TRIGGER event_open BEFORE INSERT ON event
WHEN (SELECT state FROM study) IS NOT 'open'
BEGIN SELECT RAISE(ABORT, 'the study is locked: ratings are final'); END;
CREATE TRIGGER event_next BEFORE INSERT ON event
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM event WHERE chain_id = NEW.chain_id), 0)
BEGIN SELECT RAISE(ABORT, 'this rater worked in another window at the same time'); END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'a rating event never changes'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'a rating event is never deleted'); END;
"""

_STUDY_ONLY = """
CREATE TABLE audit (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    hash TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE lock_manifest (
    lock_code TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pack_out (
    manifest_id TEXT NOT NULL PRIMARY KEY REFERENCES manifest (manifest_id),
    issued_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE returned_file (
    sha256 TEXT NOT NULL PRIMARY KEY,
    rater TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('merged', 'late', 'fork')),
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER returned_once BEFORE INSERT ON returned_file
WHEN EXISTS (SELECT 1 FROM returned_file WHERE sha256 = NEW.sha256)
    OR (NEW.status = 'merged' AND (SELECT state FROM study) <> 'open')
    OR (NEW.status = 'late' AND (SELECT state FROM study) = 'open')
BEGIN SELECT RAISE(ABORT, 'a returned file is kept once, and merged only while the study is open'); END;
CREATE TRIGGER returned_no_update BEFORE UPDATE ON returned_file
BEGIN SELECT RAISE(ABORT, 'a returned file never changes'); END;
CREATE TRIGGER returned_no_delete BEFORE DELETE ON returned_file
BEGIN SELECT RAISE(ABORT, 'a returned file is never deleted'); END;
CREATE TRIGGER audit_next BEFORE INSERT ON audit
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM audit), 0)
BEGIN SELECT RAISE(ABORT, 'an audit entry is added at the end only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'an audit entry never changes'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'an audit entry is never deleted'); END;
CREATE TRIGGER lock_manifest_new BEFORE INSERT ON lock_manifest
WHEN (SELECT state FROM study) IS NOT 'open'
    OR EXISTS (SELECT 1 FROM lock_manifest WHERE lock_code = NEW.lock_code)
BEGIN SELECT RAISE(ABORT, 'a lock manifest is written once, when an open study is locked'); END;
CREATE TRIGGER lock_manifest_no_update BEFORE UPDATE ON lock_manifest
BEGIN SELECT RAISE(ABORT, 'a lock manifest never changes'); END;
CREATE TRIGGER lock_manifest_no_delete BEFORE DELETE ON lock_manifest
BEGIN SELECT RAISE(ABORT, 'a lock manifest is never deleted'); END;
CREATE TRIGGER study_lock_known BEFORE UPDATE OF state ON study
WHEN NEW.state = 'locked' AND NOT EXISTS (SELECT 1 FROM lock_manifest WHERE lock_code = NEW.lock_code)
BEGIN SELECT RAISE(ABORT, 'a study is locked only with its lock manifest'); END;
"""


def m001_study_items_manifests_events(db: Database, kind: FileKind) -> None:
    """Everything a first study needs; a pack has no audit log and no lock."""
    db.conn.executescript(_SHARED + (_STUDY_ONLY if kind is FileKind.STUDY else ""))


MIGRATIONS: tuple[Callable[[Database, FileKind], None], ...] = (m001_study_items_manifests_events,)


def create_tables(db: Database, kind: FileKind) -> None:
    """Bring a new, empty file to the current schema."""
    if len(MIGRATIONS) != SCHEMA_VERSION:
        raise RuntimeError("db.connection.SCHEMA_VERSION and the migrations disagree")
    for migrate in MIGRATIONS:
        migrate(db, kind)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDifference:
    """How the tables, triggers and indexes of a file differ from what they should be."""

    missing: tuple[str, ...]
    """Absent or changed."""
    unexpected: tuple[str, ...]


def compare_schema(
    connection: sqlite3.Connection, kind: FileKind, *, opened: bool, training: bool, audit: bool = False
) -> SchemaDifference:
    """Compare a file's schema with the one this program makes.

    Args:
        connection: The file.
        kind: What it should be.
        opened: Whether the tables of an opened allocation should be there.
        training: Whether the tables of training should be there.
        audit: Whether it is a benchmark audit, which holds its plan.

    The tables of hidden repeats, amendments and adjudication may be there or not: the audit log says whether
    they should.
    """
    from sqlite_utils import Database

    from db.adjudication_store import ADJUDICATION_TABLES, has_adjudication
    from db.allocation_store import OPENED_BATCH_TABLES, OPENED_TABLES, has_opened_batches
    from db.amendment_store import AMENDMENT_TABLES, has_amendments
    from db.audit_plan_store import AUDIT_PLAN_TABLES
    from db.repeat_store import REPEAT_TABLES, has_repeats
    from db.training_store import training_tables

    fresh = sqlite3.connect(":memory:", isolation_level=None)
    try:
        create_tables(Database(fresh, execute_plugins=False), kind)
        for statement in (
            *(training_tables(kind) if training else ()),
            *(REPEAT_TABLES if kind is FileKind.STUDY and has_repeats(connection) else ()),
            *(AMENDMENT_TABLES if has_amendments(connection) else ()),
            *(ADJUDICATION_TABLES if kind is FileKind.STUDY and has_adjudication(connection) else ()),
            *(AUDIT_PLAN_TABLES if kind is FileKind.STUDY and audit else ()),
            *(OPENED_TABLES if opened else ()),
            *(OPENED_BATCH_TABLES if opened and has_opened_batches(connection) else ()),
        ):
            fresh.execute(statement)
        wanted, found = _schema_of(fresh), _schema_of(connection)
    finally:
        fresh.close()
    return SchemaDifference(
        missing=tuple(sorted(name for name, sql in wanted.items() if found.get(name) != sql)),
        unexpected=tuple(sorted(name for name in found if name not in wanted)),
    )


def _schema_of(connection: sqlite3.Connection) -> dict[str, str | None]:
    return dict(connection.execute("SELECT type || ' ' || name, sql FROM sqlite_master"))
