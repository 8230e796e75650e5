"""Packs: one rater's share of a study as a single file, always a fresh one.

A pack is filled by insertion alone. Nothing is ever copied and then deleted: deleted rows stay in
the bytes of a database file.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from db.amendment_store import insert_amendments, read_amendments
from db.atomic_file import cannot_write, move_into_place
from db.connection import FileKind, close, open_for_reading, sentences
from db.creation import create_file
from db.event_store import append_event, read_events
from db.item_store import insert_items, read_item
from db.manifest_store import insert_manifests, read_manifest
from db.study_store import StudyState, insert_study, read_study
from db.training_store import (
    append_training_event,
    create_training_tables,
    insert_training_items,
    insert_training_manifests,
    read_training_events,
    read_training_items,
    read_training_manifest,
)
from protocol.chain.amendment import told_to
from protocol.chain.events import Event
from protocol.errors import WrongStateError
from protocol.training.reference import TrainingItem
from protocol.training.training_manifest import TrainingManifest
from rater.services.packs.pack_lint import lint_pack


def write_pack(study_path: Path, rater: str, pack_path: Path, *, replace_file: bool = False) -> int:
    """Write one rater's items, manifest, ratings so far and the visible protocol into a new pack.

    Args:
        study_path: The study file.
        rater: Whose share.
        pack_path: The pack to write.
        replace_file: Put it in the place of a file that is there.

    Returns:
        The number of items in the pack.

    Raises:
        NotFoundError: No such file or rater.
        WrongStateError: The study is not open.
        UsageError: A file is in the way.
        StorageError: The pack cannot be written.
        BlindError: The finished file is not only this rater's share; it is removed.
    """
    connection = open_for_reading(study_path)
    try:
        with sentences(study_path):
            study = read_study(connection)
            if study.state is not StudyState.OPEN:
                raise WrongStateError(
                    f"The study is {study.state}: packs are made while it is open.", where=str(study_path)
                )
            manifest = read_manifest(connection, rater)
            items = [
                read_item(connection, assigned.item_id, shown_sha256=assigned.shown_sha256)
                for assigned in manifest.items
            ]
            events = read_events(connection, manifest)
            amendments = told_to(read_amendments(connection), manifest)
            training = _read_training(connection, rater) if study.visible.training else None
    finally:
        close(connection)

    def fill(pack: sqlite3.Connection) -> None:
        if training is not None:
            _write_training(pack, training)
        insert_study(pack, replace(study, file=FileKind.PACK))
        insert_items(pack, items)
        insert_manifests(pack, [manifest])
        insert_amendments(pack, amendments)
        for event in events:
            append_event(pack, event)
        if training is not None:
            _write_training_events(pack, training)

    unchecked = pack_path.with_name(f".{pack_path.name}.unchecked")
    try:
        create_file(unchecked, FileKind.PACK, fill, replace=True)
        lint_pack(unchecked, rater=rater)
        move_into_place(unchecked, pack_path, replace=replace_file)
    except OSError as fault:
        raise cannot_write(pack_path, fault) from fault
    finally:
        unchecked.unlink(missing_ok=True)
    return len(items)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Training:
    """What a pack holds of the training: no admit code, no gold."""

    manifest: TrainingManifest
    items: list[TrainingItem]
    events: list[Event]


def _read_training(connection: sqlite3.Connection, rater: str) -> _Training:
    manifest = read_training_manifest(connection, rater)
    return _Training(
        manifest=manifest,
        items=read_training_items(connection),
        events=read_training_events(connection, manifest),
    )


def _write_training(pack: sqlite3.Connection, training: _Training) -> None:
    create_training_tables(pack, FileKind.PACK)
    insert_training_items(pack, training.items)
    insert_training_manifests(pack, [training.manifest])


def _write_training_events(pack: sqlite3.Connection, training: _Training) -> None:
    for event in training.events:
        append_training_event(pack, event)
