"""The conversation: every character of the source on rows of our own, drawn line by line.

No child widgets and no Markdown: both hide text and stall on long transcripts. The widget knows the
text, the pointer and the quotes to mark; it knows no study and stores nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from protocol.chain.events import Span
from protocol.conversation import Conversation
from protocol.transcript_lines import RowRange, TranscriptLines, TranscriptRows
from rater.tui.safe import TYPESETTER
from rater.tui.widgets.conversation_rows import GUTTER, MARGIN, QuoteMark, RowLook, draw_row

WIDEST_TEXT = 110
FIRST_CHARACTERS = 24_000
SLICE_CHARACTERS = 60_000
SLICE_PAUSE_S = 0.02
PAGE_OVERLAP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the conversation the screen is."""

    message: int
    messages: int
    row: int
    """The last row on the screen, counted from 1."""
    rows: int | None
    """None while the rows of a long text are still being counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """Both ends of a quote in the making; the one that moves may stand before the other."""

    fixed: int
    moving: int

    @property
    def rows(self) -> RowRange:
        return RowRange(first=min(self.fixed, self.moving), last=max(self.fixed, self.moving))


class ConversationView(ScrollView, can_focus=False):
    """A conversation that is read with a pointer line."""

    DEFAULT_CSS = """
    ConversationView { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "conversation--header",
        "conversation--assistant",
        "conversation--rule",
        "conversation--label",
        "conversation--control",
        "conversation--pointer",
        "conversation--pointed",
        "conversation--mark",
        "conversation--quoting",
    }

    @dataclass
    class Moved(Message):
        """Another part of the conversation is on the screen."""

        place: Place

    @dataclass
    class EndReached(Message):
        """The last row of a conversation has been on the screen."""

        conversation: Conversation

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._conversation = Conversation(messages=())
        self._lines = TranscriptLines(self._conversation)
        self._rows = TranscriptRows(self._lines, TYPESETTER, 1)
        self._marks: Sequence[QuoteMark] = ()
        self._pointer = 0
        self._quoting: _Ends | None = None
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(512)
        self._styles_at: dict[str, Style] = {}
        self._slices: Timer | None = None
        self._end_told = False

    # Reading

    def show(self, conversation: Conversation) -> None:
        """Put a conversation on the screen, at its beginning."""
        self._conversation = conversation
        self._lines = TranscriptLines(conversation)
        self._marks = ()
        self._quoting = None
        self._end_told = False
        self._set_rows()
        self._pointer = min(1, max(0, len(self._rows) - 1))
        self.scroll_to(y=0, animate=False)
        self._tell_place()

    def mark_quotes(self, marks: Sequence[QuoteMark]) -> None:
        """Mark these quotes in the gutter, and no others."""
        if tuple(marks) != tuple(self._marks):
            self._marks = tuple(marks)
            self._redraw()

    def move_pointer(self, by: int) -> None:
        """Move the pointer by rows; the conversation follows."""
        self._point_at(self._pointer + by)

    def page(self, direction: int) -> None:
        """Move by a page, keeping the pointer's place on the screen."""
        step = max(1, self._height - PAGE_OVERLAP) * direction
        self._rows.extend_to_row(self._top + step + self._height)
        self._measure()
        top = max(0, min(self._top + step, self.max_scroll_y))
        if top == self._top:
            self._point_at(len(self._rows) - 1 if direction > 0 else 0)
            return
        place_on_screen = self._pointer - self._top
        self.scroll_to(y=top, animate=False)
        self._point_at(top + place_on_screen)

    def turn(self, direction: int) -> None:
        """Go to the header of the next or previous message."""
        if not self._lines.message_count:
            return
        message = self._rows.message_of(self._pointer)
        header = self._rows.row_of_message(message)
        if direction < 0 and self._pointer <= header + 1:
            message -= 1
        elif direction > 0:
            message += 1
        if message >= self._lines.message_count:
            self.end()
            return
        self._show_row_on_top(self._rows.row_of_message(max(0, message)))

    def top(self) -> None:
        """Go to the beginning."""
        self._point_at(0)

    def end(self) -> None:
        """Go to the end, setting all rows that are not there yet."""
        while not self._rows.is_complete:
            self._rows.extend(SLICE_CHARACTERS)
        self._point_at(len(self._rows) - 1)

    def go_to(self, span: Span) -> None:
        """Put the pointer on the first row of a span."""
        line = self._lines.headers[span.message] + 1
        row = self._rows.row_at(self._lines.line_at(line, span.start), span.start)
        self._show_row_on_top(max(0, row - 2))
        self._point_at(row)

    # Quoting

    @property
    def is_quoting(self) -> bool:
        """Whether a quote is being chosen."""
        return self._quoting is not None

    @property
    def quoted_rows(self) -> int:
        """How many rows the quote in the making has."""
        if self._quoting is None:
            return 0
        rows = self._quoting.rows
        return rows.last - rows.first + 1

    def start_quote(self) -> bool:
        """Start a quote with the paragraph at the pointer; answer whether there is one."""
        paragraph = self._rows.paragraph(self._pointer)
        if paragraph is None:
            return False
        self._quoting = _Ends(fixed=paragraph.first, moving=paragraph.last)
        self._point_at(paragraph.last)
        self._redraw()
        return True

    def extend_quote(self, by: int) -> None:
        """Move the moving end of the quote by rows, inside its message."""
        if self._quoting is None:
            return
        allowed = self._rows.quotable(self._rows.message_of(self._quoting.fixed))
        if allowed is None:
            return
        moving = max(allowed.first, min(allowed.last, self._quoting.moving + by))
        self._quoting = _Ends(fixed=self._quoting.fixed, moving=moving)
        self._point_at(moving)
        self._redraw()

    def swap_ends(self) -> None:
        """Let the other end of the quote move."""
        if self._quoting is not None:
            self._quoting = _Ends(fixed=self._quoting.moving, moving=self._quoting.fixed)
            self._point_at(self._quoting.moving)
            self._redraw()

    def stop_quote(self) -> None:
        """Forget the quote in the making."""
        self._quoting = None
        self._redraw()

    def quoted_span(self) -> Span | None:
        """Return the source of the quote in the making, or None where it is blank."""
        return self._rows.span(self._quoting.rows) if self._quoting is not None else None

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw one row of the screen."""
        row = self._top + y
        width = self.scrollable_content_region.width
        if row >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        pointed = row == self._pointer
        quoted = self._quoting.rows if self._quoting is not None else None
        quoting = quoted is not None and quoted.first <= row <= quoted.last
        key = (row, pointed, quoting, width)
        strip = self._strips.get(key)
        if strip is None:
            look = RowLook(rows=self._rows, row=row, marks=self._marks, pointed=pointed, quoting=quoting)
            strip = self._strips[key] = draw_row(look, width, self._style)
        return strip

    def notify_style_update(self) -> None:
        """Forget drawn rows when the theme changes."""
        super().notify_style_update()
        self._styles_at.clear()
        self._redraw()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Keep the pointer on the screen however the scrolling came about."""
        super().watch_scroll_y(old_value, new_value)
        last = self._top + max(0, self._height - 1)
        pointer = max(self._top, min(self._pointer, last, max(0, len(self._rows) - 1)))
        if pointer != self._pointer and self._quoting is None:
            self._pointer = pointer
        self._tell_place()

    def on_resize(self, event: events.Resize) -> None:
        """Set the rows anew for the new width, with the same text under the pointer."""
        if len(self._rows) and self._rows.width != self._text_width:
            line, offset = self._source_of(self._pointer)
            quoting = self._quoting
            ends = (self._source_of(quoting.fixed), self._source_of(quoting.moving)) if quoting else None
            on_screen = max(0, min(self._pointer - self._top, self._height - 1))
            self._set_rows()
            self._pointer = self._rows.row_at(line, offset)
            if ends is not None:
                fixed, moving = (self._rows.row_at(*end) for end in ends)
                self._quoting = _Ends(fixed=fixed, moving=moving)
            self._rows.extend_to_row(self._pointer + self._height)
            self._measure()
            self.scroll_to(y=max(0, self._pointer - on_screen), animate=False)
        if len(self._rows):
            self._point_at(self._pointer)

    def on_click(self, event: events.Click) -> None:
        """Put the pointer where the mouse was pressed."""
        self._point_at(self._top + event.y)

    # Private

    @property
    def _top(self) -> int:
        return self.scroll_offset.y

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    @property
    def _text_width(self) -> int:
        columns = self.scrollable_content_region.width - GUTTER - MARGIN
        return max(8, min(WIDEST_TEXT, columns))

    def _source_of(self, row: int) -> tuple[int, int]:
        return self._rows.line_of(row), self._rows.bounds(row)[0]

    def _set_rows(self) -> None:
        if self._slices is not None:
            self._slices.stop()
            self._slices = None
        self._rows = TranscriptRows(self._lines, TYPESETTER, self._text_width)
        self._rows.extend(FIRST_CHARACTERS)
        self._redraw()
        self._measure()
        if not self._rows.is_complete:
            self._slices = self.set_interval(SLICE_PAUSE_S, self._set_slice)

    def _set_slice(self) -> None:
        """Set some more rows; the scroll bar learns of them at the end: each change of it costs a layout."""
        self._rows.extend(SLICE_CHARACTERS)
        if self._rows.is_complete and self._slices is not None:
            self._slices.stop()
            self._slices = None
            self._measure()
            self._tell_place()

    def _measure(self) -> None:
        size = Size(self.scrollable_content_region.width, len(self._rows))
        if size != self.virtual_size:
            self.virtual_size = size

    def _redraw(self) -> None:
        self._strips.clear()
        self.refresh()

    def _point_at(self, row: int) -> None:
        self._rows.extend_to_row(row + self._height)
        self._measure()
        before = self._pointer
        self._pointer = max(0, min(row, len(self._rows) - 1))
        if self._pointer < self._top:
            self.scroll_to(y=self._pointer, animate=False)
        elif self._pointer >= self._top + self._height:
            self.scroll_to(y=self._pointer - self._height + 1, animate=False)
        self.refresh_line(before)
        self.refresh_line(self._pointer)
        self._tell_place()

    def _show_row_on_top(self, row: int) -> None:
        self._rows.extend_to_row(row + self._height)
        self._measure()
        self.scroll_to(y=min(row, self.max_scroll_y), animate=False)
        self._point_at(min(row + 1, len(self._rows) - 1))

    def _tell_place(self) -> None:
        if not self._height or not len(self._rows):
            return
        last = min(self._top + self._height, len(self._rows))
        complete = self._rows.is_complete
        self.post_message(
            self.Moved(
                Place(
                    message=self._rows.message_of(self._pointer) + 1,
                    messages=self._lines.message_count,
                    row=last,
                    rows=len(self._rows) if complete else None,
                )
            )
        )
        if complete and last == len(self._rows) and not self._end_told and self._lines.message_count:
            self._end_told = True
            self.post_message(self.EndReached(self._conversation))

    def _style(self, name: str) -> Style:
        style = self._styles_at.get(name)
        if style is None:
            style = self.get_component_rich_style(name) if name else self.rich_style
            self._styles_at[name] = style
        return style
