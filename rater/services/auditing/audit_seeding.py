"""Seeding a benchmark audit: documents and a protocol become a study file. There is no key.

Every coder codes every benchmark, in an order of benchmarks and of dimensions drawn for that coder.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from db.atomic_file import cannot_write, is_folder, is_taken, part_of
from db.audit_plan_store import insert_audit_plan
from db.audit_store import append_audit
from db.connection import FileKind, close, open_for_reading
from db.creation import create_file
from db.event_store import has_events
from db.item_store import insert_items
from db.manifest_store import insert_manifests
from db.replacement import held_alone
from db.study_store import StudyRecord, StudyState, insert_study, read_study
from protocol.audit.audit_file import read_audit
from protocol.canonical_json import sha256_hex
from protocol.chain.identifiers import Clock, Entropy, draw_id, shuffled
from protocol.chain.manifest import AssignedItem, AssignmentManifest
from protocol.errors import UsageError, WrongStateError
from protocol.item import Item
from protocol.study_file import is_audit
from protocol.visible import StudyKind
from rater.services.auditing.documents import read_documents
from rater.services.input_files import read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """Which audit goes where."""

    protocol: Path
    documents: Path
    study_path: Path
    replace: bool = False
    """Replace the file of an audit that has no rating yet."""
    who: str
    app: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededAudit:
    """What was written."""

    study_id: str
    benchmarks: int
    documents: int
    coders: tuple[str, ...]
    protocol_sha256: str


def seed_audit(request: AuditRequest, *, entropy: Entropy, clock: Clock) -> SeededAudit:
    """Seed a benchmark audit.

    Args:
        request: What is coded and where the study goes.
        entropy: The system's entropy; a seeded source in tests.
        clock: Wall clock.

    Raises:
        NotFoundError: A file or folder does not exist.
        InvalidInputError: The protocol has mistakes, or documents are missing.
        UsageError: A file is in the way.
        WrongStateError: The file to replace has ratings, or is no audit.
        StorageError: The file cannot be written.
    """
    path = request.study_path
    _refuse_what_is_in_the_way(request)
    text = read_text(request.protocol, wanted="a protocol in TOML").text
    protocol = read_audit(text, where=str(request.protocol))
    documents = read_documents(request.documents, protocol.benchmarks)
    taken: set[str] = set()

    def fresh_id() -> str:
        drawn = draw_id(entropy, taken)
        taken.add(drawn)
        return drawn

    study_id = fresh_id()
    cards = {one.id: one.card() for one in protocol.benchmarks}
    items = tuple(
        Item(
            id=fresh_id(),
            task_id=one.benchmark,
            conversation=one.conversation,
            card=cards[one.benchmark],
        )
        for one in documents
    )
    protocol_sha256 = sha256_hex(text.encode())
    manifests = tuple(
        AssignmentManifest(
            id=fresh_id(),
            study_id=study_id,
            rater=coder,
            items=tuple(
                AssignedItem(item_id=item.id, task_id=item.task_id, shown_sha256=item.shown_sha256)
                for item in shuffled(items, entropy)
            ),
            dimensions=tuple(shuffled([one.id for one in protocol.rubric.dimensions], entropy)),
            rubric_sha256=protocol.rubric.sha256,
            protocol_sha256=protocol_sha256,
            key=None,
        )
        for coder in protocol.coders
    )

    def fill(connection: sqlite3.Connection) -> None:
        insert_study(
            connection,
            StudyRecord(
                file=FileKind.STUDY,
                study_id=study_id,
                kind=StudyKind.BENCHMARK_AUDIT,
                state=StudyState.OPEN,
                lock_code=None,
                visible=protocol.visible(),
                protocol_sha256=protocol_sha256,
                key=None,
                app=request.app,
            ),
        )
        insert_audit_plan(connection, text)
        insert_items(connection, items)
        insert_manifests(connection, manifests)
        append_audit(
            connection,
            study_id=study_id,
            at=clock(),
            who=request.who,
            action="seeded",
            details=_details(protocol_sha256, manifests, app=request.app),
        )

    replaced = is_taken(path)
    with held_alone(path) if replaced else nullcontext() as held:
        if held is not None:
            _refuse_ratings(held, path)  # again: since the first look a coder may have begun
        create_file(path, FileKind.STUDY, fill, replace=replaced)
    return SeededAudit(
        study_id=study_id,
        benchmarks=len(items),
        documents=sum(len(one.names) for one in documents),
        coders=protocol.coders,
        protocol_sha256=protocol_sha256,
    )


def is_audit_protocol(path: Path) -> bool:
    """Whether a file is the protocol of a benchmark audit.

    Raises:
        NotFoundError: It does not exist.
        InvalidInputError: It is no readable text.
    """
    return is_audit(read_text(path, wanted="a protocol in TOML").text)


def _details(protocol_sha256: str, manifests: tuple[AssignmentManifest, ...], *, app: str) -> dict[str, str]:
    hashes = {f"manifest.{manifest.rater}": manifest.sha256 for manifest in manifests}
    return {"app": app, "protocol": protocol_sha256, **hashes}


def _refuse_what_is_in_the_way(request: AuditRequest) -> None:
    path = request.study_path
    part_of(path)  # refuses folders and names that no file can have
    if not is_folder(path.parent):
        raise cannot_write(path, OSError(errno.ENOENT, os.strerror(errno.ENOENT)))
    if not is_taken(path):
        return
    if not request.replace:
        raise UsageError(
            "A file is there already.",
            where=str(path),
            next_step="Give another name with -o, or --force to seed anew while nothing has been coded.",
        )
    connection = open_for_reading(path)
    try:
        _refuse_ratings(connection, path)
    finally:
        close(connection)


def _refuse_ratings(connection: sqlite3.Connection, path: Path) -> None:
    if read_study(connection).kind is not StudyKind.BENCHMARK_AUDIT:
        raise WrongStateError(
            "This is a study with a sealed key; an audit does not take its place.",
            where=str(path),
            next_step="Seed into a new file with -o.",
        )
    if has_events(connection):
        raise WrongStateError(
            "The audit has ratings and is never replaced.",
            where=str(path),
            next_step="Seed into a new file with -o.",
        )
