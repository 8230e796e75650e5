"""Letting a rater in who did not pass: on the record, and by a code that reaches a pack."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.exchange_store import packs_out
from db.manifest_store import read_manifest
from db.study_store import StudyRecord, StudyState, read_study, require_study_file
from db.training_store import (
    append_training_event,
    read_admit_code,
    read_training_events,
    read_training_head,
)
from protocol.chain.audit import AuditEntry
from protocol.chain.events import EventDraft, EventKind, make_event
from protocol.chain.identifiers import Clock, Entropy
from protocol.errors import UsageError, WrongStateError
from protocol.timing import recorded_at
from protocol.training.attempts import fold_training
from rater.services.amending.incidents import refuse_names
from rater.services.progress.training_states import TrainingState, read_training_share
from rater.services.who import Who

ACTION = "admitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A rater who was let in."""

    rater: str
    code: str
    at: str
    is_in_study: bool
    """The study file knows it; else the rater types the code in the pack that is out."""


def admit_rater(path: Path, rater: str, *, who: Who, clock: Clock, entropy: Entropy) -> Admission:
    """Let a rater in.

    Where no pack of the rater is out, the admission goes into the training chain in the study file,
    and with it into every pack that is made from it later. Where one is out, the chain goes on there:
    the code is what the rater types.

    Args:
        path: The study file, open.
        rater: The rater's code.
        who: Who lets in, and why.
        clock: Wall clock.
        entropy: Source of salts.

    Raises:
        UsageError: No reason is given.
        BlindError: The reason names a model or maker.
        InvalidInputError: The file is a pack, or no study.
        NotFoundError: There is no such rater.
        WrongStateError: The study is not open or has no training, or the rater is in already.
    """
    if not who.reason.strip():
        raise UsageError("Letting a rater in needs a reason for the record.", next_step="Add --reason.")
    refuse_names(who.reason, where="--reason")
    connection = open_for_writing(path)
    try:
        with sentences(path), writing(connection):
            study = read_study(connection)
            _require_open_training(study, path)
            return _admit(connection, study, rater, who=who, at=clock(), entropy=entropy)
    finally:
        close(connection)


def _require_open_training(study: StudyRecord, path: Path) -> None:
    require_study_file(study)
    if study.state is not StudyState.OPEN:
        raise WrongStateError(
            f"The study is {study.state}: raters are let in while it is open.", where=str(path)
        )
    require_training(study, path)


def require_training(study: StudyRecord, path: Path) -> None:
    """Refuse a study without training.

    Raises:
        WrongStateError: It has none.
    """
    if study.visible.training is None:
        raise WrongStateError(
            "This study has no training.",
            where=str(path),
            next_step="A study has training when its study.toml has [calibration] at seeding.",
        )


def _admit(
    connection: sqlite3.Connection, study: StudyRecord, rater: str, *, who: Who, at: str, entropy: Entropy
) -> Admission:
    assignment = read_manifest(connection, rater)
    share = read_training_share(connection, study, assignment)
    manifest = share.material.manifest
    training = fold_training(share.material, read_training_events(connection, manifest))
    if training.state.opens:
        raise WrongStateError(
            f"{rater} is in already: the training is {training.state}.",
            next_step="See `rater-admin calibration`.",
        )
    code = read_admit_code(connection, manifest)
    is_out = assignment.id in packs_out(connection)
    if not is_out:
        append_training_event(
            connection,
            make_event(
                EventDraft(kind=EventKind.ADMIT, reason=code),
                head=read_training_head(connection, manifest),
                rubric_sha256=manifest.rubric_sha256,
                app=who.app,
                at=recorded_at(at, study.visible.timing),
                entropy=entropy,
            ),
        )
    append_audit(
        connection,
        study_id=study.study_id,
        at=at,
        who=who.name,
        action=ACTION,
        reason=who.reason,
        details={
            "rater": rater,
            "training": manifest.sha256,
            "was": training.state.value,
            "by": "code" if is_out else "study file",
            "app": who.app,
        },
    )
    return Admission(rater=rater, code=code, at=at, is_in_study=not is_out)


def unrecorded_admission(trainings: Sequence[TrainingState], audit: Sequence[AuditEntry]) -> str | None:
    """Return which rater is in by a code that nobody gave out, or None."""
    recorded = {entry.details["rater"] for entry in audit if entry.action == ACTION}
    for training in trainings:
        if training.session.admitted and training.manifest.rater not in recorded:
            return f"{training.manifest.rater} was let in, and the log has no entry of it"
    return None
