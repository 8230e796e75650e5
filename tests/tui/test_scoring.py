"""Keys that score: what they write, where they lead, how many it takes."""

from __future__ import annotations

import pytest

from protocol.chain.events import EventKind
from protocol.study_file import read_study
from rater.services.seeding.starting import study_text
from rater.tui.widgets.rubric_pane import RubricPane
from tests.conftest import BuildStudy, make_items, make_rubric
from tests.tui.driving import NARROW, SIZES, item_on_disk, kinds_on_disk, on_disk, sitting


@pytest.mark.parametrize("size", SIZES)
async def test_two_dimensions_cost_three_keys_an_item(build_study: BuildStudy, size: tuple[int, int]) -> None:
    """Two digits and Enter complete an item and bring the next, at both sizes."""
    study = build_study()
    async with sitting(study, size=size) as app:
        for _ in study.items:
            await app.press("2", "3", "enter")
    session = on_disk(study)
    assert session.is_finished
    assert all(session.of(item.id).mark("D1").level == 2 for item in study.items)
    assert all(session.of(item.id).mark("D2").level == 3 for item in study.items)


async def test_each_key_is_one_event_on_disk_before_the_next(build_study: BuildStudy) -> None:
    """The chain holds what was pressed, in that order, and nothing else."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("1")
        assert item_on_disk(study).mark("D1").level == 1
        await app.press("0", "enter")
    score, complete, show = EventKind.SCORE, EventKind.COMPLETE, EventKind.SHOW
    written = [kind for kind in kinds_on_disk(study) if kind is not EventKind.READ_TO_END]
    assert written == [show, score, score, complete, show]


async def test_a_digit_without_a_level_changes_nothing_and_says_so(build_study: BuildStudy) -> None:
    """The levels that exist are named."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("7")
        assert "0-3" in app.message
    assert not item_on_disk(study).touched


async def test_a_digit_replaces_the_last_score_when_all_are_scored(build_study: BuildStudy) -> None:
    """A slip on the last dimension is mended by the right digit."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("1", "1", "3")
    assert item_on_disk(study).mark("D2").level == 3


async def test_tab_moves_between_dimensions_and_backspace_clears(build_study: BuildStudy) -> None:
    """Tab goes on, Shift+Tab back, Backspace takes the active score away."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("1", "2", "tab", "3", "shift+tab", "backspace")
    progress = item_on_disk(study)
    assert progress.mark("D1").level == 3
    assert progress.mark("D2").level is None


async def test_enter_on_an_incomplete_item_goes_to_what_is_missing(build_study: BuildStudy) -> None:
    """Enter names the dimension without a score and makes it active; the item stays open."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("tab", "2", "tab", "enter")
        assert "Verification support has no score" in app.message
        await app.press("3")
    progress = item_on_disk(study)
    assert progress.mark("D1").level == 3
    assert progress.mark("D2").level == 2
    assert not progress.completed


async def test_the_raters_own_order_of_dimensions_counts(build_study: BuildStudy) -> None:
    """The first digit goes to the dimension that stands first for this rater."""
    study = build_study(dimension_order=("D2", "D1"))
    async with sitting(study) as app:
        assert app.shown().index("Process steerability") < app.shown().index("Verification support")
        await app.press("3", "1")
    assert item_on_disk(study).mark("D2").level == 3
    assert item_on_disk(study).mark("D1").level == 1


async def test_not_ratable_takes_a_reason_by_digit_or_arrow(build_study: BuildStudy) -> None:
    """A code stands in place of the score and the next dimension comes; Esc leaves all as it was."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("x", "escape")
        assert not item_on_disk(study).touched
        await app.press("x", "2", "x", "down", "down", "enter", "enter")
    progress = item_on_disk(study)
    assert progress.mark("D1").reason == "truncated"
    assert progress.mark("D2").reason == "truncated"
    assert progress.completed


async def test_a_mark_brings_the_hidden_rubric_back(build_study: BuildStudy) -> None:
    """What x, X and Backspace change is in sight, also after z."""
    async with sitting(build_study()) as app:
        await app.press("2")
        for keys in (["shift+tab", "z", "x", "1"], ["z", "backspace"], ["z", "X", "1"]):
            await app.press(*keys)
            assert app.screen.query_one(RubricPane).display, keys
        assert "NR:" in app.shown()


async def test_a_whole_item_not_ratable_completes_without_scores(build_study: BuildStudy) -> None:
    """X, a reason and Enter are enough; Backspace on the way takes it back."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("X", "1", "backspace")
        assert item_on_disk(study).reason is None
        await app.press("X", "1", "enter")
    assert item_on_disk(study).reason == "refusal"
    assert item_on_disk(study).completed
    assert on_disk(study).position == 1


async def test_reasons_are_offered_only_where_they_apply(build_study: BuildStudy) -> None:
    """A code for whole items is not offered for one dimension."""
    study = build_study(rubric=make_rubric(item_only_reason="declined"))
    async with sitting(study) as app:
        await app.press("x")
        assert "declined" not in app.shown()
        await app.press("escape", "X")
        assert "declined" in app.shown()


async def test_enter_after_the_last_item_says_that_all_is_done(build_study: BuildStudy) -> None:
    """The finish screen says what to do now; p goes back, and a change still counts."""
    study = build_study(items=make_items(1))
    async with sitting(study) as app:
        await app.press("2", "3", "enter")
        assert "complete, R1" in app.shown()
        assert "Nothing. Every rating is on disk." in app.shown()
        await app.press("p", "tab", "1")
    assert item_on_disk(study).completed
    assert 1 in {item_on_disk(study).mark(name).level for name in ("D1", "D2")}


async def test_items_that_stay_open_are_found_again(build_study: BuildStudy) -> None:
    """Keys n and p go by order, N to the next item that is not completed, past completed ones."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("n", "1", "1", "enter")
        assert on_disk(study).position == 2
        await app.press("p", "p", "N")
        assert on_disk(study).position == 2
        await app.press("p", "p", "p")
        assert "first item" in app.message


async def test_the_overview_goes_to_an_item(build_study: BuildStudy) -> None:
    """Key i lists all items with their state; Enter goes to the one that is highlighted."""
    study = build_study()
    async with sitting(study) as app:
        await app.press("1", "1", "enter", "1", "i")
        shown = app.shown()
        assert "done 1" in shown
        assert "incomplete 1" in shown
        await app.press("j", "j", "enter")
    assert on_disk(study).position == 3


async def test_the_shipped_rubric_costs_no_key_too_many(build_study: BuildStudy) -> None:
    """Three dimensions with quotes: digit, e, Enter for each, and one to move on; zeros cost four."""
    rubric = read_study(study_text(), where="study.toml").rubric
    study = build_study(items=make_items(3, lines=2), rubric=rubric)
    async with sitting(study) as app:
        await app.press("right_square_bracket")
        await app.press(*["2", "e", "enter"] * 3, "enter")
        assert on_disk(study).position == 1
        await app.press("0", "0", "0", "enter")
        assert on_disk(study).position == 2
    assert on_disk(study).completed_count == 2


@pytest.mark.parametrize(("size", "rows"), [((80, 24), 11), ((60, 16), 6), ((100, 30), 26)])
async def test_the_conversation_keeps_more_than_half_of_the_rows(
    build_study: BuildStudy, size: tuple[int, int], rows: int
) -> None:
    """Also with the long anchors of the shipped rubric, of which the active dimension shows every level."""
    rubric = read_study(study_text(), where="study.toml").rubric
    study = build_study(items=make_items(1, lines=40), rubric=rubric)
    async with sitting(study, size=size) as app:
        assert app.screen.conversation.size.height >= rows
        for _ in rubric.dimensions:
            for level in app.screen._dimension.levels:
                assert f" {level.value}  {level.label}" in app.shown()
            await app.press("tab")
        assert app.screen.conversation.size.height >= rows
        if size == NARROW:
            assert "z more text" in app.shown()
