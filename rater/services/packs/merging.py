"""Taking ratings files back into the study.

Text in, verified against the manifest it must start from. Merging is idempotent and does not depend
on the order of the files: a longer chain replaces nothing, it goes on where the shorter ends. Two
chains that differ are a fork: both are shown, neither is chosen, and the file that came is kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.event_store import append_stored, read_events, read_hashes
from db.exchange_store import insert_returned
from db.manifest_store import read_manifest
from db.study_store import StudyRecord, StudyState, read_state, read_study, require_study_file
from db.training_store import (
    append_stored_training,
    read_training_events,
    read_training_hashes,
    read_training_manifest,
)
from protocol.chain.identifiers import Clock
from protocol.chain.ratings_file import (
    StoredEvent,
    first_difference,
    verify_events,
    verify_training_events,
)
from protocol.errors import CheckFailedError
from rater.services.doors.key_files import read_bytes
from rater.services.exchange.exchange import SentFile
from rater.services.packs.arrivals import Arrival, ArrivalHall, fork_of
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


def merge_files(
    study_path: Path, files: Iterable[Path | SentFile], *, who: Who, clock: Clock
) -> list[Merged]:
    """Merge ratings files into a study: all of them, or none.

    A file that parts from the study's chain is kept as it came, and nothing is merged.

    Args:
        study_path: The study file.
        files: Ratings files of its raters, or what an exchange held; one is in memory at a time.
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
            hall = ArrivalHall(connection, study)
            arrivals = [hall.take(sent) for sent in map(_sent, files)]
            _refuse_forks(connection, study, hall, arrivals, who=who, clock=clock)
            with writing(connection):
                merging = _Merging(
                    connection=connection,
                    study=study,
                    hall=hall,
                    who=who,
                    is_open=read_state(connection) is StudyState.OPEN,
                )
                return [merging.merge(arrival, at=clock()) for arrival in arrivals]
    finally:
        close(connection)


def _sent(file: Path | SentFile) -> SentFile:
    if isinstance(file, SentFile):
        return file
    return SentFile(where=str(file), data=read_bytes(file, wanted="ratings, as `rater submit` writes it"))


def _refuse_forks(
    connection: sqlite3.Connection,
    study: StudyRecord,
    hall: ArrivalHall,
    arrivals: Sequence[Arrival],
    *,
    who: Who,
    clock: Clock,
) -> None:
    """Keep every file that parts from the study, and go no further where there is one."""
    forks = [arrival for arrival in arrivals if arrival.fork]
    if not forks:
        return
    with writing(connection):
        for arrival in forks:
            _keep_fork(connection, study, hall.data(arrival), arrival, who=who, at=clock())
    first, *others = forks
    more = f" So do {', '.join(one.where for one in others)}." if others else ""
    raise CheckFailedError(
        f"{first.fork.sentence if first.fork else ''}{more}",
        where=first.where,
        next_step="Nothing was merged; what differs is kept as it came. Ask the rater which copy counts: two "
        "copies of one pack were used. Then merge the other files without it.",
    )


def _keep_fork(
    connection: sqlite3.Connection, study: StudyRecord, data: bytes, arrival: Arrival, *, who: Who, at: str
) -> None:
    fork = arrival.fork
    if fork is None or not insert_returned(connection, data, rater=arrival.rater, status="fork"):
        return
    append_audit(
        connection,
        study_id=study.study_id,
        at=at,
        who=who.name,
        action="fork",
        details={
            "rater": arrival.rater,
            "file": arrival.sha256,
            "events": str(arrival.events),
            "from": str(fork.number),
            "installation": fork.installation,
            "head": arrival.head,
            "app": who.app,
        },
    )


@dataclass(slots=True, kw_only=True)
class _Merging:
    """One transaction that takes verified files in, one after the other."""

    connection: sqlite3.Connection
    study: StudyRecord
    hall: ArrivalHall
    who: Who
    is_open: bool
    added: dict[str, str] = field(default_factory=dict)
    """Which file of this call last added to a chain, by chain id."""

    def merge(self, arrival: Arrival, *, at: str) -> Merged:
        """Add what is new of a file, and keep the file."""
        file = self.hall.file(arrival)
        had = read_hashes(self.connection, arrival.chain_id)
        self._refuse_fork(had, file.events, arrival)
        fresh = max(0, arrival.events - len(had))
        trained = 0
        if arrival.training_id is not None:
            had_training = read_training_hashes(self.connection, arrival.training_id)
            self._refuse_fork(had_training, file.training_events, arrival)
            trained = max(0, arrival.training_events - len(had_training))
            if self.is_open and trained:
                append_stored_training(
                    self.connection, arrival.training_id, file.training_events, after=len(had_training)
                )
        if self.is_open and fresh:
            append_stored(self.connection, arrival.chain_id, file.events, after=len(had))
        outcome: Outcome = (
            "nothing new" if not (fresh or trained) else "merged" if self.is_open else "late, kept apart"
        )
        if outcome != "nothing new":
            self._keep(arrival, outcome, fresh=fresh, trained=trained, at=at)
        return Merged(
            where=arrival.where,
            rater=arrival.rater,
            outcome=outcome,
            new_events=fresh,
            receipt=arrival.receipt,
            interim=arrival.interim,
            new_training_events=trained,
            has_training=arrival.training_id is not None,
        )

    def _keep(self, arrival: Arrival, outcome: Outcome, *, fresh: int, trained: int, at: str) -> None:
        status: Literal["merged", "late"] = "merged" if outcome == "merged" else "late"
        self.added[arrival.chain_id] = arrival.where
        is_new = insert_returned(self.connection, self.hall.data(arrival), rater=arrival.rater, status=status)
        if not is_new and outcome != "merged":
            return
        training = {
            "training_events": str(arrival.training_events),
            "training_new": str(trained),
            "training_head": arrival.training_head,
        }
        append_audit(
            self.connection,
            study_id=self.study.study_id,
            at=at,
            who=self.who.name,
            action=status,
            details={
                "rater": arrival.rater,
                "file": arrival.sha256,
                "events": str(arrival.events),
                "new": str(fresh),
                "head": arrival.head,
                "app": self.who.app,
                **(training if arrival.training_id is not None else {}),
            },
        )

    def _refuse_fork(self, had: Sequence[str], events: Sequence[StoredEvent], arrival: Arrival) -> None:
        """Refuse what parted from the study after it was verified: by a file of this call, or a rater."""
        if first_difference(had, [event.hash for event in events]) is None:
            return
        other = self.added.get(arrival.chain_id)
        place = "in the study" if other is None else f"in {other}"
        raise CheckFailedError(
            self._why_forked(arrival, place),
            where=arrival.where,
            next_step="Nothing was merged. Ask the rater which copy counts: "
            "two copies of one pack were used.",
        )

    def _why_forked(self, arrival: Arrival, place: str) -> str:
        file = self.hall.file(arrival)
        manifest = read_manifest(self.connection, arrival.rater)
        ours = read_events(self.connection, manifest)
        theirs = verify_events(file, manifest, where=arrival.where)
        fork = fork_of(ours, theirs, rater=arrival.rater, place=place)
        if fork is None:
            training = read_training_manifest(self.connection, arrival.rater)
            ours = read_training_events(self.connection, training)
            theirs = verify_training_events(file, training, where=arrival.where)
            fork = fork_of(ours, theirs, rater=arrival.rater, place=place)
        return fork.sentence if fork else "Two copies of one rater's work differ."
