"""Rows of a transcript: every source character is shown, in order, and leads back to its place."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from protocol.conversation import Conversation, Message, ToolCall
from protocol.marking import BLANKS, Marking
from protocol.safe_text import neutralise, visible
from protocol.transcript_lines import LineKind, TranscriptLines
from protocol.transcript_rows import RowRange, TranscriptRows
from protocol.typesetting import Glyph, Typesetter

PIECES = [
    *"a b\tc\n\n\r \r\n漢字“é–x",
    "e\u0301",
    "\u0301",
    "\u0301" * 30,
    "👩\u200d👩\u200d👧",
    "\u200d",
    "❤\ufe0f",
    "1\ufe0f\u20e3",
    "🇬🇧",
    "👍🏽",
    "\x1b[31m",
    "\x1b]52;c;AAAA\x07",
    "\x9b31m",
    "\x00",
    "\x7f",
    "\u202e",
    "\u2028",
    "\ufeff",
    "\U000e0041",
    "क\u094d\u200dष",
    "\u3164",
    "\u00ad",
    "averyveryverylongwordthatneverends",
    "   " * 9,
]
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
LINES = st.lists(
    st.one_of(st.text(alphabet="ab  é—", max_size=60), st.text(alphabet="a \t", max_size=30), TEXTS),
    max_size=40,
).map("\n".join)
"""Many short lines: some simple, some not, side by side."""
WIDTHS = st.integers(min_value=12, max_value=120)


def rows_of(text: str, width: int) -> TranscriptRows:
    conversation = Conversation(messages=(Message(role="assistant", text=text),))
    rows = TranscriptRows(TranscriptLines(conversation), Typesetter(cell_len), width)
    while not rows.is_complete:
        rows.extend(50)
    return rows


def text_rows(rows: TranscriptRows) -> list[int]:
    return [row for row in range(len(rows)) if rows.kind(row) is LineKind.TEXT]


def stretches(rows: TranscriptRows) -> list[tuple[int, int]]:
    return [rows.bounds(row) for row in text_rows(rows)]


def stretches_glyph_by_glyph(text: str, width: int) -> list[tuple[int, int]]:
    """The rows of a text as the rule of `end_of_row` says, without a short cut."""
    typesetter = Typesetter(cell_len)
    lines = TranscriptLines(Conversation(messages=(Message(role="assistant", text=text),)))
    found = []
    for line in range(len(lines)):
        if lines.kinds[line] == LineKind.TEXT:
            start, end = lines.bounds(line)
            while (after := typesetter._end_of_mixed_row(text, start, end, width)) < end:
                found.append((start, after))
                start = after
            found.append((start, end))
    return found


def is_faithful(glyph: Glyph, text: str) -> bool:
    """Whether a glyph shows its source as it is, or one character by its visible name."""
    source = text[glyph.start : glyph.end]
    if source == "\t":
        return glyph.shown.isspace() and 1 <= glyph.width <= 4
    if glyph.replaced:
        return len(source) == 1 and glyph.shown in (visible(source), f"<U+{ord(source):04X}>")
    return glyph.shown == source


@settings(max_examples=200, deadline=None)
@given(text=LINES, width=WIDTHS, run=st.integers(1, 200))
@example(text="a" * 12 + " \n" + "b" * 13 + "\n\n" + " " * 14 + "c\r\nd", width=12, run=200)
@example(text="a\tb\n" * 9 + "\t" * 4, width=12, run=16)
def test_short_cuts_break_lines_where_the_rule_does(text: str, width: int, run: int) -> None:
    """Runs of simple lines, tabs and wide characters give the rows that glyph after glyph gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("protocol.transcript_rows.RUN_CHARACTERS", run)
        assert stretches(rows_of(text, width)) == stretches_glyph_by_glyph(text, width)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS, width=WIDTHS)
@example(text="a\u0301" * 40, width=12)
@example(text="x " * 12 + "\u0301" + "y", width=12)
@example(text="x" * 12 + "\u0301", width=12)
def test_the_rows_show_every_character_once_and_in_order(text: str, width: int) -> None:
    """The rows' stretches cover the text without gap, overlap or change of order, line breaks apart."""
    rows = rows_of(text, width)
    covered = ""
    position = 0
    for row in text_rows(rows):
        start, end = rows.bounds(row)
        assert text[position:start] in ("", "\n", "\r\n")
        position = end
        covered += text[start:end]
        glyphs = list(Typesetter(cell_len).glyphs(text, start, end))
        assert all(is_faithful(glyph, text) for glyph in glyphs)
        assert [glyph.start for glyph in glyphs] == [start, *(glyph.end for glyph in glyphs)][: len(glyphs)]
        assert "".join(glyph.shown for glyph in glyphs) == rows.shown(row)
    assert text[position:] in ("", "\n", "\r\n")
    if text:
        assert covered == text.replace("\r\n", "\n").replace("\n", "")


@settings(max_examples=300, deadline=None)
@given(text=TEXTS, width=WIDTHS)
def test_no_row_is_wider_than_asked_or_holds_what_a_terminal_obeys(text: str, width: int) -> None:
    """Only one blank at the end may hang over; nothing is left for the last gate to replace."""
    rows = rows_of(text, width)
    for row in range(len(rows)):
        shown = rows.shown(row)
        assert neutralise(shown) == shown
        assert cell_len(shown[:-4] + shown[-4:].rstrip(" ")) <= width


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, width=WIDTHS)
def test_a_glyph_is_the_same_at_every_width(text: str, width: int) -> None:
    """What stands for a character does not depend on where the rows break, tabs apart."""
    glyphs = {
        (glyph.start, glyph.end, glyph.shown)
        for line in [text.replace("\n", " ").replace("\t", " ")]
        for glyph in Typesetter(cell_len).glyphs(line, 0, len(line))
    }
    line = text.replace("\n", " ").replace("\t", " ")
    setter = Typesetter(cell_len)
    start = 0
    while start < len(line):
        end = setter.end_of_row(line, start, len(line), width)
        assert {(one.start, one.end, one.shown) for one in setter.glyphs(line, start, end)} <= glyphs
        start = end


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, width=WIDTHS)
def test_the_fast_ways_to_break_rows_agree_with_the_slow_one(text: str, width: int) -> None:
    """Tables and slices find the same ends as going glyph by glyph."""
    setter = Typesetter(cell_len)
    for line in text.split("\n"):
        start = 0
        while start < len(line):
            end = setter.end_of_row(line, start, len(line), width)
            assert end == setter._end_of_mixed_row(line, start, len(line), width)
            assert end > start
            start = end


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, width=WIDTHS, other=WIDTHS)
def test_a_place_is_found_again_at_another_width(text: str, width: int, other: int) -> None:
    """The row of a source offset holds that offset."""
    rows, again = rows_of(text, width), rows_of(text, other)
    for row in range(len(rows)):
        start, _ = rows.bounds(row)
        found = again.row_at(rows.line_of(row), start)
        assert again.line_of(found) == rows.line_of(row)
        first, last = again.bounds(found)
        assert first <= start <= last


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, width=WIDTHS, data=st.data())
def test_a_span_is_the_source_of_its_rows(text: str, width: int, data: st.DataObject) -> None:
    """The quoted text is a stretch of the message that begins and ends with ink."""
    rows = rows_of(text, width)
    quotable = rows.quotable(0)
    if quotable is None:
        return
    first = data.draw(st.integers(quotable.first, quotable.last))
    last = data.draw(st.integers(first, quotable.last))
    span = rows.marking(RowRange(first=first, last=last))
    quoted = text[rows.bounds(first)[0] : rows.bounds(last)[1]]
    if span is None:
        assert not quoted.strip(BLANKS)
        return
    assert text[span.start : span.end] == quoted.strip(BLANKS) != ""
    assert rows.bounds(first)[0] <= span.start < span.end <= rows.bounds(last)[1]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("one two three", 7, ["one two ", "three"]),
        ("one two", 7, ["one two"]),
        ("onetwothree", 7, ["onetwot", "hree"]),
        ("a\tb", 20, ["a   b"]),
        ("漢字漢字漢", 8, ["漢字漢字", "漢"]),
        ("日本 go", 5, ["日本 ", "go"]),
        ("\x1b[31mred", 20, ["␛[31mred"]),
        ("NO\x08\x08YES", 20, ["NO␈␈YES"]),
        ("abc\u202edef", 20, ["abc<U+202E>def"]),
        ("one\rtwo\r\nthree", 20, ["one␍two", "three"]),
        ("a\u200db", 20, ["a<U+200D>b"]),
        ("👩\u200d👧!", 20, ["👩\u200d👧!"]),
        ("\u0301a", 20, ["<U+0301>a"]),
        ("", 20, []),
        ("\n\n", 20, ["", "", ""]),
    ],
)
def test_rows_worked_by_hand(text: str, width: int, expected: list[str]) -> None:
    """Breaks, tabs, wide and joined characters, and characters that must not act."""
    rows = rows_of(text, width)
    assert [rows.shown(row) for row in text_rows(rows)] == expected


def test_messages_calls_and_the_end_are_framed() -> None:
    """Each message has a numbered header with its role; calls and results name each other."""
    conversation = Conversation(
        messages=(
            Message(role="user", text="Hi"),
            Message(
                role="assistant", text="", tool_calls=(ToolCall(id="t1", name="sum", arguments='{"a":\n1}'),)
            ),
            Message(role="tool", text="2", tool_call_id="t1"),
            Message(role="assistant", text=""),
        )
    )
    rows = TranscriptRows(TranscriptLines(conversation), Typesetter(cell_len), 64)
    rows.extend(10_000)
    assert [rows.shown(row) for row in range(len(rows))] == [
        *("[1] user", "Hi", ""),
        *("[2] assistant", "→ calls sum (t1)", '{"a":', "1}", ""),
        *("[3] tool · sum (t1)", "2", ""),
        *("[4] assistant", "(this message has no text)", ""),
        "end of transcript",
    ]
    assert [rows.row_of_message(message) for message in range(4)] == [0, 3, 8, 11]
    assert rows.paragraph(0) is None
    assert rows.paragraph(1) == RowRange(first=1, last=1)
    assert rows.paragraph(5) is None, "a call is no text of the assistant"
    assert rows.quotable(1) is None
    assert rows.quotable(3) is None


def test_a_paragraph_ends_at_blank_lines_and_at_its_message() -> None:
    """Blank lines, also of spaces, and headers bound it; wrapped rows belong to it whole."""
    conversation = Conversation(
        messages=(
            Message(role="assistant", text="one one one one\ntwo\n  \nthree"),
            Message(role="assistant", text="four"),
        )
    )
    rows = TranscriptRows(TranscriptLines(conversation), Typesetter(cell_len), 14)
    rows.extend(10_000)
    assert rows.paragraph(2) == RowRange(first=1, last=3)
    assert rows.marking(RowRange(first=1, last=3)) == Marking(message=0, start=0, end=19)
    assert rows.paragraph(4) is None
    assert rows.paragraph(5) == RowRange(first=5, last=5)


def test_rows_are_made_only_as_far_as_asked() -> None:
    """The first screen of a long text costs no more than that of a short one."""
    conversation = Conversation(messages=(Message(role="assistant", text="word " * 1_000_000),))
    rows = TranscriptRows(TranscriptLines(conversation), Typesetter(cell_len), 60)
    rows.extend_to_row(40)
    assert not rows.is_complete
    assert 40 < len(rows) < 60


@settings(max_examples=200, deadline=None)
@given(text=TEXTS.map(lambda text: text.replace("\n", " ")), cuts=st.lists(st.integers(0, 300), max_size=6))
def test_cutting_a_row_changes_nothing_that_is_shown(text: str, cuts: list[int]) -> None:
    """Pieces follow each other without gap or overlap and together show what the row shows."""
    setter = Typesetter(cell_len)
    pieces = setter.pieces(text, 0, len(text), cuts)
    assert "".join(piece.shown for piece in pieces) == setter.shown(text, 0, len(text))
    ends = [0, *(piece.end for piece in pieces)]
    assert [piece.start for piece in pieces] == ends[:-1]
    assert ends[-1] == len(text)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS.map(lambda text: text.replace("\n", " ")), column=st.integers(0, 200))
def test_a_column_leads_to_the_glyph_that_stands_there(text: str, column: int) -> None:
    """The columns of the glyphs before it are those left of it."""
    setter = Typesetter(cell_len)
    glyph = setter.glyph_at(text, 0, len(text), column)
    widths = {one.start: one.width for one in setter.glyphs(text, 0, len(text))}
    if glyph is None:
        assert sum(widths.values()) <= column
        return
    left = sum(width for start, width in widths.items() if start < glyph.start)
    assert left <= column < left + glyph.width
