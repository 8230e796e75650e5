"""How far a study is, without a word about conditions."""

from __future__ import annotations

import shlex
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.amendment_store import read_amendments
from db.audit_store import read_audit
from db.connection import FileKind, close, open_for_reading, sentences
from db.exchange_store import packs_out
from db.repeat_store import read_repeats
from db.study_store import StudyRecord, StudyState, read_study
from protocol.canonical_json import sha256_hex
from protocol.chain.amendment import Amendment
from protocol.chain.audit import AuditEntry
from protocol.chain.batches import SEEDED, batches_of
from protocol.odd_work import Odd
from rater.services.adjudication.adjudication_record import Adjudication, next_command, read_adjudication_of
from rater.services.doors.key_files import LARGEST_KEY
from rater.services.progress.odd_raters import OddRaters
from rater.services.progress.rater_states import RaterState, each_rater_state


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterProgress:
    """Where one rater stands."""

    rater: str
    items: int
    """How many need a rating of this rater."""
    completed: int
    begun: int
    """Touched and not completed."""
    not_ratable: int
    """Dimensions or whole items with a not-ratable code."""
    flagged: int
    told: int
    """Items whose condition the rater says to know or to have been told."""
    sittings: int
    last_at: str | None
    pack_out: str | None = None
    """When the pack that is out was issued; None where the rater rates in the study file."""
    odd: tuple[Odd, ...] = ()
    """What is worth a question to the rater."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyProgress:
    """Where a study stands."""

    name: str
    study_id: str
    simulated: bool
    state: StudyState
    lock_code: str | None
    items: int
    tasks: int
    raters: tuple[RaterProgress, ...]
    audit: tuple[AuditEntry, ...]
    next_step: str
    """What to do now, as a typed command."""
    amendments: tuple[Amendment, ...] = ()
    adjudication: Adjudication | None = None
    """Where the adjudication stands, in a study whose plan has one."""


def read_progress(path: Path) -> StudyProgress:
    """Return where a study stands, every chain verified.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files.
        CheckFailedError: A chain does not verify.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            return _progress(connection, path)
    finally:
        close(connection)


def read_next_step(path: Path) -> str:
    """Return what to do now, as a typed command; chains are read only where it depends on them.

    Raises:
        BlindraterError: As `read_progress`.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            if study.state is StudyState.OPEN or study.file is not FileKind.STUDY:
                return _progress(connection, path).next_step
            adjudication = read_adjudication_of(connection, study)
            return _step(path, study, adjudication, (), read_amendments(connection))
    finally:
        close(connection)


def _progress(connection: sqlite3.Connection, path: Path) -> StudyProgress:
    study = read_study(connection)
    audit = tuple(read_audit(connection, study_id=study.study_id)) if study.file is FileKind.STUDY else ()
    issued = packs_out(connection) if study.file is FileKind.STUDY else {}
    repeats = read_repeats(connection)
    found: list[RaterProgress] = []
    tasks: set[str] = set()
    items: set[str] = set()
    odd = OddRaters(connection, study)
    for state in each_rater_state(connection, study):
        found.append(replace(_rater(state), pack_out=issued.get(state.manifest.id)))
        tasks |= {item.task_id for item in state.manifest.items}
        items |= {item.item_id for item in state.manifest.items}
        odd.look_at(state)
    worth_asking = odd.found()
    adjudication = read_adjudication_of(connection, study) if study.file is FileKind.STUDY else None
    raters = tuple(replace(one, odd=worth_asking.get(one.rater, ())) for one in found)
    amendments = read_amendments(connection)
    return StudyProgress(
        name=study.visible.name,
        study_id=study.study_id,
        simulated=study.visible.simulated,
        state=study.state,
        lock_code=study.lock_code,
        items=len(items - set(repeats)),
        tasks=len(tasks),
        raters=raters,
        audit=audit,
        next_step=_step(path, study, adjudication, raters, amendments),
        amendments=amendments,
        adjudication=adjudication,
    )


def _step(
    path: Path,
    study: StudyRecord,
    adjudication: Adjudication | None,
    raters: tuple[RaterProgress, ...],
    amendments: Sequence[Amendment],
) -> str:
    if adjudication is not None and study.state is StudyState.LOCKED and not adjudication.has_ended:
        return next_command(adjudication, path)
    return _next_step(path, study, raters, amendments)


def _rater(state: RaterState) -> RaterProgress:
    session = state.session
    items = [session.of(item) for item in session.items]
    reasons = Counter(
        reason
        for item in items
        for reason in (item.reason, *(mark.reason for mark in item.marks.values()))
        if reason
    )
    return RaterProgress(
        rater=state.manifest.rater,
        items=session.required_count,
        completed=session.completed_count,
        begun=sum(
            item.touched and not item.completed for item in items if item.item_id not in session.set_aside
        ),
        not_ratable=reasons.total(),
        flagged=sum(item.flagged is not None for item in items),
        told=sum(item.told for item in items),
        sittings=state.sittings,
        last_at=state.last_at,
    )


def _next_step(
    path: Path, record: StudyRecord, raters: tuple[RaterProgress, ...], amendments: Sequence[Amendment]
) -> str:
    study = shlex.quote(str(path))
    match record.state:
        case StudyState.OPEN:
            waiting = [rater for rater in raters if rater.completed < rater.items]
            if not waiting:
                return f"rater-admin lock {study}"
            if record.file is FileKind.PACK:
                return f"rater rate {study}"
            here = [rater for rater in waiting if rater.pack_out is None]
            if here:
                return f"rater rate {study} --as {here[0].rater}"
            return f"rater-admin merge {study} {waiting[0].rater}.ratings.jsonl"
        case StudyState.LOCKED if record.key is None:
            return f"rater-admin agreement {study}"
        case StudyState.LOCKED:
            bound = {SEEDED: record.sealed_key, **{one.number: one.key for one in batches_of(amendments)}}
            keys = " ".join(
                f"--key {shlex.quote(str(_key_beside(path, key.sealed_sha256, batch)))}"
                for batch, key in bound.items()
            )
            return f"rater-admin unblind {study} {keys} --identity FILE --lock-code CODE --reason TEXT"
        case StudyState.UNBLINDED:
            return f"rater-admin effects {study}"


def _key_beside(path: Path, sealed_sha256: str, batch: int) -> Path:
    """Return a key of the study under whatever name it lies beside it, or the name it usually has."""
    for found in sorted(path.absolute().parent.glob("*.key")):
        try:
            if found.stat().st_size <= LARGEST_KEY and sha256_hex(found.read_bytes()) == sealed_sha256:
                return path.with_name(found.name)
        except OSError:
            continue  # not to be read: then it is not known
    return Path("study.key" if batch == SEEDED else f"study-{batch}.key")
