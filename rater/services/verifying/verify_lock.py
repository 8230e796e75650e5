"""What `verify` answers about the lock: the manifest under its code, and the code as it was published."""

from __future__ import annotations

import sqlite3

from db.lock_store import read_lock
from db.study_store import StudyRecord
from protocol.canonical_json import sha256_hex
from protocol.chain.lock import LockManifest
from protocol.errors import CheckFailedError
from rater.services.doors.lock_manifests import check_lock
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answers


def answer_for_lock(
    answers: Answers, connection: sqlite3.Connection, study: StudyRecord, anchors: Anchors
) -> None:
    """Answer whether the ratings are those of the lock, and the lock the published one."""
    code = study.lock_code
    published = anchors.lock_code
    if code is None:
        if published:
            answers.failed(
                "the ratings are those of the published lock code",
                "the study is open: it was never locked, unlocked, or this is an older copy",
            )
        else:
            answers.cannot_exclude("ratings or log were changed as a whole", "the study is not locked yet")
        return
    answers.ask("the ratings are as they were at the lock", lambda: _as_locked(connection, study, code))
    if published is None:
        answers.cannot_exclude(
            "ratings or log were changed as a whole and locked anew",
            "give --lock-code with the code as it was published before the key was opened",
        )
    else:
        answers.ask(
            "the lock code is the published one",
            lambda: _fault_of_code(connection, code, published.strip().lower()),
        )
    answers.cannot_exclude(
        "entries of the log after the lock were changed or left out",
        "no published code covers what was done since",
    )


def _as_locked(connection: sqlite3.Connection, study: StudyRecord, code: str) -> str | None:
    if sha256_hex(read_lock(connection, code)) != code:
        return "the lock manifest is not the one the lock code belongs to"
    check_lock(connection, study, code)
    return None


def _fault_of_code(connection: sqlite3.Connection, code: str, published: str) -> str | None:
    if published == code:
        return None
    try:
        ended = LockManifest.from_body(read_lock(connection, code), where="the lock manifest").adjudication
    except CheckFailedError:
        ended = None  # a lock manifest that is none is an answer of its own
    if ended is not None and published == ended.lock_code:
        return (
            "it is the code of the lock before the adjudication: give the one that was printed when that "
            f"was {ended.outcome}"
        )
    return "it is another code"
