"""Taking ratings files back into the study.

Text in, verified against the manifest it must start from. Merging is idempotent and does not depend
on the order of the files: a longer chain replaces nothing, it goes on where the shorter ends. Two
chains that differ are a fork: both are shown and neither is chosen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.event_store import append_event, read_events
from db.exchange_store import insert_returned
from db.manifest_store import raters, read_manifest
from db.study_store import StudyRecord, StudyState, read_study, require_study_file
from db.training_store import append_training_event, read_training_events
from protocol.canonical_json import sha256_hex
from protocol.chain.events import Event
from protocol.chain.identifiers import Clock
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.ratings_file import (
    RatingsFile,
    first_difference,
    parse_ratings_text,
    receipt_code,
    verify_events,
    verify_training_events,
)
from protocol.errors import CheckFailedError
from protocol.event_rules import impossible_event
from protocol.training.attempts import fold_training
from protocol.training.event_rules import impossible_training_event
from protocol.training.training_manifest import TrainingManifest
from rater.services.exchange import SentFile
from rater.services.key_files import read_bytes
from rater.services.rater_states import read_share
from rater.services.training_states import rated_untrained, read_training_share
from rater.services.who import Who

Outcome = Literal["merged", "nothing new", "late, kept apart"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of one file."""

    where: str
    rater: str
    outcome: Outcome
    new_events: int
    receipt: str
    interim: bool
    new_training_events: int = 0
    has_training: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    where: str
    data: bytes
    file: RatingsFile
    manifest: AssignmentManifest
    events: list[Event]
    training: TrainingManifest | None
    training_events: list[Event]


def merge_files(
    study_path: Path, files: Sequence[Path | SentFile], *, who: Who, clock: Clock
) -> list[Merged]:
    """Merge ratings files into a study: all of them, or none.

    Args:
        study_path: The study file.
        files: Ratings files of its raters, or what an exchange held.
        who: Who merges.
        clock: Wall clock.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file is no ratings file, or the study file is a pack.
        CheckFailedError: A file is of another study, broken, or forks; nothing is merged.
    """
    connection = open_for_writing(study_path)
    try:
        with sentences(study_path):
            study = read_study(connection)
            require_study_file(study)
            arrivals = [_arrival(connection, study, sent) for sent in map(_sent, files)]
            _refuse_forks_between(arrivals)
            with writing(connection):
                return [_merge(connection, study, arrival, who=who, at=clock()) for arrival in arrivals]
    finally:
        close(connection)


def _sent(file: Path | SentFile) -> SentFile:
    if isinstance(file, SentFile):
        return file
    return SentFile(where=str(file), data=read_bytes(file, wanted="ratings, as `rater submit` writes it"))


def _arrival(connection: sqlite3.Connection, study: StudyRecord, sent: SentFile) -> _Arrival:
    data = sent.data
    file = parse_ratings_text(data, where=sent.where)
    if file.header.study_id != study.study_id or file.header.rater not in raters(connection):
        raise CheckFailedError(
            f"The file holds ratings of {file.header.rater} for another study.",
            where=sent.where,
            next_step="Nothing was merged. Ask for the ratings file of this study.",
        )
    manifest = read_manifest(connection, file.header.rater)
    events = verify_events(file, manifest, where=sent.where)
    share = read_training_share(connection, study, manifest) if study.visible.training else None
    trained = verify_training_events(file, share.material.manifest if share else None, where=sent.where)
    impossible = impossible_event(events, read_share(connection, study, manifest))
    if impossible is None and share is not None:
        impossible = impossible_training_event(trained, share.material, share.conversations)
    if impossible is None and share is not None:
        impossible = rated_untrained(fold_training(share.material, trained), events)
    if impossible:
        raise CheckFailedError(
            f"The file was not made by this program: {impossible}.",
            where=sent.where,
            next_step="Nothing was merged. Ask the rater to run `rater submit` again and send that file.",
        )
    return _Arrival(
        where=sent.where,
        data=data,
        file=file,
        manifest=manifest,
        events=events,
        training=share.material.manifest if share else None,
        training_events=trained,
    )


def _merge(
    connection: sqlite3.Connection, study: StudyRecord, arrival: _Arrival, *, who: Who, at: str
) -> Merged:
    ours = read_events(connection, arrival.manifest)
    _refuse_fork(ours, arrival.events, ours="in the study", theirs=arrival)
    fresh = arrival.events[len(ours) :]
    trained = _fresh_training(connection, arrival)
    anything = bool(fresh or trained)
    late = study.state is not StudyState.OPEN
    outcome: Outcome = "nothing new" if not anything else "late, kept apart" if late else "merged"
    if not late:
        for event in trained:
            append_training_event(connection, event)
        for event in fresh:
            append_event(connection, event)
    is_new = anything and insert_returned(
        connection, arrival.data, rater=arrival.manifest.rater, status="late" if late else "merged"
    )
    if is_new or outcome == "merged":
        append_audit(
            connection,
            study_id=study.study_id,
            at=at,
            who=who.name,
            action="late" if late else "merged",
            details={
                "rater": arrival.manifest.rater,
                "file": sha256_hex(arrival.data),
                "events": str(len(arrival.events)),
                "new": str(len(fresh)),
                "head": arrival.file.head,
                "app": who.app,
                **_training_details(arrival, trained),
            },
        )
    return Merged(
        where=arrival.where,
        rater=arrival.manifest.rater,
        outcome=outcome,
        new_events=len(fresh),
        receipt=arrival.file.receipt,
        interim=arrival.file.header.interim,
        new_training_events=len(trained),
        has_training=arrival.training is not None,
    )


def _fresh_training(connection: sqlite3.Connection, arrival: _Arrival) -> list[Event]:
    """Return the events of training that the study does not have yet."""
    if arrival.training is None:
        return []
    ours = read_training_events(connection, arrival.training)
    _refuse_fork(ours, arrival.training_events, ours="in the study", theirs=arrival)
    return arrival.training_events[len(ours) :]


def _training_details(arrival: _Arrival, fresh: Sequence[Event]) -> dict[str, str]:
    if arrival.training is None:
        return {}
    return {
        "training_events": str(len(arrival.training_events)),
        "training_new": str(len(fresh)),
        "training_head": arrival.file.training_head or "",
    }


def _refuse_forks_between(arrivals: Sequence[_Arrival]) -> None:
    by_manifest: dict[str, list[_Arrival]] = {}
    for arrival in arrivals:
        by_manifest.setdefault(arrival.manifest.id, []).append(arrival)
    for same in by_manifest.values():
        for one, other in combinations(same, 2):
            _refuse_fork(one.events, other.events, ours=f"in {one.where}", theirs=other)
            _refuse_fork(one.training_events, other.training_events, ours=f"in {one.where}", theirs=other)


def _refuse_fork(events: Sequence[Event], others: Sequence[Event], *, ours: str, theirs: _Arrival) -> None:
    number = first_difference([event.hash for event in events], [event.hash for event in others])
    if number is None:
        return
    raise CheckFailedError(
        f"Two copies of {theirs.manifest.rater}'s work differ from event {number} on: {ours} it is "
        f"{_said(events, number)}, in the file it is {_said(others, number)}.",
        where=theirs.where,
        next_step="Nothing was merged. Ask the rater which copy counts; two copies of one pack were used.",
    )


def _said(events: Sequence[Event], number: int) -> str:
    event = events[number - 1]
    draft = event.draft
    what = [draft.kind.value, draft.dimension or "", "" if draft.level is None else f"level {draft.level}"]
    said = " ".join(part for part in [*what, f"at {event.at or 'an unknown time'}"] if part)
    return f"{said} ({len(events)} events, receipt {receipt_code(events[-1].hash)})"
