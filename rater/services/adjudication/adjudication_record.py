"""Where the adjudication of a study stands, read from its file and checked.

Apart from what begins and ends it: the doors, `status`, `verify` and every output ask this and change
nothing.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from db.adjudication_store import read_adjudication, read_adjudication_events
from db.amendment_store import read_amendments
from db.item_store import task_of_items
from db.lock_store import read_lock
from db.repeat_store import read_repeats
from db.study_store import StudyRecord, StudyState
from db.training_store import read_gold
from protocol.adjudication.plan import AdjudicationPlan
from protocol.adjudication.queue import Cell, disagreements
from protocol.adjudication.session import AdjudicationSession, fold_adjudication, impossible_step
from protocol.canonical_json import Json, parse_canonical, sha256_hex
from protocol.chain.amendment import Block, withdrawn_units
from protocol.chain.events import Head
from protocol.chain.lock import LockManifest
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError, WrongStateError
from protocol.rubric import Rubric
from protocol.rubric_versions import rubric_history
from protocol.visible import StudyKind
from rater.services.progress.rater_states import RaterState, rater_states


class AdjudicationState(StrEnum):
    """Where an adjudication stands."""

    WAITING = "waiting"
    """The study is not locked: there is nothing to decide on yet."""
    NEEDED = "needed"
    BEGUN = "begun"
    FINISHED = "finished"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjudication:
    """The adjudication of a study whose plan has one."""

    plan: AdjudicationPlan
    state: AdjudicationState
    lock_code: str | None
    """Of the lock whose ratings are decided on; None while the study is open."""
    cells: tuple[Cell, ...]
    """The disagreements."""
    session: AdjudicationSession | None
    """What was decided so far; None where it did not begin."""
    reason: str = ""
    """Why it was waived."""
    ended_at: str = ""
    """When it was finished or waived."""

    @property
    def decided(self) -> int:
        """How many disagreements are decided."""
        return self.session.decided if self.session is not None else 0

    @property
    def has_ended(self) -> bool:
        """Whether it was finished or waived: a consensus exists."""
        return self.state in (AdjudicationState.FINISHED, AdjudicationState.WAIVED)

    @property
    def head(self) -> Head | None:
        """The end of the adjudicator's chain, where there is one."""
        return None if self.session is None else self.session.head


def unsure_is_queued(kind: StudyKind) -> bool:
    """Whether every not-ratable code goes to the adjudicator: the U of an audit does, by its method."""
    return kind is StudyKind.BENCHMARK_AUDIT


def read_locked(connection: sqlite3.Connection, lock_code: str) -> Mapping[str, Json]:
    """Return what the lock manifest under a code says.

    Raises:
        CheckFailedError: The file has none under this code, or one that this program does not write.
    """
    body = read_lock(connection, lock_code)
    try:
        LockManifest.from_body(body, where="the lock manifest")
    except CheckFailedError:
        raise CheckFailedError(
            "The lock manifest is none that this program writes.", next_step=RESTORE_A_BACKUP
        ) from None
    return parse_canonical(body)


def read_adjudication_of(connection: sqlite3.Connection, study: StudyRecord) -> Adjudication | None:
    """Return where a study's adjudication stands, or None where its plan has none.

    Raises:
        CheckFailedError: Chain, manifest or lock manifest does not verify.
    """
    plan = study.visible.adjudication
    if plan is None:
        return None
    if study.state is StudyState.OPEN or study.lock_code is None:
        return Adjudication(
            plan=plan, state=AdjudicationState.WAITING, lock_code=None, cells=(), session=None
        )
    found = _table(read_locked(connection, study.lock_code).get("adjudication"))
    lock_code = str(found["lock_code"]) if found else study.lock_code
    session = read_session(connection, study, plan, lock_code)
    state = AdjudicationState.NEEDED if session is None else AdjudicationState.BEGUN
    return Adjudication(
        plan=plan,
        state=AdjudicationState(str(found["outcome"])) if found else state,
        lock_code=lock_code,
        cells=queue_of(connection, study, rater_states(connection, study)),
        session=session,
        reason=str(found.get("reason", "")),
        ended_at=str(found.get("at", "")),
    )


def queue_of(
    connection: sqlite3.Connection, study: StudyRecord, states: Sequence[RaterState]
) -> tuple[Cell, ...]:
    """Return the disagreements of a study, without hidden repeats, gold items and withdrawn ones."""
    plan = study.visible.adjudication
    if plan is None:
        return ()
    tasks = task_of_items(connection)
    blocks = {item: Block(task=task, model=None) for item, task in tasks.items()}
    left_out = {
        *read_repeats(connection),
        *(one.item_id for one in read_gold(connection)),
        *withdrawn_units(read_amendments(connection), blocks),
    }
    return tuple(
        disagreements(
            {state.manifest.id: state.session for state in states},
            study.visible.rubric,
            left_out=left_out,
            difference=plan.difference,
            unsure_is_queued=unsure_is_queued(study.kind),
        )
    )


def rubric_decided_by(
    connection: sqlite3.Connection, study: StudyRecord, sha256: str | None = None
) -> Rubric:
    """Return the rubric with a hash, or the newest: decisions follow what raters were told last.

    Raises:
        CheckFailedError: The study never had such a rubric.
    """
    versions = rubric_history(study.visible.rubric, read_amendments(connection)).versions
    for version in reversed(versions):
        if sha256 in (None, version.sha256):
            return version.rubric
    raise CheckFailedError(
        "The adjudication is by a rubric that this study never had.", next_step=RESTORE_A_BACKUP
    )


def read_session(
    connection: sqlite3.Connection, study: StudyRecord, plan: AdjudicationPlan, lock_code: str
) -> AdjudicationSession | None:
    """Return what the chain on a lock comes to, verified, or None where none began.

    Raises:
        CheckFailedError: The chain does not verify, or says what no adjudicator can have said.
    """
    manifest = read_adjudication(connection, lock_code)
    if manifest is None:
        return None
    events = read_adjudication_events(connection, manifest)
    rubric = rubric_decided_by(connection, study, manifest.rubric_sha256)
    wrong = impossible_step(events, manifest, rubric=rubric, plan=plan)
    if wrong:
        raise CheckFailedError(
            f"The adjudication was not made by this program: {wrong}.", next_step=RESTORE_A_BACKUP
        )
    return fold_adjudication(manifest, events)


def lock_entry(
    adjudication: Adjudication, *, outcome: AdjudicationState, reason: str, at: str
) -> dict[str, Json]:
    """Return what a lock manifest says of an adjudication that ended."""
    session, head = adjudication.session, adjudication.head
    chains: list[Json] = []
    if session is not None and head is not None:
        chains.append(
            {
                "rater": session.manifest.rater,
                "manifest": session.manifest.sha256,
                "chain": head.chain_id,
                "events": head.seq,
                "head": head.hash,
            }
        )
    return {
        "lock_code": adjudication.lock_code,
        "outcome": outcome.value,
        "at": at,
        "cells": len(adjudication.cells),
        "decided": adjudication.decided,
        "chains": chains,
        **({"reason": reason} if reason else {}),
    }


def adjudication_again(
    connection: sqlite3.Connection,
    study: StudyRecord,
    locked: Mapping[str, Json],
) -> Json:
    """Return what a lock manifest should say of the adjudication, made from the file as it is now.

    Raises:
        CheckFailedError: The manifest of the lock before it does not fit, or a chain does not verify.
    """
    if "adjudication" not in locked:
        return None
    found = read_adjudication_of(connection, study)
    if found is None or found.lock_code is None:
        raise CheckFailedError("The study has an adjudication that its plan does not ask for.")
    earlier = read_lock(connection, found.lock_code)
    added = {"adjudication", "audit", "app"}
    kept = {name: value for name, value in locked.items() if name not in added}
    before = {
        name: value for name, value in read_locked(connection, found.lock_code).items() if name not in added
    }
    if sha256_hex(earlier) != found.lock_code or kept != before:
        raise CheckFailedError(
            "The lock manifest is not the one that was adjudicated on.", next_step=RESTORE_A_BACKUP
        )
    return lock_entry(found, outcome=found.state, reason=found.reason, at=found.ended_at)


def require_adjudicated(connection: sqlite3.Connection, study: StudyRecord, path: Path) -> None:
    """Refuse to go on while the adjudication that the plan asks for is neither finished nor waived.

    Raises:
        WrongStateError: It is not.
    """
    found = read_adjudication_of(connection, study)
    if found is not None and not found.has_ended:
        raise WrongStateError(
            f"The plan of this study has an adjudication, and it is not finished: "
            f"{found.decided} of {len(found.cells)} disagreements are decided.",
            next_step=f"Go on with `{next_command(found, path)}`, or waive it: --waive --reason TEXT.",
        )


def next_command(adjudication: Adjudication, path: Path) -> str:
    """Return the command that takes an adjudication further."""
    study = shlex.quote(str(path))
    if adjudication.decided == len(adjudication.cells):
        return f"rater-admin adjudicate {study} --finish"
    return f"rater-admin adjudicate {study} --as {adjudication.plan.who}"


def void_adjudication(connection: sqlite3.Connection, study: StudyRecord) -> dict[str, str]:
    """Return what an unlocking voids of an adjudication, for the record; empty where nothing began."""
    found = read_adjudication_of(connection, study)
    if found is None or found.head is None:
        return {}
    return {"void_adjudication": found.head.chain_id, "void_adjudication_head": found.head.hash}


def _table(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
