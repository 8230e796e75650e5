"""The doors of a study: lock, unlock, unblind.

`lock` makes ratings final and prints the lock code, which is to be published where the admin
cannot edit it. `unblind` opens the key once, from `locked`, and records its intent before it opens
anything. Nothing leads back from `unblinded`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from db.allocation_store import OpenedBatch, insert_allocation, insert_opened_batches
from db.amendment_store import read_amendments
from db.audit_store import append_audit, audit_head, read_audit
from db.connection import FileKind, close, file_kind, open_for_reading, open_for_writing, sentences, writing
from db.exchange_store import packs_out
from db.lock_store import insert_lock
from db.study_store import StudyRecord, StudyState, no_conditions, read_study, set_state
from protocol.allocation.allocation_key import AllocationKey
from protocol.allocation.intake_counts import intake_for_record
from protocol.allocation.redaction_counts import redactions_for_record
from protocol.canonical_json import canonical_bytes, sha256_hex
from protocol.chain.identifiers import Clock
from protocol.errors import (
    BlindraterError,
    InvalidInputError,
    UsageError,
    WrongStateError,
)
from rater.services.adjudication.adjudication_record import require_adjudicated, void_adjudication
from rater.services.doors.core_dumps import forbid_core_dumps
from rater.services.doors.key_files import Secrets
from rater.services.doors.lock_manifests import check_lock, lock_manifest
from rater.services.doors.study_keys import OpenedKey, open_every_key
from rater.services.progress.rater_states import each_rater_state
from rater.services.progress.training_states import training_states
from rater.services.verifying.study_bindings import check_bindings
from rater.services.who import Who


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """The result of locking."""

    lock_code: str
    missing: dict[str, tuple[str, ...]]
    """Rater to items without a completed rating; raters without gaps are left out."""
    packs_out: tuple[str, ...]
    """Raters whose pack is still out: what they send from now on is late."""
    sealed: bool
    """Whether there is a key to open; a benchmark audit has none."""


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_for_writing(path)
    try:
        with sentences(path):
            if file_kind(connection) is FileKind.PACK:
                raise InvalidInputError(
                    "This is a pack; a study is locked and unblinded in the study file.",
                    where=str(path),
                    next_step="Name the study file, and merge what the rater handed in.",
                )
            yield connection
    finally:
        close(connection)


def lock_study(path: Path, *, who: Who, clock: Clock, accept_missing: bool = False) -> Locked:
    """Make the ratings of a study final.

    Args:
        path: The study file.
        who: Who locks; a reason is needed where ratings are missing.
        clock: Wall clock.
        accept_missing: Lock although items are not completed.

    Raises:
        WrongStateError: The study is not open, or items are missing and that was not accepted.
        UsageError: Missing items were accepted without a reason.
        CheckFailedError: A chain is broken.
    """
    with _opened(path) as connection:
        study = read_study(connection)
        if study.state is not StudyState.OPEN:
            raise _wrong_state(study, "It can be locked once, while it is open.")
        with writing(connection):
            # Read inside the write lock: no rating can arrive between the manifest and the state.
            check_bindings(connection, study)
            states = [one.without_events() for one in each_rater_state(connection, study)]
            trainings = training_states(connection, study)
            missing = {state.manifest.rater: state.missing for state in states if state.missing}
            issued = packs_out(connection)
            out = sorted(
                state.manifest.rater
                for state in states
                if state.manifest.id in issued and not state.session.submitted
            )
            _refuse_gaps(missing, accept_missing=accept_missing, reason=who.reason)
            read_audit(connection, study_id=study.study_id)
            body = canonical_bytes(
                lock_manifest(
                    study,
                    states,
                    trainings,
                    amendments=read_amendments(connection),
                    out=out,
                    at=clock(),
                    who=who,
                    audit=audit_head(connection, study_id=study.study_id),
                )
            )
            lock_code = sha256_hex(body)
            insert_lock(connection, lock_code=lock_code, body=body)
            set_state(connection, StudyState.LOCKED, lock_code=lock_code)
            append_audit(
                connection,
                study_id=study.study_id,
                at=clock(),
                who=who.name,
                action="locked",
                reason=who.reason,
                details={"lock_code": lock_code, "app": who.app},
            )
    return Locked(lock_code=lock_code, missing=missing, packs_out=tuple(out), sealed=study.key is not None)


def _refuse_gaps(missing: dict[str, tuple[str, ...]], *, accept_missing: bool, reason: str) -> None:
    if missing and not accept_missing:
        gaps = ", ".join(f"{rater} {len(items)}" for rater, items in missing.items())
        raise WrongStateError(
            f"Items are not completed: {gaps}.",
            next_step="Ask the raters to finish, or lock with --accept-missing --reason.",
        )
    if missing and not reason.strip():
        raise UsageError(
            "Locking with missing ratings needs a reason for the record.", next_step="Add --reason."
        )


def unlock_study(path: Path, *, who: Who, clock: Clock) -> str:
    """Open a locked study again; its lock code is void from now on.

    Returns:
        The void lock code.

    Raises:
        WrongStateError: The study is not locked.
        UsageError: No reason was given.
    """
    if not who.reason.strip():
        raise UsageError("Unlocking needs a reason for the record.", next_step="Add --reason.")
    with _opened(path) as connection:
        study = read_study(connection)
        if study.state is not StudyState.LOCKED or study.lock_code is None:
            raise _wrong_state(study, "Only a locked study can be unlocked.")
        with writing(connection):
            set_state(connection, StudyState.OPEN, lock_code=None)
            append_audit(
                connection,
                study_id=study.study_id,
                at=clock(),
                who=who.name,
                action="unlocked",
                reason=who.reason,
                details={
                    "void_lock_code": study.lock_code,
                    **void_adjudication(connection, study),
                    "app": who.app,
                },
            )
    return study.lock_code


def require_sealed(path: Path) -> None:
    """Refuse a study without a key, before anybody is asked for one.

    Raises:
        WrongStateError: It is a benchmark audit.
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            if read_study(connection).key is None:
                raise no_conditions(str(path))
    finally:
        close(connection)


def unblind_study(
    path: Path,
    sealed: bytes,
    secrets: Secrets,
    *,
    lock_code: str,
    who: Who,
    clock: Clock,
    later: Sequence[bytes] = (),
) -> int:
    """Open the allocation keys and write allocation and protocol into the study file, once.

    Args:
        path: The study file, locked.
        sealed: The bytes of study.key.
        secrets: What opens it.
        lock_code: The full lock code.
        who: Who unblinds, and why.
        clock: Wall clock.
        later: The bytes of the keys of batches; all keys are opened, or none.

    Returns:
        The number of items whose origin is now known.

    Raises:
        WrongStateError: The study is not locked, its adjudication is open, or it is a benchmark audit.
        UsageError: No reason was given.
        CheckFailedError: Lock code, key, chain or commitment does not fit; the attempt is on record.
    """
    if not who.reason.strip():
        raise UsageError("Unblinding needs a reason for the record.", next_step="Add --reason.")
    forbid_core_dumps()
    with _opened(path) as connection:
        study = read_study(connection)
        binding = study.sealed_key
        if study.state is not StudyState.LOCKED or study.lock_code is None:
            raise _wrong_state(study, "Only a locked study can be unblinded, and only once.")
        require_adjudicated(connection, study, path)
        details = {"sealed": " ".join(map(sha256_hex, (sealed, *later))), "app": who.app}

        def note(action: str, more: Mapping[str, str]) -> None:
            append_audit(
                connection,
                study_id=study.study_id,
                at=clock(),
                who=who.name,
                action=action,
                reason=who.reason,
                details={**details, **more},
            )

        with writing(connection):
            note("unblind-intent", {})
        try:
            check_lock(connection, study, lock_code)
            keys = open_every_key(connection, study, [sealed, *later], secrets)
        except BlindraterError as error:
            with writing(connection):
                note("unblind-refused", {"why": error.what})
            raise
        with writing(connection):
            if read_study(connection).lock_code != study.lock_code:
                raise _wrong_state(read_study(connection), "It was changed meanwhile.")
            first, everything = keys[0].content, _together(keys)
            insert_allocation(connection, everything.allocation, first.study_toml, salt=first.allocation_salt)
            insert_opened_batches(
                connection,
                [
                    OpenedBatch(
                        number=one.of.batch,
                        study_toml=one.content.study_toml,
                        allocation_salt=one.content.allocation_salt,
                    )
                    for one in keys[1:]
                ],
            )
            note(
                "unblinded",
                {
                    "lock_code": study.lock_code,
                    "allocation_commitment": binding.allocation_commitment,
                    **first.fairness,
                    **intake_for_record(_intake_of_all(keys)),
                    **redactions_for_record(everything),
                    **_later_for_record(keys[1:]),
                },
            )
            set_state(connection, StudyState.UNBLINDED, lock_code=study.lock_code)
    return len(everything.allocation)


def _together(keys: Sequence[OpenedKey]) -> AllocationKey:
    """Return the content of the first key with the items of all."""
    contents = [one.content for one in keys]
    return replace(
        contents[0],
        allocation={item: origin for one in contents for item, origin in one.allocation.items()},
        redaction_log={item: log for one in contents for item, log in one.redaction_log.items()},
    )


def _intake_of_all(keys: Sequence[OpenedKey]) -> dict[str, int]:
    """Return the counts of all batches together; nothing where those of one are not known."""
    counts = [one.content.intake for one in keys]
    return {name: sum(one[name] for one in counts) for name in counts[0]} if all(counts) else {}


def _later_for_record(keys: Sequence[OpenedKey]) -> dict[str, str]:
    """Return what the log says of the keys of batches, each under its number."""
    return {
        f"batch.{one.of.batch}.{name}": value
        for one in keys
        for name, value in {
            "sealed": one.sealed_sha256,
            "allocation_commitment": one.of.binding.allocation_commitment,
            **one.content.fairness,
        }.items()
    }


def _wrong_state(study: StudyRecord, rule: str) -> WrongStateError:
    return WrongStateError(f"The study is {study.state}. {rule}", next_step="See `rater-admin status`.")
