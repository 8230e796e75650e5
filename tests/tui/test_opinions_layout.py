"""The adjudicator's pane in little room: what is longest gives way, and what is left out is said."""

from __future__ import annotations

import pytest

from protocol.adjudication.plan import AdjudicationPlan
from protocol.adjudication.queue import Answer, Opinion
from protocol.adjudication.session import Decision
from protocol.chain.events import Span
from protocol.rubric import Dimension, Level
from protocol.session import Quote
from rater.tui.opinions_layout import OpinionsView, full_page, lay_out

LONG = "The reply offers a check that the user can do alone, with what they have to hand, before they act. "
LONG += LONG


def _view(*, quote: str = "as it says", sides: int = 2, asks_why: bool = False) -> OpinionsView:
    return OpinionsView(
        dimension=Dimension(
            id="D1",
            name="Verification support",
            question="How far does the reply help to check it?",
            levels=tuple(Level(value=value, label=f"level {value}", anchor=LONG) for value in range(4)),
        ),
        opinions=tuple(
            Opinion(
                chain=str(side),
                answer=Answer(level=side % 4),
                quotes=(Quote(seq=1, span=Span(message=1, start=0, end=3), text=quote),),
                note="a note",
            )
            for side in range(sides)
        ),
        decision=Decision(level=2) if asks_why else Decision(),
        reasons=AdjudicationPlan().reasons,
        asks_why=asks_why,
        with_notes=False,
        told=False,
    )


@pytest.mark.parametrize(("width", "height"), [(40, 27), (78, 13), (46, 60)])
@pytest.mark.parametrize("asks_why", [False, True])
def test_every_level_and_both_opinions_have_room(width: int, height: int, asks_why: bool) -> None:
    """In each layout the pane fits, however long the anchors and the quotes are."""
    rows = lay_out(_view(quote=LONG * 3, asks_why=asks_why), width, height)
    text = "\n".join(row.plain for row in rows)
    assert len(rows) <= height
    assert max(row.cell_length for row in rows) <= width + 1
    assert "first" in text
    assert "second" in text
    if asks_why:
        assert all(f" {number} " in text for number in range(1, 9))
    else:
        assert all(f"level {value}" in text for value in range(4))
    assert "a note" not in text


def test_what_does_not_fit_is_said_and_stands_on_the_page() -> None:
    """Eight raters in ten rows: the last row names the key of the page, and the page has them all."""
    view = _view(sides=8)
    rows = lay_out(view, 40, 10)
    assert len(rows) == 10
    assert "there is more: a shows it all" in rows[-1].plain
    page = "\n".join(row.plain for row in full_page(view, 60))
    assert all(name in page for name in ("first", "second", "eighth"))
