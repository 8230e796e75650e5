"""One rater in training: the desk of the rating app over the training items and their chain.

It is a rating desk, so that the same screens score the same way. What it writes goes into the
training chain alone; the session in view is that of the attempt that began last.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from db.amendment_store import read_amendments
from db.connection import sentences
from db.study_store import StudyRecord
from db.training_store import (
    append_training_event,
    read_training_events,
    read_training_head,
    read_training_items,
)
from protocol.amendment_words import Ruling, rulings_in_training
from protocol.chain.amendment import Amendment
from protocol.chain.events import Event, EventDraft, EventKind, Head
from protocol.chain.identifiers import Clock, Entropy
from protocol.chain.manifest import AssignedItem, AssignmentManifest
from protocol.errors import InvalidInputError, UsageError, WrongStateError
from protocol.item import Item
from protocol.session import ItemProgress, RaterSession
from protocol.training.attempts import Attempt, TrainingSession, fold_training, order_of
from protocol.training.event_rules import why_not_next_in_training
from protocol.training.reference import References
from protocol.training.training_manifest import admission_sha256
from protocol.visible import VisibleProtocol
from rater.services.progress.training_states import TrainingShare
from rater.services.sitting.rating import RatingDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgain:
    """A training item whose references may be read."""

    number: int
    """The same for all raters and for the admin, whatever the order of an attempt."""
    item: Item


class TrainingDesk(RatingDesk):
    """An open file with one rater's training.

    Args:
        share: What the rater is trained on.
        assignment: The rater's assignment manifest.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        share: TrainingShare,
        assignment: AssignmentManifest,
        study: StudyRecord,
        app: str,
        entropy: Entropy,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._share = share
        self._assignment = assignment
        self._training_manifest = share.material.manifest
        self.progress = TrainingSession(material=share.material)
        """The whole training; `session` is its current attempt."""
        with sentences(None):
            self._items = {one.item.id: one.item for one in read_training_items(connection)}
            self._told = read_amendments(connection)
            """Amendments of the study; a pack has those that concern its rater."""
        super().__init__(
            connection,
            manifest=share.material.manifest,
            study=study,
            app=app,
            entropy=entropy,
            clock=clock,
            monotonic=monotonic,
        )

    @property
    def events(self) -> list[Event]:
        """The rater's training chain, read from the file and verified."""
        with sentences(None):
            return read_training_events(self._connection, self._training_manifest)

    @property
    def visible(self) -> VisibleProtocol:
        """What a rater may know of the study; no question is asked in training."""
        visible = self._study.visible
        return replace(visible, name=f"TRAINING · {visible.name}", questions=())

    def rulings(self, dimension: str) -> tuple[Ruling, ...]:
        """Return what was ruled and amended since seeding, for the guide of a dimension."""
        return rulings_in_training(dimension, self._told, self._study.visible.rubric)

    @property
    def attempt(self) -> Attempt | None:
        """The attempt or refresher that began last."""
        return self.progress.current

    def references(self, item_id: str) -> References:
        """Return the references of a training item."""
        return self._share.material.references[item_id]

    def open_references(self) -> tuple[ReadAgain, ...]:
        """Return the items whose references may be read now: while an attempt runs, those completed in it."""
        attempt, training = self.attempt, self.progress
        runs = attempt is not None and not attempt.is_finished
        # Who was let in amid an attempt, or before one, does not go on with it.
        runs = runs and (not training.state.opens or training.is_open_refresher)
        if attempt is None and not training.state.opens:
            return ()
        return tuple(
            ReadAgain(number=number, item=self._items[one.item_id])
            for number, one in enumerate(self.manifest.items, start=1)
            if not runs or self.session.of(one.item_id).completed
        )

    def last_progress(self, item_id: str) -> ItemProgress:
        """Return what the rater said of a training item when it was last completed."""
        for attempt in reversed(self.progress.attempts):
            progress = attempt.session.of(item_id)
            if progress.completed:
                return progress
        return ItemProgress(item_id=item_id)

    def begin_attempt(self) -> None:
        """Begin an attempt at the gate.

        Raises:
            InvalidInputError: None is allowed now.
        """
        self.record(EventDraft(kind=EventKind.ATTEMPT))

    def begin_refresher(self) -> None:
        """Begin a refresher.

        Raises:
            InvalidInputError: The study's items are not open, or one is begun already.
        """
        self.record(EventDraft(kind=EventKind.REFRESHER))

    def admit(self, code: str) -> None:
        """Let the rater in with the code the admin gave.

        Raises:
            UsageError: It is another code.
        """
        if not self.knows(code):
            raise UsageError(
                "This is not the admit code of your training.",
                next_step="Type it as the person who runs the study gave it, with its dashes.",
            )
        self.record(EventDraft(kind=EventKind.ADMIT, reason=_plain(code)))

    def knows(self, code: str) -> bool:
        """Whether a code is the one that lets this rater in."""
        manifest = self._training_manifest
        return admission_sha256(manifest.id, _plain(code)) == manifest.admission_sha256

    def _assigned(self, position: int) -> AssignedItem:
        item_id = self.session.items[position]
        return next(one for one in self.manifest.items if one.item_id == item_id)

    def _read(self, assigned: AssignedItem) -> Item:
        return self._items[assigned.item_id]

    def _read_head(self) -> Head:
        return read_training_head(self._connection, self._training_manifest)

    def _read_amendments(self) -> tuple[Amendment, ...]:
        return ()  # they are read before the items they are about

    def _append(self, event: Event) -> None:
        append_training_event(self._connection, event)

    def _fold(self, events: Sequence[Event]) -> RaterSession:
        self.progress = fold_training(self._share.material, events)
        return self._current_session()

    def _advance(self, event: Event) -> RaterSession:
        self.progress = self.progress.with_event(event)
        return self._current_session()

    def _current_session(self) -> RaterSession:
        attempt = self.attempt
        if attempt is not None:
            return attempt.session
        return RaterSession(
            rubric=self._study.visible.rubric, items=order_of(self._training_manifest, 1), progress={}
        )

    def _refuse_impossible(self, event: Event) -> None:
        why = why_not_next_in_training(event, self.progress, self._share.conversations)
        if why is not None:
            raise InvalidInputError(f"This cannot be recorded: it {why}.", next_step="Please report this.")

    def _refuse_final(self, draft: EventDraft) -> None:
        if self.session.is_closed_for(draft):
            raise WrongStateError(
                "This training item is closed: its reference was shown.",
                next_step="Go on with the next one.",
            )

    def _owner(self) -> AssignmentManifest:
        return self._assignment


def _plain(code: str) -> str:
    return code.strip().upper()
