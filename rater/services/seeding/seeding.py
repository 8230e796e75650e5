"""Seeding: transcripts and a protocol become a sealed key and a study file.

The key is written first, then the study file in one transaction: a crash in between leaves a key
without a study, never a study without its key. No origin is ever written to the study file, so
nothing has to be erased.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from db.atomic_file import is_folder, is_taken, part_of, write_whole
from db.audit_store import append_audit
from db.connection import FileKind, close, open_for_writing
from db.creation import create_file
from db.event_store import has_events
from db.item_store import insert_items
from db.manifest_store import insert_manifests
from db.repeat_store import insert_repeats
from db.replacement import held_alone
from db.study_store import StudyRecord, StudyState, insert_study, read_study
from db.training_store import (
    create_training_tables,
    gold_sha256,
    has_training_events,
    insert_admit_codes,
    insert_gold,
    insert_training_items,
    insert_training_manifests,
)
from protocol.allocation.intake_counts import Intake
from protocol.canonical_json import sha256_hex
from protocol.chain.identifiers import Clock, Entropy
from protocol.chain.repeats import repeats_sha256
from protocol.deidentify.decisions import Decision
from protocol.errors import NotFoundError, UsageError, WrongStateError
from protocol.study import SourcesPlan, StudyProtocol
from protocol.transcript import Transcript
from rater.services.doors.core_dumps import forbid_core_dumps
from rater.services.doors.key_files import seal
from rater.services.seeding.reading_training import TrainingSources
from rater.services.seeding.seeding_plan import SeedingPlan, plan_seeding
from rater.services.verifying.repeat_links import RECORDED


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRequest:
    """Where a study goes and who can open it."""

    study_path: Path
    key_path: Path
    recipients: tuple[str, ...] = ()
    passphrase: str | None = field(default=None, repr=False)
    require_all: bool = False
    """The identities of all recipients are needed together."""
    replace: bool = False
    """Replace a study file that has no rating yet; its old key is voided on the record."""
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    """Decisions on hits of the leak rules."""
    decisions_sha256: str | None = None
    sources: SourcesPlan | None = None
    """How the transcripts were read; sealed where it is not as the protocol says."""
    fairness: Mapping[str, str] = field(default_factory=dict)
    """What the fairness rules answered for a run with a manifest; sealed, and on the record at unblinding."""
    intake: Intake | None = None
    """What the sources held and which rules left some out, where that is known; sealed and recorded alike."""
    sites: Mapping[str, str] = field(default_factory=dict)
    """Site by rater code, where raters have one."""
    who: str
    """The admin's login name, for the audit log."""
    app: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What was written."""

    study_id: str
    items: int
    """Hidden repeats not counted."""
    repeats: int
    """Items that show a transcript again to some rater."""
    tasks: int
    items_of_rater: Mapping[str, int]
    sealed_sha256: str
    allocation_commitment: str
    redaction_commitment: str
    protocol_sha256: str
    replaced: Mapping[str, int]
    """Replaced stretches by rule."""
    voided_key_sha256: str | None = None
    training_items: int = 0
    gold_items: int = 0
    warnings: tuple[str, ...] = ()
    """What is wrong with who rates what, and can be lived with."""


def seed_study(
    protocol: StudyProtocol,
    study_toml: str,
    transcripts: Sequence[Transcript],
    request: SeedRequest,
    *,
    entropy: Entropy,
    clock: Clock,
    training: TrainingSources | None = None,
) -> Seeded:
    """Seed a study.

    Args:
        protocol: The protocol of the study.
        study_toml: The text it was read from.
        transcripts: Complete and checked.
        request: Where to write and whom to seal for.
        entropy: The system's entropy; a seeded source in tests and simulations.
        clock: Wall clock.
        training: The material of [calibration]; needed where the protocol has one.

    Raises:
        UsageError: A file is in the way, or neither recipient nor passphrase was given.
        WrongStateError: The study file to replace has ratings.
        BlindError: A text that raters see tells a condition.
        InvalidInputError: The spacing cannot be kept, or a recipient is none.
        StorageError: A file cannot be written.
    """
    forbid_core_dumps()
    _refuse_what_is_in_the_way(request)
    if (training is None) is not (protocol.calibration is None):
        raise UsageError("The protocol and the material of its training do not belong together.")
    plan = plan_seeding(
        protocol,
        study_toml,
        transcripts,
        entropy=entropy,
        decisions=request.decisions,
        training=training,
        sources=request.sources,
        fairness=request.fairness,
        intake=request.intake,
        sites=request.sites,
    )
    sealed = seal(
        plan.key,
        recipients=request.recipients,
        passphrase=request.passphrase,
        require_all=request.require_all,
    )
    with _room_for_study(request) as voided:
        seeded = Seeded(
            study_id=plan.study_id,
            items=len(plan.items) - len(plan.repeats),
            repeats=len(plan.repeats),
            tasks=len({item.task_id for item in plan.items}),
            items_of_rater={share.rater: len(share.items) for share in plan.shares},
            sealed_sha256=sha256_hex(sealed),
            allocation_commitment=plan.key.allocation_commitment,
            redaction_commitment=plan.key.redaction_commitment,
            protocol_sha256=sha256_hex(study_toml.encode()),
            replaced=plan.replaced,
            voided_key_sha256=voided,
            training_items=len(plan.training.items) if plan.training else 0,
            gold_items=len(plan.training.gold) if plan.training else 0,
            warnings=plan.warnings,
        )
        write_whole(request.key_path, sealed, mode=0o600)

        def fill(connection: sqlite3.Connection) -> None:
            more = _fill_training(connection, protocol, plan=plan, seeded=seeded, training=training)
            _fill(connection, protocol, plan=plan, seeded=seeded, request=request, at=clock(), more=more)

        create_file(request.study_path, FileKind.STUDY, fill, replace=voided is not None)
    return seeded


def _refuse_what_is_in_the_way(request: SeedRequest) -> None:
    """Find what would stop the writing later, before anything costs time or leaves a key behind."""
    study, key = request.study_path, request.key_path
    for path in (study, key):
        part_of(path)  # refuses folders and names that no file can have
    if os.path.realpath(study) == os.path.realpath(key):  # resolve() raises on links in a circle
        raise UsageError("Study and key need two names.", where=str(study), next_step="Give --key FILE.")
    for path in (study, key):
        if not is_folder(path.parent):
            raise NotFoundError(
                "There is no such folder.", where=str(path.parent), next_step="Make it, or name another."
            )
    if is_taken(study):
        if not request.replace:
            raise UsageError(
                "A file is there already.",
                where=str(study),
                next_step="Give another name with -o, or --force to seed anew while nothing has been rated.",
            )
        with _opened(study) as connection:
            _refuse_ratings(connection, study)
    if is_taken(key):
        raise UsageError(
            "A file is there already; a key is never replaced.",
            where=str(key),
            next_step="Give another name with --key, or move the old key away.",
        )


@contextmanager
def _room_for_study(request: SeedRequest) -> Iterator[str | None]:
    """Hold a study that is to be replaced, and yield the hash of the key that is void with it."""
    path = request.study_path
    if not request.replace or not is_taken(path):
        yield None
        return
    with held_alone(path) as connection:
        # Looked at again: since the first look a rater may have begun.
        _refuse_ratings(connection, path)
        yield read_study(connection).sealed_key.sealed_sha256


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_for_writing(path)
    try:
        yield connection
    finally:
        close(connection)


def _refuse_ratings(connection: sqlite3.Connection, path: Path) -> None:
    if has_events(connection) or has_training_events(connection):
        raise WrongStateError(
            "The study has ratings, or training that was begun, and is never replaced.",
            where=str(path),
            next_step="Seed into a new file with -o.",
        )


def _fill_training(
    connection: sqlite3.Connection,
    protocol: StudyProtocol,
    *,
    plan: SeedingPlan,
    seeded: Seeded,
    training: TrainingSources | None,
) -> dict[str, str]:
    """Write the training, and return what the log says of it; nothing where the study has none."""
    if plan.training is None or training is None or protocol.calibration is None:
        return {}
    assignments = plan.manifests(protocol=protocol, sealed_sha256=seeded.sealed_sha256)
    manifests = plan.training.manifests(assignments, protocol.calibration.visible())
    create_training_tables(connection, FileKind.STUDY)
    insert_training_items(connection, plan.training.items)
    insert_training_manifests(connection, manifests)
    insert_admit_codes(
        connection, {plan.training.manifest_ids[rater]: code for rater, code in plan.training.codes.items()}
    )
    details = {
        "training_file": training.sha256,
        **{f"training.{manifest.rater}": manifest.sha256 for manifest in manifests},
    }
    if training.gold_sha256 is not None:
        details["gold_file"] = training.gold_sha256
        details["gold"] = gold_sha256(plan.training.gold)
    return details


def _fill(
    connection: sqlite3.Connection,
    protocol: StudyProtocol,
    *,
    plan: SeedingPlan,
    seeded: Seeded,
    request: SeedRequest,
    at: str,
    more: Mapping[str, str],
) -> None:
    manifests = plan.manifests(protocol=protocol, sealed_sha256=seeded.sealed_sha256)
    insert_study(
        connection,
        StudyRecord(
            file=FileKind.STUDY,
            study_id=plan.study_id,
            kind=protocol.kind,
            state=StudyState.OPEN,
            lock_code=None,
            visible=protocol.visible(),
            protocol_sha256=seeded.protocol_sha256,
            key=plan.binding(seeded.sealed_sha256),
            app=request.app,
        ),
    )
    insert_items(connection, plan.items)
    insert_manifests(connection, manifests)
    if plan.training is not None:
        insert_gold(connection, plan.training.gold)
    insert_repeats(connection, plan.repeats)
    details = {
        "app": request.app,
        "protocol": seeded.protocol_sha256,
        "sealed": seeded.sealed_sha256,
        "allocation_commitment": seeded.allocation_commitment,
        "redaction_commitment": seeded.redaction_commitment,
        **{f"manifest.{manifest.rater}": manifest.sha256 for manifest in manifests},
    }
    details.update(more)
    if plan.repeats:
        details[RECORDED] = repeats_sha256(plan.repeats)
    if request.decisions_sha256:
        details["leak_decisions"] = request.decisions_sha256
    if seeded.voided_key_sha256:
        details["voided_key"] = seeded.voided_key_sha256
    append_audit(connection, study_id=plan.study_id, at=at, who=request.who, action="seeded", details=details)
