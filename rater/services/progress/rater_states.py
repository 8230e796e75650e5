"""Every rater's chain in a file, verified and folded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from db.amendment_store import read_amendments
from db.event_store import read_events
from db.item_store import StoredConversations
from db.manifest_store import read_manifests
from db.study_store import StudyRecord
from protocol.chain.amendment import Amendment, set_aside, told_first, told_to
from protocol.chain.events import Event, EventKind, Head, genesis
from protocol.chain.manifest import AssignmentManifest
from protocol.conversation import Conversation
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError
from protocol.event_rules import Share, impossible_event
from protocol.rubric import Rubric
from protocol.rubric_versions import rubric_history
from protocol.session import RaterSession, fold_session


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterState:
    """One rater's chain and what it comes to."""

    manifest: AssignmentManifest
    session: RaterSession
    head: Head
    sittings: int
    """How often the rater opened the app."""
    last_at: str | None
    """Time of the last event."""
    events: Sequence[Event]
    """The whole chain."""

    def without_events(self) -> RaterState:
        """Return the same without the single steps: what it comes to is a hundredth of them."""
        session = replace(self.session, history={}, undo_stack=(), redo_stack=())
        return replace(self, events=(), session=session)

    @property
    def missing(self) -> tuple[str, ...]:
        """Items that need a rating and that the rater has not completed, in id order."""
        session = self.session
        return tuple(
            sorted(
                item
                for item in session.items
                if item not in session.set_aside and not session.of(item).completed
            )
        )


def read_share(connection: sqlite3.Connection, study: StudyRecord, manifest: AssignmentManifest) -> Share:
    """Return everything a rater's events can be about."""
    return _share(study, manifest, StoredConversations(connection), read_amendments(connection))


def _share(
    study: StudyRecord,
    manifest: AssignmentManifest,
    conversations: Mapping[str, Conversation],
    amendments: Sequence[Amendment],
) -> Share:
    return Share(
        manifest=manifest,
        rubric=study.visible.rubric,
        questions=study.visible.questions,
        conversations=conversations,
        notices=frozenset(one.sha256 for one in told_to(amendments, manifest)),
        told_first=told_first(amendments, manifest),
        versions=rubric_history(study.visible.rubric, amendments),
        timing=study.visible.timing,
        installation=study.visible.installation,
    )


def rater_states(connection: sqlite3.Connection, study: StudyRecord) -> list[RaterState]:
    """Return what `each_rater_state` yields, all of it in memory."""
    return list(each_rater_state(connection, study))


def each_rater_state(connection: sqlite3.Connection, study: StudyRecord) -> Iterator[RaterState]:
    """Yield every rater's chain, verified and folded; one is in memory at a time.

    Raises:
        CheckFailedError: A chain or manifest does not verify, or says what no rater can have said.
    """
    conversations, amendments = StoredConversations(connection), read_amendments(connection)
    for manifest in read_manifests(connection):
        events = read_events(connection, manifest)
        impossible = impossible_event(events, _share(study, manifest, conversations, amendments))
        if impossible:
            raise CheckFailedError(
                f"The ratings of {manifest.rater} were not made by this program: {impossible}.",
                next_step=RESTORE_A_BACKUP,
            )
        yield state_of(manifest, events, study.visible.rubric, amendments)


def state_of(
    manifest: AssignmentManifest,
    events: Sequence[Event],
    rubric: Rubric,
    amendments: Sequence[Amendment] = (),
) -> RaterState:
    """Return what a verified chain comes to under the amendments of the study."""
    head = (
        Head(chain_id=manifest.id, seq=events[-1].seq, hash=events[-1].hash)
        if events
        else Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    )
    return RaterState(
        manifest=manifest,
        session=fold_session(
            rubric=rubric,
            items=tuple(item.item_id for item in manifest.items),
            events=events,
            asked=manifest.asked,
            set_aside=set_aside(amendments, manifest),
            rerates=rubric_history(rubric, amendments).rated_again,
            waits_unread=True,
        ),
        head=head,
        sittings=sum(event.draft.kind is EventKind.SITTING for event in events),
        last_at=events[-1].at if events else None,
        events=events,
    )
