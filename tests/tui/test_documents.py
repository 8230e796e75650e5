"""Documents of a benchmark audit in the rating app: shown as documents, quoted for every code."""

from __future__ import annotations

from dataclasses import replace

from protocol.conversation import Conversation, Message
from protocol.item import Item
from protocol.visible import TaskCard
from tests.conftest import BuildStudy
from tests.tui.driving import item_on_disk, sitting


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
        assert rater.message.endswith("from message 1, document.")
    scored = [mark for mark in item_on_disk(study).marks.values() if mark.level == 0]
    assert [[quote.text for quote in mark.quotes] for mark in scored] == [[text]]
