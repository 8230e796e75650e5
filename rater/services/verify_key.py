"""What `verify` answers about the sealed key, and about what unblinding wrote into the study file."""

from __future__ import annotations

import sqlite3
from functools import partial

from db.item_store import task_of_items
from db.study_store import StudyRecord, StudyState
from protocol.allocation.allocation_key import AllocationKey
from protocol.canonical_json import sha256_hex
from protocol.errors import InvalidInputError
from protocol.study_file import read_study as read_protocol
from rater.services.key_files import open_key
from rater.services.verify_anchors import Anchors
from rater.services.verify_answers import Answers


def answer_for_key(
    answers: Answers, connection: sqlite3.Connection, study: StudyRecord, anchors: Anchors
) -> None:
    """Answer whether the sealed key is the study's, and holds what the study is bound to."""
    binding = study.key
    if binding is None:  # a benchmark audit: nothing was sealed
        return
    sealed = anchors.sealed
    if sealed is None:
        answers.cannot_exclude("the key was lost or replaced", "give --key")
        return
    fits = answers.ask(
        "the key is the one the study was seeded with",
        lambda: (
            None
            if sha256_hex(sealed) == binding.sealed_sha256
            else "its bytes are not those whose hash is in the study and its manifests"
        ),
    )
    if anchors.secrets is None:
        answers.cannot_exclude("the key does not open or holds something else", "give --identity")
    elif fits:
        answers.ask(
            "the key opens and holds what the study is bound to",
            partial(_opened_key, connection, study, anchors),
        )


def _opened_key(connection: sqlite3.Connection, study: StudyRecord, anchors: Anchors) -> str | None:
    if anchors.sealed is None or anchors.secrets is None:
        raise InvalidInputError("The key and what opens it are needed.")
    key = open_key(anchors.sealed, anchors.secrets)
    binding = study.sealed_key
    if key.allocation_commitment != binding.allocation_commitment:
        return "the allocation is not the one that was committed to"
    if key.redaction_commitment != binding.redaction_commitment:
        return "the redaction log is not the one that was committed to"
    if sha256_hex(key.study_toml.encode()) != study.protocol_sha256:
        return "the plan is not the one whose hash is in the study"
    if read_protocol(key.study_toml, where="the sealed plan").visible() != study.visible:
        return "the rubric, name or questions in the study are not those of the sealed plan"
    if study.state is StudyState.UNBLINDED:
        return _opened_allocation(connection, key)
    return None


def _opened_allocation(connection: sqlite3.Connection, key: AllocationKey) -> str | None:
    from db.allocation_store import read_allocation

    if read_allocation(connection) != dict(key.allocation):
        return "the allocation in the study is not the sealed one"
    return None


def answer_for_opened(answers: Answers, connection: sqlite3.Connection, study: StudyRecord) -> None:
    """Answer whether what was opened into the study is what was sealed."""
    answers.ask(
        "the opened plan is the one whose hash was fixed at seeding", partial(_opened_plan, connection, study)
    )
    answers.ask("the opened allocation names every item", partial(_opened_items, connection))
    answers.ask(
        "the opened allocation is the one that was committed to at seeding",
        partial(_committed, connection, study),
    )


def _committed(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    from rater.services.opened_allocation import read_opened_allocation

    opened = read_opened_allocation(connection, study)
    return opened.why_not_committed(study.sealed_key.allocation_commitment)


def _opened_plan(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    from db.allocation_store import read_study_toml

    plan = read_protocol(read_study_toml(connection), where="the opened plan")
    if plan.visible() != study.visible:
        return "the rubric, name or questions in the study are not those of the plan"
    return None


def _opened_items(connection: sqlite3.Connection) -> str | None:
    from db.allocation_store import read_allocation

    if set(read_allocation(connection)) != set(task_of_items(connection)):
        return "items are missing in it, or it has more"
    return None
