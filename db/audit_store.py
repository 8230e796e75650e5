"""The audit log of a study file: added at the end, read back with every hash checked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from protocol.chain.audit import AuditEntry, audit_genesis, audit_link, read_entry
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError


def append_audit(
    connection: sqlite3.Connection,
    *,
    study_id: str,
    at: str,
    who: str,
    action: str,
    reason: str = "",
    details: Mapping[str, str] | None = None,
) -> str:
    """Add one entry and return its hash."""
    row = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    seq, previous = (row[0], row[1]) if row else (0, audit_genesis(study_id))
    entry = AuditEntry(seq=seq + 1, at=at, who=who, action=action, reason=reason, details=details or {})
    hash_ = audit_link(previous, entry.body())
    connection.execute(
        "INSERT INTO audit (seq, hash, body) VALUES (?, ?, ?)", (entry.seq, hash_, entry.body().decode())
    )
    return hash_


def read_audit(connection: sqlite3.Connection, *, study_id: str) -> list[AuditEntry]:
    """Return the audit log.

    Raises:
        CheckFailedError: The chain is broken.
    """
    return [entry for entry, _ in _linked(connection, study_id)]


def read_audit_hashes(connection: sqlite3.Connection, *, study_id: str) -> list[str]:
    """Return the hash of every audit entry in order, the chain checked as by `read_audit`."""
    return [hash_ for _, hash_ in _linked(connection, study_id)]


def _linked(connection: sqlite3.Connection, study_id: str) -> Iterator[tuple[AuditEntry, str]]:
    previous = audit_genesis(study_id)
    rows = connection.execute("SELECT seq, hash, body FROM audit ORDER BY seq")
    for number, (seq, stored_hash, body) in enumerate(rows, start=1):
        entry = read_entry(body.encode())
        previous = audit_link(previous, body.encode())
        if previous != stored_hash or entry.seq != seq or seq != number:
            raise CheckFailedError(
                f"The audit log is broken at entry {seq}.",
                next_step=RESTORE_A_BACKUP,
            )
        yield entry, previous


def audit_head(connection: sqlite3.Connection, *, study_id: str) -> str:
    """Return the hash of the last audit entry."""
    row = connection.execute("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return str(row[0]) if row else audit_genesis(study_id)
