"""Training in the app, with real keys: scored, shown beside the reference, failed, repeated, passed."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.submitting import submit
from rater.tui import saver
from rater.tui.app import RaterApp
from rater.tui.screens.page import PageScreen
from rater.tui.screens.rating import RatingScreen
from rater.tui.screens.training_scoring import TrainingScreen
from tests.services.small_studies import APP, AT, SmallStudy
from tests.services.trained_studies import (
    TRAINING_ITEMS,
    WHY,
    admit_code,
    go_through,
    pass_training,
    right,
    room_of,
    trained_study,
    wrong,
)
from tests.tui.driving import NARROW, SIZES, WIDE, Sitting


@asynccontextmanager
async def opened(
    path: Path, *, rater: str | None = "R1", at: str = AT, size: tuple[int, int] = WIDE
) -> AsyncIterator[Sitting]:
    """Open the app on a study or pack, past the first screen."""
    desk = open_desk(path, rater=rater, app=APP, clock=lambda: at)
    app = RaterApp(desk)
    try:
        async with app.run_test(size=size) as pilot:
            driven = Sitting(app=app, pilot=pilot, desk=desk)
            await pilot.pause()
            await driven.press("enter")
            await pilot.pause()
            yield driven
    finally:
        desk.close()


async def score(driven: Sitting, level_of: object, *, items: int = TRAINING_ITEMS) -> None:
    """Score training items by keys, closing the page with the reference each time."""
    room = room_of(driven.desk)
    for _ in range(items):
        item = room.session.current.item_id
        for dimension in room.dimensions:
            level = right(room, item, dimension.id) if level_of is right else wrong(room, item, dimension.id)
            await driven.press(str(level))
        await driven.press("enter")
        assert isinstance(driven.app.screen, PageScreen)
        await driven.press("enter")


def fresh(small: SmallStudy, rater: str = "R1") -> RatingDesk:
    return small.desk(rater)


async def test_a_new_rater_fails_repeats_passes_and_rates(tmp_path: Path) -> None:
    """The whole way by keys; every score is in the training chain, none in the study's."""
    small = trained_study(tmp_path)
    async with opened(small.study, size=NARROW) as driven:
        assert "Training first, R1" in driven.shown()
        await driven.press("enter")
        assert isinstance(driven.app.screen, TrainingScreen)
        assert "TRAINING" in driven.shown()
        await score(driven, wrong)
        assert "attempt 1: not passed" in driven.shown()
        assert "0 of 4 as the reference" in driven.shown()
        await driven.press("enter")
        await score(driven, right)
        assert "Training passed" in driven.shown()
        assert "4 of 4 as the reference (1.000), quadratic kappa 1.000. Reached." in driven.shown()
        await driven.press("enter")
        assert type(driven.app.screen) is RatingScreen
        await driven.press("1", "2")
    desk = fresh(small)
    assert [attempt.is_finished for attempt in room_of(desk).progress.gate_attempts] == [True, True]
    assert len(desk.session.history) == 1


@pytest.mark.parametrize("size", SIZES)
async def test_the_reference_stands_beside_the_own_score(tmp_path: Path, size: tuple[int, int]) -> None:
    """After completing an item, with its explanation; the item is closed then."""
    small = trained_study(tmp_path)
    async with opened(small.study, size=size) as driven:
        await driven.press("enter")
        room = room_of(driven.desk)
        item = room.session.current.item_id
        first = room.dimensions[0]
        await driven.press(str(wrong(room, item, first.id)))
        await driven.press(str(right(room, item, room.dimensions[1].id)))
        await driven.press("enter")
        shown = driven.shown()
        assert f"You       {wrong(room, item, first.id)} l" in shown
        assert f"Reference {right(room, item, first.id)} l" in shown
        assert "not the same" in shown
        assert "   the same" in shown
        assert "Enter goes on" in shown
        assert f"{WHY} is of level {right(room, item, first.id)}" in shown
        await driven.press("enter", "p")
        assert size != WIDE or "completed, and closed" in driven.shown()
        await driven.press(str(right(room, item, first.id)))
        assert "its reference was shown" in driven.message


async def test_references_can_be_read_again_at_any_time(tmp_path: Path) -> None:
    """In the middle of rating: a list, and one page an item with text, own score and reference."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1")
    async with opened(small.study) as driven:
        assert type(driven.app.screen) is RatingScreen
        await driven.press("R")
        assert "Answer practice question" in driven.shown()
        await driven.press("enter")
        assert WHY in driven.shown()
        assert "Practice answer" in driven.shown()
        await driven.press("escape")
        assert "Training items" in driven.shown()
        await driven.press("escape")
        assert type(driven.app.screen) is RatingScreen


async def test_the_answers_of_items_to_come_cannot_be_looked_up(tmp_path: Path) -> None:
    """While an attempt runs, nothing of it is shown that is not completed."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    go_through(room_of(desk), wrong)
    desk.close()
    async with opened(small.study) as driven:
        assert "attempt 1: not passed" in driven.shown()
        await driven.press("enter", "R")
        assert isinstance(driven.app.screen, TrainingScreen)
        assert "No training item is completed yet" in driven.message


async def test_after_the_last_repeat_the_admin_is_asked(tmp_path: Path) -> None:
    """No key begins another attempt; a wrong code is told, the right one opens the study's items."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    go_through(room_of(desk), wrong, wrong)
    desk.close()
    code = admit_code(small, "R1")
    async with opened(small.study) as driven:
        assert "Please ask the person who runs the study" in driven.shown()
        await driven.press("enter")
        assert "Please ask" in driven.shown()
        await driven.press("c")
        await driven.type("AAAA")
        await driven.press("enter")
        assert "not the admit code" in driven.shown()
        await driven.press("c")
        for char in code.lower():
            await driven.press("minus" if char == "-" else char)
        await driven.press("enter")
        assert type(driven.app.screen) is RatingScreen


async def test_a_refresher_comes_first_and_then_the_items(tmp_path: Path) -> None:
    """After the pause of the study: three items, whatever they come to."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1", at="2026-10-01T09:00:00.000Z")
    async with opened(small.study) as driven:
        assert "A refresher first" in driven.shown()
        await driven.press("enter")
        await score(driven, wrong, items=3)
        assert type(driven.app.screen) is RatingScreen
    assert room_of(fresh(small)).progress.state.opens


async def test_quitting_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """The next sitting goes on in the same attempt, at the same item."""
    small = trained_study(tmp_path)
    async with opened(small.study) as driven:
        await driven.press("enter")
        await score(driven, right, items=1)
        await driven.press("1", "q")
    async with opened(small.study) as driven:
        assert isinstance(driven.app.screen, TrainingScreen)
        room = room_of(driven.desk)
        assert room.session.completed_count == 1
        assert room.session.current.marks


async def test_a_pack_is_trained_in_and_handed_in(tmp_path: Path) -> None:
    """By keys in a pack, to the end of the study's items, and out as a ratings file."""
    from rater.services.packs.merging import merge_files
    from rater.services.packs.packs import write_pack
    from tests.services.small_studies import ADMIN, clock

    small = trained_study(tmp_path)
    pack = tmp_path / "R1.pack.db"
    write_pack(small.study, "R1", pack)
    async with opened(pack, rater=None) as driven:
        await driven.press("enter")
        await score(driven, wrong)
        await driven.press("enter")
        await score(driven, right)
        await driven.press("enter")
        for _ in driven.desk.session.items:
            await driven.press("1", "2", "enter")
        assert "Thank you" in driven.shown()
    done = submit(pack, rater=None, output=None, interim=False, app=APP)
    merged = merge_files(small.study, [done.path], who=ADMIN, clock=clock)[0]
    assert merged.new_training_events > 2 * 2 * TRAINING_ITEMS


async def test_the_page_waits_for_another_program_and_goes_on(tmp_path: Path) -> None:
    """A locked file neither freezes the page nor loses the step; keys pressed meanwhile come after it."""
    small = trained_study(tmp_path)
    other = sqlite3.connect(small.study, isolation_level=None)
    async with opened(small.study) as driven:
        other.execute("BEGIN IMMEDIATE")
        for key in ("enter", "right_curly_bracket"):
            driven.app.post_message(events.Key(key, None))
        while "waiting for it" not in driven.shown():
            await driven.pilot.pause()
        assert not room_of(driven.desk).progress.attempts
        other.execute("ROLLBACK")
        other.close()
        while not isinstance(driven.app.screen, TrainingScreen):
            await driven.pilot.pause()
        while "No tool was called" not in driven.message:
            await driven.pilot.pause()
        assert len(room_of(driven.desk).progress.attempts) == 1


async def test_the_page_says_what_is_not_saved_and_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a long wait the rater decides; r begins the training once the file is free."""
    monkeypatch.setattr(saver, "LONGEST_WAIT_S", 0.0)
    monkeypatch.setattr(saver, "PATIENCE_S", 0.01)
    small = trained_study(tmp_path)
    other = sqlite3.connect(small.study, isolation_level=None)
    async with opened(small.study) as driven:
        other.execute("BEGIN IMMEDIATE")
        await driven.press("enter")
        assert "Not on disk: the beginning of the training" in driven.shown()
        await driven.press("escape")
        assert "Not saved; all is as before." in driven.shown()
        await driven.press("enter")
        other.execute("ROLLBACK")
        other.close()
        await driven.press("r")
        assert isinstance(driven.app.screen, TrainingScreen)
