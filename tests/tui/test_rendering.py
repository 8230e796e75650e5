"""The rendered view: only where the plan allows it, with every word of the source, without quotes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.study_store import visible_bytes
from protocol.conversation import Conversation, Message
from protocol.item import Item
from protocol.visible import VisibleProtocol
from rater.tui.rendering import MOST_CHARACTERS, render
from tests.conftest import BuildStudy, make_items, make_rubric
from tests.tui.driving import item_on_disk, sitting
from tests.tui.test_hostile_text import check_strips, shared_corpus

SOURCE = """\
# Fees

The **exit fee** is `30`, see
[the list](https://example.org/x "prices").

- one
  1. two

> said

```python
x  =  1
```

| plan | cost |
|------|------|
| A | 486 |

<thinking>kept</thinking>

[ref]: https://example.org/y
"""

PIECES = [
    *("# head", "word", "two words", "**bold**", "*em*", "`code`", "~~gone~~", "- item", "  - sub", "1. one"),
    *("7) seven", "> quote", ">> deep", "```", "```py", "~~~", "    indented", "| a | b |", "|---|---|"),
    *("| c | d | e |", "===", "---", "***", "<div>", "<!-- remark -->", "<b>x</b>", "http://a.b/c", "\t"),
    *("-", "*", "", "", "", "\x00", "\u2028", "\u202e", "\x85", "a\x0bb", "漢字", "\ud7ff", "_u_ v_w", "\\"),
]


def words(text: str) -> list[str]:
    """Return letters and digits in their order."""
    return re.findall(r"[^\W_]", text)


def rendering_items() -> list[Item]:
    """Return items of which the first is Markdown."""
    item, other = make_items(2)
    messages = (Message(role="user", text="Hi"), Message(role="assistant", text=SOURCE))
    return [replace(item, conversation=Conversation(messages=messages)), other]


def test_markdown_is_shown_as_it_is_meant() -> None:
    """Marks go; links show where they lead; HTML and definitions stand as they are."""
    assert render(SOURCE).text.split("\n") == [
        *("Fees", "", "The exit fee is `30`, see", 'the list (https://example.org/x "prices").', ""),
        *("- one", "  1. two", "", "▎ said", "", "┆ python", "┆ x  =  1", ""),
        *("plan │ cost", "─────┼─────", "A    │ 486 ", "", "<thinking>kept</thinking>"),
        "[ref]: https://example.org/y",
    ]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("\n".join))
def test_no_letter_of_the_source_is_lost(text: str) -> None:
    """Every letter and digit stands there in its order; each line knows where it comes from."""
    rendered = render(text)
    assert words(rendered.text) == words(text)
    lines = rendered.text.split("\n")
    assert len(rendered.source_lines) == (len(lines) if rendered.source_lines else 0)
    assert all(line <= text.count("\n") + text.count("\r") for line in rendered.source_lines)
    for before, after in zip(rendered.styles, rendered.styles[1:], strict=False):
        assert before.end <= after.start


@pytest.mark.parametrize(
    "text",
    [
        "word " * (MOST_CHARACTERS // 5 + 1),
        "- x\n" * 400,
        ">" * 2_000 + " deep",
        "[" * 5_000,
        "*a " * 5_000,
        "|".join("a" * 300) + "\n" + "|".join(["-"] * 300),
        "x\n\n".join(f"- {' ' * depth}y" for depth in range(60)),
    ],
)
def test_what_would_take_too_long_stays_as_it_is(text: str) -> None:
    """No letter is lost, and it is over at once; a text that is not rendered says so."""
    assert words(render(text).text.removeprefix("(too long to be rendered: this is the source)")) == words(
        text
    )


async def test_r_shows_it_and_goes_back_to_the_same_place(build_study: BuildStudy) -> None:
    """The pointer stays on the words; the app says what is left out, and which view this is."""
    study = build_study(items=rendering_items(), rendered_view=True)
    async with sitting(study) as app:
        await app.press("slash", *"said", "enter", "escape", "r")
        assert "signs of mark-up, escapes and quotes are not shown" in app.message
        assert "▌   ▎ said" in app.shown()
        assert "plan │ cost" in app.shown()
        assert " rendered ─" in app.shown()
        await app.press("r")
        assert "▌   > said" in app.shown()
        assert "rendered" not in app.shown()
        await app.press("r", "n", "p")
        assert "# Fees" in app.shown(), "each item comes up as its source"


async def test_quotes_are_made_in_the_source(build_study: BuildStudy) -> None:
    """In the rendered view e says so and the mouse chooses nothing; going to a quote shows the source."""
    study = build_study(items=rendering_items(), rendered_view=True)
    async with sitting(study) as app:
        await app.press("right_square_bracket", "e", "enter", "r")
        assert "┃" not in app.shown()
        await app.press("e")
        assert "Quotes are made in the source: r shows it." in app.message
        await app.press("E", "enter")
        assert "A ┃# Fees" in app.shown()
        await app.press("r", "G")
    assert item_on_disk(study).read_to_end


async def test_without_the_plans_leave_only_the_source_is_shown(build_study: BuildStudy) -> None:
    """The app says why."""
    async with sitting(build_study(items=rendering_items())) as app:
        await app.press("r")
        assert "its plan allows no rendered view" in app.message
        assert "# Fees" in app.shown()


async def test_hostile_texts_are_rendered_safely(build_study: BuildStudy) -> None:
    """Nothing that a terminal obeys comes out of the parser."""
    texts = shared_corpus()
    conversations = [Conversation(messages=(Message(role="assistant", text=text),)) for text in texts]
    items = [
        replace(item, conversation=conversation)
        for item, conversation in zip(make_items(len(texts)), conversations, strict=True)
    ]
    async with sitting(build_study(items=items, rendered_view=True)) as app:
        for _ in texts:
            for key in ("r", "G", "n"):
                await app.press(key)
                check_strips(app)


def test_a_study_that_does_not_allow_it_is_stored_as_before() -> None:
    """The field is left out, so the bytes and hashes of such studies stay what they were."""
    visible = VisibleProtocol(name="x", rubric=make_rubric())
    assert b"rendered" not in visible_bytes(visible)
    assert b'"rendered_view":true' in visible_bytes(replace(visible, rendered_view=True))
