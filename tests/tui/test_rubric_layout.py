"""The rubric pane: whole anchors of the active dimension first, then what there is room for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.content import Content

from protocol.rubric import Dimension, Level
from protocol.session import ItemProgress, Mark
from protocol.study_file import read_study
from protocol.visible import TaskCard
from rater.tui.rubric_layout import RubricView, below, beside, height_below, width_beside
from tests.conftest import make_rubric

SAMPLE = Path(__file__).parents[2] / "rater" / "sample" / "study.toml"
CARD = TaskCard(brief="Compare.", claims=("A is cheaper.", "B has an exit fee."))


def shipped() -> tuple[Dimension, ...]:
    """Return the dimensions of the shipped rubric, whose anchors are long."""
    return read_study(SAMPLE.read_text(encoding="utf-8"), where="study.toml").rubric.dimensions


def view(dimensions: tuple[Dimension, ...], active: int = 0, **marks: Mark) -> RubricView:
    """Return a view of some marks."""
    return RubricView(
        dimensions=dimensions,
        active=dimensions[active].id,
        progress=ItemProgress(item_id="1", marks=marks),
        card=CARD,
    )


def text_of(lines: list[Content]) -> str:
    """Return the rows as one text without the folds."""
    return " ".join(" ".join(line.plain for line in lines).split())


@pytest.mark.parametrize("active", [0, 1])
def test_the_shipped_anchors_are_whole_at_both_sizes(active: int) -> None:
    """At 100x30 and at 80x24 no anchor of the active dimension is cut."""
    dimensions = shipped()
    width = width_beside(dimensions, 97, 27)
    wide = text_of(beside(view(dimensions, active), width, 27))
    height = height_below(dimensions, 78, 15)
    narrow = text_of(below(view(dimensions, active), 78, height))
    for level in dimensions[active].levels:
        for shown in (wide, narrow):
            assert " ".join(level.anchor.split()) in shown
    assert width <= 46
    assert height <= 15


@settings(deadline=None, max_examples=60)
@given(
    anchors=st.lists(st.text(max_size=120), min_size=2, max_size=5),
    width=st.integers(30, 60),
    height=st.integers(6, 50),
    active=st.integers(0, 2),
    scored=st.booleans(),
)
def test_the_pane_never_outgrows_its_room(
    anchors: list[str], width: int, height: int, active: int, scored: bool
) -> None:
    """No more rows than there are and none wider; what is cut says so."""
    levels = tuple(Level(value=value, label=f"l{value}", anchor=text) for value, text in enumerate(anchors))
    dimensions = tuple(replace(one, levels=levels) for one in make_rubric(dimensions=3).dimensions)
    marks = {"D1": Mark(level=1, note="noted")} if scored else {}
    for lay_out in (beside, below):
        lines = lay_out(view(dimensions, active, **marks), width, height)
        assert len(lines) <= height
        assert all(line.cell_length <= width for line in lines)


def test_with_room_there_are_the_task_and_all_anchors() -> None:
    """On a large terminal the load-bearing claims stand above, and every dimension is open."""
    dimensions = make_rubric().dimensions
    shown = text_of(beside(view(dimensions), 44, 60))
    assert shown.index("A is cheaper.") < shown.index("Verification support")
    assert "How much verification support?" in shown
    assert "Anchor 3 of Verification support." in shown
    assert "Anchor 3 of Process steerability." in shown


def test_marks_tell_the_state_without_colour() -> None:
    """Active, chosen, unscored, not ratable and lacking a quote each have a sign of their own."""
    dimensions = make_rubric(quote_from=1, dimensions=3).dimensions
    lines = beside(view(dimensions, 0, D1=Mark(level=2), D2=Mark(reason="refusal")), 44, 30)
    rows = [line.plain for line in lines]
    assert any(row.startswith(">A Verification support") and row.endswith("2 · quote?") for row in rows)
    assert any(row.startswith(" B Process steerability") and row.endswith("NR:refusal") for row in rows)
    assert any(row.startswith(" C Steer uptake") and row.endswith(" -") for row in rows)
    assert any(row.startswith(" [ 2] level 2") for row in rows)
    assert any(row.startswith("   1  level 1") for row in rows)


def test_names_give_way_in_a_narrow_row() -> None:
    """Where the names of all dimensions do not fit below, the active one keeps its name."""
    dimensions = tuple(
        replace(one, name=f"A rather long name of {one.id}") for one in make_rubric(dimensions=3).dimensions
    )
    first = below(view(dimensions, 1), 58, 10)[0].plain
    assert "A rather long name of D2" in first
    assert "D1" not in first
    assert " A -" in first
    assert " C -" in first
