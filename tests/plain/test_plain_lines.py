"""Numbered lines: what is printed, what a number means, and that no text can act or pose as ours."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.conversation import Conversation, Message, ToolCall
from protocol.item import Item
from protocol.safe_text import visible
from protocol.visible import TaskCard
from rater.plain.dialogue import RefusedError
from rater.plain.line_quotes import asked_span
from rater.plain.numbered import NumberedConversation
from tests.conftest import SHARED, BuildStudy, make_rubric
from tests.plain.talking import talk

MESSAGES = (
    Message(role="user", text="Which is cheaper?\n\nA or B?"),
    Message(
        role="assistant",
        text="A is cheaper.\nCheck the exit fee, check it twice.\n\n  It’s on “page 2” – or page 3.\n",
        tool_calls=(ToolCall(id="t1", name="lookup", arguments='{"fee":\n 1}'),),
    ),
    Message(role="tool", text="fee: 30", tool_call_id="t1"),
    Message(role="assistant", text=""),
)
PRINTED = """\
Message 1 of 4, user
1  Which is cheaper?

2  A or B?

Message 2 of 4, assistant
3  A is cheaper.
4  Check the exit fee, check it twice.

5    It’s on “page 2” – or page 3.


   calls lookup (t1)
   {"fee":
    1}

Message 3 of 4, tool, result of t1
6  fee: 30

Message 4 of 4, assistant
   (this message has no text)

End of the conversation."""


def numbered(width: int = 80) -> NumberedConversation:
    return NumberedConversation(Conversation(messages=MESSAGES), width)


def quoted(asked: str) -> str:
    """Return the text that a rater's words stand for."""
    span = asked_span(numbered(), asked)
    return MESSAGES[span.message].text[span.start : span.end]


def test_messages_and_lines_that_can_be_quoted_are_numbered() -> None:
    """Calls, remarks and blank lines have no number; every line of the text is there."""
    assert "\n".join(numbered().printed()) == PRINTED


def test_some_lines_and_one_message_can_be_printed_again() -> None:
    """Lines come after the header of their message, with the blank lines and calls between."""
    assert list(numbered().printed_lines(4, 5)) == PRINTED.split("\n")[5:6] + PRINTED.split("\n")[7:10]
    assert list(numbered().printed_message(3)) == PRINTED.split("\n")[16:19]
    for wrong in (0, 5):
        with pytest.raises(RefusedError, match="The messages are numbered 1 to 4"):
            list(numbered().printed_message(wrong))
    with pytest.raises(RefusedError, match="The lines are numbered 1 to 6"):
        list(numbered().printed_lines(1, 7))


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("3", "A is cheaper."),
        ("3-4", "A is cheaper.\nCheck the exit fee, check it twice."),
        ("4 paragraph", "A is cheaper.\nCheck the exit fee, check it twice."),
        ("5 p", "It’s on “page 2” – or page 3."),
        ("3 - 5", "A is cheaper.\nCheck the exit fee, check it twice.\n\n  It’s on “page 2” – or page 3."),
        ("4 the exit fee", "the exit fee"),
        ("3-4 cheaper. check", "cheaper.\nCheck"),
        ("4 Check", "Check"),
        ("4 check it", "check it"),
        ("3-4 cheaper ... fee", "cheaper.\nCheck the exit fee"),
        ("3-4 exit ...", "exit fee, check it twice."),
        ("3-4 … exit", "A is cheaper.\nCheck the exit"),
        ('5 it\'s on "page 2" - or', "It’s on “page 2” – or"),
        ("6", "fee: 30"),
    ],
)
def test_what_is_asked_is_what_is_quoted(asked: str, text: str) -> None:
    """Lines, paragraphs, words, and first to last words, whatever the spaces and typographic signs."""
    assert quoted(asked) == text


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("", "Type e and the lines"),
        ("three", "Type e and the lines"),
        ("3,4", "Type e and the lines"),
        ("0", "numbered 1 to 6"),
        ("7", "numbered 1 to 6"),
        ("99999999999", "Type e and the lines"),
        ("4-3", "Line 3 stands before line 4"),
        ("2-3", "Line 2 is in message 1 and line 3 in message 2"),
        ("3-4 p", "Name one line of the paragraph"),
        ("4 fee of nothing", "does not stand there"),
        ("4 page", "does not stand there"),
        ("5 page", "stands there 2 times"),
        ("3-4 CHECK", "stands there 2 times"),
        ("3-4 fee ... cheaper", "does not stand there"),
        ("3-4 A ... check ... twice", "Three dots stand once"),
    ],
)
def test_what_is_not_clear_is_refused(asked: str, sentence: str) -> None:
    """A quote is never guessed: the sentence says what is wrong."""
    with pytest.raises(RefusedError, match=re.escape(sentence)):
        quoted(asked)


def test_a_conversation_without_text_has_nothing_to_quote() -> None:
    """The sentence says so rather than naming lines that are not there."""
    empty = NumberedConversation(Conversation(messages=(Message(role="assistant", text=""),)), 80)
    with pytest.raises(RefusedError, match="no line that can be quoted"):
        asked_span(empty, "1")


PLAIN_CHARACTERS = st.characters(exclude_categories=["Cs", "Cf", "Mn", "Mc", "Me"])
"""Without those that join others: what stands for them depends on their neighbours."""


@given(
    texts=st.lists(st.text(PLAIN_CHARACTERS, max_size=200), min_size=1, max_size=4),
    width=st.integers(min_value=24, max_value=100),
)
def test_every_character_is_printed_and_only_headers_stand_in_the_first_column(
    texts: list[str], width: int
) -> None:
    """For any text and width: what is printed is the text, in order, and none of it begins a row."""
    messages = tuple(Message(role="assistant", text=text) for text in texts)
    rows = list(NumberedConversation(Conversation(messages=messages), width).printed())
    count = len(str(sum(bool(line.strip()) for text in texts for line in text.split("\n"))))
    header = re.compile(rf"Message \d+ of {len(texts)}, assistant|End of the conversation\.")
    body = [row for row in rows if not header.fullmatch(row)]
    assert all(re.fullmatch(rf"[ \d]{{{count}}}  .*|", row) for row in body)
    shown = "".join(row[count + 2 :] for row in body).replace("(this message has no text)", "")
    source = "".join(text.replace("\r\n", "\n").replace("\t", " ") + "\n" for text in texts)
    source = "".join(char if char == "\n" else visible(char) for char in source)
    assert "".join(shown.split()) == "".join(source.split())


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120),
    data=st.data(),
)
def test_a_quoted_range_is_exactly_its_lines(text: str, data: st.DataObject) -> None:
    """The span names the stored text, without blanks at its ends."""
    lines = [line for line in text.split("\n") if line.strip()]
    conversation = NumberedConversation(Conversation(messages=(Message(role="user", text=text),)), 40)
    assert conversation.line_count == len(lines)
    if not lines:
        return
    first = data.draw(st.integers(1, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    span = asked_span(conversation, f"{first}-{last}")
    found = [line.strip() for line in text[span.start : span.end].split("\n") if line.strip()]
    assert found == [line.strip() for line in lines[first - 1 : last]]


def _unsafe(text: str) -> list[str]:
    return [char for char in text if char != "\n" and visible(char) != char]


def test_hostile_transcripts_print_no_control_character(build_study: BuildStudy) -> None:
    """Escape sequences, C1 bytes, bidirectional marks and hidden letters show as pictures or codes."""
    path = SHARED / "data" / "hostile" / "transcripts.jsonl"
    if not path.exists():
        pytest.skip("the hostile transcripts are not beside this repository")
    raw = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    items = [
        Item(
            id=f"{number:016x}",
            task_id="a" * 16,
            conversation=Conversation(
                messages=tuple(
                    Message(
                        role=message["role"],
                        text=message["content"].encode("utf-8", "replace").decode(),
                    )
                    for message in one["messages"]
                )
            ),
            card=TaskCard(brief="\x1b[31mbrief\u202e", content_note="note \x9b1m"),
        )
        for number, one in enumerate(raw, start=1)
    ]
    study = build_study(items=items, study_name="Study \x1b]0;title\x07")
    said = talk(study, *["", "t", "e 1", "E", "n"] * len(items)).text
    assert _unsafe(said) == []
    assert "␛]0;DEV-TITLE" in said
    assert said.count("End of the conversation.") == len(items)


def test_names_labels_and_notes_print_no_control_character(build_study: BuildStudy) -> None:
    """What the admin and the rater wrote is as untrusted as a transcript."""
    evil = "x\x1b[2J\u202e\x9b"
    rubric = make_rubric()
    dimension = replace(rubric.dimensions[0], name=evil, question=evil)
    reasons = tuple(replace(reason, label=evil) for reason in rubric.not_ratable)
    study = build_study(
        rubric=replace(rubric, dimensions=(dimension,), not_ratable=reasons, rules=(evil,), title=evil)
    )
    said = talk(study, "a", "x", "1", "m a\u202eb", "s", "i", f"m {evil}", "d 1", "e 1 \u202e", "\u202e", "?")
    assert _unsafe(said.text) == []
    assert "a<U+202E>b" in said.text
    assert "That line holds control characters" in said.text


def test_a_pager_is_used_only_when_asked_for(build_study: BuildStudy) -> None:
    """It gets the numbered text; without one the sentence names the variable."""
    study = build_study()
    shown: list[str] = []
    talk(study, "2", pager=shown.append)
    assert shown == []
    talk(study, "P", pager=shown.append)
    assert shown[0].startswith("Message 1 of 2, user\n 1  Question 1")
    assert "PAGER" in talk(study, "page").text


def test_narrow_and_wide_terminals_fold_differently_but_number_alike(build_study: BuildStudy) -> None:
    """The number of a line never depends on the terminal."""
    study = build_study()
    narrow, wide = (talk(study, "l", columns=columns).text for columns in (20, 200))
    assert max(map(len, narrow.split("\n"))) <= len("Message 2 of 2, assistant")
    assert max(map(len, wide.split("\n"))) <= 100
    found = [re.findall(r"^ ?(\d+)  Par", text, re.MULTILINE) for text in (narrow, wide)]
    assert found[0] == found[1] == [str(number) for number in range(2, 14)] * 2


@pytest.mark.parametrize("width", range(24, 101))
def test_no_row_is_too_long_for_the_terminal(width: int) -> None:
    """The blank that a folded row ends with has its column: the terminal would fold it to an empty row."""
    messages = (Message(role="user", text="To be or not to be, that is the question. " * 9),)
    rows = list(NumberedConversation(Conversation(messages=messages), width).printed())
    assert max(map(len, rows)) <= width


def test_parts_of_the_conversation_are_printed_again(build_study: BuildStudy) -> None:
    """Lines or a message; what is no part is a sentence."""
    said = talk(build_study(), "l 3-4", "l m 1", "lines 99", "l x").text
    assert said.count("Paragraph 2 of answer 1.") == 2
    assert said.count("Question 1") == 2
    assert "The lines are numbered 1 to 13." in said
    assert "l m 2 message 2" in said
