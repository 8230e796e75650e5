"""Adjudication from its beginning to its end: begin, go on, finish, waive.

Finishing and waiving write a new lock manifest that says so and binds the adjudicator's chain, with a lock
code of its own; the ratings it names are those of the lock before.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from db.adjudication_store import insert_adjudication
from db.audit_store import append_audit, audit_head
from db.connection import close, open_for_reading, open_for_writing, sentences, writing
from db.lock_store import reissue_lock
from db.manifest_store import read_manifests
from db.study_store import StudyRecord, StudyState, read_study, require_study_file
from protocol.adjudication.manifest import make_manifest
from protocol.canonical_json import Json, canonical_bytes, sha256_hex
from protocol.chain.identifiers import Clock, Entropy
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError, NotFoundError, UsageError, WrongStateError
from rater.services.adjudication.adjudication_desk import AdjudicationDesk
from rater.services.adjudication.adjudication_record import (
    Adjudication,
    AdjudicationState,
    lock_entry,
    next_command,
    read_adjudication_of,
    read_locked,
    rubric_decided_by,
)
from rater.services.doors.lock_manifests import check_lock
from rater.services.who import Who

ADJUDICATED = "adjudicated"
WAIVED = "adjudication-waived"
BEGUN = "adjudication-begun"
"""Steps of the audit log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reissued:
    """The lock code that holds now, and the one whose place it took."""

    lock_code: str
    earlier: str
    cells: int
    decided: int


def read_adjudication(path: Path) -> Adjudication:
    """Return where the adjudication of a study stands, every chain verified.

    Raises:
        WrongStateError: The plan has no adjudication.
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files, or a pack.
        CheckFailedError: A chain does not verify.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            return _adjudication(connection, read_study(connection), path)
    finally:
        close(connection)


def open_adjudication(
    path: Path,
    *,
    adjudicator: str | None,
    who: Who,
    clock: Clock,
    entropy: Entropy | None = None,
) -> AdjudicationDesk:
    """Open a locked study for its adjudicator; the first time the queue is drawn.

    Args:
        path: The study file.
        adjudicator: Code of the adjudicator; that of the plan unless given.
        who: Who opens it.
        clock: Wall clock.
        entropy: Source of orders, ids and salts.

    Raises:
        WrongStateError: The study is not locked, its plan has no adjudication, or there is nothing to decide.
        NotFoundError: The plan names another adjudicator.
        CheckFailedError: Something was changed since the lock.
    """
    drawn = entropy or secrets.SystemRandom()
    connection = open_for_writing(path)
    try:
        with sentences(path):
            study = read_study(connection)
            found = _open(connection, study, path)
            if adjudicator is not None and adjudicator != found.plan.who:
                raise NotFoundError(
                    f"There is no adjudicator {adjudicator} in this study.",
                    next_step=f"The plan names {found.plan.who}.",
                )
            if not found.cells:
                raise WrongStateError(
                    "The raters agree everywhere: there is nothing to decide.",
                    where=str(path),
                    next_step=f"Put that on the record: {next_command(found, path)}",
                )
            if found.session is None:
                with writing(connection):
                    _begin(connection, study, found, who=who, clock=clock, entropy=drawn)
                found = _adjudication(connection, study, path)
            if found.session is None:
                raise RuntimeError("the adjudication was begun")
            _check_queue(found)
            return AdjudicationDesk(
                connection,
                study=study,
                plan=found.plan,
                session=found.session,
                cells=found.cells,
                rubric=rubric_decided_by(connection, study, found.session.manifest.rubric_sha256),
                shown={
                    one.item_id: one.shown_sha256
                    for manifest in read_manifests(connection)
                    for one in manifest.items
                },
                app=who.app,
                entropy=drawn,
                clock=clock,
            )
    except BaseException:
        close(connection)
        raise


def _begin(
    connection: sqlite3.Connection,
    study: StudyRecord,
    found: Adjudication,
    *,
    who: Who,
    clock: Clock,
    entropy: Entropy,
) -> None:
    lock_code = read_study(connection).lock_code
    if lock_code is None or lock_code != found.lock_code:
        raise _not_locked(study, "It was changed meanwhile.")
    check_lock(connection, study, lock_code)
    manifest = make_manifest(
        found.cells,
        study_id=study.study_id,
        lock_code=lock_code,
        adjudicator=found.plan.who,
        rubric_sha256=rubric_decided_by(connection, study).sha256,
        protocol_sha256=study.protocol_sha256,
        entropy=entropy,
    )
    insert_adjudication(connection, manifest)
    append_audit(
        connection,
        study_id=study.study_id,
        at=clock(),
        who=who.name,
        action=BEGUN,
        details={
            "adjudication": manifest.id,
            "manifest": manifest.sha256,
            "adjudicator": manifest.rater,
            "cells": str(len(manifest.cells)),
            "lock_code": lock_code,
            "app": who.app,
        },
    )


def finish_adjudication(path: Path, *, who: Who, clock: Clock) -> Reissued:
    """End an adjudication in which every disagreement is decided, and reissue the lock code.

    Raises:
        WrongStateError: The study is not locked, its plan has no adjudication, it ended before, or a
            disagreement is not decided.
        CheckFailedError: Something was changed since the lock.
    """
    with _ending(path) as ending:
        found = ending.found
        if found.decided < len(found.cells):
            raise WrongStateError(
                f"{len(found.cells) - found.decided} of {len(found.cells)} disagreements are not decided.",
                where=str(path),
                next_step=f"Go on with `{next_command(found, path)}`, or waive the rest: "
                "--waive --reason TEXT.",
            )
        return _reissue(ending, outcome=AdjudicationState.FINISHED, who=who, clock=clock)


def waive_adjudication(path: Path, *, who: Who, clock: Clock) -> Reissued:
    """Go on without an adjudication, or without the rest of it, with a reason on the record.

    What was decided counts; the other disagreements stay unresolved in the consensus.

    Raises:
        UsageError: No reason was given.
        WrongStateError: The study is not locked, its plan has no adjudication, or it ended before.
        CheckFailedError: Something was changed since the lock.
    """
    if not who.reason.strip():
        raise UsageError("Waiving an adjudication needs a reason for the record.", next_step="Add --reason.")
    with _ending(path) as ending:
        return _reissue(ending, outcome=AdjudicationState.WAIVED, who=who, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    connection: sqlite3.Connection
    study: StudyRecord
    found: Adjudication


@contextmanager
def _ending(path: Path) -> Iterator[_Ending]:
    """Open a study in one transaction, its lock and its queue checked."""
    connection = open_for_writing(path)
    try:
        with sentences(path), writing(connection):
            study = read_study(connection)
            found = _open(connection, study, path)
            check_lock(connection, study, study.lock_code or "")
            _check_queue(found)
            yield _Ending(connection=connection, study=study, found=found)
    finally:
        close(connection)


def _reissue(ending: _Ending, *, outcome: AdjudicationState, who: Who, clock: Clock) -> Reissued:
    connection, study, found = ending.connection, ending.study, ending.found
    earlier = study.lock_code
    if earlier is None:
        raise RuntimeError("a locked study has a lock code")
    finished = outcome is AdjudicationState.FINISHED
    reason = "" if finished else who.reason.strip()
    body: Json = {
        **read_locked(connection, earlier),
        "adjudication": lock_entry(found, outcome=outcome, reason=reason, at=clock()),
        "audit": audit_head(connection, study_id=study.study_id),
        "app": who.app,
    }
    lock_code = sha256_hex(canonical_bytes(body))
    reissue_lock(connection, lock_code=lock_code, body=canonical_bytes(body))
    append_audit(
        connection,
        study_id=study.study_id,
        at=clock(),
        who=who.name,
        action=ADJUDICATED if finished else WAIVED,
        reason=who.reason,
        details={
            "lock_code": lock_code,
            "replaced_lock_code": earlier,
            "cells": str(len(found.cells)),
            "decided": str(found.decided),
            "app": who.app,
        },
    )
    return Reissued(lock_code=lock_code, earlier=earlier, cells=len(found.cells), decided=found.decided)


def _adjudication(connection: sqlite3.Connection, study: StudyRecord, path: Path) -> Adjudication:
    require_study_file(study)
    found = read_adjudication_of(connection, study)
    if found is None:
        raise WrongStateError(
            "The plan of this study has no adjudication, and the plan is sealed since seeding.",
            where=str(path),
            next_step="A study that is to be adjudicated has the table [adjudication] in study.toml when it "
            'is seeded, such as: [adjudication] who = "A1". See docs/adjudication.md.',
        )
    return found


def _open(connection: sqlite3.Connection, study: StudyRecord, path: Path) -> Adjudication:
    """Return an adjudication that can go on."""
    found = _adjudication(connection, study, path)
    if study.state is not StudyState.LOCKED:
        raise _not_locked(study, "Disagreements are decided after `rater-admin lock`, before `unblind`.")
    if found.has_ended:
        raise WrongStateError(
            f"The adjudication is {found.state}: its decisions are final.",
            where=str(path),
            next_step="See `rater-admin status`.",
        )
    return found


def _check_queue(found: Adjudication) -> None:
    wrong = None if found.session is None else found.session.manifest.fault_of_queue(found.cells)
    if wrong:
        raise CheckFailedError(
            f"The queue is not that of the locked ratings: {wrong}.",
            next_step=RESTORE_A_BACKUP,
        )


def _not_locked(study: StudyRecord, rule: str) -> WrongStateError:
    return WrongStateError(f"The study is {study.state}. {rule}", next_step="See `rater-admin status`.")
