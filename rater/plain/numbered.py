"""A conversation as numbered lines: what is printed, and the way from numbers back to the source.

Only lines that can be quoted have a number. Every row of text stands right of the first column,
which belongs to our headers, so no text can imitate one. Long tool texts can be left out, with a line that
says so; their lines keep their numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from protocol.conversation import Conversation
from protocol.tool_outcome import outcome_of
from protocol.transcript_lines import Block, LineKind, TranscriptLines
from protocol.transcript_rows import TranscriptRows
from rater.plain.dialogue import FEWEST_COLUMNS, TYPESETTER, RefusedError

_CALL_ARROW = "→ "
MOST_UNFOLDED_LINES = 3
MOST_UNFOLDED_CHARACTERS = 240
"""A tool text of no more is printed with the conversation: a line about it would not be shorter."""
PREVIEW_COLUMNS = 40
MOST_DOCUMENT_LINES = 200
"""A document of more is printed in its first lines; nobody listens to a paper before the first question."""
FIRST_DOCUMENT_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Consecutive numbered lines of one message as one stretch of its text."""

    message: int
    text: str
    """The message's whole text."""
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Lines that a first printing leaves out, and what it says in their place."""

    message: int
    """Counted from 1."""
    first: int
    last: int
    said: str


class NumberedConversation:
    """The lines of one conversation with the numbers they are quoted by.

    Args:
        conversation: What is printed.
        width: Columns to fold at, the numbers included.
    """

    def __init__(self, conversation: Conversation, width: int) -> None:
        self._messages = conversation.messages
        self._lines = TranscriptLines(conversation)
        self._numbered = [line for line in range(len(self._lines)) if self._can_be_quoted(line)]
        self._number_columns = len(str(len(self._numbered)))
        # One column is left for the blank that a folded row may end with: a row that is one too long
        # would show as a row and an empty one.
        room = max(FEWEST_COLUMNS // 2, width - self._number_columns - 3)
        self._rows = TranscriptRows(self._lines, TYPESETTER, room)

    @property
    def line_count(self) -> int:
        """How many lines have a number."""
        return len(self._numbered)

    @property
    def message_count(self) -> int:
        """How many messages there are."""
        return len(self._messages)

    @property
    def _is_documents(self) -> bool:
        return all(message.role == "document" for message in self._messages)

    @property
    def lines(self) -> TranscriptLines:
        """The lines, whatever number they have."""
        return self._lines

    @property
    def foldable(self) -> frozenset[int]:
        """Numbers, from 1, of the messages of which something is left out when folded."""
        return frozenset(one.message for one in self._left_out())

    def printed(self, *, folded: bool = False) -> Iterator[str]:
        """Yield every row of the conversation, headers included.

        Args:
            folded: Say how long long tool texts and documents are, in place of them.
        """
        if not folded:
            yield from self._printed(0, len(self._lines) - 1)
            return
        first = 0
        margin = " " * (self._number_columns + 2)
        for one in self._left_out():
            yield from self._printed(first, one.first - 1)
            yield from (f"{margin}{row}" for row in TYPESETTER.fold(one.said, self._rows.width))
            first = one.last + 1
        yield from self._printed(first, len(self._lines) - 1)

    def number_of(self, line: int) -> int | None:
        """Return the number of a line, or None where it cannot be quoted."""
        place = bisect_left(self._numbered, line)
        return place + 1 if place < self.line_count and self._numbered[place] == line else None

    def excerpt(self, line: int, start: int, end: int) -> str:
        """Return a stretch of a line as it is shown."""
        return TYPESETTER.shown(self._lines.text(line), start, end)

    def printed_message(self, number: int) -> Iterator[str]:
        """Yield the rows of one message, counted from 1."""
        if not 1 <= number <= self.message_count:
            raise RefusedError(f"The messages are numbered 1 to {self.message_count}.")
        first = self._lines.headers[number - 1]
        following = self._lines.headers[number] if number < self.message_count else len(self._lines)
        return self._printed(first, following - 1)

    def printed_lines(self, first: int, last: int) -> Iterator[str]:
        """Yield the rows from one numbered line to another, after the header of the first's message."""
        start, end = self._line(first), self._line(last)
        yield self._header(self._lines.messages[start])
        yield from self._printed(start, end)

    def stretch(self, first: int, last: int) -> Stretch:
        """Return numbered lines of one message as a stretch of its text.

        Raises:
            RefusedError: No such lines, or they are in different messages.
        """
        start, end = self._line(first), self._line(last)
        message = self._lines.messages[start]
        if self._lines.messages[end] != message:
            raise RefusedError(
                f"Line {first} is in message {message + 1} and line {last} in message"
                f" {self._lines.messages[end] + 1}: a quote stays within one message."
            )
        return Stretch(
            message=message,
            text=self._lines.text(start),
            start=self._lines.bounds(start)[0],
            end=self._lines.bounds(end)[1],
        )

    def paragraph(self, number: int) -> Stretch:
        """Return the paragraph round a numbered line: the text up to a blank line on both sides."""
        place = self._place(number)
        first = last = place
        while first > 0 and self._numbered[first - 1] == self._numbered[first] - 1:
            first -= 1
        while last + 1 < self.line_count and self._numbered[last + 1] == self._numbered[last] + 1:
            last += 1
        return self.stretch(first + 1, last + 1)

    def _place(self, number: int) -> int:
        if not self.line_count:
            raise RefusedError("This conversation has no line that can be quoted.")
        if not 1 <= number <= self.line_count:
            raise RefusedError(f"The lines are numbered 1 to {self.line_count}.")
        return number - 1

    def _line(self, number: int) -> int:
        return self._numbered[self._place(number)]

    def _can_be_quoted(self, line: int) -> bool:
        return self._lines.kinds[line] == LineKind.TEXT and bool(self._lines.content(line).strip())

    def _left_out(self) -> list[LeftOut]:
        folded = [
            LeftOut(
                message=self._lines.messages[block.head] + 1,
                first=block.first,
                last=block.last,
                said=self._said_of(number, block),
            )
            for number, block in enumerate(self._lines.blocks)
            if _is_long(self._lines, block)
        ]
        return sorted([*folded, *self._long_documents()], key=lambda one: one.first)

    def _long_documents(self) -> Iterator[LeftOut]:
        ends = [*self._lines.headers[1:], len(self._lines) - 1]
        for index, (header, end) in enumerate(zip(self._lines.headers, ends, strict=True)):
            if self._messages[index].role != "document" or end - header - 1 <= MOST_DOCUMENT_LINES:
                continue
            first = header + 1 + FIRST_DOCUMENT_LINES
            next_line = self._number_at_or_after(first)
            some = f", l {next_line}-{next_line + FIRST_DOCUMENT_LINES} some lines" if next_line else ""
            yield LeftOut(
                message=index + 1,
                first=first,
                last=end - 1,
                said=f"({end - first} more lines of this document are left out: o {index + 1} prints all of"
                f" it{some}, / finds words in it.)",
            )

    def _number_at_or_after(self, line: int) -> int | None:
        place = bisect_left(self._numbered, line)
        return place + 1 if place < self.line_count else None

    def _said_of(self, number: int, block: Block) -> str:
        outcome = outcome_of(self._lines.text(block.first))
        is_result = self._lines.kinds[block.first] == LineKind.TEXT
        said = f", {outcome}" if is_result and outcome is not None else ""
        message = self._lines.messages[block.head] + 1
        begins = "".join(piece.shown for piece in self._rows.preview(number, PREVIEW_COLUMNS).pieces)
        count = f"{block.line_count} line{'s' if block.line_count != 1 else ''}"
        return f"({count} of tool text{said}, folded: o {message} prints them. It begins: {begins} ...)"

    def _printed(self, first: int, last: int) -> Iterator[str]:
        self._rows.extend_to_line(first)
        row = self._rows.row_at(first, self._lines.bounds(first)[0])
        shown_line = -1
        while True:
            self._rows.extend_to_row(row)
            if row >= len(self._rows) or self._rows.line_of(row) > last:
                return
            line = self._rows.line_of(row)
            is_first = line != shown_line
            if is_first or self._lines.kinds[line] not in (LineKind.HEADER, LineKind.END):
                yield self._printed_row(row, line, is_first=is_first)
            shown_line = line
            row += 1

    def _printed_row(self, row: int, line: int, *, is_first: bool) -> str:
        kind = LineKind(self._lines.kinds[line])
        if kind is LineKind.HEADER:
            return self._header(self._lines.messages[line])
        if kind is LineKind.END:
            return "End of the documents." if self._is_documents else "End of the conversation."
        shown = self._rows.shown(row)
        if kind is LineKind.TOOL:
            shown = shown.removeprefix(_CALL_ARROW)
        number = str(self.number_of(line) or "") if is_first else ""
        return f"{number:>{self._number_columns}}  {shown}" if number or shown.strip() else ""

    def _header(self, index: int) -> str:
        message = self._messages[index]
        if message.role == "document":
            return f"Document {index + 1} of {self.message_count}"
        answers = f", result of {message.tool_call_id}" if message.tool_call_id is not None else ""
        return f"Message {index + 1} of {self.message_count}, {message.role}{answers}"


def _is_long(lines: TranscriptLines, block: Block) -> bool:
    length = lines.bounds(block.last)[1] - lines.bounds(block.first)[0]
    return block.line_count > MOST_UNFOLDED_LINES or length > MOST_UNFOLDED_CHARACTERS
