"""The questions `verify` asks of a study's training: its material, its chains, what came back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from db.exchange_store import ReturnedFile
from db.manifest_store import read_manifest, read_manifests
from db.study_store import StudyRecord
from db.training_store import (
    chains_of_training_events,
    gold_sha256,
    read_gold,
    read_training_events,
    read_training_manifest,
    read_training_manifests,
)
from protocol.chain.events import Event
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.odd_events import odd_form
from protocol.chain.ratings_file import first_difference, parse_ratings_text, verify_training_events
from protocol.errors import BlindraterError
from protocol.training.attempts import fold_training
from protocol.training.event_rules import impossible_training_event
from rater.services.progress.training_states import rated_untrained, read_training_share, wrong_training


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCheck:
    """One question; `run` says what is wrong, or raises, or returns nothing."""

    question: str
    run: Callable[[], str | None]


def training_checks(
    connection: sqlite3.Connection, study: StudyRecord, chains: Mapping[str, Sequence[Event]]
) -> list[TrainingCheck]:
    """Return the questions on the training of a study.

    Args:
        connection: The file.
        study: What it says of itself.
        chains: Rating events by manifest id, as far as they verified.
    """
    checks = [
        TrainingCheck(
            question="training texts, references and thresholds are those that were assigned",
            run=partial(wrong_training, connection, study),
        )
    ]
    try:
        manifests = read_manifests(connection)
    except BlindraterError:
        manifests = []  # reported by the check of the manifests
    for manifest in manifests:
        checks.append(
            TrainingCheck(
                question=f"the training of {manifest.rater} is an unbroken chain, and came before rating",
                run=partial(_chain, connection, study, manifest, chains.get(manifest.id, ())),
            )
        )
    checks.append(
        TrainingCheck(
            question="every event of training belongs to a rater of this study",
            run=partial(_strays, connection),
        )
    )
    return checks


def _chain(
    connection: sqlite3.Connection,
    study: StudyRecord,
    assignment: AssignmentManifest,
    rated: Sequence[Event],
) -> str | None:
    share = read_training_share(connection, study, assignment)
    events = read_training_events(connection, share.material.manifest)
    for event in events:
        odd = odd_form(event)
        if odd:
            return f"event {event.seq} {odd}"
    return impossible_training_event(events, share.material, share.conversations) or rated_untrained(
        fold_training(share.material, events), rated
    )


def _strays(connection: sqlite3.Connection) -> str | None:
    known = {manifest.id for manifest in read_training_manifests(connection)}
    strays = chains_of_training_events(connection) - known
    return f"events of {len(strays)} chains have no training manifest" if strays else None


def wrong_returned_training(
    connection: sqlite3.Connection, study: StudyRecord, returned: ReturnedFile
) -> str | None:
    """Return what is wrong with the training in a ratings file that came back, or None."""
    if study.visible.training is None:
        return None
    manifest = read_training_manifest(connection, read_manifest(connection, returned.rater).rater)
    where = f"a file of {returned.rater}"
    theirs = verify_training_events(parse_ratings_text(returned.body, where=where), manifest, where=where)
    ours = read_training_events(connection, manifest)
    fork = first_difference([event.hash for event in ours], [event.hash for event in theirs])
    if returned.status == "merged" and (fork or len(theirs) > len(ours)):
        return f"the training in a file of {returned.rater} was merged and is not in the chain as it came"
    return None


def training_hash(connection: sqlite3.Connection, study: StudyRecord, rater: str) -> str | None:
    """Return the hash of a rater's training manifest; None where the study has no training."""
    if study.visible.training is None:
        return None
    return read_training_manifest(connection, rater).sha256


def gold_hash(connection: sqlite3.Connection, seeded: Mapping[str, str]) -> str | None:
    """Return the hash of the gold references that are there; None where none were seeded or are there."""
    gold = read_gold(connection)
    return gold_sha256(gold) if gold or "gold" in seeded else None
