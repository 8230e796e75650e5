"""A conversation as lines, each a stretch of one text, independent of any screen.

Each message is framed by a header of ours, which text of the transcript cannot imitate: text stands
further right than any header. What a tool was asked and what it answered are blocks, which a screen
may fold into their head line; stretches of code are known by their fences.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from heapq import merge
from itertools import accumulate

from protocol.conversation import Conversation, Message

CALLS = "→ calls "
"""Our words before the name of a tool."""


class LineKind(IntEnum):
    """What a line is; only `TEXT` can be quoted."""

    HEADER = 0
    TEXT = 1
    CALL = 2
    """Arguments of a tool call."""
    LABEL = 3
    """A remark of ours, such as that a message has no text."""
    BLANK = 4
    END = 5
    TOOL = 6
    """Names a tool that is called; its arguments follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What a tool was asked or answered: lines that can be folded into the line before them."""

    head: int
    first: int
    last: int
    """First and last line that folding hides; `head` is the line before `first`."""

    @property
    def line_count(self) -> int:
        """How many lines folding hides."""
        return self.last - self.first + 1


_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`\n]*(?:\n|\Z))|~{3,})[^\n]*")
_CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t\r]*")


class TranscriptLines:
    """The lines of a conversation, each a stretch of one text; independent of any screen.

    Args:
        conversation: What is shown.
        fences: Whether its texts are Markdown source, in which fences stand round code.
    """

    def __init__(self, conversation: Conversation, *, fences: bool = True) -> None:
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
        self.blocks: list[Block] = []
        self._block_heads: dict[int, int] = {}
        self._fences = array("I")
        """First and last line of each stretch of code, one after the other."""
        self._has_fences = fences
        tools: dict[str, str] = {}
        for index, message in enumerate(conversation.messages):
            if index:
                self._add(LineKind.BLANK, index - 1, "")
            self.headers.append(len(self.kinds))
            self._add(LineKind.HEADER, index, _header(index, message, tools))
            self._add_text(index, message)
            for call in message.tool_calls:
                tools[call.id] = call.name
                if self.kinds[-1] != LineKind.HEADER:
                    self._add(LineKind.BLANK, index, "")
                self._add(LineKind.TOOL, index, f"{CALLS}{call.name} ({call.id})")
                self._add_block(LineKind.CALL, index, call.arguments)
        last = max(0, len(conversation.messages) - 1)
        self._add(LineKind.BLANK, last, "")
        of_documents = bool(self.roles) and set(self.roles) == {"document"}
        self._add(LineKind.END, last, f"end of {'documents' if of_documents else 'transcript'}")

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def message_count(self) -> int:
        """How many messages the conversation has."""
        return len(self.headers)

    def text_number(self, line: int) -> int:
        """Return the place in `texts` of the text a line is a stretch of."""
        return self._text_of[line]

    def first_line(self, text_number: int) -> int:
        """Return the first line of a text."""
        return bisect_left(self._text_of, text_number)

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

    def run_of_text(self, line: int, most: int) -> range:
        """Return the lines from this one on that are stretches of the same text, in so many characters."""
        after = bisect_right(self._text_of, self._text_of[line], line)
        return range(line, bisect_right(self._ends, self._starts[line] + most, line, after))

    def text_of_run(self, lines: range) -> str:
        """Return the text of lines of one run, with the breaks between them."""
        return self.text(lines.start)[self._starts[lines.start] : self._ends[lines.stop - 1]]

    def starts_of(self, lines: range) -> array[int]:
        """Return where lines start in their text."""
        return self._starts[lines.start : lines.stop]

    def ends_of(self, lines: range) -> array[int]:
        """Return where lines end in their text; a carriage return before the break belongs to them."""
        return self._ends[lines.start : lines.stop]

    def content(self, line: int) -> str:
        """Return a line's exact text."""
        start, end = self.bounds(line)
        return self.text(line)[start:end]

    def block_headed(self, line: int) -> int | None:
        """Return the number of the block that a line is the head of, or None."""
        return self._block_heads.get(line)

    def block_of(self, line: int) -> int | None:
        """Return the number of the block that a line belongs to, its head included, or None."""
        number = bisect_right(self.blocks, line, key=lambda block: block.head) - 1
        return number if number >= 0 and line <= self.blocks[number].last else None

    def is_code(self, line: int) -> bool:
        """Whether a line stands in a fence or is one; never outside of messages' text."""
        place = bisect_left(self._fences, line)
        return place % 2 == 1 or (place < len(self._fences) and self._fences[place] == line)

    def line_at(self, line: int, offset: int) -> int:
        """Return the line that holds an offset of the text which begins at `line`."""
        last = bisect_right(self._text_of, self._text_of[line]) - 1
        return max(line, bisect_right(self._starts, offset, line, last + 1) - 1)

    def _add_text(self, index: int, message: Message) -> None:
        if message.text:
            first = len(self.kinds)
            if message.role == "tool":
                self._add_block(LineKind.TEXT, index, message.text)
            else:
                self._add(LineKind.TEXT, index, message.text)
            if self._has_fences:
                self._find_fences(message.text, first)
        elif not message.tool_calls:
            self._add(LineKind.LABEL, index, "(this message has no text)")

    def _add_block(self, kind: LineKind, index: int, text: str) -> None:
        head = len(self.kinds) - 1
        self._add(kind, index, text)
        self._block_heads[head] = len(self.blocks)
        self.blocks.append(Block(head=head, first=head + 1, last=len(self.kinds) - 1))

    def _find_fences(self, text: str, first_line: int) -> None:
        """Note the stretches of code as Markdown counts them: up to a fence alike, or to the end."""
        opened: str | None = None
        starts = self._starts[first_line:]
        for found in _fences_in(text):
            line = first_line + bisect_right(starts, found.start()) - 1
            if opened is None:
                opened = found[1]
                self._fences.append(line)
            elif found[1].startswith(opened) and _CLOSING.fullmatch(found[0]):
                opened = None
                self._fences.append(line)
        if opened is not None:
            self._fences.append(len(self.kinds) - 1)

    def _add(self, kind: LineKind, message: int, text: str) -> None:
        lines = text.split("\n") if kind in _SPLIT else [text]
        count = len(lines)
        nexts = [0, *accumulate([len(line) + 1 for line in lines])]
        self._text_of.extend(array("I", [len(self.texts)]) * count)
        self.texts.append(text)
        self.kinds.extend(array("B", [kind]) * count)
        self.messages.extend(array("I", [message]) * count)
        self._starts.extend(array("Q", nexts[:-1]))
        self._ends.extend(array("Q", [after - 1 for after in nexts[1:]]))


_SPLIT = (LineKind.TEXT, LineKind.CALL)


def _fences_in(text: str) -> Iterable[re.Match[str]]:
    """Return the lines that can open or close a fence; to look for their signs first is quicker."""
    found = [_fences_of(sign, text) for sign in ("```", "~~~") if sign in text]
    return found[0] if len(found) == 1 else merge(*found, key=re.Match.start)


def _fences_of(sign: str, text: str) -> Iterator[re.Match[str]]:
    place = text.find(sign)
    while place >= 0:
        found = _FENCE.match(text, text.rfind("\n", 0, place) + 1)
        if found is not None and found.start(1) == place:
            yield found
        end = text.find("\n", place)
        place = text.find(sign, end) if end >= 0 else -1


def _header(index: int, message: Message, tools: dict[str, str]) -> str:
    header = f"[{index + 1}] {message.role}"
    if message.tool_call_id is None:
        return header
    name = tools.get(message.tool_call_id)
    answers = f"{name} ({message.tool_call_id})" if name else message.tool_call_id
    return f"{header} · {answers}"
