"""Ratings files on their way into a study: each verified alone, then kept aside until all of them are.

A thousand files do not fit into memory, and none may be merged before all are verified. So their bytes
wait in a spool, and what stays in memory of each is where it came from and what it says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from db.event_store import read_events
from db.manifest_store import raters, read_manifest
from db.study_store import StudyRecord
from db.training_store import read_training_events
from protocol.canonical_json import sha256_hex
from protocol.chain.events import Event
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
from protocol.odd_work import which_installation
from protocol.training.attempts import fold_training
from protocol.training.event_rules import impossible_training_event
from rater.services.exchange.exchange import SentFile
from rater.services.progress.rater_states import read_share
from rater.services.progress.training_states import TrainingShare, rated_untrained, read_training_share
from rater.services.sources.transcript_spool import Slot, Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Where two copies of one rater's work part, and what each says there."""

    number: int
    """Of the first event that differs."""
    sentence: str
    installation: str
    """same, another or unknown: by the marks of the last sittings on both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A verified file, without its bytes."""

    where: str
    sha256: str
    slot: Slot
    rater: str
    chain_id: str
    training_id: str | None
    """Chain of the training; None where the study has none."""
    interim: bool
    receipt: str
    head: str
    training_head: str
    events: int
    training_events: int
    fork: Fork | None
    """Where it parts from what the study has; such a file is never merged."""


class ArrivalHall:
    """Takes files in one by one and gives them back, parsed, when all were verified."""

    def __init__(self, connection: sqlite3.Connection, study: StudyRecord) -> None:
        self._connection = connection
        self._study = study
        self._codes = frozenset(raters(connection))
        self._spool = Spool()

    def take(self, sent: SentFile) -> Arrival:
        """Verify a file and keep its bytes.

        Raises:
            InvalidInputError: It is no ratings file.
            CheckFailedError: It is of another study, broken, or not made by this program.
        """
        file = parse_ratings_text(sent.data, where=sent.where)
        if file.header.study_id != self._study.study_id or file.header.rater not in self._codes:
            raise CheckFailedError(
                f"The file holds ratings of {file.header.rater} for another study.",
                where=sent.where,
                next_step="Nothing was merged. Ask for the ratings file of this study.",
            )
        manifest = read_manifest(self._connection, file.header.rater)
        share = (
            read_training_share(self._connection, self._study, manifest)
            if self._study.visible.training
            else None
        )
        training = share.material.manifest if share else None
        events = verify_events(file, manifest, where=sent.where)
        trained = verify_training_events(file, training, where=sent.where)
        self._refuse_impossible(manifest, share, events, trained, where=sent.where)
        fork = fork_of(read_events(self._connection, manifest), events, rater=manifest.rater)
        if fork is None and training is not None:
            ours = read_training_events(self._connection, training)
            fork = fork_of(ours, trained, rater=manifest.rater)
        return Arrival(
            where=sent.where,
            sha256=sha256_hex(sent.data),
            slot=self._spool.add(sent.data),
            rater=manifest.rater,
            chain_id=manifest.id,
            training_id=training.id if training else None,
            interim=file.header.interim,
            receipt=file.receipt,
            head=file.head,
            training_head=file.training_head or "",
            events=len(events),
            training_events=len(trained),
            fork=fork,
        )

    def data(self, arrival: Arrival) -> bytes:
        """Return the bytes of a file that was taken in."""
        return self._spool.load(arrival.slot)

    def file(self, arrival: Arrival) -> RatingsFile:
        """Return a file that was taken in, parsed."""
        return parse_ratings_text(self.data(arrival), where=arrival.where)

    def _refuse_impossible(
        self,
        manifest: AssignmentManifest,
        share: TrainingShare | None,
        events: Sequence[Event],
        trained: Sequence[Event],
        *,
        where: str,
    ) -> None:
        impossible = impossible_event(events, read_share(self._connection, self._study, manifest))
        if impossible is None and share is not None:
            impossible = impossible_training_event(trained, share.material, share.conversations)
        if impossible is None and share is not None:
            impossible = rated_untrained(fold_training(share.material, trained), events)
        if impossible:
            raise CheckFailedError(
                f"The file was not made by this program: {impossible}.",
                where=where,
                next_step="Nothing was merged. Ask the rater to run `rater submit` again and send that file.",
            )


def fork_of(
    ours: Sequence[Event], theirs: Sequence[Event], *, rater: str, place: str = "in the study"
) -> Fork | None:
    """Return where two chains part, or None where one goes on the other.

    Args:
        ours: One chain.
        theirs: That of a file.
        rater: Whose work it is.
        place: Where the first one stands.
    """
    number = first_difference([event.hash for event in ours], [event.hash for event in theirs])
    if number is None:
        return None
    installation = which_installation(ours, theirs, number)
    known = "" if installation == "unknown" else f" They were made on {_INSTALLATIONS[installation]}."
    return Fork(
        number=number,
        sentence=f"Two copies of {rater}'s work differ from event {number} on: {place} it is "
        f"{_said(ours, number)}, in the file it is {_said(theirs, number)}.{known}",
        installation=installation,
    )


_INSTALLATIONS = {"same": "one installation of the program", "another": "two installations of the program"}


def _said(events: Sequence[Event], number: int) -> str:
    event = events[number - 1]
    draft = event.draft
    what = [draft.kind.value, draft.dimension or "", "" if draft.level is None else f"level {draft.level}"]
    said = " ".join(part for part in [*what, f"at {event.at or 'an unknown time'}"] if part)
    return f"{said} ({len(events)} events, receipt {receipt_code(events[-1].hash)})"
