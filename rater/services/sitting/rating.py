"""One rater at work on one file: what is shown, what was said, and the write that makes it last.

The rating app and the plain mode stand on this. It reaches nothing that knows an origin.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from db.amendment_store import read_amendments
from db.connection import (
    FileKind,
    close,
    path_of,
    patience,
    sentences,
    writing,
)
from db.event_store import append_event, read_events, read_head
from db.exchange_store import is_pack_out
from db.item_store import read_item
from db.study_store import StudyRecord, StudyState, read_state
from protocol.active_time import ActivityClock
from protocol.chain.events import (
    INSTALLATION,
    Event,
    EventDraft,
    EventKind,
    Head,
    installation_mark,
    make_event,
)
from protocol.chain.identifiers import Clock, Entropy
from protocol.chain.manifest import AssignedItem, AssignmentManifest
from protocol.errors import (
    RESTORE_A_BACKUP,
    CheckFailedError,
    InvalidInputError,
    StorageError,
    WrongStateError,
)
from protocol.item import Item
from protocol.kind_words import KindWords, words_of
from protocol.rating_words import WITHDRAWN, reopened_for
from protocol.rubric import Dimension
from protocol.rubric_versions import RubricHistory, rubric_history
from protocol.session import RaterSession, fold_session
from protocol.timing import recorded_at
from protocol.visible import VisibleProtocol

# A rater waits for the first page: what only amendments, training or a write need is imported there.
if TYPE_CHECKING:
    from protocol.amendment_words import Notice, Ruling
    from protocol.chain.amendment import Amendment
    from protocol.training.steps import TrainingStep
    from rater.services.sitting.training_desk import TrainingDesk


class RatingDesk:
    """An open study file or pack with one rater's session.

    Every change goes through `record`, which returns only after the event is on disk.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        manifest: AssignmentManifest,
        study: StudyRecord,
        app: str,
        entropy: Entropy,
        clock: Clock,
        monotonic: Callable[[], float],
        installation: bytes | None = None,
    ) -> None:
        self._connection = connection
        self.manifest = manifest
        self._study = study
        self._app = app
        self._entropy = entropy
        self._clock = clock
        self._monotonic = monotonic
        self._installation = installation
        self._activity = ActivityClock()
        self.held: EventDraft | None = None
        """A text that is being typed: recorded if the sitting ends before it is saved or dropped."""
        rubric = study.visible.rubric
        if manifest.rubric_sha256 != rubric.sha256:
            raise CheckFailedError(
                "The rubric in the file is not the one this rater's work was assigned with.",
                next_step=RESTORE_A_BACKUP,
            )
        self._amendments = self._read_amendments()
        self._versions: RubricHistory = rubric_history(rubric, self._amendments)
        events = self.events
        self.head = self._read_head()
        """The end of the chain."""
        self.saved_at: str | None = events[-1].at if events else None
        """Time of the last event that is on disk; of another sitting only where the study records it."""
        self.session: RaterSession = self._fold(events)
        """What holds now; replaced, never changed, by `record`."""
        self.training: TrainingDesk | None = None
        """The rater's training, where the study has one; this desk records nothing before it is passed."""

    @property
    def events(self) -> list[Event]:
        """The rater's chain, read from the file and verified."""
        with sentences(None):
            return read_events(self._connection, self.manifest)

    @property
    def rater(self) -> str:
        """The rater's code."""
        return self.manifest.rater

    @property
    def visible(self) -> VisibleProtocol:
        """What a rater may know of the study, with the rubric as the rater has read it."""
        return replace(self._study.visible, rubric=self.session.rubric)

    @property
    def words(self) -> KindWords:
        """What this kind of study calls its things."""
        return words_of(self._study.kind)

    @property
    def is_pack(self) -> bool:
        """Whether the file is a pack, rated away from the study."""
        return self._study.file.value == "pack"

    @property
    def pack_path(self) -> Path | None:
        """Where the file lies if it is a pack."""
        return path_of(self._connection) if self.is_pack else None

    @property
    def pack_name(self) -> str | None:
        """Name of the file if it is a pack: what `rater submit` is given."""
        return path_of(self._connection).name if self.is_pack else None

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The rubric's dimensions in this rater's order."""
        return tuple(self.visible.rubric.dimension(name) for name in self.manifest.dimensions)

    def item(self, position: int) -> Item:
        """Return the item at a position of the rater's order, checked against its hash."""
        return self._read(self._assigned(position))

    @property
    def next_step(self) -> TrainingStep:
        """What the rater does next: training as far as the study has one, then its items."""
        from protocol.training.steps import TrainingStep, next_step

        training = self.training
        if training is None:
            return TrainingStep.RATE
        times = [at for at in (self.saved_at, training.saved_at) if at is not None]
        return next_step(
            training.progress,
            has_work=not (self.session.is_finished or self.session.submitted),
            last_at=max(times, default=None),
            now=self._clock(),
        )

    @property
    def unread(self) -> tuple[Amendment, ...]:
        """Amendments that concern the rater and were not read yet; none once the work was handed in."""
        if self.session.submitted:
            return ()
        return tuple(one for one in self._amendments if one.sha256 not in self.session.noticed)

    def notice(self, amendment: Amendment) -> Notice:
        """Return what the rater is told about an amendment."""
        from protocol.amendment_words import notice_of

        return notice_of(amendment, self._owner(), self.visible.rubric)

    def rulings(self, dimension: str) -> tuple[Ruling, ...]:
        """Return the rulings on a dimension, for its guide."""
        from protocol.amendment_words import rulings_on

        return rulings_on(dimension, self._amendments)

    def mark_read(self, amendment: Amendment) -> RaterSession:
        """Record that the rater read an amendment; one of the rubric holds from here on."""
        self.record(EventDraft(kind=EventKind.NOTICE, shown_sha256=amendment.sha256))
        rubric = self._versions.read_by(self.session.noticed).rubric
        if rubric != self.session.rubric:
            self.session = replace(self.session, rubric=rubric)
        return self.session

    # What the desk of a training does on items and a chain of its own.

    def _assigned(self, position: int) -> AssignedItem:
        return self.manifest.items[position]

    def _read_head(self) -> Head:
        return read_head(self._connection, self.manifest)

    def _read_amendments(self) -> tuple[Amendment, ...]:
        with sentences(None):
            found = read_amendments(self._connection)
            if not found:
                return ()
            from protocol.chain.amendment import told_to

            return told_to(found, self.manifest)

    def _set_aside(self) -> frozenset[str]:
        if not self._amendments:
            return frozenset()
        from protocol.chain.amendment import set_aside

        return set_aside(self._amendments, self.manifest)

    def _told_first(self) -> dict[str, str]:
        if not self._amendments:
            return {}
        from protocol.chain.amendment import told_first

        return told_first(self._amendments, self.manifest)

    def _append(self, event: Event) -> None:
        append_event(self._connection, event)

    def _fold(self, events: Sequence[Event]) -> RaterSession:
        read = {event.draft.shown_sha256 or "" for event in events if event.draft.kind is EventKind.NOTICE}
        return fold_session(
            rubric=self._versions.read_by(read).rubric,
            items=tuple(item.item_id for item in self.manifest.items),
            events=events,
            asked=self.manifest.asked,
            set_aside=self._set_aside(),
            rerates=self._versions.rated_again,
            waits_unread=True,
        )

    def _advance(self, event: Event) -> RaterSession:
        return self.session.with_event(event)

    def _owner(self) -> AssignmentManifest:
        """Return the manifest a pack is handed out by."""
        return self.manifest

    def _read(self, assigned: AssignedItem) -> Item:
        with sentences(None):
            return read_item(self._connection, assigned.item_id, shown_sha256=assigned.shown_sha256)

    def record(self, draft: EventDraft) -> RaterSession:
        """Put an event on disk and return the session with it.

        Raises:
            StorageError: It could not be saved; the session is as before.
            WrongStateError: The study was locked or a pack went out meanwhile, or the item is closed.
        """
        self._refuse_final(draft)
        timing = self.visible.timing
        if draft.elapsed_ms is None and draft.item_id is not None and timing == "full":
            now = self._monotonic()
            draft = replace(
                draft,
                elapsed_ms=self._activity.elapsed_ms(now),
                active_ms=self._activity.active_ms(now),
            )
        with writing(self._connection):
            if read_state(self._connection) is not StudyState.OPEN:
                raise WrongStateError(
                    "The study was locked while you were rating: ratings are final.",
                    next_step="Ask the person who runs the study. Nothing you had saved is lost.",
                )
            refuse_pack_out(self._connection, self._study, self._owner())
            if draft.kind is EventKind.SUBMIT and len(self._read_amendments()) != len(self._amendments):
                raise WrongStateError(
                    "The study was amended while you were rating: you may have got further items.",
                    next_step="Close this window, open the file again and read what is new.",
                )
            if self._read_head() != self.head:
                raise StorageError(
                    f"{self.rater} is being rated in another window at the same time.",
                    next_step="Close the other window, then open this one again. Nothing saved is lost.",
                )
            now_at = self._clock()
            event = make_event(
                draft,
                head=self.head,
                rubric_sha256=self._versions.read_by(self.session.noticed).sha256,
                app=self._app,
                at=recorded_at(now_at, timing),
                entropy=self._entropy,
            )
            self._refuse_impossible(event)
            self._append(event)
        self.head = Head(chain_id=event.chain_id, seq=event.seq, hash=event.hash)
        self.saved_at = now_at
        self.session = self._advance(event)
        return self.session

    def show(self, position: int) -> RaterSession:
        """Record that the item at a position came on the screen, and start its clock."""
        assigned = self._assigned(position)
        session = self.record(
            EventDraft(kind=EventKind.SHOW, item_id=assigned.item_id, shown_sha256=assigned.shown_sha256)
        )
        self._activity.show(self._monotonic())
        return session

    def note_activity(self) -> None:
        """Take note that the rater is there: a key was pressed, whatever it does."""
        self._activity.note_activity(self._monotonic())

    def patience(self, seconds: float) -> AbstractContextManager[None]:
        """Give up sooner on a file that another program is writing to: who calls tries again."""
        return patience(self._connection, seconds)

    def start_sitting(self) -> RaterSession:
        """Record that the rater opened the app."""
        secret = self._installation if self.visible.installation else None
        texts = {} if secret is None else {INSTALLATION: installation_mark(secret, self.manifest.id)}
        return self.record(EventDraft(kind=EventKind.SITTING, texts=texts))

    def _refuse_impossible(self, event: Event) -> None:
        """Keep out what every reader of the chain would stumble over: nothing is ever deleted from it."""
        from protocol.event_rules import Share, why_not_next

        draft = event.draft
        place = self.session.positions.get(draft.item_id or "")
        shown = None if place is None else self._assigned(place)
        quoted = draft.kind is EventKind.QUOTE and shown is not None
        share = Share(
            manifest=self.manifest,
            rubric=self.visible.rubric,
            questions=self.visible.questions,
            conversations={shown.item_id: self._read(shown).conversation} if quoted and shown else {},
            notices=frozenset(one.sha256 for one in self._amendments),
            told_first=self._told_first(),
            versions=self._versions,
            timing=self.visible.timing,
            installation=self.visible.installation,
        )
        why = why_not_next(event, self.session, share)
        if why is not None:
            raise InvalidInputError(f"This cannot be recorded: it {why}.", next_step="Please report this.")

    def _refuse_final(self, draft: EventDraft) -> None:
        if self.training is not None and not self.training.progress.state.opens:
            raise WrongStateError(
                f"The study's items are not open: the training is {self.training.progress.state}.",
                next_step="Open the file in the rating app: the training comes first.",
            )
        if self.session.submitted:
            raise WrongStateError(
                "These ratings were handed in: they no longer change.",
                next_step="Ask the person who runs the study if something in them is wrong.",
            )
        if draft.item_id is not None and any(one.texts is not None for one in self.unread):
            raise WrongStateError(
                "The rubric was amended, and what changed was not read yet.",
                next_step="Open the file again: what changed is shown first.",
            )
        if self.session.is_closed_for(draft) and draft.item_id in self.session.set_aside:
            raise WrongStateError(
                WITHDRAWN,
                next_step="Go on with another item.",
            )
        if self.session.is_closed_for(draft) and not self.session.is_closed(draft.item_id or ""):
            raise WrongStateError(reopened_for(self.session, draft.item_id or ""))
        if self.session.is_closed_for(draft):
            raise WrongStateError(
                "This item is closed: its guess question was asked, so its rating can no longer change.",
                next_step="Tell the person who runs the study if it should.",
            )

    def open_training(self) -> None:
        """Read the rater's training, over the same open file.

        Raises:
            CheckFailedError: Its material or chain does not verify.
        """
        from rater.services.progress.training_states import read_training_share
        from rater.services.sitting.training_desk import TrainingDesk

        self.training = TrainingDesk(
            self._connection,
            share=read_training_share(self._connection, self._study, self.manifest),
            assignment=self.manifest,
            study=self._study,
            app=self._app,
            entropy=self._entropy,
            clock=self._clock,
            monotonic=self._monotonic,
        )

    def close(self) -> None:
        """Close the file so that nothing of it stays in side files; what is held is recorded first.

        Raises:
            BlindraterError: What was held could not be recorded; the file is closed all the same.
        """
        try:
            self.record_held()
        finally:
            close(self._connection)

    def record_held(self) -> bool:
        """Record a text that was being typed when the sitting ended; answer whether there was one.

        Raises:
            BlindraterError: It could not be recorded.
        """
        found = [desk for desk in (self.training, self) if desk is not None and desk.held is not None]
        for desk in found:
            draft, desk.held = desk.held, None
            if draft is not None:
                desk.record(draft)
        return bool(found)


def refuse_pack_out(connection: sqlite3.Connection, study: StudyRecord, manifest: AssignmentManifest) -> None:
    """Refuse to rate in the study file while a pack is out: two copies at work become a fork."""
    if study.file is FileKind.STUDY and is_pack_out(connection, manifest.id):
        raise WrongStateError(
            f"A pack of {manifest.rater} is out: these ratings are made in the pack.",
            next_step="Rate in the pack, or take it back with `rater-admin pack --recall`.",
        )
