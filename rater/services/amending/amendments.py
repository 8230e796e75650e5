"""Amendments of an open study: a ruling on a dimension, an item withdrawn, and how any is written.

Each is one row of its own and one step of the audit log, written together. Raters whose packs are out
meet it in the next pack; in the study file they meet it when they open it next.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.amendment_store import insert_amendments, read_amendments
from db.audit_store import append_audit, read_audit
from db.connection import close, open_for_writing, sentences, writing
from db.event_store import chains_of_events
from db.exchange_store import packs_out
from db.item_store import task_of_items
from db.manifest_store import raters, read_manifests
from db.repeat_store import read_repeats
from db.study_store import StudyRecord, StudyState, read_study, require_study_file
from protocol.chain.amendment import (
    Amendment,
    AmendmentKind,
    fault_of_reassignment,
    in_order,
    set_aside,
)
from protocol.chain.audit import AuditEntry
from protocol.chain.batches import batches_of, fault_of_extension
from protocol.chain.identifiers import Clock
from protocol.errors import NotFoundError, UsageError, WrongStateError
from protocol.rubric_versions import fault_of_rerate, rubric_history
from rater.services.amending.incidents import refuse_names
from rater.services.who import Who

BATCH_SEALED = "batch-sealed"
"""Step of the audit log that names the key and plan of a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """What was recorded, and whom it concerns."""

    amendment: Amendment
    raters: tuple[str, ...]
    """Raters who are told of it."""
    packs_out: tuple[str, ...]
    """Those of them whose pack is out: they are told with their next pack."""
    items: int
    """How many items of the study need no rating any more because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every amendment has."""

    number: int
    at: str
    day: str
    reason: str


def clarify(path: Path, *, dimension: str, text: str, who: Who, clock: Clock) -> Amended:
    """Put a ruling on a dimension into the guide of every rater; anchors and ratings stay.

    Args:
        path: The study file, open.
        dimension: Id of a dimension of the rubric.
        text: The ruling.
        who: Who rules, and why.
        clock: Wall clock.

    Raises:
        UsageError: Text or reason is blank.
        BlindError: One of them names a model or maker of the shipped list.
        NotFoundError: The rubric has no such dimension.
        WrongStateError: The study is not open.
        InvalidInputError: The file is a pack, or no study.
    """
    if not text.strip():
        raise UsageError("A ruling needs a text.", next_step="Add --text.")
    refuse_names(text, where="--text")

    def make(connection: sqlite3.Connection, study: StudyRecord, frame: Frame) -> Amendment:
        known = [one.id for one in study.visible.rubric.dimensions]
        if dimension not in known:
            raise NotFoundError(
                f"There is no dimension {dimension} in the rubric.",
                where="--dimension",
                next_step=f"Its dimensions are {', '.join(known)}.",
            )
        return Amendment(
            number=frame.number,
            day=frame.day,
            kind=AmendmentKind.CLARIFY,
            reason=frame.reason,
            dimension=dimension,
            text=text.strip(),
        )

    return amend(path, make, who=who, clock=clock)


def withdraw(path: Path, *, item: str, who: Who, clock: Clock) -> Amended:
    """Withdraw an item, and what goes with it by the rule of the protocol, without opening anything.

    Args:
        path: The study file, open.
        item: Id of an item; of a hidden repeat the item it repeats is meant.
        who: Who withdraws, and why.
        clock: Wall clock.

    Raises:
        UsageError: The reason is blank.
        BlindError: It names a model or maker of the shipped list.
        NotFoundError: The study has no such item.
        WrongStateError: The study is not open, nothing was rated yet, or the item is withdrawn already.
        InvalidInputError: The file is a pack, or no study.
    """

    def make(connection: sqlite3.Connection, study: StudyRecord, frame: Frame) -> Amendment:
        tasks = task_of_items(connection)
        if item not in tasks:
            raise NotFoundError(
                f"There is no item {item} in this study.",
                where="--item",
                next_step="Item ids have 16 digits, as `rater-admin questions` and `export` list them.",
            )
        if not chains_of_events(connection):
            raise WrongStateError(
                "Nothing is rated yet: a broken transcript can still be replaced.",
                where=str(path),
                next_step="Mend the source and run `rater-admin seed` again.",
            )
        rule = study.visible.withdraw
        found = Amendment(
            number=frame.number,
            day=frame.day,
            kind=AmendmentKind.WITHDRAW,
            reason=frame.reason,
            item=read_repeats(connection).get(item, item),
            task=tasks[item],
            rule=rule,
        )
        _refuse_twice(found, read_amendments(connection))
        return found

    return amend(path, make, who=who, clock=clock)


def _refuse_twice(wanted: Amendment, known: Sequence[Amendment]) -> None:
    for one in known:
        if one.item == wanted.item or (one.rule == "task" and one.task == wanted.task):
            raise WrongStateError(
                f"This item is withdrawn already, by amendment {one.number} of {one.day}.",
                where="--item",
            )


def amend(
    path: Path,
    make: Callable[[sqlite3.Connection, StudyRecord, Frame], Amendment],
    *,
    who: Who,
    clock: Clock,
) -> Amended:
    """Make an amendment and write it with its step of the audit log."""

    def make_one(connection: sqlite3.Connection, study: StudyRecord, frame: Frame) -> list[Amendment]:
        return [make(connection, study, frame)]

    return amend_together(path, make_one, who=who, clock=clock)[0]


def amend_together(
    path: Path,
    make: Callable[[sqlite3.Connection, StudyRecord, Frame], Sequence[Amendment]],
    *,
    who: Who,
    clock: Clock,
) -> list[Amended]:
    """Make amendments that stand or fall together, and write each with its step of the audit log.

    Args:
        path: The study file, open.
        make: Makes them, numbered on from the frame; what else it writes stands in the same transaction.
        who: Who amends, and why.
        clock: Wall clock.

    Raises:
        UsageError: The reason is blank.
        BlindError: It names a model or maker of the shipped list.
        WrongStateError: The study is not open.
        InvalidInputError: The file is a pack, or no study.
    """
    if not who.reason.strip():
        raise UsageError(
            "An amendment needs a reason: raters and readers are told it.", next_step="Add --reason."
        )
    refuse_names(who.reason, where="--reason")
    connection = open_for_writing(path)
    try:
        with sentences(path), writing(connection):
            study = read_study(connection)
            require_study_file(study)
            require_open(study, path)
            at, before = clock(), read_amendments(connection)
            frame = Frame(number=len(before) + 1, at=at, day=at[:10], reason=who.reason.strip())
            made = make(connection, study, frame)
            insert_amendments(connection, made)
            for amendment in made:
                append_audit(
                    connection,
                    study_id=study.study_id,
                    at=at,
                    who=who.name,
                    action=amendment.kind.value,
                    reason=amendment.reason,
                    details={"amendment": str(amendment.number), "sha256": amendment.sha256, "app": who.app},
                )
            return [_amended(connection, amendment, before) for amendment in made]
    finally:
        close(connection)


def require_open(study: StudyRecord, path: Path, *, step: str = "amended") -> None:
    """Refuse a step that a study takes while it is open, once it is locked or unblinded.

    Raises:
        WrongStateError: It is.
    """
    if study.state is not StudyState.OPEN:
        raise WrongStateError(f"The study is {study.state}: it is {step} while it is open.", where=str(path))


def handed_in(rater: str, *, where: str, next_step: str) -> WrongStateError:
    """Return the refusal to give more items to a rater whose chain has ended."""
    return WrongStateError(
        f"{rater} has handed in: nothing follows that in a rater's chain.", where=where, next_step=next_step
    )


def _amended(connection: sqlite3.Connection, amendment: Amendment, before: Sequence[Amendment]) -> Amended:
    told = [one for one in read_manifests(connection) if amendment.concerns(one)]
    out = packs_out(connection)
    return Amended(
        amendment=amendment,
        raters=tuple(one.rater for one in told),
        packs_out=tuple(one.rater for one in told if one.id in out),
        items=len(
            frozenset[str]().union(*(amendment.taken_from(one) - set_aside(before, one) for one in told))
        ),
    )


def amendment_steps(audit: Sequence[AuditEntry]) -> list[AuditEntry]:
    """Return the steps of an audit log that are amendments."""
    return [entry for entry in audit if "amendment" in entry.details]


def fault_of_amendments(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    """Return how the amendments of a study differ from those on the record, or None.

    Raises:
        CheckFailedError: An amendment or the audit log does not verify.
    """
    amendments = read_amendments(connection)
    if not in_order(amendments):
        return "they are not numbered from 1 without a gap"
    audit = read_audit(connection, study_id=study.study_id)
    steps = amendment_steps(audit)
    recorded = [(one.details["amendment"], one.details.get("sha256"), one.action) for one in steps]
    if recorded != [(str(one.number), one.sha256, one.kind.value) for one in amendments]:
        return "they are not those of the audit log"
    sealed = {
        entry.details.get("batch"): entry.details.items() for entry in audit if entry.action == BATCH_SEALED
    }
    for batch in batches_of(amendments):
        bound = {**batch.key.texts(), "protocol": batch.protocol_sha256}
        if not bound.items() <= sealed.get(str(batch.number), {}.items()):
            return f"the key or plan of batch {batch.number} is not the one in the audit log"
    return None


def late_trainings(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the training manifest's hash of every rater who joined the open study, by code."""
    return {
        one.taker: one.training
        for one in read_amendments(connection)
        if one.taker is not None and one.training is not None
    }


def late_manifests(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the manifest's hash of every rater who joined the open study, by code."""
    return {
        one.taker: one.manifest
        for one in read_amendments(connection)
        if one.taker is not None and one.manifest is not None
    }


def fault_of_amendment(
    amendment: Amendment, connection: sqlite3.Connection, study: StudyRecord
) -> str | None:
    """Return why an amendment cannot be one of this study, or None."""
    if amendment.kind is AmendmentKind.CLARIFY:
        known = [one.id for one in study.visible.rubric.dimensions]
        return None if amendment.dimension in known else "the rubric has no such dimension"
    if amendment.kind is AmendmentKind.AMEND:
        rubric_history(study.visible.rubric, read_amendments(connection))
        return fault_of_rerate(amendment, study.visible.rubric)
    if amendment.kind is AmendmentKind.EXTEND:
        return fault_of_extension(amendment, read_amendments(connection), raters(connection))
    if amendment.kind is AmendmentKind.REASSIGN:
        return fault_of_reassignment(amendment, read_manifests(connection))
    if task_of_items(connection).get(amendment.item or "") != amendment.task:
        return "the item is none of the study, or stands under another task"
    if amendment.rule != study.visible.withdraw:
        return "the rule is not the one that was fixed in the protocol"
    return None
