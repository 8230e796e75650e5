"""The first screen of a sitting, resuming, and the pages over the rating screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from db.connection import FileKind
from protocol.chain.events import EventKind
from protocol.visible import TaskCard
from rater.tui.key_table import KeyTable, make_key_table
from rater.tui.keymap import ALL_KEYS
from rater.tui.screens.page import PageScreen
from rater.tui.screens.rating import RatingScreen
from tests.conftest import BuildStudy, make_items, make_rubric
from tests.tui.driving import NARROW, SIZES, item_on_disk, kinds_on_disk, on_disk, sitting


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_screen_says_who_where_and_what_is_recorded(
    build_study: BuildStudy, size: tuple[int, int]
) -> None:
    """It names rater and study, counts the work, says what is recorded; nothing is written yet."""
    study = build_study()
    async with sitting(study, size=size, start=False) as app:
        shown = app.shown()
        for words in (
            "You are",
            "R1",
            "Test study",
            "4 items: 0 completed",
            "What is recorded",
            "Who sees it",
        ):
            assert words in shown
        assert "Enter" in shown
        assert "SIMULATED" not in shown
    assert on_disk(study).history == {}


async def test_a_simulated_study_says_so_everywhere(build_study: BuildStudy) -> None:
    """The first screen and the status line say SIMULATED STUDY."""
    study = build_study(simulated=True)
    async with sitting(study, size=NARROW, start=False) as app:
        assert "SIMULATED STUDY" in app.shown()
        await app.press("enter")
        assert "SIMULATED STUDY" in app.shown().splitlines()[0]


async def test_the_next_start_opens_the_same_item_with_everything(build_study: BuildStudy) -> None:
    """After quitting on the third item with half of it scored, the third item is there, half scored."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("1", "1", "enter", "2", "2", "enter", "3", "q")
    async with sitting(study) as app:
        assert "item 3/4" in app.shown()
        assert app.screen._active == "D2"
        await app.press("0", "enter")
    assert item_on_disk(study, 2).mark("D1").level == 3
    assert item_on_disk(study, 2).completed


async def test_a_stop_between_completing_and_going_on_leads_to_the_next_item(build_study: BuildStudy) -> None:
    """Where the last event completed an item, the next open one comes up."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("1", "1")
        app.desk.record(
            replace(app.desk.session.history[study.items[0].id][-1].draft, kind=EventKind.COMPLETE)
        )
    async with sitting(study) as app:
        assert "item 2/4" in app.shown()


async def test_reviewing_a_completed_item_resumes_there(build_study: BuildStudy) -> None:
    """Who went back to look at a completed item and quit comes back to it."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("1", "1", "enter", "p", "q")
    async with sitting(study) as app:
        assert "item 1/4" in app.shown()


async def test_saved_stands_on_the_screen_only_after_the_write(build_study: BuildStudy) -> None:
    """The status line shows the time of the last event that is on disk."""
    study = build_study()
    async with sitting(study) as app:
        assert "saved ✓" in app.shown().splitlines()[0]
    assert kinds_on_disk(study)[0] is EventKind.SHOW


async def test_a_pack_names_submit_when_all_is_done(build_study: BuildStudy) -> None:
    """The finish screen of a pack says how to hand the work in."""
    study = build_study(items=make_items(1), kind=FileKind.PACK)
    async with sitting(study) as app:
        await app.press("1", "1", "enter")
        assert "rater submit" in app.shown()


async def test_the_content_note_comes_before_the_text(build_study: BuildStudy) -> None:
    """Nothing of the text is on the screen until a reading key, and the end is not yet reached."""
    items = [
        replace(item, card=TaskCard(brief="b", content_note="Talks about illness.")) for item in make_items(1)
    ]
    study = build_study(items=items)
    async with sitting(study) as app:
        assert "Talks about illness." in app.shown()
        assert "Question 1" not in app.shown()
        await app.press("e")
        assert "Space shows the text" in app.message
        await app.press("1", "enter")
        assert not item_on_disk(study).touched
        await app.press("space")
        assert "Question 1" in app.shown()
        assert "Talks about illness." not in app.shown()


async def test_the_pages_open_on_their_keys_and_close(build_study: BuildStudy) -> None:
    """Task card, guide and keys; Esc and the same key close them."""
    study = build_study(rubric=make_rubric(quote_from=1))
    async with sitting(study) as app:
        for key, words in (
            ("t", "B has an exit fee."),
            ("a", "Anchor 3 of Verification support."),
            ("question_mark", "Pointer one line down"),
        ):
            for close in ("escape", key):
                await app.press(key)
                assert isinstance(app.app.screen, PageScreen)
                assert words in app.shown() or key == "question_mark"
                await app.press(close)
                assert isinstance(app.app.screen, RatingScreen)
    assert not item_on_disk(study).touched


async def test_the_keys_page_lists_every_binding(build_study: BuildStudy) -> None:
    """Each binding's description and tooltip stand on the page, made from the bindings."""
    study = build_study()
    async with sitting(study, size=(100, 80)) as app:
        await app.press("question_mark")
        shown = " ".join(app.shown().split())
        for binding in ALL_KEYS:
            if binding.id == "help.training":  # this study has none
                continue
            assert binding.description in shown
            assert binding.tooltip.split()[-1] in shown


def test_every_binding_has_id_description_and_tooltip_and_an_action() -> None:
    """Ids are unique, and each action exists on the screen or the app."""
    from rater.tui.app import RaterApp

    names = [binding.id for binding in ALL_KEYS]
    assert len(set(names)) == len(names)
    assert make_key_table({}) == KeyTable(), "no two actions share a key on one occasion"
    for binding in ALL_KEYS:
        assert binding.id
        assert binding.description
        assert binding.tooltip
        action = binding.action.split("(")[0]
        owner = RaterApp if action.startswith("app.") else RatingScreen
        assert hasattr(owner, f"action_{action.removeprefix('app.')}")
