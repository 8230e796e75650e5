"""Every rater's chain in a file, verified and folded."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from db.event_store import read_events
from db.item_store import read_items
from db.manifest_store import read_manifests
from db.study_store import StudyRecord
from protocol.chain.events import EventKind, Head, genesis
from protocol.chain.manifest import AssignmentManifest
from protocol.event_rules import Share
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

    @property
    def missing(self) -> tuple[str, ...]:
        """Items the rater has not completed, in id order."""
        return tuple(sorted(item for item in self.session.items if not self.session.of(item).completed))


def read_share(connection: sqlite3.Connection, study: StudyRecord, manifest: AssignmentManifest) -> Share:
    """Return everything a rater's events can be about."""
    assigned = {item.item_id for item in manifest.items}
    return Share(
        manifest=manifest,
        rubric=study.visible.rubric,
        questions=study.visible.questions,
        conversations={item.id: item.conversation for item in read_items(connection) if item.id in assigned},
    )


def rater_states(connection: sqlite3.Connection, study: StudyRecord) -> list[RaterState]:
    """Return every rater's chain, verified and folded.

    Raises:
        CheckFailedError: A chain or manifest does not verify.
    """
    states = []
    for manifest in read_manifests(connection):
        events = read_events(connection, manifest)
        session = fold_session(
            rubric=study.visible.rubric,
            items=tuple(item.item_id for item in manifest.items),
            events=events,
            asked=manifest.asked,
        )
        head = (
            Head(chain_id=manifest.id, seq=events[-1].seq, hash=events[-1].hash)
            if events
            else Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
        )
        states.append(
            RaterState(
                manifest=manifest,
                session=session,
                head=head,
                sittings=sum(event.draft.kind is EventKind.SITTING for event in events),
                last_at=events[-1].at if events else None,
            )
        )
    return states
