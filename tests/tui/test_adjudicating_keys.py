"""The adjudicator's screen under real keys, with what is on disk afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot

from protocol.adjudication.session import AdjudicationSession
from rater.services.adjudication.adjudicating import read_adjudication
from rater.services.adjudication.adjudication_desk import AdjudicationDesk
from rater.services.doors.doors import unlock_study
from rater.tui import saver
from rater.tui.adjudication_app import AdjudicationApp
from rater.tui.widgets.lines import InfoLine
from tests.services.adjudicated_studies import (
    SECRET_NOTE,
    decide_all,
    locked_apart,
    open_adjudicator,
    rate_apart,
    seed_adjudicated,
)
from tests.services.small_studies import ADMIN, SmallStudy, clock, lock_small
from tests.tui.driving import NARROW, SIZES, WIDE
from tests.tui.terminal import Terminal


@dataclass
class Work:
    """An app that is being driven."""

    app: AdjudicationApp
    pilot: Pilot[int]
    desk: AdjudicationDesk

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def message(self) -> str:
        return next(iter(self.app.screen.query(InfoLine))).message

    def shown(self) -> str:
        return "\n".join(
            "".join(segment.text for segment in line).rstrip()
            for line in self.app.screen._compositor.render_strips(self.app.size)
        )


@asynccontextmanager
async def working(small: SmallStudy, size: tuple[int, int] = WIDE) -> AsyncIterator[Work]:
    desk = open_adjudicator(small)
    app = AdjudicationApp(desk)
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Work(app=app, pilot=pilot, desk=desk)
    finally:
        desk.close()


def on_disk(small: SmallStudy) -> AdjudicationSession:
    """Return the session that the file holds."""
    session = read_adjudication(small.study).session
    assert session is not None
    return session


@pytest.mark.parametrize("size", SIZES)
async def test_both_opinions_stand_side_by_side_without_names(tmp_path: Path, size: tuple[int, int]) -> None:
    """Anchors, both levels, both quotes; no rater, condition or note, in either layout."""
    small = locked_apart(tmp_path)
    async with working(small, size) as work:
        for _ in range(work.desk.places):
            shown = work.shown()
            assert all(f"Anchor {level}." in shown for level in range(4))
            assert "first" in shown
            assert "second" in shown
            for secret in ("R1", "R2", "R3", "canary", "checks", SECRET_NOTE):
                assert secret not in shown
            await work.press("n")
        assert "last disagreement" in work.message


async def test_a_digit_for_the_level_and_one_for_the_reason(tmp_path: Path) -> None:
    """Each key is on disk before the next; then the next open disagreement is there."""
    small = locked_apart(tmp_path)
    async with working(small) as work:
        first = work.desk.cell(0)
        await work.press("2")
        assert on_disk(small).of(first).level == 2
        assert "Why did they differ?" in work.shown()
        assert not on_disk(small).of(first).whole
        await work.press("4")
        assert on_disk(small).of(first).why == "evidence"
        assert "no. 2/5" in work.shown()
        assert "saved" in work.shown()


async def test_undo_and_redo_over_disagreements(tmp_path: Path) -> None:
    """Undo goes back to the disagreement it is about; redo brings the step back."""
    small = locked_apart(tmp_path)
    async with working(small) as work:
        await work.press("2", "4", "u")
        assert "no. 1/5" in work.shown()
        assert "Undone: the reason evidence" in work.message
        await work.press("u")
        assert not on_disk(small).of(work.desk.cell(0)).answered
        await work.press("u")
        assert "nothing to undo" in work.message
        await work.press("U", "U")
        assert on_disk(small).of(work.desk.cell(0)).whole
        await work.press("U")
        assert "nothing to redo" in work.message


async def test_a_code_in_the_place_of_a_level(tmp_path: Path) -> None:
    """X asks for the code, a digit gives it, then the reason is asked."""
    small = locked_apart(tmp_path)
    async with working(small) as work:
        await work.press("x", "1", "8")
        decision = on_disk(small).of(work.desk.cell(0))
        assert (decision.not_ratable, decision.why) == ("refusal", "other")


async def test_keys_that_do_nothing_say_so(tmp_path: Path) -> None:
    """A level that does not exist, a reason that is not in the list, no further quote, no place beyond."""
    small = locked_apart(tmp_path)
    async with working(small) as work:
        await work.press("7")
        assert "has the levels 0-3" in work.message
        await work.press("1", "9")
        assert "The reasons are 1 to 8" in work.message
        await work.press("p")
        assert "first disagreement" in work.message
        await work.press("F")
        assert "5 disagreements still to be decided" in work.message
        assert on_disk(small).decided == 0


async def test_e_goes_from_quote_to_quote_and_pages_open(tmp_path: Path) -> None:
    """The evidence of both opinions, the full page with rules, the task card, the keys, knowing it."""
    small = locked_apart(tmp_path)
    async with working(small) as work:
        if "no quote" in work.shown():
            await work.press("n")
        await work.press("e")
        assert "Quote 1 of 2: the first opinion's." in work.message
        await work.press("e")
        assert "Quote 2 of 2: the second opinion's." in work.message
        await work.press("a")
        assert "Decision rules" in work.shown() or "How much?" in work.shown()
        await work.press("escape", "t")
        assert "Answer the question" in work.shown()
        await work.press("escape", "question_mark")
        assert "Find words" in work.shown()
        await work.press("escape", "K")
        assert len(on_disk(small).told) == 1
        await work.press("K")
        assert not on_disk(small).told


async def test_the_work_is_resumed_and_ended_with_a_key(tmp_path: Path) -> None:
    """After a break it opens at what is open; when all is decided F ends it, Esc goes back."""
    small = locked_apart(tmp_path)
    async with working(small) as work:
        await work.press("1", "1", "2")
    async with working(small) as work:
        assert "no. 2/5" in work.shown()
        assert "Why did they differ?" in work.shown()
        await work.press("3", "1", "1", "1", "1", "1", "1")
        assert "All is decided" in work.shown()
        await work.press("escape")
        assert "All is decided" not in work.shown()
        await work.press("F", "F")
        assert work.app.return_value == 0
    assert on_disk(small).decided == 5


async def test_quitting_does_not_end_the_adjudication(tmp_path: Path) -> None:
    """Q leaves; everything is on disk, nothing is final."""
    small = locked_apart(tmp_path)
    decide_all(small)
    async with working(small) as work:
        assert "All is decided" in work.shown()
        await work.press("q")
        assert work.app.return_value is None


async def test_an_unlock_meanwhile_is_told(tmp_path: Path) -> None:
    """The key comes too late, and the screen says so."""
    small = locked_apart(tmp_path)
    async with working(small) as work:
        unlock_study(small.study, who=ADMIN, clock=clock)
        await work.press("2")
        assert "unlocked" in work.shown()


async def test_a_write_that_fails_changes_nothing_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NOT SAVED stands there until it is saved or given up."""
    from protocol.errors import StorageError

    small = locked_apart(tmp_path)
    async with working(small) as work:
        with monkeypatch.context() as patch:

            def full(*_: object) -> None:
                raise StorageError("The disk is full.", next_step="Free some space.")

            patch.setattr("rater.services.adjudication.adjudication_desk.append_adjudication_event", full)
            await work.press("2")
            assert "NOT SAVED" in work.shown()
            assert not on_disk(small).of(work.desk.cell(0)).answered
        await work.press("r")
        assert on_disk(small).of(work.desk.cell(0)).level == 2
        assert "NOT SAVED" not in work.shown()


async def test_notes_are_shown_where_the_plan_says_so(tmp_path: Path) -> None:
    """They stand under the quotes of their opinion."""
    small = seed_adjudicated(tmp_path / "small", '[adjudication]\nnotes = "shown"\n')
    rate_apart(small)
    lock_small(small)
    async with working(small, NARROW) as work:
        seen = ""
        for _ in range(5):
            seen += work.shown()
            await work.press("n")
        assert "note: a note" in seen


def test_killed_in_the_middle_nothing_is_lost(tmp_path: Path) -> None:
    """The real command in a terminal, killed while keys come; what was shown as decided is on disk."""
    small = locked_apart(tmp_path)
    terminal = Terminal(
        "adjudicate", str(small.study), "--as", "A1", module="rater.admin.app", columns=80, rows=24
    )
    terminal.wait_for("no. 1/5")
    terminal.press("21")
    terminal.wait_for("no. 2/5")
    terminal.press("32")
    terminal.wait_for("no. 3/5")
    terminal.press("1")
    terminal.kill()
    assert on_disk(small).decided == 2
    assert on_disk(small).events[-1].draft.level in (1, 3, None)


async def test_a_file_that_another_program_holds_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen stays alive and says what it waits for; keys are kept, and count once the file is free."""
    monkeypatch.setattr(saver, "PATIENCE_S", 0.01)
    monkeypatch.setattr(saver, "LONGEST_WAIT_S", 60.0)
    small = locked_apart(tmp_path)
    other = sqlite3.connect(small.study, isolation_level=None)
    async with working(small) as work:
        cell = work.desk.cell(0)
        other.execute("BEGIN IMMEDIATE")
        await work.press("0")
        assert "waiting for it" in work.shown()
        await work.press("1")
        assert work.desk.session.of(cell).level is None
        other.execute("ROLLBACK")
        other.close()
        while work.desk.session.of(cell).level is None:
            await work.pilot.pause(0.02)
    assert on_disk(small).of(cell).level == 0
