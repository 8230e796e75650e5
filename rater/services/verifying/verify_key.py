"""What `verify` answers about the sealed key, and about what unblinding wrote into the study file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from db.item_store import task_of_items
from db.study_store import StudyRecord, StudyState
from protocol.allocation.allocation_key import AllocationKey
from protocol.canonical_json import sha256_hex
from protocol.errors import BlindraterError
from protocol.study_file import read_study as read_protocol
from rater.services.doors.key_files import Secrets, open_key
from rater.services.doors.study_keys import StudyKey, study_keys
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answers


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
    try:
        first, *later = study_keys(connection, study)
    except BlindraterError:  # amendments that do not verify are an answer of their own
        return
    given = {sha256_hex(one): one for one in (sealed, *anchors.later)}
    sealed = given.get(first.binding.sealed_sha256, sealed)
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
            partial(_opened_key, connection, study, first, _What(sealed=sealed, secrets=anchors.secrets)),
        )
    for key in later:
        _answer_for_batch(answers, connection, study, key, given=given, secrets=anchors.secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class _What:
    """A sealed key and what opens it."""

    sealed: bytes
    secrets: Secrets


def _answer_for_batch(
    answers: Answers,
    connection: sqlite3.Connection,
    study: StudyRecord,
    key: StudyKey,
    *,
    given: Mapping[str, bytes],
    secrets: Secrets | None,
) -> None:
    sealed = given.get(key.binding.sealed_sha256)
    if sealed is None:
        answers.cannot_exclude(
            f"the key of batch {key.batch} was lost or replaced", "give it with --key, too"
        )
    elif secrets is not None:
        answers.ask(
            f"the key of batch {key.batch} opens and holds what the study is bound to",
            partial(_opened_key, connection, study, key, _What(sealed=sealed, secrets=secrets)),
        )
    else:
        answers.cannot_exclude(
            f"the key of batch {key.batch} does not open or holds something else", "give --identity"
        )


def _opened_key(connection: sqlite3.Connection, study: StudyRecord, of: StudyKey, what: _What) -> str | None:
    key = open_key(what.sealed, what.secrets)
    wrong = of.why_not(key, study.study_id)
    if wrong:
        return wrong
    if read_protocol(key.study_toml, where="the sealed plan").visible() != study.visible:
        return "the rubric, name or questions in the study are not those of the sealed plan"
    if study.state is StudyState.UNBLINDED:
        return _opened_allocation(connection, key)
    return None


def _opened_allocation(connection: sqlite3.Connection, key: AllocationKey) -> str | None:
    from db.allocation_store import read_allocation

    opened = read_allocation(connection)
    if {item: opened.get(item) for item in key.allocation} != dict(key.allocation):
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
    from rater.services.doors.opened_allocation import read_opened_allocations

    faults = [(one.of.batch, one.fault) for one in read_opened_allocations(connection, study)]
    wrong = [f"batch {batch}: {fault}" if len(faults) > 1 else fault for batch, fault in faults if fault]
    return "; ".join(wrong) or None


def _opened_plan(connection: sqlite3.Connection, study: StudyRecord) -> str | None:
    from db.allocation_store import read_opened_batches, read_study_toml

    later = [one.study_toml for one in read_opened_batches(connection)]
    for text in (read_study_toml(connection), *later):
        if read_protocol(text, where="the opened plan").visible() != study.visible:
            return "the rubric, name or questions in the study are not those of the plan"
    return None


def _opened_items(connection: sqlite3.Connection) -> str | None:
    from db.allocation_store import read_allocation

    if set(read_allocation(connection)) != set(task_of_items(connection)):
        return "items are missing in it, or it has more"
    return None
