"""Incidents: what may have told a rater a condition outside the app, put on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.manifest_store import read_manifest
from db.study_store import StudyState, read_study, require_study_file
from protocol.chain.audit import AuditEntry
from protocol.chain.identifiers import Clock
from protocol.deidentify.folding import fold
from protocol.deidentify.rules import build_rules
from protocol.errors import BlindError, NotFoundError, UsageError, WrongStateError
from rater.services.who import Who

ACTION = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident as it stands in the audit log."""

    at: str
    rater: str
    items: tuple[str, ...]
    """Empty: all of the rater's items."""
    text: str


def refuse_names(text: str, *, where: str) -> None:
    """Refuse a text for the log of an open study that names a model or maker of the shipped list.

    Raises:
        BlindError: It does.
    """
    if build_rules(study_names=()).find(fold(text).text):
        raise BlindError(
            "The text names a model or its maker, and raters can read the study file.",
            where=where,
            next_step="Say it without the name; who needs it can ask you.",
        )


def record_incident(
    path: Path, *, rater: str, items: Sequence[str], text: str, who: Who, clock: Clock
) -> Incident:
    """Write an incident into the audit log of an open study.

    Args:
        path: The study file.
        rater: Who may know a condition now.
        items: Which items it is about; none means all of the rater's.
        text: What happened, without naming the condition.
        who: Who records it.
        clock: Wall clock.

    Raises:
        UsageError: The text is blank.
        BlindError: The text names a model or maker of the shipped list.
        InvalidInputError: The file is a pack, or no study.
        NotFoundError: No such rater, or the rater has no such item.
        WrongStateError: The study is not open.
    """
    if not text.strip():
        raise UsageError("An incident needs a description.", next_step="Add --text.")
    refuse_names(text, where="--text")
    connection = open_for_writing(path)
    try:
        with sentences(path), writing(connection):
            study = read_study(connection)
            require_study_file(study)
            if study.state is not StudyState.OPEN:
                raise WrongStateError(
                    f"The study is {study.state}: incidents are recorded while it is open.", where=str(path)
                )
            manifest = read_manifest(connection, rater)
            unknown = sorted(set(items) - {item.item_id for item in manifest.items})
            if unknown:
                raise NotFoundError(
                    f"There is no item {unknown[0]} among those of {rater}.",
                    next_step="Item ids are the 16 digits that the rating app shows.",
                )
            incident = Incident(at=clock(), rater=manifest.rater, items=tuple(items), text=text)
            append_audit(
                connection,
                study_id=study.study_id,
                at=incident.at,
                who=who.name,
                action=ACTION,
                reason=text,
                details={"rater": rater, "items": " ".join(items), "app": who.app},
            )
    finally:
        close(connection)
    return incident


def incidents_of(audit: Sequence[AuditEntry]) -> list[Incident]:
    """Return the incidents of an audit log, in order."""
    return [
        Incident(
            at=entry.at,
            rater=entry.details["rater"],
            items=tuple(entry.details["items"].split()),
            text=entry.reason,
        )
        for entry in audit
        if entry.action == ACTION
    ]
