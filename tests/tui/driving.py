"""Pressing keys in the rating app and reading back what is on disk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from protocol.chain.events import Event, EventKind
from protocol.session import ItemProgress, RaterSession
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from rater.settings import Settings
from rater.tui.app import RaterApp
from rater.tui.screens.rating import RatingScreen
from rater.tui.widgets.lines import InfoLine
from tests.conftest import StudyFile

WIDE = (100, 30)
NARROW = (80, 24)
SIZES = [WIDE, NARROW]
CLOCK = "2026-11-23T13:00:00.000Z"


def desk_of(path: Path, rater: str | None = "R1") -> RatingDesk:
    """Open a file with a clock that stands still."""
    return open_desk(path, rater=rater, app="0", clock=lambda: CLOCK)


@dataclass
class Sitting:
    """An app that is being driven."""

    app: RaterApp
    pilot: Pilot[int]
    desk: RatingDesk

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each done with before the next."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text into the field that has the focus."""
        await self.press(*("space" if char == " " else char for char in text))

    @property
    def screen(self) -> RatingScreen:
        """The rating screen, on top or below a dialogue."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, RatingScreen))

    @property
    def message(self) -> str:
        """What the app says."""
        return next(iter(self.screen.query(InfoLine))).message

    def shown(self) -> str:
        """Return the whole terminal as text."""
        return text_of(self.app)


def text_of(app: RaterApp) -> str:
    """Return what stands on the terminal, row by row."""
    size = app.size
    return "\n".join(
        "".join(segment.text for segment in line).rstrip()
        for line in app.screen._compositor.render_strips(size)
    )


@asynccontextmanager
async def sitting(
    study: StudyFile,
    *,
    size: tuple[int, int] = WIDE,
    start: bool = True,
    settings: Settings | None = None,
    remember: Callable[[str], None] | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Sitting]:
    """Open the app on a study file as R1, past the first screen unless told otherwise."""
    desk = desk_of(study.path)
    app = RaterApp(desk, settings=settings, remember=remember, monotonic=monotonic)
    try:
        async with app.run_test(size=size) as pilot:
            driven = Sitting(app=app, pilot=pilot, desk=desk)
            await pilot.pause()
            if start:
                await driven.press("enter")
            yield driven
    finally:
        desk.close()


def on_disk(study: StudyFile) -> RaterSession:
    """Return the session that the file holds."""
    desk = desk_of(study.path)
    try:
        return desk.session
    finally:
        desk.close()


def item_on_disk(study: StudyFile, number: int = 0) -> ItemProgress:
    """Return what the file holds on an item, counted from 0."""
    return on_disk(study).of(study.items[number].id)


def kinds_on_disk(study: StudyFile) -> list[EventKind]:
    """Return the kinds of all events of all items, in the order they were written."""
    events: list[Event] = [event for history in on_disk(study).history.values() for event in history]
    return [event.draft.kind for event in sorted(events, key=lambda event: event.seq)]
