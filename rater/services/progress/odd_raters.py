"""What is worth a question about each rater of a study: collected while the chains pass by one at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from db.connection import FileKind
from db.exchange_store import ReturnedFile, read_forks
from db.item_store import StoredConversations
from db.study_store import StudyRecord
from protocol.active_time import active_ms
from protocol.chain.events import Event
from protocol.chain.ratings_file import first_difference, parse_ratings_text, verify_events
from protocol.odd_work import (
    ItemTime,
    Odd,
    median_s,
    odd_fork,
    odd_pace,
    odd_sittings,
    others_medians,
    words_of,
)
from rater.services.progress.rater_states import RaterState


class OddRaters:
    """Takes raters one by one; what depends on the others is known once all were there."""

    def __init__(self, connection: sqlite3.Connection, study: StudyRecord) -> None:
        self._conversations = StoredConversations(connection)
        self._words: dict[str, int] = {}
        self._found: dict[str, list[Odd]] = {}
        self._times: dict[str, list[ItemTime]] = {}
        self._forks: dict[str, list[ReturnedFile]] = {}
        if study.file is FileKind.STUDY:
            for fork in read_forks(connection):
                self._forks.setdefault(fork.rater, []).append(fork)

    def look_at(self, state: RaterState) -> None:
        """Take note of a rater's sittings and times."""
        manifest = state.manifest
        found = self._found.setdefault(manifest.rater, [])
        found += odd_sittings(state.events)
        for fork in self._forks.get(manifest.rater, ()):
            where = f"a file of {manifest.rater}"
            theirs = verify_events(parse_ratings_text(fork.body, where=where), manifest, where=where)
            found += _odd_fork(state.events, theirs)
        session = state.session
        self._times[manifest.rater] = [
            ItemTime(active_ms=time_ms, words=self._words_of(item_id))
            for item_id, history in session.history.items()
            if session.of(item_id).completed and (time_ms := active_ms(history)) is not None
        ]

    def found(self) -> dict[str, tuple[Odd, ...]]:
        """Return what is odd, by rater."""
        medians = {rater: own for rater, times in self._times.items() if (own := median_s(times)) is not None}
        others = others_medians(medians)
        return {
            rater: (*found, *odd_pace(self._times[rater], others.get(rater)))
            for rater, found in self._found.items()
        }

    def _words_of(self, item_id: str) -> int:
        if item_id not in self._words:
            self._words[item_id] = words_of(self._conversations[item_id])
        return self._words[item_id]


def _odd_fork(ours: Sequence[Event], theirs: Sequence[Event]) -> Sequence[Odd]:
    number = first_difference([event.hash for event in ours], [event.hash for event in theirs])
    return () if number is None else tuple(odd_fork(ours, theirs, number))
