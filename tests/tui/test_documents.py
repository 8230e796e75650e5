"""Documents of a benchmark audit in the rating app: shown as documents, quoted for every code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from protocol.conversation import Conversation, Message
from protocol.item import Item
from protocol.session import ItemProgress, Mark
from protocol.visible import TaskCard
from rater.services.sitting.opening import open_desk
from rater.tui.app import RaterApp
from rater.tui.rubric_layout import RubricView, below
from tests.conftest import BuildStudy, make_rubric
from tests.services.small_audits import clock, write_audit
from tests.tui.driving import Sitting, item_on_disk, sitting


async def test_a_code_of_zero_needs_a_quote_and_a_document_gives_it(build_study: BuildStudy) -> None:
    """The header says document, the level waits for its quote, and the quote names where it stands."""
    text = "The score is the share of answers that a judge prefers."
    item = Item(
        id="1a" * 8,
        task_id="some-bench",
        conversation=Conversation(messages=(Message(role="document", text=text),)),
        card=TaskCard(brief="Some benchmark"),
    )
    plain = build_study(name="plain.db").rubric
    rubric = replace(plain, dimensions=tuple(replace(one, quote_from=0) for one in plain.dimensions))
    study = build_study(items=[item], rubric=rubric)
    async with sitting(study) as rater:
        assert "[1] document" in rater.shown()
        await rater.press("0")
        assert "Level 0 needs a quote" in rater.message
        await rater.press("j", "e", "enter")
        assert rater.message.endswith("from document 1.")
    scored = [mark for mark in item_on_disk(study).marks.values() if mark.level == 0]
    assert [[quote.text for quote in mark.quotes] for mark in scored] == [[text]]


async def test_an_audit_speaks_of_benchmarks_and_asks_for_no_condition(tmp_path: Path) -> None:
    """Progress, place and keys are in the words of the kind; the key of a condition does nothing."""
    audit = write_audit(tmp_path)
    audit.seed()
    desk = open_desk(audit.study, rater="C1", app="0", clock=clock)
    try:
        app = RaterApp(desk)
        async with app.run_test(size=(80, 24)) as pilot:
            coder = Sitting(app=app, pilot=pilot, desk=desk)
            await pilot.pause()
            first = coder.shown()
            assert "Your work   2 benchmarks" in first
            assert "No other coder sees it" in first
            await coder.press("enter")
            assert "benchmark 1/2" in coder.shown()
            assert "document 1/1" in coder.shown()
            assert "end of documents" in coder.shown()
            before = len(desk.events)
            await coder.press("K")
            assert coder.message == "Nothing is hidden in an audit: there is no condition to know."
            assert len(desk.events) == before
            await coder.press("question_mark", "G")
            assert "I know this one" not in coder.shown()
            await coder.press("escape", "i")
            assert "Your benchmarks" in coder.shown()
    finally:
        desk.close()


@pytest.mark.parametrize("width", [80, 100])
def test_a_rubric_of_many_dimensions_still_names_the_active_one(width: int) -> None:
    """All others stand by letter and mark, and none is cut off."""
    one = make_rubric().dimensions[0]
    dimensions = tuple(
        replace(one, id=f"A{number}", name=f"Dimension with a long name {number}") for number in range(12)
    )
    marks = {"A3": Mark(level=one.levels[1].value), "A4": Mark(reason="x")}
    progress = ItemProgress(item_id="1", marks=marks)
    view = RubricView(dimensions=dimensions, active="A1", progress=progress, card=TaskCard(brief=""))
    heading = below(view, width, 10)[0].plain
    assert heading.startswith(">B Dimension with a long name 1 -")
    assert "A- C- " in heading
    assert "Ex" in heading
    assert heading.rstrip().endswith("L-")
    assert len(heading) <= width
