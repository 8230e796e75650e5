"""A conversation as numbered lines, and those as rows of a screen, with the way back to the source.

Rows are made on demand, so the first screen of a transcript of any length costs the same. Each
message is framed by a header of ours, which text of the transcript cannot imitate: text stands
further right than any header.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate

from protocol.chain.events import Span
from protocol.conversation import Conversation
from protocol.typesetting import Piece, Typesetter

BLANKS = " \t\r\n"
"""What a quote neither begins nor ends with; other white space shows as something."""


class LineKind(IntEnum):
    """What a line is; only `TEXT` can be quoted."""

    HEADER = 0
    TEXT = 1
    CALL = 2
    """Name and arguments of a tool call."""
    LABEL = 3
    """A remark of ours, such as that a message has no text."""
    BLANK = 4
    END = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRange:
    """Rows from `first` to `last`, both included."""

    first: int
    last: int


class TranscriptLines:
    """The lines of a conversation, each a stretch of one text; independent of any screen."""

    def __init__(self, conversation: Conversation) -> None:
        self.texts: list[str] = []
        self.roles = [message.role for message in conversation.messages]
        self.kinds = array("B")
        self.messages = array("I")
        """Index of the message a line belongs to."""
        self._text_of = array("I")
        self._starts = array("Q")
        self._ends = array("Q")
        self.headers = array("I")
        """The header line of each message."""
        for index, message in enumerate(conversation.messages):
            if index:
                self._add(LineKind.BLANK, index - 1, "")
            self.headers.append(len(self.kinds))
            answers = f" · result of {message.tool_call_id}" if message.tool_call_id is not None else ""
            self._add(LineKind.HEADER, index, f"[{index + 1}] {message.role}{answers}")
            if message.text or not message.tool_calls:
                empty = not message.text
                self._add(
                    LineKind.LABEL if empty else LineKind.TEXT,
                    index,
                    "(this message has no text)" if empty else message.text,
                )
            for call in message.tool_calls:
                if self.kinds[-1] != LineKind.HEADER:
                    self._add(LineKind.BLANK, index, "")
                self._add(LineKind.LABEL, index, f"→ calls {call.name} ({call.id})")
                self._add(LineKind.CALL, index, call.arguments)
        last = max(0, len(conversation.messages) - 1)
        self._add(LineKind.BLANK, last, "")
        self._add(LineKind.END, last, "end of transcript")

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def message_count(self) -> int:
        """How many messages the conversation has."""
        return len(self.headers)

    def text(self, line: int) -> str:
        """Return the text a line is a stretch of."""
        return self.texts[self._text_of[line]]

    def bounds(self, line: int) -> tuple[int, int]:
        """Return start and end of a line in its text, without the line break."""
        start, end = self._starts[line], self._ends[line]
        text = self.text(line)
        if end > start and end < len(text) and text[end - 1] == "\r":
            end -= 1
        return start, end

    def content(self, line: int) -> str:
        """Return a line's exact text."""
        start, end = self.bounds(line)
        return self.text(line)[start:end]

    def line_at(self, line: int, offset: int) -> int:
        """Return the line that holds an offset of the text which begins at `line`."""
        last = bisect_right(self._text_of, self._text_of[line]) - 1
        return max(line, bisect_right(self._starts, offset, line, last + 1) - 1)

    def _add(self, kind: LineKind, message: int, text: str) -> None:
        lengths = [len(line) for line in text.split("\n")] if kind in _SPLIT else [len(text)]
        count = len(lengths)
        ends = array("Q", accumulate(lengths, lambda end, length: end + 1 + length))
        self._text_of.extend(array("I", [len(self.texts)]) * count)
        self.texts.append(text)
        self.kinds.extend(array("B", [kind]) * count)
        self.messages.extend(array("I", [message]) * count)
        self._starts.extend(_starts(ends, lengths))
        self._ends.extend(ends)


_SPLIT = (LineKind.TEXT, LineKind.CALL)


def _starts(ends: Iterable[int], lengths: Iterable[int]) -> Iterator[int]:
    return (end - length for end, length in zip(ends, lengths, strict=True))


class TranscriptRows:
    """The rows of a transcript at one width.

    Args:
        lines: The transcript.
        typesetter: Sets the lines.
        width: Columns of a row.
    """

    def __init__(self, lines: TranscriptLines, typesetter: Typesetter, width: int) -> None:
        self.lines = lines
        self.width = width
        self._typesetter = typesetter
        self._line_of = array("I")
        self._starts = array("Q")
        self._ends = array("Q")
        self._next_line = 0
        self._next_start: int | None = None
        """Where the next row starts inside `_next_line`, or None at its beginning."""

    def __len__(self) -> int:
        """How many rows are set so far."""
        return len(self._line_of)

    @property
    def is_complete(self) -> bool:
        """Whether every line is set."""
        return self._next_line == len(self.lines)

    def extend(self, characters: int) -> None:
        """Set rows for about this many more characters, a line of any kind counting as one more."""
        while characters > 0 and not self.is_complete:
            characters -= self._set_row() + 1

    def extend_to_row(self, row: int) -> None:
        """Set rows until this one is there or none is left."""
        while len(self) <= row and not self.is_complete:
            self._set_row()

    def extend_to_line(self, line: int) -> None:
        """Set rows until a line is set whole."""
        while self._next_line <= line and not self.is_complete:
            self._set_row()

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

    def pieces(self, row: int) -> list[Piece]:
        """Return what a row shows, cut where replaced characters begin and end."""
        text = self.lines.text(self._line_of[row])
        return self._typesetter.pieces(text, self._starts[row], self._ends[row])

    def row_at(self, line: int, offset: int) -> int:
        """Return the row that shows an offset of a line's text, setting rows as far as needed."""
        self.extend_to_line(line)
        first = bisect_left(self._line_of, line)
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
        self.extend_to_line(last_line)
        return RowRange(
            first=bisect_left(self._line_of, first_line), last=bisect_right(self._line_of, last_line) - 1
        )

    def span(self, rows: RowRange) -> Span | None:
        """Return the source of rows of one message without blanks at its ends, or None if all is blank."""
        start, end = self._starts[rows.first], self._ends[rows.last]
        text = self.lines.text(self._line_of[rows.first])
        quoted = text[start:end]
        start += len(quoted) - len(quoted.lstrip(BLANKS))
        end -= len(quoted) - len(quoted.rstrip(BLANKS))
        if start >= end:
            return None
        return Span(message=self.message_of(rows.first), start=start, end=end)

    def _has_text(self, line: int) -> bool:
        return (
            0 <= line < len(self.lines)
            and self.lines.kinds[line] == LineKind.TEXT
            and bool(self.lines.content(line).strip(BLANKS))
        )

    def _same_text(self, line: int, other: int) -> bool:
        return self.lines.messages[line] == self.lines.messages[other]

    def _set_row(self) -> int:
        """Set one more row and return how many characters it holds."""
        line = self._next_line
        line_start, line_end = self.lines.bounds(line)
        start = line_start if self._next_start is None else self._next_start
        end = self._typesetter.end_of_row(self.lines.text(line), start, line_end, self.width)
        self._line_of.append(line)
        self._starts.append(start)
        self._ends.append(end)
        if end >= line_end:
            self._next_line += 1
            self._next_start = None
        else:
            self._next_start = end
        return end - start
