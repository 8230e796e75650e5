"""Are the links from hidden repeats to what they repeat those of the day of seeding?

The record of seeding holds their hash; texts, tasks and orders must bear them out, and once the
study is unblinded so must the opened allocation.
"""

from __future__ import annotations

import sqlite3

from db.audit_store import read_audit
from db.item_store import read_items
from db.manifest_store import read_manifests
from db.repeat_store import has_repeats, read_repeats
from db.study_store import StudyRecord, StudyState
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.repeats import repeats_sha256
from protocol.errors import CheckFailedError

RECORDED = "hidden_repeats"
"""The detail of the record of seeding that holds the hash; absent where nothing is repeated."""


def repeats_anything(connection: sqlite3.Connection, study: StudyRecord) -> bool:
    """Whether the file or its record knows of hidden repeats."""
    return has_repeats(connection) or _recorded(connection, study) is not None


def _recorded(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    try:
        entries = read_audit(connection, study_id=study.study_id)
    except CheckFailedError:  # a broken record is told where the record is checked
        return None
    seedings = [entry for entry in entries if entry.action == "seeded"]
    return seedings[-1].details.get(RECORDED) if seedings else None


def fault_of_repeats(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    """Return what is wrong with the links, or None."""
    repeats = read_repeats(connection)
    if _recorded(connection, study) != (repeats_sha256(repeats) if repeats else None):
        return "the links of hidden repeats are not those on the record of seeding"
    items = {item.id: item for item in read_items(connection)} if repeats else {}
    for repeat, first in repeats.items():
        one, other = items.get(repeat), items.get(first)
        if one is None or other is None or (one.task_id, one.body()) != (other.task_id, other.body()):
            return f"item {repeat} does not show what it is said to repeat"
    for manifest in read_manifests(connection) if repeats else []:
        early = _repeat_before_first(manifest, repeats)
        if early:
            return f"{manifest.rater} meets the repeat {early} before, or without, what it repeats"
    if study.state is StudyState.UNBLINDED:
        from db.allocation_store import read_allocation

        origins = read_allocation(connection)
        apart = [repeat for repeat, first in repeats.items() if origins.get(repeat) != origins.get(first)]
        if apart:
            return f"item {apart[0]} has another origin than what it is said to repeat"
    return None


def _repeat_before_first(manifest: AssignmentManifest, repeats: dict[str, str]) -> str | None:
    seen: set[str] = set()
    for assigned in manifest.items:
        if assigned.item_id in repeats and repeats[assigned.item_id] not in seen:
            return assigned.item_id
        seen.add(assigned.item_id)
    return None
