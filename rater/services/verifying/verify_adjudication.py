"""The questions `verify` asks of adjudications: the one that holds, and those that an unlocking ended."""

from __future__ import annotations

import sqlite3
from functools import partial

from db.adjudication_store import (
    chains_of_adjudication_events,
    has_adjudication,
    read_adjudication_events,
    read_adjudication_head,
    read_adjudications,
)
from db.audit_store import read_audit
from db.lock_store import read_lock
from db.study_store import StudyRecord
from protocol.adjudication.manifest import AdjudicationManifest
from protocol.adjudication.session import impossible_step
from protocol.chain.odd_events import odd_form
from protocol.errors import BlindraterError
from rater.services.adjudication.adjudicating import BEGUN
from rater.services.adjudication.adjudication_record import read_adjudication_of, rubric_decided_by
from rater.services.verifying.verify_answers import Answers


def answer_for_adjudication(answers: Answers, connection: sqlite3.Connection, study: StudyRecord) -> None:
    """Answer for every adjudication that ever began; asks nothing of a study whose plan has none."""
    if study.visible.adjudication is None and not has_adjudication(connection):
        return
    answers.ask("adjudications are those on record", partial(_fault_of_record, connection, study))
    try:
        manifests = read_adjudications(connection)
    except BlindraterError:
        manifests = []  # a manifest that cannot be read is the answer before this one
    for manifest in manifests:
        answers.ask(
            f"the decisions of {manifest.rater} on the lock {manifest.lock_code[:8]} are an unbroken chain",
            partial(_fault_of_chain, connection, study, manifest),
        )
    answers.ask("the queue is that of the raters' disagreements", partial(_fault_of_queue, connection, study))


def _fault_of_record(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    if study.visible.adjudication is None:
        return "the study has one that its plan does not ask for"
    log = read_audit(connection, study_id=study.study_id)
    begun = {
        (entry.details.get("adjudication"), entry.details.get("manifest"))
        for entry in log
        if entry.action == BEGUN
    }
    manifests = read_adjudications(connection)
    found = {(one.id, one.sha256) for one in manifests}
    if found != begun:
        return "they are not those of the audit log"
    for entry in log:
        voided = [one for one in manifests if one.id == entry.details.get("void_adjudication")]
        recorded = entry.details.get("void_adjudication_head")
        if any(read_adjudication_head(connection, one).hash != recorded for one in voided):
            return "one that an unlocking ended is not as it was then"
    strays = chains_of_adjudication_events(connection) - {name for name, _ in found if name is not None}
    return f"events of {len(strays)} chains have no manifest" if strays else None


def _fault_of_chain(
    connection: sqlite3.Connection, study: StudyRecord, manifest: AdjudicationManifest
) -> str | None:
    plan = study.visible.adjudication
    if plan is None:
        return "the plan has no adjudication"
    bound = (manifest.study_id, manifest.protocol_sha256, manifest.rater)
    if bound != (study.study_id, study.protocol_sha256, plan.who):
        return "it is of another study, plan or adjudicator"
    read_lock(connection, manifest.lock_code)
    events = read_adjudication_events(connection, manifest)
    for event in events:
        odd = odd_form(event)
        if odd:
            return f"event {event.seq} {odd}"
    rubric = rubric_decided_by(connection, study, manifest.rubric_sha256)
    return impossible_step(events, manifest, rubric=rubric, plan=plan)


def _fault_of_queue(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    found = read_adjudication_of(connection, study)
    if found is None or found.session is None:
        return None
    return found.session.manifest.fault_of_queue(found.cells)
