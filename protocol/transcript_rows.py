"""The lines of a conversation as rows of a screen, with the way back to the source.

Rows are made on demand, so the first screen of a transcript of any length costs the same. A block
of a tool can be closed: then only its head has rows.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from protocol.marking import BLANKS, Marking
from protocol.transcript_lines import LineKind, TranscriptLines
from protocol.typesetting import Glyph, Piece, Typesetter

ROOM_FOR_OUTCOME = len(" ✗")
ROOM_FOR_COUNT = len(" ▸  lines")
"""Columns kept free behind the head of a block for what must never be missing there."""
RUN_CHARACTERS = 6_000
"""Lines of so many characters are looked at together."""

_OF_TEXT = frozenset({LineKind.TEXT, LineKind.CALL})
"""Lines of these kinds are never the head of a block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRange:
    """Rows from `first` to `last`, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """As much of a block as stands in the line that stands for it."""

    pieces: tuple[Piece, ...]
    is_whole: bool
    """Nothing of the block is hidden."""


class TranscriptRows:
    """The rows of a transcript at one width.

    Args:
        lines: The transcript.
        typesetter: Sets the lines.
        width: Columns of a row.
        closed: Numbers of the blocks that only their head stands for.
    """

    def __init__(
        self, lines: TranscriptLines, typesetter: Typesetter, width: int, closed: Iterable[int] = ()
    ) -> None:
        self.lines = lines
        self.width = width
        self._closed = set(closed)
        self._typesetter = typesetter
        self._line_of = array("I")
        self._starts = array("Q")
        self._ends = array("Q")
        self._next_line = 0
        self._next_start: int | None = None
        """Where the next row starts inside `_next_line`, or None at its beginning."""
        self._one_by_one = 0
        """Lines before this one hold characters whose width must be asked for."""

    def __len__(self) -> int:
        """How many rows are set so far."""
        return len(self._line_of)

    @property
    def is_complete(self) -> bool:
        """Whether every line is set."""
        return self._next_line == len(self.lines)

    @property
    def closed(self) -> frozenset[int]:
        """Numbers of the blocks that are closed."""
        return frozenset(self._closed)

    def is_closed(self, number: int) -> bool:
        """Whether only its head stands for a block."""
        return number in self._closed

    def fold(self, blocks: Iterable[int], *, closed: bool) -> bool:
        """Close or open blocks; rows from the first of them on are to be set anew.

        Returns:
            Whether anything changed.
        """
        changed = [number for number in blocks if (number in self._closed) is not closed]
        if not changed:
            return False
        (self._closed.update if closed else self._closed.difference_update)(changed)
        # The blank line before a head depends on its block, too.
        self._forget_from(max(0, min(self.lines.blocks[number].head for number in changed) - 1))
        return True

    def ends_line(self, row: int) -> bool:
        """Whether a row is the last one of its line."""
        return self._ends[row] >= self.lines.bounds(self._line_of[row])[1]

    def closed_block_at(self, row: int) -> int | None:
        """Return the number of the closed block that a row ends the head of, or None."""
        line = self._line_of[row]
        number = self.lines.block_headed(line)
        return number if number in self._closed and self.ends_line(row) else None

    def open_block_at(self, row: int) -> int | None:
        """Return the number of the open block that a row ends the head of, or None."""
        line = self._line_of[row]
        number = self.lines.block_headed(line)
        return number if number not in self._closed and self.ends_line(row) else None

    def extend(self, characters: int) -> None:
        """Set rows for about this many more characters, a line of any kind counting as one more."""
        while characters > 0 and not self.is_complete:
            characters -= self._set_some()

    def extend_to_row(self, row: int) -> None:
        """Set rows until this one is there or none is left."""
        while len(self) <= row and not self.is_complete:
            self._set_some()

    def extend_to_line(self, line: int) -> None:
        """Set rows until a line is set whole."""
        while self._next_line <= line and not self.is_complete:
            self._set_some()

    def line_of(self, row: int) -> int:
        """Return the line a row shows a stretch of."""
        return self._line_of[row]

    def kind(self, row: int) -> LineKind:
        """Return what a row shows."""
        return LineKind(self.lines.kinds[self._line_of[row]])

    def message_of(self, row: int) -> int:
        """Return the index of the message a row belongs to."""
        return self.lines.messages[self._line_of[row]]

    def bounds(self, row: int) -> tuple[int, int]:
        """Return start and end of a row in the text of its line."""
        return self._starts[row], self._ends[row]

    def shown(self, row: int) -> str:
        """Return what a row shows."""
        text = self.lines.text(self._line_of[row])
        return self._typesetter.shown(text, self._starts[row], self._ends[row])

    def pieces(self, row: int, cuts: Collection[int] = ()) -> list[Piece]:
        """Return what a row shows, cut where replaced characters begin and end and at further offsets."""
        text = self.lines.text(self._line_of[row])
        return self._typesetter.pieces(text, self._starts[row], self._ends[row], cuts)

    def glyph_at(self, row: int, column: int) -> Glyph | None:
        """Return what stands in a column of a row, or None behind the row's end."""
        text = self.lines.text(self._line_of[row])
        return self._typesetter.glyph_at(text, self._starts[row], self._ends[row], column)

    def preview(self, number: int, columns: int) -> Preview:
        """Return the beginning of a block in so many columns."""
        block = self.lines.blocks[number]
        if columns < 0:
            return Preview(pieces=(), is_whole=False)
        text = self.lines.text(block.first)
        start, end = self.lines.bounds(block.first)
        shown_end, width = start, 0
        for glyph in self._typesetter.glyphs(text, start, min(end, start + columns + 1)):
            width += glyph.width
            if width > columns:
                break
            shown_end = glyph.end
        pieces = self._typesetter.pieces(text, start, shown_end) if shown_end > start else []
        return Preview(pieces=tuple(pieces), is_whole=shown_end == end and block.line_count == 1)

    def row_at(self, line: int, offset: int) -> int:
        """Return the row that shows an offset of a line's text, setting rows as far as needed.

        A line that is folded away has the row of its block's head.
        """
        self.extend_to_line(line)
        first = bisect_left(self._line_of, line)
        if first == len(self) or self._line_of[first] != line:
            return max(0, first - 1)
        last = bisect_right(self._line_of, line) - 1
        return max(first, bisect_right(self._starts, offset, first, last + 1) - 1)

    def row_of_message(self, message: int) -> int:
        """Return the header row of a message."""
        header = self.lines.headers[message]
        self.extend_to_line(header)
        return bisect_right(self._line_of, header) - 1

    def paragraph(self, row: int) -> RowRange | None:
        """Return the rows of the paragraph at a row: quotable text up to a blank line, or None."""
        line = self._line_of[row]
        if not self._has_text(line):
            return None
        first = last = line
        while self._has_text(first - 1) and self._same_text(first - 1, line):
            first -= 1
        while self._has_text(last + 1) and self._same_text(last + 1, line):
            last += 1
        self.extend_to_line(last)
        return RowRange(
            first=bisect_left(self._line_of, first),
            last=bisect_right(self._line_of, last) - 1,
        )

    def quotable(self, message: int) -> RowRange | None:
        """Return the rows of a message's text, or None where it has none."""
        first_line = self.lines.headers[message] + 1
        if first_line >= len(self.lines) or self.lines.kinds[first_line] != LineKind.TEXT:
            return None
        last_line = first_line
        while self.lines.kinds[last_line + 1] == LineKind.TEXT:
            last_line += 1
        if self.lines.block_headed(self.lines.headers[message]) in self._closed:
            return None
        self.extend_to_line(last_line)
        return RowRange(
            first=bisect_left(self._line_of, first_line), last=bisect_right(self._line_of, last_line) - 1
        )

    def marking(self, rows: RowRange) -> Marking | None:
        """Return rows of one message as a quote in the making, or None if all is blank."""
        marking = Marking(
            message=self.message_of(rows.first), start=self._starts[rows.first], end=self._ends[rows.last]
        )
        span = marking.span(self.lines.text(self._line_of[rows.first]))
        return replace(marking, start=span.start, end=span.end) if span is not None else None

    def row_of(self, message: int, offset: int) -> int:
        """Return the row that shows an offset of a message's text."""
        line = self.lines.headers[message] + 1
        return self.row_at(self.lines.line_at(line, offset), offset)

    def row_of_end(self, marking: Marking) -> int:
        """Return the row of the end of a quote that moves."""
        if not marking.moves_end:
            return self.row_of(marking.message, marking.start)
        row = self.row_of(marking.message, marking.end)
        # The end of one row of a line is the start of the next: the one that is left counts.
        continues = row > 0 and self._line_of[row - 1] == self._line_of[row]
        return row - 1 if continues and self._starts[row] == marking.end else row

    def extended(self, marking: Marking, by: int) -> Marking:
        """Return a quote whose moving end went by rows: to the end of its own row first, if it is inside."""
        allowed = self.quotable(marking.message)
        if allowed is None or by == 0:
            return marking
        text = self.lines.text(self._line_of[allowed.first])
        row = self.row_of_end(marking)
        start, end = self._starts[row], self._ends[row]
        if marking.moves_end:
            is_inside = by > 0 and bool(text[marking.end : end].strip(BLANKS))
            lowest = self.row_of(marking.message, marking.start)
            row = max(lowest, min(allowed.last, row + by - is_inside))
            return marking.with_end(max(self._ends[row], marking.start + 1))
        is_inside = by < 0 and bool(text[start : marking.start].strip(BLANKS))
        highest = self.row_of_end(replace(marking, moves_end=True))
        row = max(allowed.first, min(highest, row + by + is_inside))
        return marking.with_start(min(self._starts[row], marking.end - 1))

    def _has_text(self, line: int) -> bool:
        return (
            0 <= line < len(self.lines)
            and self.lines.kinds[line] == LineKind.TEXT
            and bool(self.lines.content(line).strip(BLANKS))
        )

    def _same_text(self, line: int, other: int) -> bool:
        return self.lines.messages[line] == self.lines.messages[other]

    def _set_some(self) -> int:
        """Set a run of lines at once where that is safe, else one row; return about how many characters."""
        line = self._next_line
        if self._next_start is None and line >= self._one_by_one and self.lines.kinds[line] in _OF_TEXT:
            run = self.lines.run_of_text(line, RUN_CHARACTERS)
            if run and self._typesetter.is_simple(self.lines.text_of_run(run).replace("\n", "")):
                return self._set_simple_lines(run)
            self._one_by_one = max(run.stop, line + 1)
        return self._set_row() + 1

    def _set_simple_lines(self, run: range) -> int:
        """Set lines in which each character is one column: ten times faster than row by row."""
        text, width = self.lines.text(run.start), self.width
        starts, ends = self.lines.starts_of(run), self.lines.ends_of(run)
        for line, first, end in zip(run, starts, ends, strict=True):
            start = first
            while end - start > width:
                after = self._typesetter.end_of_simple_row(text, start, end, width)
                if after >= end:
                    break
                self._line_of.append(line)
                self._starts.append(start)
                self._ends.append(after)
                start = after
            self._line_of.append(line)
            self._starts.append(start)
            self._ends.append(end)
        self._next_line = run.stop
        return ends[-1] - starts[0] + 1

    def _set_row(self) -> int:
        """Set one more row and return how many characters it holds."""
        line = self._next_line
        line_start, line_end = self.lines.bounds(line)
        start = line_start if self._next_start is None else self._next_start
        width = self._width_of_head(line) or self.width
        end = self._typesetter.end_of_row(self.lines.text(line), start, line_end, width)
        self._line_of.append(line)
        self._starts.append(start)
        self._ends.append(end)
        if end >= line_end:
            self._next_line = self._line_after(line)
            self._next_start = None
        else:
            self._next_start = end
        return end - start

    def _width_of_head(self, line: int) -> int | None:
        """Return the columns that the head of a block leaves to its count and outcome, or None."""
        number = self.lines.block_headed(line)
        if number is None:
            return None
        block = self.lines.blocks[number]
        behind = ROOM_FOR_COUNT + len(str(block.line_count))
        if self.lines.kinds[block.first] == LineKind.TEXT:
            behind += ROOM_FOR_OUTCOME
        return max(self.width - behind, self.width // 2)

    def _line_after(self, line: int) -> int:
        """Return the line that follows on the screen; heads of closed blocks stand close together."""
        number = self.lines.block_headed(line)
        if number not in self._closed or number is None:
            return line + 1
        following = self.lines.blocks[number].last + 1
        is_blank = self.lines.kinds[following] == LineKind.BLANK
        if is_blank and self.lines.block_headed(following + 1) in self._closed:
            return following + 1
        return following

    def _forget_from(self, line: int) -> None:
        if self._next_line < line:
            return
        kept = bisect_left(self._line_of, line)
        del self._line_of[kept:], self._starts[kept:], self._ends[kept:]
        self._next_line = self._line_after(self._line_of[-1]) if kept else 0
        self._next_start = None
