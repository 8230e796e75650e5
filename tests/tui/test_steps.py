"""Notes, flags, told, undo and redo: what they write and where they lead."""

from __future__ import annotations

from protocol.chain.events import EventKind
from protocol.visible import VisibleQuestion
from tests.conftest import BuildStudy, make_items
from tests.tui.driving import item_on_disk, kinds_on_disk, on_disk, sitting


async def test_notes_on_item_and_dimension_are_saved_by_enter(build_study: BuildStudy) -> None:
    """Each goes where it belongs; Esc leaves the note as it was; the text is there to be changed."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("m")
        await app.type("fee 2 unclear")
        await app.press("enter", "tab", "M")
        await app.type("borderline")
        await app.press("enter", "m")
        await app.type(" lost")
        await app.press("escape", "m")
        await app.type("!")
        await app.press("enter")
        assert "note" in app.shown()
    progress = item_on_disk(study)
    assert progress.note == "fee 2 unclear!"
    assert progress.mark("D2").note == "borderline"


async def test_an_empty_note_takes_the_note_away(build_study: BuildStudy) -> None:
    """The event is written, and nothing is left of the note in the view."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("m")
        await app.type("x")
        await app.press("enter", "m", "backspace", "enter")
    assert item_on_disk(study).note == ""
    assert kinds_on_disk(study).count(EventKind.NOTE) == 2


async def test_a_flag_needs_a_reason_and_can_be_taken_back(build_study: BuildStudy) -> None:
    """Without a reason nothing is flagged; an emptied reason takes every flag of the item back."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("f", "enter")
        assert "needs a reason" in app.message
        await app.press("f")
        await app.type("fab")
        await app.press("enter", "f")
        await app.type("ricated?")
        await app.press("enter")
        assert item_on_disk(study).flagged == "fabricated?"
        await app.press("f", "ctrl+u", "enter")
    assert item_on_disk(study).flagged is None


async def test_told_is_recorded_and_can_be_taken_back_later(build_study: BuildStudy) -> None:
    """K a second time takes it back, also after other steps, which stay."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("K")
        assert item_on_disk(study).told
        await app.press("2", "K")
        progress = item_on_disk(study)
        assert not progress.told
        assert progress.mark("D1").level == 2
        await app.press("u", "u")
    assert item_on_disk(study).mark("D1").level is None


async def test_undo_and_redo_go_to_the_item_they_change(build_study: BuildStudy) -> None:
    """After the first item is complete, u takes its completion back there, U completes it again."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("2", "3", "enter")
        assert on_disk(study).position == 1
        await app.press("u")
        assert on_disk(study).position == 0
        assert not item_on_disk(study).completed
        assert "Undone: completing the item" in app.message
        await app.press("u", "u")
        assert not item_on_disk(study).touched
        await app.press("u")
        assert "nothing to undo" in app.message
        await app.press("U", "U", "U")
        assert item_on_disk(study).completed
        assert "Done again: completing the item" in app.message
        await app.press("U")
        assert "nothing to redo" in app.message
        await app.press("u")
        assert not item_on_disk(study).completed


async def test_undo_reaches_into_the_sitting_before(build_study: BuildStudy) -> None:
    """Steps of an earlier start can be taken back."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("2")
    async with sitting(study) as app:
        await app.press("u")
    assert item_on_disk(study).mark("D1").level is None


async def test_a_note_that_is_being_typed_outlives_ctrl_q(build_study: BuildStudy) -> None:
    """The first press saves the note and closes the field, the second quits."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("m")
        await app.type("half")
        await app.press("ctrl+q")
        assert item_on_disk(study).note == "half"
        assert app.app.is_running
        await app.press("ctrl+q")
        assert app.app._exit


async def test_a_text_that_was_dropped_or_saved_is_not_kept_again(build_study: BuildStudy) -> None:
    """Esc drops it for good; what is still open at the end is recorded once, flags with their reason too."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("m", "x", "escape", "m", "y", "enter", "M", "z", "backspace")
    assert kinds_on_disk(study).count(EventKind.NOTE) == 1
    async with sitting(study) as app:
        await app.press("f")
        await app.type("odd end")
    assert item_on_disk(study).flagged == "odd end"
    assert item_on_disk(study).note == "y"


async def test_an_item_with_a_question_closes_after_a_warning(build_study: BuildStudy) -> None:
    """The first Enter warns, the second completes, the question is asked, and nothing changes any more."""
    items = make_items(2)
    study = build_study(
        items=items,
        asked=[items[0].id],
        questions=[VisibleQuestion(id="q1", text="Which family?", options=("Ash", "Birch", "Cedar"))],
    )
    async with sitting(study) as app:
        await app.press("2", "3", "enter")
        assert "closes it" in app.message
        assert not item_on_disk(study).completed
        await app.press("enter")
        assert "Which family?" in app.shown()
        assert "don't know" in app.shown()
        await app.press("2", "3")
        await app.type("as Birch")
        await app.press("enter")
        assert on_disk(study).position == 1
        await app.press("p", "1", "u")
        assert "nothing to undo" in app.message
    guess = item_on_disk(study).guesses["q1"]
    assert (guess.option, guess.sure, guess.words) == (1, 3, "as Birch")
    assert item_on_disk(study).mark("D1").level == 2


async def test_an_unanswered_question_is_asked_at_the_next_start(build_study: BuildStudy) -> None:
    """Quitting at the question leaves it open; "don't know" is an answer without words."""
    items = make_items(2)
    study = build_study(
        items=items,
        asked=[items[0].id],
        questions=[VisibleQuestion(id="q1", text="Which family?", options=("Ash", "Birch"))],
    )
    async with sitting(study) as app:
        await app.press("2", "3", "enter", "enter", "ctrl+q")
    async with sitting(study) as app:
        assert "Item 1: Which family?" in app.shown()
        await app.press("3")
        assert on_disk(study).position == 1
    assert item_on_disk(study).guesses["q1"].option is None


async def test_a_closed_item_says_so_and_still_takes_told(build_study: BuildStudy) -> None:
    """A score on a closed item is refused in a sentence; K is still recorded and taken back."""
    items = make_items(2)
    study = build_study(
        items=items,
        asked=[items[0].id],
        questions=[VisibleQuestion(id="q1", text="Which family?", options=("Ash", "Birch"))],
    )
    async with sitting(study) as app:
        await app.press("2", "3", "enter", "enter", "3", "p", "1")
        assert "closed" in app.message
        await app.press("K")
        assert item_on_disk(study).told
        await app.press("K")
    assert not item_on_disk(study).told
    assert item_on_disk(study).mark("D1").level == 2
