"""Untrusted text made safe to show.

Terminals obey bytes, and Textual passes escape sequences through from every stock widget. So every
string that came from a file goes through one of the two renderings here before it is displayed.
Storage and hashes keep the exact text. `neutralise` is also the last gate behind all widgets.
"""

from __future__ import annotations

import unicodedata

INLINE_CHARACTERS = 200_000
INLINE_LINES = 5_000
INLINE_COLUMNS = 2_000
MARKS_IN_A_ROW = 8
TAB_WIDTH = 4

_KEPT_FORMAT = {"\u200d", "\u00ad"}
"""Zero-width joiner (emoji, Indic scripts) and soft hyphen change no reading order."""


def _is_unsafe(char: str) -> bool:
    code = ord(char)
    if 0xE0000 <= code <= 0xE01EF or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return True
    category = unicodedata.category(char)
    if category in ("Cc", "Cs", "Co", "Zl", "Zp"):
        return True
    return category == "Cf" and char not in _KEPT_FORMAT


def _picture(char: str) -> str:
    """One visible character for a control character; length-preserving."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def neutralise(text: str) -> str:
    """Replace every character a terminal could obey by one visible character.

    Keeps the length, so a column on the screen is a column of the text. Line feeds count as
    unsafe here: a strip on the screen holds none.
    """
    if text.isprintable():
        return text
    return "".join(_picture(char) if _is_unsafe(char) else char for char in text)


def code_name(char: str) -> str:
    """Return the visible name of a character that must not act, such as <U+202E>."""
    return f"<U+{ord(char):04X}>"


def visible(char: str) -> str:
    """Return what stands on the screen for one character of a transcript, one or more columns."""
    if not _is_unsafe(char):
        return char
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return _picture(char)
    return code_name(char)


def inline(text: str, *, multiline: bool = False) -> str:
    """Return text for labels, logs, tables, notes and standard output.

    Args:
        text: Any string from a file.
        multiline: Keep line feeds; otherwise they show as U+240A.

    Returns:
        Text without a control, bidirectional or invisible character, with at most eight combining
        marks in a row, lines folded at 2,000 columns and a stated cut at 200,000 characters.
    """
    text = text.replace("\r\n", "\n")
    cut = len(text) > INLINE_CHARACTERS
    shown: list[str] = []
    marks = column = lines = 0
    for char in text[:INLINE_CHARACTERS]:
        if char == "\n" and multiline:
            lines += 1
            if lines >= INLINE_LINES:
                cut = True
                break
            shown.append(char)
            column = marks = 0
            continue
        if unicodedata.combining(char):
            marks += 1
            if marks > MARKS_IN_A_ROW:
                continue
        else:
            marks = 0
        shown.append(" " * TAB_WIDTH if char == "\t" else visible(char))
        column += 1
        if column == INLINE_COLUMNS and multiline:
            shown.append("\n")
            column = 0
    return "".join(shown) + (" [cut: the text is longer]" if cut else "")
