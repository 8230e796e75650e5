"""Answering the plain mode from a script and reading back what is on disk."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from protocol.chain.events import Event, EventDraft, EventKind
from protocol.session import ItemProgress, RaterSession
from rater.plain.dialogue import Dialogue, Pager
from rater.plain.loop import hold_sitting
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from tests.conftest import StudyFile

CLOCK = "2026-11-23T13:00:00.000Z"


def desk_of(path: Path) -> RatingDesk:
    """Open a file as R1 with a clock that stands still."""
    return open_desk(path, rater="R1", app="0", clock=lambda: CLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What was printed, and the numbers of the answers that could not be taken."""

    text: str
    refused: list[int]

    @property
    def unfolded(self) -> str:
        """What was printed, each sentence on one line."""
        return self.text.replace("\n  ", " ")


def talk(
    study: StudyFile,
    *answers: str,
    start: bool = True,
    columns: int | None = None,
    pager: Pager | None = None,
    before: Callable[[RatingDesk], object] = lambda desk: None,
) -> Talk:
    """Hold one sitting with these answers, past the first prompt unless told otherwise."""
    script = "".join(f"{answer}\n" for answer in (*([""] if start else []), *answers))
    return talk_text(study, script, columns=columns, pager=pager, before=before)


def talk_text(
    study: StudyFile,
    script: str,
    *,
    columns: int | None = None,
    pager: Pager | None = None,
    before: Callable[[RatingDesk], object] = lambda desk: None,
) -> Talk:
    """Hold one sitting with exactly this input."""
    sink = io.StringIO()
    out = Dialogue(io.StringIO(script, newline="\n"), sink, columns=columns, pager=pager)
    desk = desk_of(study.path)
    try:
        before(desk)
        hold_sitting(desk, out)
    finally:
        desk.close()
    return Talk(text=sink.getvalue(), refused=out.refused)


def copied(study: StudyFile, name: str) -> StudyFile:
    """Return a copy of a study: building one takes much longer."""
    path = study.path.with_name(name)
    shutil.copy(study.path, path)
    return replace(study, path=path)


def events_on_disk(study: StudyFile) -> list[Event]:
    """Return all events of the file; reading them verifies the chain."""
    desk = desk_of(study.path)
    try:
        return desk.events
    finally:
        desk.close()


def drafts_on_disk(study: StudyFile) -> list[EventDraft]:
    """Return what every event says, without the time it took."""
    return [replace(event.draft, elapsed_ms=None) for event in events_on_disk(study)]


def kinds_on_disk(study: StudyFile) -> list[EventKind]:
    """Return the kinds of all events in order."""
    return [event.draft.kind for event in events_on_disk(study)]


def session_on_disk(study: StudyFile) -> RaterSession:
    """Return the session that the file holds."""
    desk = desk_of(study.path)
    try:
        return desk.session
    finally:
        desk.close()


def item_on_disk(study: StudyFile, number: int = 0) -> ItemProgress:
    """Return what the file holds on an item, counted from 0."""
    return session_on_disk(study).of(study.items[number].id)
