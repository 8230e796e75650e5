"""No character that a terminal could obey comes through either rendering."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.safe_text import (
    INLINE_CHARACTERS,
    INLINE_COLUMNS,
    INLINE_LINES,
    code_name,
    inline,
    neutralise,
    visible,
)
from tests.conftest import SHARED

ANY_TEXT = st.text(st.characters(), max_size=60)
"""Surrogates, controls, private use: everything a string can hold."""

NASTY = (
    "\x1b]52;c;UFdORUQ=\x1b\\"  # clipboard
    "\x1b[?1049l\x1b[2J\x1b]0;title\x07\x1bPq\x1b\\"  # leave the screen, clear it, title, DCS
    "\x9b31m\x9d0;x\x9c"  # C1 forms of the same
    "\u202eevil\u2066\u200b\ufeff\u061c"  # bidirectional and invisible
    "\U000e0041\U000e0100\ufff9\u2028\u2029"  # tags, variation supplement, annotation, separators
    "\x00\x0e\x0f\x7f\ud800\ue000\ufffe\U0010ffff"  # NUL, shifts, DEL, surrogate, private, nonchar
)

OBEYED = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})


def acts(char: str) -> bool:
    """Whether a character could act on a terminal or hide; written anew here, not imported."""
    code = ord(char)
    if code % 0x10000 >= 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return True
    if code < 0x20 or 0x7F <= code <= 0x9F or 0xE0000 <= code <= 0xE01EF:
        return True
    if unicodedata.category(char) in OBEYED:
        return True
    return unicodedata.category(char) == "Cf" and char not in "\u200d\u00ad"


@given(ANY_TEXT)
@example(NASTY)
def test_inline_lets_nothing_through(text: str) -> None:
    """No control, C1, bidirectional, tag, separator, surrogate or private character is left."""
    assert not any(acts(char) for char in inline(text))


@given(ANY_TEXT)
@example(NASTY)
def test_multiline_keeps_line_feeds_and_nothing_else(text: str) -> None:
    """A line feed stays; everything else is as in the one-line form."""
    shown = inline(text, multiline=True)
    assert not any(acts(char) for char in shown if char != "\n")
    assert shown.count("\n") == text.count("\n")


@given(ANY_TEXT)
@example(NASTY)
def test_neutralise_keeps_the_length_and_lets_nothing_through(text: str) -> None:
    """The last gate replaces one character by one, so columns stay where they were."""
    shown = neutralise(text)
    assert len(shown) == len(text)
    assert not any(acts(char) for char in shown)
    assert all(after == before for before, after in zip(text, shown, strict=True) if not acts(before))
    assert neutralise(shown) == shown


@given(st.characters())
def test_a_character_of_a_transcript_is_visible_or_named(char: str) -> None:
    """What must not act is shown as a picture or as its code, never dropped."""
    shown = visible(char)
    assert shown
    assert not any(acts(one) for one in shown)
    assert acts(char) or shown == char or shown == code_name(char)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_ordinary_text_is_not_touched(text: str) -> None:
    """Letters of any script, digits, punctuation and symbols come through as they are."""
    assert inline(text) == text
    assert neutralise(text) == text


@pytest.mark.parametrize(
    ("char", "shown"),
    [
        ("\x1b", "\u241b"),
        ("\x00", "\u2400"),
        ("\x7f", "\u2421"),
        ("\x9b", "<U+009B>"),
        ("\u202e", "<U+202E>"),
        ("\u200b", "<U+200B>"),
        ("\U000e0041", "<U+E0041>"),
        ("\ud800", "<U+D800>"),
        ("\ufffe", "<U+FFFE>"),
        ("\u200d", "\u200d"),
        ("\u00ad", "\u00ad"),
        ("é", "é"),
    ],
)
def test_how_a_character_is_shown(char: str, shown: str) -> None:
    """C0 as pictures, the rest by code; joiners of emoji and soft hyphens stay."""
    assert visible(char) == shown


def test_tabs_feeds_and_returns() -> None:
    """A tab is blanks, CR LF one line feed, a lone CR is shown: it would overwrite the line."""
    assert inline("a\tb") == "a    b"
    assert inline("a\r\nb", multiline=True) == "a\nb"
    assert inline("safe\rEVIL") == "safe\u240dEVIL"
    assert inline("a\nb") == "a\u240ab"
    assert neutralise("a\nb") == "a\u240ab"


def test_a_tower_of_combining_marks_is_cut() -> None:
    """Eight marks in a row stay, the rest would cover the neighbouring lines."""
    assert inline("e" + "\u0301" * 500 + "x") == "e" + "\u0301" * 8 + "x"


def test_long_texts_are_cut_and_say_so() -> None:
    """Characters and lines are limited, long lines are folded; nothing is cut in silence."""
    assert inline("x" * INLINE_CHARACTERS) == "x" * INLINE_CHARACTERS
    assert inline("x" * (INLINE_CHARACTERS + 1)).endswith("x [cut: the text is longer]")
    many = inline("\n" * (INLINE_LINES + 10), multiline=True)
    assert many.endswith("[cut: the text is longer]")
    assert many.count("\n") < INLINE_LINES
    assert max(map(len, inline("y" * 9_000, multiline=True).split("\n"))) == INLINE_COLUMNS


def test_the_hostile_transcripts_are_harmless() -> None:
    """Every text of the hostile corpus, in both renderings."""
    corpus = SHARED / "data" / "hostile" / "transcripts.jsonl"
    if not corpus.exists():
        pytest.skip(f"{corpus} is not there")
    texts = list(_texts(corpus))
    assert len(texts) >= 20
    for text in texts:
        assert not any(acts(char) for char in inline(text))
        assert not any(acts(char) for char in neutralise(text))


def _texts(corpus: Path) -> list[str]:
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    for line in corpus.read_text(encoding="utf-8").split("\n"):
        if line.strip():
            walk(json.loads(line))
    return found
