"""Every rater's training in a file: read, verified, folded, and held against the raters' shares."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.manifest_store import read_manifest
from db.study_store import StudyRecord
from db.training_store import (
    read_training_events,
    read_training_head,
    read_training_items,
    read_training_manifest,
    read_training_manifests,
)
from protocol.chain.events import Event, Head
from protocol.chain.manifest import AssignmentManifest
from protocol.conversation import Conversation
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError
from protocol.training.attempts import TrainingMaterial, TrainingSession, fold_training
from protocol.training.event_rules import impossible_training_event
from protocol.training.reference import TrainingItem
from protocol.training.training_manifest import TrainingManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingState:
    """One rater's training chain and what it comes to."""

    manifest: TrainingManifest
    session: TrainingSession
    head: Head
    last_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingShare:
    """Everything a rater's training can be about, with the texts."""

    material: TrainingMaterial
    conversations: Mapping[str, Conversation]


def read_training_share(
    connection: sqlite3.Connection, study: StudyRecord, assignment: AssignmentManifest
) -> TrainingShare:
    """Return what a rater is trained on, checked against the rater's assignment.

    Raises:
        CheckFailedError: It is not what was seeded.
    """
    manifest = read_training_manifest(connection, assignment.rater)
    items = read_training_items(connection)
    wrong = _wrong_binding(manifest, assignment, study) or _wrong_items(manifest, items)
    if wrong:
        raise CheckFailedError(f"{wrong[0].upper()}{wrong[1:]}.", next_step=RESTORE_A_BACKUP)
    return TrainingShare(
        material=TrainingMaterial(
            manifest=manifest,
            rubric=study.visible.rubric,
            references={one.item.id: one.references for one in items},
            timing=study.visible.timing,
        ),
        conversations={one.item.id: one.item.conversation for one in items},
    )


def training_states(connection: sqlite3.Connection, study: StudyRecord) -> list[TrainingState]:
    """Return every rater's training, by rater code; none where the study has no training.

    Raises:
        CheckFailedError: A chain or manifest does not verify, or says what no rater can have said.
    """
    if study.visible.training is None:
        return []
    states = []
    for manifest in read_training_manifests(connection):
        share = read_training_share(connection, study, read_manifest(connection, manifest.rater))
        events = read_training_events(connection, manifest)
        impossible = impossible_training_event(events, share.material, share.conversations)
        if impossible:
            raise CheckFailedError(
                f"The training of {manifest.rater} was not recorded by this program: {impossible}.",
                next_step=RESTORE_A_BACKUP,
            )
        states.append(
            TrainingState(
                manifest=manifest,
                session=fold_training(share.material, events),
                head=read_training_head(connection, manifest),
                last_at=events[-1].at if events else None,
            )
        )
    return states


def wrong_training(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    """Return what is wrong with training manifests or items of a study with training, or None."""
    items = read_training_items(connection)
    manifests = read_training_manifests(connection)
    for manifest in manifests:
        assignment = read_manifest(connection, manifest.rater)
        wrong = _wrong_binding(manifest, assignment, study) or _wrong_items(manifest, items)
        if wrong:
            return wrong
    raters = {rater for (rater,) in connection.execute("SELECT rater FROM manifest")}
    missing = sorted(raters - {manifest.rater for manifest in manifests})
    return f"there is no training of {missing[0]}" if missing else None


def rated_untrained(training: TrainingSession, events: Sequence[Event]) -> str | None:
    """Return why a rater's study chain cannot be there, or None."""
    if events and not training.state.opens:
        rater = training.material.manifest.rater
        return f"{rater} rated items of the study, and the training is {training.state}"
    return None


def _wrong_binding(
    manifest: TrainingManifest, assignment: AssignmentManifest, study: StudyRecord
) -> str | None:
    if manifest.assignment_sha256 != assignment.sha256 or manifest.dimensions != assignment.dimensions:
        return f"the training of {manifest.rater} is of another assignment"
    same = (
        (manifest.study_id, assignment.study_id),
        (manifest.rubric_sha256, assignment.rubric_sha256),
        (manifest.protocol_sha256, assignment.protocol_sha256),
        (manifest.key, assignment.key),
    )
    if any(one != other for one, other in same):
        return f"the training of {manifest.rater} is of another study, rubric, plan or key"
    if manifest.gate != study.visible.training:
        return f"the thresholds of the training are not those {manifest.rater} was assigned with"
    return None


def _wrong_items(manifest: TrainingManifest, items: Sequence[TrainingItem]) -> str | None:
    found = [(one.item.id, one.item.task_id, one.item.shown_sha256, one.references_sha256) for one in items]
    promised = [
        (one.item_id, one.task_id, one.shown_sha256, reference)
        for one, reference in zip(manifest.items, manifest.references, strict=True)
    ]
    if sorted(found) != sorted(promised):
        return f"a text or reference of the training is not what {manifest.rater} was to be shown"
    return None
