"""Treatments: the plain view loses marks and keeps words, and never takes long."""

from __future__ import annotations

import time

import pytest

from protocol.conversation import Conversation, Message, ToolCall
from protocol.deidentify.guessability.treatments import available_treatments, plain_text


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("# Title\n\nBody", "Title\n\nBody"),
        ("* one\n- two\n• three\n1. four\n2) five", "one\ntwo\nthree\nfour\nfive"),
        ("**bold**, __strong__, _soft_, *slanted*, `code`", "bold, strong, soft, slanted, code"),
        ("see [the docs](http://example.org/a)", "see the docs"),
        ("```py\nx = 1\n```", "x = 1"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b \n\n 1 2"),
        ("> quoted\n\n---\n\n\n\nend", "quoted\n\nend"),
        ("“so” he said—thin\u2009space… it’s", '"so" he said-thin space... it\'s'),
        ("zero\u200bwidth\ufeff", "zerowidth"),
    ],
)
def test_marks_go_and_words_stay(marked: str, plain: str) -> None:
    """Headings, bullets, emphasis, links, fences, tables, typographic characters."""
    assert plain_text(marked) == plain


@pytest.mark.parametrize(
    "text", ["snake_case_name", "2*3 = 6", "a - b", "C# and F#", "x_1", "5. in a line: 1.5"]
)
def test_what_only_looks_like_a_mark_stays(text: str) -> None:
    """Names, products and numbers are text."""
    assert plain_text(f"so {text}") == f"so {text}"


def test_a_second_pass_changes_nothing() -> None:
    """What is plain stays plain."""
    once = plain_text("# A\n- **b** [c](d) `e`\n\n\n| f | g |\n\n“h”")
    assert plain_text(once) == once


@pytest.mark.parametrize("unit", ["- ", "  ", "[[", "[a", "|-", "_a", "\n "])
def test_adversarial_texts_take_linear_time(unit: str) -> None:
    """100,000 characters made to make patterns backtrack: quadratic time would be over ten seconds."""
    start = time.process_time()
    plain_text(unit * 50_000 + "x")
    assert time.process_time() - start < 4


def test_treatments_apply_to_every_message_and_keep_the_rest() -> None:
    """Texts are treated, arguments are cut but not stripped, roles and ids stay."""
    call = ToolCall(id="t1", name="look", arguments='{"a": "**b**"}')
    conversation = Conversation(
        messages=(
            Message(role="user", text="**Why?**"),
            Message(role="assistant", text="## Because\nof it", tool_calls=(call,)),
        )
    )
    as_it_is, plain, cut, both = available_treatments(7)
    assert as_it_is.apply(conversation) is conversation
    assert [one.text for one in plain.apply(conversation).messages] == ["Why?", "Because\nof it"]
    assert plain.apply(conversation).messages[1].tool_calls == (call,)
    assert [one.text for one in cut.apply(conversation).messages] == ["**Why?*", "## Beca"]
    assert cut.apply(conversation).messages[1].tool_calls[0].arguments == '{"a": "'
    assert both.apply(conversation).messages[1].text == "Because"
