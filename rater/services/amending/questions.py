"""What raters asked for: the flags on their items, each with the reason the rater typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.study_store import read_study
from protocol.chain.events import EventKind
from rater.services.progress.rater_states import RaterState, rater_states


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A flag that stands."""

    at: str | None
    rater: str
    item: str
    number: int
    """Place of the item in the rater's order, as the rater sees it."""
    task: str
    text: str
    withdrawn: bool
    """The item needs no rating any more."""


def read_questions(path: Path) -> tuple[Question, ...]:
    """Return every flag that stands, the oldest first; a flag that was taken back is none.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files.
        CheckFailedError: A chain does not verify.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            states = rater_states(connection, read_study(connection))
    finally:
        close(connection)
    found = [one for state in states for one in _of_rater(state)]
    return tuple(sorted(found, key=lambda one: (one.at or "", one.rater, one.number)))


def _of_rater(state: RaterState) -> list[Question]:
    session = state.session
    return [
        Question(
            at=_flagged_at(state, assigned.item_id),
            rater=state.manifest.rater,
            item=assigned.item_id,
            number=number,
            task=assigned.task_id,
            text=text,
            withdrawn=assigned.item_id in session.set_aside,
        )
        for number, assigned in enumerate(state.manifest.items, start=1)
        if (text := session.of(assigned.item_id).flagged) is not None
    ]


def _flagged_at(state: RaterState, item: str) -> str | None:
    """Return the time of the item's last flag."""
    flags = [one for one in state.session.history.get(item, ()) if one.draft.kind is EventKind.FLAG]
    return flags[-1].at if flags else None
