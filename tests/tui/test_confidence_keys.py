"""Saying how sure one is, in the app and in the plain mode."""

from __future__ import annotations

from rater.services.results.exporting import ratings_csv
from rater.services.results.study_ratings import read_study_ratings
from tests.conftest import BuildStudy, make_items, make_rubric
from tests.plain.talking import session_on_disk, talk
from tests.tui.driving import item_on_disk, sitting


async def test_c_asks_how_sure_and_goes_on(build_study: BuildStudy) -> None:
    """A score without it stays active and says so; Enter in the question gives no answer by itself."""
    study = build_study(items=make_items(1), rubric=make_rubric(confidence=True))
    async with sitting(study) as app:
        await app.press("c")
        assert "no score to be sure of" in app.message
        await app.press("2")
        assert app.screen._active == "D1"
        assert "2 · sure?" in app.shown()
        assert "c asks" in app.message
        await app.press("enter", "c", "enter", "escape", "enter")
        assert not item_on_disk(study).completed
        await app.press("c", "3")
        assert "2 · c3" in app.shown()
        await app.press("1", "c", "down", "down", "enter", "enter")
    progress = item_on_disk(study)
    assert progress.completed
    assert (progress.mark("D1").sure, progress.mark("D2").sure) == (3, 2)


async def test_c_says_so_where_it_is_not_asked(build_study: BuildStudy) -> None:
    """And nothing is recorded."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("2", "shift+tab", "c")
        assert "does not ask" in app.message


def test_the_plain_mode_asks_for_it_too(build_study: BuildStudy) -> None:
    """C 2 answers; the same ratings table tells it afterwards."""
    study = build_study(items=make_items(1), rubric=make_rubric(confidence=True))
    said = talk(study, "C 2", "3", "C", "C 2", "1", "", "C 1", "")
    assert "no score to be sure of" in said.unfolded
    assert (
        "counts only once you say how sure you are: C 1 a guess, C 2 fairly sure, C 3 sure." in said.unfolded
    )
    assert "Verification support: fairly sure, saved." in said.unfolded
    assert session_on_disk(study).is_finished
    ratings = read_study_ratings(study.path)
    header, first, *_ = ratings_csv(ratings).splitlines()
    assert header.endswith("elapsed_ms,confidence")
    assert first.endswith(",2")
    rows = ratings.table.rows
    assert [(row.dimension, row.value, row.confidence) for row in rows] == [("D1", 3, 2), ("D2", 1, 1)]
