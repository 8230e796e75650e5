"""What the tests of merging share: files and rows, and chains made by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from db.connection import close, open_for_reading
from db.event_store import read_events
from db.manifest_store import read_manifest
from protocol.chain.events import Event, EventDraft, EventKind, Head, genesis, make_event
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.ratings_file import ratings_text
from rater.services.packs.merging import Merged, merge_files
from tests.services.small_studies import (
    ADMIN,
    APP,
    AT,
    SmallStudy,
    clock,
)


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def merge(small: SmallStudy, *files: Path) -> list[Merged]:
    return merge_files(small.study, files, who=ADMIN, clock=clock)


def contents(small: SmallStudy, *, with_audit: bool = True) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the study file."""
    tables = ["study", "item", "manifest", "event", "pack_out", "lock_manifest"]
    tables += ["audit", "returned_file"] if with_audit else []
    with small.raw() as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


def chain_of(small: SmallStudy, rater: str) -> list[Event]:
    connection = open_for_reading(small.study)
    try:
        return read_events(connection, read_manifest(connection, rater))
    finally:
        close(connection)


def manifest_of(small: SmallStudy, rater: str) -> AssignmentManifest:
    connection = open_for_reading(small.study)
    try:
        return read_manifest(connection, rater)
    finally:
        close(connection)


def forged(
    small: SmallStudy, drafts: Sequence[EventDraft], *, rubric: str | None = None, at: str | None = AT
) -> bytes:
    """Return a file whose chain verifies and that the program would never have written."""
    manifest = manifest_of(small, "R1")
    head = Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    events: list[Event] = []
    entropy = random.Random(5)
    for draft in drafts:
        event = make_event(
            draft, head=head, rubric_sha256=rubric or manifest.rubric_sha256, app=APP, at=at, entropy=entropy
        )
        events.append(event)
        head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
    interim = all(event.draft.kind is not EventKind.SUBMIT for event in events)
    return ratings_text(manifest, events, interim=interim, app=APP).encode()
