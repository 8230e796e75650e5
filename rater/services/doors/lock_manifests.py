"""The lock manifest: what was final at the lock, and whether the study file is still so.

Apart from the doors, which change the state: `verify` and the public bundle ask the same question
without opening one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from db.amendment_store import read_amendments
from db.audit_store import read_audit_hashes
from db.lock_store import read_lock
from db.study_store import StudyRecord, visible_bytes
from protocol.canonical_json import Json, canonical_bytes, sha256_hex
from protocol.chain.amendment import Amendment
from protocol.errors import CheckFailedError
from rater.services.adjudication.adjudication_record import adjudication_again, read_locked
from rater.services.progress.rater_states import RaterState, each_rater_state
from rater.services.progress.training_states import TrainingState, training_states
from rater.services.verifying.study_bindings import check_bindings
from rater.services.who import Who


def lock_manifest(
    study: StudyRecord,
    states: Sequence[RaterState],
    trainings: Sequence[TrainingState],
    *,
    amendments: Sequence[Amendment],
    out: Sequence[str],
    at: str,
    who: Who,
    audit: str,
) -> Json:
    """Return what a lock code will stand for.

    Args:
        study: The study, open.
        states: Every rater's chain.
        trainings: Every rater's training, where the study has one.
        amendments: What was amended.
        out: Raters whose pack is out.
        at: When.
        who: Who locks, and why.
        audit: Hash of the last entry of the audit log.
    """
    # A study without training has no word of it, one whose packs are all back none of packs, and so on.
    packs: dict[str, Json] = {"packs_out": sorted(out)} if out else {}
    trained: dict[str, Json] = {"training": _training_heads(trainings)} if trainings else {}
    amended: dict[str, Json] = {"amendments": _bodies(amendments)} if amendments else {}
    return {
        **amended,
        **trained,
        **packs,
        "v": 1,
        "study": study.study_id,
        "protocol": study.protocol_sha256,
        "rubric": study.visible.rubric.sha256,
        "visible": sha256_hex(visible_bytes(study.visible)),
        **({} if study.key is None else {"key": study.key.to_json()}),
        "raters": [
            {
                "rater": state.manifest.rater,
                "manifest": state.manifest.sha256,
                "chain": state.head.chain_id,
                "events": state.head.seq,
                "head": state.head.hash,
                "items": state.session.required_count,
                "completed": state.session.completed_count,
                "missing": list(state.missing),
            }
            for state in states
        ],
        "audit": audit,
        "reason": who.reason,
        "at": at,
        "app": who.app,
    }


def _bodies(amendments: Sequence[Amendment]) -> list[Json]:
    return [one.to_json() for one in amendments]


def _training_heads(trainings: Sequence[TrainingState]) -> list[Json]:
    return [
        {
            "rater": training.manifest.rater,
            "manifest": training.manifest.sha256,
            "events": training.head.seq,
            "head": training.head.hash,
            "state": training.session.state.value,
        }
        for training in trainings
    ]


def check_lock(connection: sqlite3.Connection, study: StudyRecord, lock_code: str) -> None:
    """Check that the ratings are those that were locked under this code.

    Raises:
        CheckFailedError: The code is another, or something was changed since the lock.
    """
    if lock_code.strip().lower() != study.lock_code:
        raise CheckFailedError(
            "This is not the lock code of the study.",
            next_step="Give the full code that `rater-admin lock` printed, as it was published.",
        )
    body = read_lock(connection, study.lock_code)
    locked = read_locked(connection, study.lock_code)
    heads: Json = [
        {"chain": state.head.chain_id, "events": state.head.seq, "head": state.head.hash}
        for state in each_rater_state(connection, study)
    ]
    recorded: Json = [
        {name: entry[name] for name in ("chain", "events", "head")} for entry in _objects(locked["raters"])
    ]
    unchanged = (
        sha256_hex(body) == study.lock_code
        and canonical_bytes(heads) == canonical_bytes(recorded)
        and canonical_bytes(_training_heads(training_states(connection, study)))
        == canonical_bytes(locked.get("training", []))
        and canonical_bytes(_bodies(read_amendments(connection)))
        == canonical_bytes(locked.get("amendments", []))
        and canonical_bytes(adjudication_again(connection, study, locked))
        == canonical_bytes(locked.get("adjudication"))
        and locked["study"] == study.study_id
        and locked["protocol"] == study.protocol_sha256
        and locked["rubric"] == study.visible.rubric.sha256
        and locked["visible"] == sha256_hex(visible_bytes(study.visible))
        and canonical_bytes(locked.get("key"))
        == canonical_bytes(None if study.key is None else study.key.to_json())
    )
    if not unchanged:
        raise CheckFailedError(
            "The study file is not as it was when it was locked.",
            next_step="Restore the file from a backup made after the lock.",
        )
    check_bindings(connection, study)
    if locked["audit"] not in read_audit_hashes(connection, study_id=study.study_id):
        raise CheckFailedError(
            "The audit log is not the one that was there when the study was locked.",
            next_step="Restore the file from a backup made after the lock.",
        )


def _objects(value: Json) -> list[dict[str, Json]]:
    return [dict(entry) for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
