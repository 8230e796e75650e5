"""The report of a locked benchmark audit."""

from __future__ import annotations

from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.item_store import read_item
from db.manifest_store import read_manifests
from protocol.audit.audit_protocol import AuditProtocol
from protocol.audit.coverage import coverage
from protocol.audit.pooled_agreement import audit_agreement
from protocol.errors import WrongStateError
from protocol.item import Item
from protocol.report.audit_facts import AuditFacts, AuditResults, Material
from protocol.report.audit_report import audit_document, audit_paper_tables
from rater.services.progress.progress import StudyProgress
from rater.services.results.analysing import analyse_agreement
from rater.services.results.report_files import TABLES, Report
from rater.services.results.report_record import record_facts
from rater.services.results.study_ratings import StudyRatings


def audit_report(path: Path, ratings: StudyRatings, progress: StudyProgress, *, app: str) -> Report:
    """Return the report of an audit.

    Args:
        path: The study file.
        ratings: What was read from it.
        progress: Who completed what, and the log.
        app: Version of the program.

    Raises:
        WrongStateError: The audit is not locked.
        CheckFailedError: A document is not the one that was seeded.
    """
    study, protocol = ratings.study, ratings.audit
    if protocol is None:
        raise RuntimeError("an audit has a protocol")
    if study.lock_code is None:
        raise WrongStateError(
            f"The audit is {study.state}: a report is of codes that are final.",
            where=str(path),
            next_step="Lock it with `rater-admin lock`. `rater-admin coverage` shows an open one.",
        )
    facts = AuditFacts(
        protocol=protocol,
        protocol_sha256=study.protocol_sha256,
        table=ratings.table,
        file_name=path.name,
        record=record_facts(ratings, progress, lock_code=study.lock_code),
        material=_material(path, protocol),
        app=app,
        notices=ratings.notices,
    )
    results = AuditResults(
        cells=audit_agreement(ratings.table, protocol.plan),
        agreement=analyse_agreement(ratings.table, seed=protocol.plan.seed),
        coverage=coverage(ratings.table, protocol, consensus=ratings.consensus),
    )
    tables = audit_paper_tables(facts, results)
    return Report(
        document=audit_document(facts, results),
        extra={f"{TABLES}/{name}": text for name, text in tables.items()},
    )


def _material(path: Path, protocol: AuditProtocol) -> tuple[Material, ...]:
    """Return what coders were shown, every text checked against the manifests."""
    connection = open_for_reading(path)
    try:
        with sentences(path):
            shown = {
                item.item_id: item.shown_sha256
                for manifest in read_manifests(connection)
                for item in manifest.items
            }
            items = (read_item(connection, name, shown_sha256=digest) for name, digest in shown.items())
            found = {item.task_id: _material_of(item) for item in items}
    finally:
        close(connection)
    return tuple(found[one.id] for one in protocol.benchmarks if one.id in found)


def _material_of(item: Item) -> Material:
    texts = [message.text for message in item.conversation.messages]
    # The first line of a document is the name of its file.
    return Material(
        benchmark=item.task_id,
        documents=tuple(text.partition("\n")[0] for text in texts),
        characters=sum(len(text.partition("\n\n")[2]) for text in texts),
        shown_sha256=item.shown_sha256,
    )
