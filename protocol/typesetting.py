"""How one line of a transcript stands on the screen: glyphs, their widths, and where a row ends.

Every source character is shown by something: itself, a control picture, or its code point in angle
brackets. A glyph keeps the source offsets it stands for, so that a place on the screen can be named
in the stored text. Terminals decide widths; the measure is an argument, so this stays pure.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

from protocol.safe_text import MARKS_IN_A_ROW, TAB_WIDTH, code_name, visible

CLUSTER_LIMIT = 24
"""Code points in one glyph; the longest real emoji sequence has ten."""
VIRAMA = 9
"""Canonical combining class of the sign that joins Indic consonants."""
_JOINER = "\u200d"
_EMOJI_VARIANT = "\ufe0f"

Measure = Callable[[str], int]
"""Columns a text takes in the terminal."""


class Glyph(NamedTuple):
    """What stands on the screen for a stretch of the source."""

    start: int
    end: int
    shown: str
    width: int
    replaced: bool
    """Shown as something else than itself, because a terminal would obey or hide it."""


class Piece(NamedTuple):
    """A stretch of a row: what is shown, and whether it stands for characters that must not act."""

    shown: str
    replaced: bool
    start: int
    end: int
    """Where the stretch is in the source."""


class Typesetter:
    """Sets lines for one kind of terminal; remembers what it learnt about characters.

    Args:
        measure: Columns a text takes.
    """

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._simple = {chr(code) for code in range(0x20, 0x7F)}
        self._known: dict[str, tuple[str, int]] = {}
        self._widths: dict[str, int] = dict.fromkeys(self._simple, 1)
        """Characters that are a glyph of their own unless a mark follows: no mark, joiner or tab."""
        self._shown_as_is = set(self._simple)
        """Those of `_widths` that show as themselves."""

    def is_simple(self, text: str) -> bool:
        """Whether each character shows as itself in one column, so that offsets are columns."""
        if text.isascii():
            return text.isprintable()
        if self._simple.issuperset(text):
            return True
        for char in set(text) - self._simple:
            shown, width = self._alone(char)
            if shown != char or width != 1:
                return False
            self._simple.add(char)
        return True

    def is_plain(self, text: str) -> bool:
        """Whether each character is a glyph of its own with a width that does not depend on others."""
        if self._widths.keys() >= (new := set(text)):
            return True
        for char in new - self._widths.keys():
            shown, width = self._alone(char)
            if char in ("\t", _JOINER) or (visible(char) == char and self._measure(char) == 0):
                return False
            self._widths[char] = width
            if shown == char:
                self._shown_as_is.add(char)
        return True

    def glyphs(self, text: str, start: int, end: int) -> Iterator[Glyph]:
        """Yield the glyphs of `text[start:end]`; together they cover it without gap or overlap.

        Tab stops count from `start`, which is the first column of a row.
        """
        column = 0
        position = start
        while position < end:
            char = text[position]
            after = position + 1
            replaced = False
            if char == "\t":
                width = TAB_WIDTH - column % TAB_WIDTH
                shown = " " * width
            else:
                shown, width = self._alone(char)
                replaced = shown != char
                if not replaced:
                    after = self._end_of_cluster(text, position, end)
                    if after > position + 1:
                        shown = text[position:after]
                        width = self._measure(shown)
            yield Glyph(position, after, shown, width, replaced)
            column += width
            position = after

    def end_of_row(self, text: str, start: int, end: int, width: int) -> int:
        """Return where the row that starts at `start` ends.

        A row breaks after a space or a wide character where it can. One space at its end may hang
        over the edge; nothing else does, unless a single glyph is wider than the row.
        """
        if end - start <= width and self._fits(text[start:end], width):
            return end
        ahead = text[start : min(end, start + width + 2)]
        if len(ahead) > width and self.is_simple(ahead):
            return self.end_of_simple_row(text, start, end, width)
        if self.is_plain(ahead):
            return self._end_of_plain_row(text, start, end, width)
        return self._end_of_mixed_row(text, start, end, width)

    def end_of_simple_row(self, text: str, start: int, end: int, width: int) -> int:
        """As `end_of_row`, for simple characters that do not fit into one row."""
        if end - start == width + 1 and text[end - 1] == " ":
            return end
        gap = text.rfind(" ", start, start + width + 1)
        breaks = gap == start + width or (gap >= 0 and not text[start : gap + 1].isspace())
        return gap + 1 if breaks else start + width

    def pieces(self, text: str, start: int, end: int, cuts: Collection[int] = ()) -> list[Piece]:
        """Return what stands on the screen for `text[start:end]`, cut where replacements begin and end.

        Args:
            text: The source.
            start: First character.
            end: After the last one.
            cuts: Further places to cut at, in any order; one inside a glyph cuts after it.
        """
        part = text[start:end]
        inside = sorted({place for place in cuts if start < place < end})
        if self.is_simple(part) or (self.is_plain(part) and self._shown_as_is.issuperset(part)):
            places = [start, *inside, end]
            return [Piece(text[one:next_], False, one, next_) for one, next_ in pairwise(places)]
        pieces: list[Piece] = []
        for glyph in self.glyphs(text, start, end):
            is_cut = bool(inside) and glyph.start >= inside[0]
            while inside and glyph.start >= inside[0]:
                del inside[0]
            if pieces and not is_cut and pieces[-1].replaced == glyph.replaced:
                last = pieces[-1]
                pieces[-1] = Piece(last.shown + glyph.shown, glyph.replaced, last.start, glyph.end)
            else:
                pieces.append(Piece(glyph.shown, glyph.replaced, glyph.start, glyph.end))
        return pieces

    def glyph_at(self, text: str, start: int, end: int, column: int) -> Glyph | None:
        """Return the glyph that covers a column of the row `text[start:end]`, or None behind its end."""
        left = 0
        for glyph in self.glyphs(text, start, end):
            left += glyph.width
            if column < left:
                return glyph
        return None

    def shown(self, text: str, start: int, end: int) -> str:
        """Return what stands on the screen for `text[start:end]`."""
        return "".join(piece.shown for piece in self.pieces(text, start, end))

    def fold(self, text: str, width: int) -> list[str]:
        """Return a text of several lines, set in rows of a width."""
        rows: list[str] = []
        for line in text.replace("\r\n", "\n").split("\n"):
            start = 0
            while start < len(line):
                end = self.end_of_row(line, start, len(line), width)
                rows.append(self.shown(line, start, end).rstrip())
                start = end
            if not line:
                rows.append("")
        return rows

    def _fits(self, part: str, width: int) -> bool:
        """Whether no more characters than columns, but for tabs simple ones, surely fit into a row."""
        if self.is_simple(part):
            return True
        tabs = part.count("\t")
        widest = len(part) + (TAB_WIDTH - 1) * tabs
        return bool(tabs) and widest <= width and self.is_simple(part.replace("\t", ""))

    def _end_of_plain_row(self, text: str, start: int, end: int, width: int) -> int:
        """As `_end_of_mixed_row`, by table: 25 times faster on a language of wide characters."""
        ahead = text[start : min(end, start + width + 2)]
        columns = list(accumulate(map(self._widths.__getitem__, ahead)))
        count = max(1, bisect_right(columns, width))
        if start + count >= end:
            return end
        if ahead[count] == " ":
            return start + count + 1
        inked = len(ahead) - len(ahead.lstrip(" "))
        for last in range(count - 1, inked - 1, -1):
            if ahead[last] == " " or self._widths[ahead[last]] == 2:
                return start + last + 1
        return start + count

    def _end_of_mixed_row(self, text: str, start: int, end: int, width: int) -> int:
        column = 0
        gap: int | None = None
        inked = False
        for glyph in self.glyphs(text, start, end):
            if text[glyph.start : glyph.end] in (" ", "\t"):
                if column + glyph.width > width:
                    return glyph.end
                gap = glyph.end if inked else None
            else:
                if column + glyph.width > width and glyph.start > start:
                    return gap or glyph.start
                inked = True
                if glyph.width == 2:
                    gap = glyph.end
            column += glyph.width
        return end

    def _alone(self, char: str) -> tuple[str, int]:
        """What stands for a character without a cluster round it, and its width, never zero."""
        known = self._known.get(char)
        if known is None:
            shown = visible(char)
            width = self._measure(shown)
            if width == 0:
                shown = code_name(char)
                width = len(shown)
            known = self._known[char] = (shown, width)
        return known

    def _end_of_cluster(self, text: str, base: int, end: int) -> int:
        """Where the marks and joined emoji that belong to a character end."""
        limit = min(end, base + CLUSTER_LIMIT)
        position = base + 1
        marks = 0
        while position < limit:
            char = text[position]
            if char == _JOINER:
                if position + 1 >= limit or not _joins(text[position - 1], text[position + 1]):
                    break
                position += 2
                marks = 0
                continue
            if char < "\u0300" or marks == MARKS_IN_A_ROW or visible(char) != char or self._measure(char):
                break
            marks += 1
            position += 1
        return position


def _joins(before: str, after: str) -> bool:
    """Whether a zero-width joiner between two characters joins anything."""
    if unicodedata.combining(before) == VIRAMA:
        return unicodedata.category(after).startswith("L")
    is_emoji = before == _EMOJI_VARIANT or unicodedata.category(before) in ("So", "Sk")
    return is_emoji and unicodedata.category(after) == "So"
