"""The adjudicator at work: what is shown of a disagreement, and the write that makes a decision last.

The screen and the plain mode stand on this. It reaches nothing that knows an origin, and what it gives out
of an opinion has no rater in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from db.adjudication_store import append_adjudication_event, read_adjudication_head
from db.amendment_store import read_amendments
from db.connection import close, patience, sentences, writing
from db.item_store import read_item
from db.study_store import StudyRecord, StudyState, read_study
from protocol.adjudication.plan import AdjudicationPlan
from protocol.adjudication.queue import Cell, CellId, Opinion
from protocol.adjudication.session import AdjudicationSession, why_not_next_step
from protocol.amendment_words import Ruling, rulings_on
from protocol.chain.events import EventDraft, EventKind, make_event
from protocol.chain.identifiers import Clock, Entropy
from protocol.errors import InvalidInputError, StorageError, WrongStateError
from protocol.item import Item
from protocol.rubric import Dimension, Rubric
from protocol.timing import recorded_at
from protocol.visible import VisibleProtocol

SIDES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
"""What opinions are called: a place on the screen that is drawn for each cell, and no person."""


def side_name(place: int) -> str:
    """Return what the opinion at a place is called."""
    return SIDES[place] if place < len(SIDES) else f"number {place + 1}"


class AdjudicationDesk:
    """An open study file with the adjudicator's session.

    Every change goes through `record`, which returns only after the event is on disk.

    Args:
        connection: The study file, open for writing.
        study: What it says of itself.
        session: What was decided before.
        cells: The disagreements, in any order.
        rubric: What is decided by.
        shown: Hash of the text of every item in them.
        app: Version of the program.
        entropy: Source of salts.
        clock: Wall clock.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        study: StudyRecord,
        plan: AdjudicationPlan,
        session: AdjudicationSession,
        cells: Sequence[Cell],
        rubric: Rubric,
        shown: Mapping[str, str],
        app: str,
        entropy: Entropy,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._study = study
        self.plan = plan
        self.session = session
        """What holds now; replaced, never changed, by `record`."""
        self._opinions: dict[CellId, Mapping[str, Opinion]] = {
            cell.id: {one.chain: one for one in cell.opinions} for cell in cells
        }
        self._shown = shown
        self.rubric = rubric
        """What is decided by: the rubric as it was amended last."""
        self._amendments = read_amendments(connection)
        self._app = app
        self._entropy = entropy
        self._clock = clock
        self.saved_at: str | None = session.events[-1].at if session.events else None
        """Time of the last event that is on disk."""

    @property
    def visible(self) -> VisibleProtocol:
        """What may be known of the study while it is blinded."""
        return self._study.visible

    @property
    def adjudicator(self) -> str:
        """The adjudicator's code."""
        return self.session.manifest.rater

    @property
    def places(self) -> int:
        """How many disagreements there are."""
        return len(self.session.manifest.cells)

    def cell(self, place: int) -> CellId:
        """Return the cell at a place of the queue."""
        return self.session.manifest.cells[place].id

    def dimension(self, place: int) -> Dimension:
        """Return the dimension at a place of the queue."""
        return self.rubric.dimension(self.cell(place).dimension)

    def item(self, place: int) -> Item:
        """Return the item at a place of the queue, checked against its hash."""
        item_id = self.cell(place).item_id
        with sentences(None):
            return read_item(self._connection, item_id, shown_sha256=self._shown[item_id])

    def opinions(self, place: int) -> tuple[Opinion, ...]:
        """Return the opinions on a cell in the order that was drawn for it."""
        queued = self.session.manifest.cells[place]
        return tuple(self._opinions[queued.id][chain] for chain in queued.chains)

    def rulings(self, dimension: str) -> tuple[Ruling, ...]:
        """Return the rulings on a dimension that raters were told, for its guide."""
        return rulings_on(dimension, self._amendments)

    def patience(self, seconds: float) -> AbstractContextManager[None]:
        """Give up sooner on a file that another program is writing to: who calls tries again."""
        return patience(self._connection, seconds)

    def start_sitting(self) -> AdjudicationSession:
        """Record that the adjudicator began to work."""
        return self.record(EventDraft(kind=EventKind.SITTING))

    def record(self, draft: EventDraft) -> AdjudicationSession:
        """Put an event on disk and return the session with it.

        Raises:
            StorageError: It could not be saved; the session is as before.
            WrongStateError: The study was unlocked, or the adjudication ended meanwhile.
        """
        manifest = self.session.manifest
        with writing(self._connection):
            study = read_study(self._connection)
            if study.state is not StudyState.LOCKED or study.lock_code != manifest.lock_code:
                raise WrongStateError(
                    "The adjudication ended while you were at it, or the study was unlocked.",
                    next_step="Ask the person who runs the study. Nothing you had saved is lost.",
                )
            if read_adjudication_head(self._connection, manifest) != self.session.head:
                raise StorageError(
                    f"{self.adjudicator} works in another window at the same time.",
                    next_step="Close the other window, then open this one again. Nothing saved is lost.",
                )
            now = self._clock()
            event = make_event(
                draft,
                head=self.session.head,
                rubric_sha256=manifest.rubric_sha256,
                app=self._app,
                at=recorded_at(now, self.visible.timing),
                entropy=self._entropy,
            )
            why = why_not_next_step(event, self.session, rubric=self.rubric, plan=self.plan)
            if why is not None:
                raise InvalidInputError(
                    f"This cannot be recorded: it {why}.", next_step="Please report this."
                )
            append_adjudication_event(self._connection, event)
        self.saved_at = now
        self.session = self.session.with_event(event)
        return self.session

    def close(self) -> None:
        """Close the file so that nothing of it stays in side files."""
        close(self._connection)
