"""When a write fails, the study is locked, the terminal shrinks or the app itself breaks."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from textual import events
from textual.widgets import TextArea

from rater.services.doors.doors import lock_study
from rater.services.who import Who
from rater.tui import saver
from rater.tui.app import RaterApp
from rater.tui.guarded_app import StoppedByFaultError
from rater.tui.screens.rating import RatingScreen
from rater.tui.screens.trouble import FinalScreen, NotSavedScreen, TooSmallScreen
from tests.conftest import BuildStudy, StudyFile, make_items
from tests.tui.driving import CLOCK, SIZES, Sitting, desk_of, item_on_disk, on_disk, sitting

SECRET = "the transcript says 4711"


def lock(study: StudyFile) -> None:
    """Lock the study from outside, as the admin would."""
    lock_study(
        study.path, who=Who(name="admin", app="0", reason="test"), clock=lambda: CLOCK, accept_missing=True
    )


def fill_disk(app: Sitting) -> None:
    """Let the database take no further page, as a full disk would."""
    connection = app.desk._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def empty_disk(app: Sitting) -> None:
    """Give the database room again."""
    app.desk._connection.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.parametrize("size", SIZES)
async def test_a_full_disk_is_said_and_retried_with_what_was_typed(
    build_study: BuildStudy, size: tuple[int, int]
) -> None:
    """The note is on the screen that says NOT SAVED, the state is as before, and r saves it."""
    study = build_study()
    note = "n" * 6000
    async with sitting(study, size=size) as app:
        await app.press("2")
        before = app.desk.session
        fill_disk(app)
        await app.press("m")
        app.app.screen.query_one(TextArea).insert(note)
        await app.press("enter")
        assert isinstance(app.app.screen, NotSavedScreen)
        shown = app.shown()
        assert "NOT SAVED" in shown
        assert "The disk is full" in shown
        assert "nnnnnnnn" in shown
        assert app.desk.session == before
        await app.press("r")
        assert isinstance(app.app.screen, NotSavedScreen)
        empty_disk(app)
        await app.press("r")
        assert isinstance(app.app.screen, RatingScreen)
    assert item_on_disk(study).note == note
    assert item_on_disk(study).mark("D1").level == 2


async def test_going_on_without_saving_brings_the_text_back(build_study: BuildStudy) -> None:
    """After Esc the note stands in its field again, so nothing typed is lost; the file has nothing of it."""
    study = build_study()
    async with sitting(study) as app:
        fill_disk(app)
        await app.press("m")
        app.app.screen.query_one(TextArea).insert("w" * 6000)
        await app.press("enter", "escape")
        assert "Note on this item" in app.shown()
        assert "wwww" in app.shown()
        await app.press("escape")
        assert "NOT SAVED" not in app.shown()
    assert item_on_disk(study).note == ""


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the app give up at once on a file that another program writes to."""
    monkeypatch.setattr(saver, "LONGEST_WAIT_S", 0.0)
    monkeypatch.setattr(saver, "PATIENCE_S", 0.01)


@pytest.mark.usefixtures("hasty")
async def test_a_lock_held_by_another_program_is_said_and_retried(build_study: BuildStudy) -> None:
    """A score that could not be written is not shown as given, and r gives it once the lock is gone."""
    study = build_study()
    other = sqlite3.connect(study.path, isolation_level=None)
    async with sitting(study) as app:
        other.execute("BEGIN IMMEDIATE")
        await app.press("3")
        assert "Another program is writing" in app.shown()
        assert "score 3 for Verification support" in app.shown()
        other.execute("ROLLBACK")
        other.close()
        await app.press("r")
        assert app.screen._active == "D2"
    assert item_on_disk(study).mark("D1").level == 3


@pytest.mark.usefixtures("hasty")
async def test_not_saved_stands_in_the_status_line(build_study: BuildStudy) -> None:
    """While a write is failing, the line above does not say saved."""
    study = build_study()
    other = sqlite3.connect(study.path, isolation_level=None)
    async with sitting(study) as app:
        other.execute("BEGIN IMMEDIATE")
        await app.press("3")
        first_line = app.shown().splitlines()[0]
        assert "NOT SAVED" in first_line
        assert "saved ✓" not in first_line
        other.close()
        await app.press("escape")
        assert "saved ✓" in app.shown().splitlines()[0]
        assert app.screen._active == "D1"
    assert not item_on_disk(study).touched


async def test_a_short_lock_is_waited_for_with_a_living_screen(build_study: BuildStudy) -> None:
    """The screen says that it waits; keys pressed meanwhile come after it, in their order."""
    study = build_study()
    other = sqlite3.connect(study.path, isolation_level=None)
    async with sitting(study) as app:
        other.execute("BEGIN IMMEDIATE")
        for key in ("3", "1", "enter", "2"):
            app.app.post_message(events.Key(key, key if len(key) == 1 else None))
        while "waiting for it" not in app.message:
            await app.pilot.pause()
        assert "NOT SAVED" in app.shown().splitlines()[0]
        assert not app.desk.session.current.touched
        other.execute("ROLLBACK")
        other.close()
        while app.desk.session.of(study.items[1].id).mark("D1").level is None:
            await app.pilot.pause()
        assert isinstance(app.app.screen, RatingScreen)
        await app.pilot.pause()
        assert "NOT SAVED" not in app.shown()
    first = item_on_disk(study)
    assert (first.mark("D1").level, first.mark("D2").level, first.completed) == (3, 1, True)
    assert item_on_disk(study, 1).mark("D1").level == 2


async def test_a_study_locked_meanwhile_is_final(build_study: BuildStudy) -> None:
    """The next score is refused on a screen that only quits; what was saved stays."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("2")
        lock(study)
        await app.press("3")
        assert isinstance(app.app.screen, FinalScreen)
        assert "ratings are final" in " ".join(app.shown().split())
        assert "score 3 for Process steerability" in app.shown()
        await app.press("q")
        assert app.app._exit
    events = sqlite3.connect(study.path).execute("SELECT count(*) FROM event").fetchone()[0]
    assert events == len(app.desk.session.history[study.items[0].id]) + 1


async def test_two_windows_of_one_rater_are_told(build_study: BuildStudy) -> None:
    """The window that is behind says so and writes nothing."""
    study = build_study()
    async with sitting(study) as app:
        with_other = desk_of(study.path)
        with_other.start_sitting()
        with_other.close()
        await app.press("2")
        assert "another window" in " ".join(app.shown().split())
    assert not item_on_disk(study).touched


async def test_a_terminal_that_shrinks_is_covered_and_nothing_is_lost(build_study: BuildStudy) -> None:
    """Below the smallest size a sentence covers all, keys do nothing, and growing brings all back."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("2", "m")
        await app.type("typing")
        await app.pilot.resize_terminal(50, 12)
        await app.pilot.pause()
        assert isinstance(app.app.screen, TooSmallScreen)
        assert "at least 60 and 16" in " ".join(app.shown().split())
        await app.press("3", "enter", "x")
        await app.pilot.resize_terminal(80, 24)
        await app.pilot.pause()
        assert "typing" in app.shown()
        await app.press("enter")
    assert item_on_disk(study).note == "typing"
    assert item_on_disk(study).mark("D2").level is None


async def test_a_resize_keeps_the_place_and_the_quote_in_the_making(build_study: BuildStudy) -> None:
    """Between both layouts the pointer stays on its words."""
    study = build_study(items=make_items(1, lines=60))
    async with sitting(study) as app:
        await app.press("right_square_bracket", *["j"] * 40, "e")
        row = next(line for line in app.shown().splitlines() if line.startswith("▌"))
        words = re.findall(r"Paragraph \d+", row)
        assert words
        for size in ((80, 24), (62, 16), (140, 50), (100, 30)):
            await app.pilot.resize_terminal(*size)
            await app.pilot.pause()
            marked = [line for line in app.shown().splitlines() if line.startswith("▌")]
            assert words[0] in " ".join(marked)
        await app.press("enter")
    assert item_on_disk(study).mark("D1").quotes[0].text.startswith(words[0])


async def test_a_fault_shows_no_value_and_leaves_a_report_without_any(
    build_study: BuildStudy,
    monkeypatch: pytest.MonkeyPatch,
    own_folders: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither the terminal nor the report holds a local variable or a message of the fault."""
    study = build_study()

    def broken(self: RatingScreen, digit: str) -> None:
        transcript = SECRET
        raise RuntimeError(transcript + digit)

    monkeypatch.setattr(RatingScreen, "action_score", broken)
    with pytest.raises(StoppedByFaultError) as stopped:
        async with sitting(study) as app:
            await app.press("2")
    report = next(own_folders.rglob("*.txt")).read_text(encoding="utf-8")
    assert "builtins.RuntimeError" in report
    assert "test_trouble.py:" in report
    captured = capsys.readouterr()
    for text in (report, str(stopped.value), captured.err, captured.out):
        assert SECRET not in text
        assert "4711" not in text
    assert "fault of its own" in captured.err
    assert "Traceback" not in captured.err + captured.out


async def test_no_color_means_no_colour(build_study: BuildStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no segment carries a colour, and the marks still tell the state."""
    monkeypatch.setenv("NO_COLOR", "1")
    study = build_study()
    async with sitting(study) as app:
        await app.press("2")
        strips = app.app.screen._compositor.render_strips(app.app.size)
        filters = app.app.get_line_filters()
        background = app.app.screen.background_colors[1]
        for strip in strips:
            segments = list(strip)
            for line_filter in filters:
                segments = line_filter.apply(segments, background)
            for segment in segments:
                for color in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    assert color is None or color.is_default
        assert "[ 2]" in app.shown()
        assert ">B Process steerability" in app.shown()


async def test_an_app_without_rating_is_no_event(build_study: BuildStudy) -> None:
    """Opening and quitting on the first screen writes nothing."""
    study = build_study()
    async with sitting(study, start=False) as app:
        await app.press("q")
        assert app.app._exit
    assert on_disk(study).history == {}
    assert isinstance(app.app, RaterApp)
