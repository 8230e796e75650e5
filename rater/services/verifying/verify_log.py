"""Whether the audit log fits the study: its first entry binds what was seeded, its last door the state."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from db.audit_store import read_audit as read_log
from db.manifest_store import read_manifests
from db.study_store import StudyRecord, StudyState
from protocol.chain.audit import AuditEntry
from protocol.errors import BlindraterError
from rater.services.amending.amendments import late_manifests, late_trainings
from rater.services.progress.admissions import unrecorded_admission
from rater.services.progress.training_states import training_states
from rater.services.verifying.verify_kept import fault_of_locks, fault_of_packs
from rater.services.verifying.verify_training import gold_hash, training_hash


def fault_of_log(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    """Return what is wrong with the audit log of a study, or None.

    Raises:
        BlindraterError: The log does not verify, or what it is compared with cannot be read.
    """
    entries = read_log(connection, study_id=study.study_id)
    if not entries or entries[0].action != "seeded":
        return "the log does not begin with the seeding"
    seeded = entries[0].details
    key = study.key
    if seeded.get("sealed") != (None if key is None else key.sealed_sha256):
        return "the key of the study is not the one in the log's first entry"
    if seeded.get("protocol") != study.protocol_sha256:
        return "the plan of the study is not the one in the log's first entry"
    late, trained_late = late_manifests(connection), late_trainings(connection)
    for manifest in read_manifests(connection):
        recorded = seeded.get(f"manifest.{manifest.rater}", late.get(manifest.rater))
        if recorded != manifest.sha256:
            return f"the manifest of {manifest.rater} is not the one on record"
        trained = seeded.get(f"training.{manifest.rater}", trained_late.get(manifest.rater))
        if trained != training_hash(connection, study, manifest.rater):
            return f"the training of {manifest.rater} is not the one on record"
    unrecorded = _unrecorded_admission(connection, study, entries)
    if unrecorded:
        return unrecorded
    if seeded.get("gold") != gold_hash(connection, seeded):
        return "the references of gold items are not those in the log's first entry"
    return (
        _last_door(study, entries)
        or fault_of_locks(connection, entries)
        or fault_of_packs(connection, entries)
    )


def _unrecorded_admission(
    connection: sqlite3.Connection, study: StudyRecord, entries: Sequence[AuditEntry]
) -> str | None:
    try:
        return unrecorded_admission(training_states(connection, study), entries)
    except BlindraterError:
        return None  # a training that does not verify is an answer of its own


def _last_door(study: StudyRecord, entries: Sequence[AuditEntry]) -> str | None:
    doors = [entry for entry in entries if entry.action in _STATE_AFTER]
    state = _STATE_AFTER[doors[-1].action] if doors else StudyState.OPEN
    if state is not study.state:
        return f"the study is {study.state}, by the log it is {state}"
    code = study.lock_code
    if code is not None and doors[-1].details.get("lock_code") != code:
        return "the lock code of the study is not the one in the log"
    return None


_STATE_AFTER = {
    "locked": StudyState.LOCKED,
    "adjudicated": StudyState.LOCKED,
    "adjudication-waived": StudyState.LOCKED,
    "unlocked": StudyState.OPEN,
    "unblinded": StudyState.UNBLINDED,
}
"""The state of a study after the doors of its audit log."""
