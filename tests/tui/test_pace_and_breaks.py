"""Pace, time left, idle time and the reminder of a break, as the rater sees them and as they are stored."""

from __future__ import annotations

import itertools

import pytest

from protocol.active_time import active_ms
from rater.services.sitting.opening import open_desk
from rater.settings import Settings
from rater.tui.app import RaterApp
from tests.conftest import BuildStudy, make_items
from tests.plain.talking import talk
from tests.tui.driving import CLOCK, Sitting, on_disk, sitting, text_of


async def test_pace_stands_on_every_page_that_says_where_the_work_is(build_study: BuildStudy) -> None:
    """After five items: in the status line, above the list, on the first page, in the plain mode."""
    study = build_study(items=make_items(12))
    seconds = itertools.count(0.0, 10.0)
    desk = open_desk(
        study.path, rater="R1", app="0", clock=lambda: CLOCK, monotonic=lambda: float(next(seconds))
    )
    app = RaterApp(desk)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("enter")
        for _ in range(5):
            assert " left" not in text_of(app).splitlines()[0]
            await pilot.press("1", "2", "enter")
        await pilot.pause()
        assert "about" in text_of(app).splitlines()[0]
        assert "left" in text_of(app).splitlines()[0]
        await pilot.press("i")
        assert "an item, about" in text_of(app)
    desk.close()
    async with sitting(study, start=False) as again:
        assert "Pace" in again.shown()
        assert "an item, about" in again.shown()
    assert "5 completed. About " in talk(study).unfolded


async def test_idle_time_is_left_out_of_what_is_stored(build_study: BuildStudy) -> None:
    """An hour away without a key counts three minutes; the time on the screen is kept as well."""
    study = build_study(items=make_items(1))
    now = [0.0]
    desk = open_desk(study.path, rater="R1", app="0", clock=lambda: CLOCK, monotonic=lambda: now[0])
    app = RaterApp(desk)
    async with app.run_test() as pilot:
        await pilot.press("enter")
        now[0] = 3600.0
        await pilot.press("1", "2", "enter")
        await pilot.pause()
    desk.close()
    history = on_disk(study).history[study.items[0].id]
    assert history[-1].draft.elapsed_ms == 3_600_000
    assert history[-1].draft.active_ms == 180_000
    assert active_ms(history) == 180_000


@pytest.mark.parametrize("minutes", [30, 0])
async def test_a_break_is_suggested_between_items_and_blocks_nothing(
    build_study: BuildStudy, minutes: int
) -> None:
    """In the line of messages, when the next item comes up, once; never where it is switched off."""
    now = [0.0]
    settings = Settings(break_after_min=minutes)
    async with sitting(build_study(), settings=settings, monotonic=lambda: now[0]) as app:
        assert "break" not in app.message
        await work_until(app, now, 1900.0)
        await app.press("n")
        assert ("32 minutes without a break" in app.message) is bool(minutes)
        assert ("Everything is saved." in app.message) is bool(minutes)
        await app.press("n")
        assert "break" not in app.message


async def work_until(app: Sitting, now: list[float], end: float) -> None:
    """Press a key every few minutes."""
    while now[0] < end:
        now[0] = min(end, now[0] + 200.0)
        await app.press("j")
