"""Whether all that the audit log says was kept is there: returned files, lock manifests, packs out.

A row that was removed leaves no trace in its table. The log names each, and a lock code covers the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from db.exchange_store import packs_out, read_returned
from db.lock_store import read_locks
from db.manifest_store import read_manifests
from protocol.canonical_json import sha256_hex
from protocol.chain.audit import AuditEntry

_KEPT = ("merged", "late", "fork")
"""Steps of the log that keep a file; the first of a file is its status from then on."""
_LOCKS = ("locked", "adjudicated", "adjudication-waived")
_OUT = {"pack-out": True, "pack-replaced": True, "pack-recalled": False}


def fault_of_returned(connection: sqlite3.Connection, log: Sequence[AuditEntry]) -> str | None:
    """Return how the returned files differ from those on record, or None."""
    recorded: dict[str, tuple[str | None, str]] = {}
    for entry in log:
        if entry.action in _KEPT and "file" in entry.details:
            recorded.setdefault(entry.details["file"], (entry.details.get("rater"), entry.action))
    found = {one.sha256: (one.rater, str(one.status)) for one in read_returned(connection)}
    for sha256, (rater, action) in recorded.items():
        if sha256 not in found:
            return f"a file of {rater} that the audit log calls {action} was removed"
    if found != recorded:
        return "there are other files than the audit log says, or under another rater or status"
    return None


def fault_of_locks(connection: sqlite3.Connection, log: Sequence[AuditEntry]) -> str | None:
    """Return how the lock manifests, of voided locks too, differ from those on record, or None."""
    recorded = [entry.details.get("lock_code") for entry in log if entry.action in _LOCKS]
    found = read_locks(connection)
    for code in recorded:
        if code not in found:
            return f"the lock manifest under {str(code)[:8]} was removed"
    for code, body in found.items():
        if code not in recorded:
            return f"the log knows no lock {code[:8]}"
        if sha256_hex(body) != code:
            return f"the lock manifest under {code[:8]} is not the one the code belongs to"
    return None


def fault_of_packs(connection: sqlite3.Connection, log: Sequence[AuditEntry]) -> str | None:
    """Return whose pack is out by the log and not by the study, or the reverse, or None."""
    recorded = {entry.details.get("rater"): _OUT[entry.action] for entry in log if entry.action in _OUT}
    issued = packs_out(connection)
    for manifest in read_manifests(connection):
        by_log = recorded.get(manifest.rater, False)
        if by_log is not (manifest.id in issued):
            return f"the pack of {manifest.rater} is {'out' if by_log else 'not out'} by the log alone"
    return None
