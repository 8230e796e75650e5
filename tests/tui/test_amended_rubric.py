"""An amended rubric in the rating app, by real keys: read, shown in the guide, rated again."""

from __future__ import annotations

import pytest

from protocol.chain.events import EventKind
from protocol.visible import VisibleQuestion
from rater.tui.screens.overview import OverviewScreen
from tests.conftest import BuildStudy, StudyFile, make_items, make_rubric
from tests.services.amended_rubrics import NEW_ANCHOR, amendment_for
from tests.services.amended_studies import amended
from tests.tui.driving import SIZES, item_on_disk, on_disk, sitting


def plain(shown: str) -> str:
    """Return what is on the screen without frames and line ends."""
    return " ".join(shown.replace("│", " ").split())


async def begun(study: StudyFile, *rerate: str) -> StudyFile:
    """Let the rater complete the first item, then amend the rubric."""
    async with sitting(study) as driven:
        await driven.press("1", "2", "enter")
    return amended(study, amendment_for(make_rubric(), *rerate))


@pytest.mark.parametrize("size", SIZES)
async def test_the_change_is_read_first_and_stands_in_the_guide(
    build_study: BuildStudy, size: tuple[int, int]
) -> None:
    """Both texts in the notice; afterwards the new one in the guide, and the earlier rating stands."""
    study = await begun(build_study(items=make_items(3)))
    async with sitting(study, size=size) as driven:
        shown = plain(driven.shown())
        assert "The rubric was amended on 2026-11-24" in shown
        assert NEW_ANCHOR in shown
        await driven.press("enter", "a")
        assert NEW_ANCHOR in plain(driven.shown())
        assert "How much of it can be checked?" in plain(driven.shown())
    assert item_on_disk(study).mark("D1").level == 1
    assert on_disk(study).completed_count == 1


async def test_a_dimension_is_asked_again_without_its_former_score(build_study: BuildStudy) -> None:
    """The item is on the list again; one key and Enter complete it, the other dimension is as it was."""
    study = await begun(build_study(items=make_items(3)), "D1")
    assert on_disk(study).completed_count == 0
    async with sitting(study) as driven:
        await driven.press("enter", "i")
        assert isinstance(driven.app.screen, OverviewScreen)
        assert "asked again, 1 missing" in driven.shown()
        await driven.press("g", "enter")
        assert driven.desk.session.position == 0
        assert driven.desk.session.current.mark("D1").level is None
        assert "Asked again, by the amended rubric: Verification support." in driven.message
        await driven.press("3")
        assert driven.desk.session.completed_count == 0
        await driven.press("enter")
    item = item_on_disk(study)
    assert (item.mark("D1").level, item.mark("D2").level, item.completed) == (3, 2, True)


async def test_a_closed_item_takes_that_dimension_alone(build_study: BuildStudy) -> None:
    """Another dimension is refused in words; the guess stays, and is not asked twice."""
    items = make_items(2)
    question = VisibleQuestion(id="family", text="Which family?", options=("A", "B", "C"))
    study = build_study(items=items, questions=(question,), asked=(items[0].id,))
    async with sitting(study) as driven:
        await driven.press("1", "2", "enter", "enter", "1", "1", "enter")
    assert on_disk(study).is_closed(items[0].id)
    guesses = item_on_disk(study).guesses
    assert guesses
    amended(study, amendment_for(make_rubric(), "D1"))
    async with sitting(study) as driven:
        await driven.press("enter", "i", "g", "enter")
        assert driven.desk.session.position == 0
        await driven.press("tab", "0")
        assert "alone is asked again" in driven.message
        await driven.press("tab", "3", "enter", "enter")
    item = item_on_disk(study)
    assert (item.mark("D1").level, item.mark("D2").level, item.completed) == (3, 2, True)
    assert item.guesses == guesses
    said = [event.draft.kind for event in on_disk(study).history[items[0].id]]
    assert said.count(EventKind.GUESS) == 1
