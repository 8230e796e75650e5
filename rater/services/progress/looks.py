"""Looks at the ratings of an open study: each is on the record, because a look can steer a study."""

from __future__ import annotations

from pathlib import Path

from db.audit_store import append_audit
from db.connection import close, open_for_reading, open_for_writing, sentences, writing
from db.study_store import StudyRecord, StudyState, read_study
from protocol.chain.audit import Look
from protocol.simulated import SIMULATED
from rater.services.wall_clock import utc_now

ON_RECORD = "The study is open: this look at its ratings is on the record."


def _study(path: Path) -> StudyRecord:
    connection = open_for_reading(path)
    try:
        with sentences(path):
            return read_study(connection)
    finally:
        close(connection)


def record_look(path: Path, *, action: Look, who: str, app: str) -> bool:
    """Write a look at an open study into its audit log, before anything is shown.

    Returns:
        Whether it was recorded; looks after the lock change nothing any more and are not.

    Raises:
        NotFoundError: No such study.
        StorageError: The study is open and its log cannot be written: then nothing is shown.
    """
    study = _study(path)
    if study.state is not StudyState.OPEN or study.file.value != "study":
        return False
    connection = open_for_writing(path)
    try:
        with writing(connection):
            append_audit(
                connection,
                study_id=study.study_id,
                at=utc_now(),
                who=who,
                action=action,
                details={"app": app},
            )
    finally:
        close(connection)
    return True


def announce_look(path: Path) -> tuple[str, ...]:
    """Return the sentences that go with a look at this study."""
    study = _study(path)
    lines = [SIMULATED] if study.visible.simulated else []
    if study.state is StudyState.OPEN:
        lines.append(ON_RECORD)
    return tuple(lines)
