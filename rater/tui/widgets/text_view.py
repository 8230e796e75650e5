"""The text of a conversation on the screen: rows, pointer, scrolling, and what is folded away.

No child widgets and no Markdown: both hide text and stall on long transcripts. Knows no quotes and
no search; `ConversationView` adds these.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.timer import Timer

from protocol.conversation import Conversation
from protocol.transcript_lines import LineKind, TranscriptLines
from protocol.transcript_rows import TranscriptRows
from rater.tui.safe import TYPESETTER
from rater.tui.widgets.conversation_rows import MARGIN, is_shown_whole

WIDEST_TEXT = 110
FIRST_CHARACTERS = 24_000
FIRST_S = 0.006
"""So much processor time goes into further rows before the first paint: most texts then need no second."""
SLICE_CHARACTERS = 8_000
SLICE_S = 0.008
"""So much processor time goes into the rows of a long text before a key gets its turn, in any script."""
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
class Spot:
    """A place in the text and where on the screen it stood, to come back to."""

    line: int
    offset: int
    row_on_screen: int


class TextView(ScrollView, can_focus=False):
    """A conversation that is read with a pointer line."""

    DEFAULT_CSS = """
    TextView { overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """

    @dataclass
    class Moved(Message):
        """Another part of the conversation is on the screen."""

        place: Place

    @dataclass
    class EndReached(Message):
        """The last row was on the screen, and nothing that is folded away was left unopened."""

        conversation: Conversation

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._conversation = Conversation(messages=())
        self._lines = TranscriptLines(self._conversation)
        self._rows = TranscriptRows(self._lines, TYPESETTER, 1)
        self._pointer = 0
        self._slices: Timer | None = None
        self._unopened: set[int] = set()
        """Blocks that were not open yet since the conversation came on the screen."""
        self._end_seen = False
        self._end_told = False

    # Showing

    def show(
        self, conversation: Conversation, *, at: Spot | None = None, lines: TranscriptLines | None = None
    ) -> None:
        """Put a conversation on the screen with its tool texts folded.

        Args:
            conversation: What to show.
            at: Where to begin; at the beginning unless given.
            lines: The conversation's lines, where they are laid out already.
        """
        self._conversation = conversation
        self._lines = TranscriptLines(conversation) if lines is None else lines
        self._unopened = set(range(len(self._lines.blocks)))
        self._end_seen = self._end_told = False
        self.conversation_changed()
        self._set_rows(self._unopened)
        self._pointer = min(1, max(0, len(self._rows) - 1))
        self.scroll_to(y=0, animate=False)
        if at is not None:
            self.return_to(at)
        self._tell_place()

    @property
    def conversation(self) -> Conversation:
        """What is on the screen, as it is stored."""
        return self._conversation

    def relay(self, lines: TranscriptLines, at: Spot) -> None:
        """Put other lines of the same conversation on the screen, with the same blocks folded."""
        self._lines = lines
        self._set_rows(self._rows.closed)
        self.return_to(at)

    def conversation_changed(self) -> None:
        """Called when another conversation came on the screen, before its rows are set."""

    @property
    def spot(self) -> Spot:
        """The place at the pointer."""
        line, offset = self._source_of(self._pointer) if len(self._rows) else (0, 0)
        on_screen = max(0, min(self._pointer - self._top, self._height - 1))
        return Spot(line=line, offset=offset, row_on_screen=on_screen)

    def return_to(self, spot: Spot) -> None:
        """Put the pointer on a place, as far down the screen as it was."""
        self.reveal(spot.line)
        row = self._rows.row_at(spot.line, spot.offset)
        self._rows.extend_to_row(row + self._height)
        self._measure()
        self.scroll_to(y=max(0, min(row - spot.row_on_screen, self.max_scroll_y)), animate=False)
        self._point_at(row)

    # Going

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
        row = self._rows.row_of_message(max(0, message))
        self._show_row_on_top(row, pointer=row + (self._rows.closed_block_at(row) is None))

    def tool(self, direction: int) -> bool:
        """Go to the next or previous tool call; answer whether there is one.

        Where no call is on record, the results are gone to.
        """
        heads = [block.head for block in self._lines.blocks]
        calls = [head for head in heads if self._lines.kinds[head] == LineKind.TOOL] or heads
        here = self._rows.line_of(self._pointer)
        found = [head for head in calls if (head > here if direction > 0 else head < here)]
        if not found:
            return False
        head = found[0] if direction > 0 else found[-1]
        row = self._rows.row_at(head, 0)
        self._show_row_on_top(max(0, row - 1), pointer=row)
        return True

    def top(self) -> None:
        """Go to the beginning."""
        self._point_at(0)

    def end(self) -> None:
        """Go to the end, setting all rows that are not there yet."""
        while not self._rows.is_complete:
            self._rows.extend(SLICE_CHARACTERS)
        self._point_at(len(self._rows) - 1)

    # Folding

    @property
    def has_blocks(self) -> bool:
        """Whether there is anything to fold."""
        return bool(self._lines.blocks)

    @property
    def unopened(self) -> int:
        """How many blocks that do not show whole in their one line were never open."""
        return sum(not self._is_seen(number) for number in self._unopened)

    def toggle_block(self) -> bool:
        """Open or close the block at the pointer; answer whether there is one."""
        number = self._lines.block_of(self._rows.line_of(self._pointer))
        if number is None:
            return False
        is_closing = not self._rows.is_closed(number)
        self._fold([number], closed=is_closing)
        if is_closing:
            self._point_at(self._rows.row_at(self._lines.blocks[number].head, 0))
        return True

    def toggle_all(self) -> bool:
        """Open all blocks, or close all where all are open; answer whether they are open now."""
        opening = bool(self._rows.closed)
        self._fold(range(len(self._lines.blocks)), closed=not opening)
        return opening

    def reveal(self, line: int) -> None:
        """Open the block that a line is folded away in."""
        number = self._lines.block_of(line)
        if number is None or line == self._lines.blocks[number].head:
            return
        if self._rows.is_closed(number):
            self._fold([number], closed=False)

    def _fold(self, blocks: Iterable[int], *, closed: bool) -> None:
        numbers = list(blocks)
        spot = self.spot
        if not self._rows.fold(numbers, closed=closed):
            return
        if not closed:
            self._unopened.difference_update(numbers)
        self._redraw()
        row = self._rows.row_at(spot.line, spot.offset)
        self._rows.extend_to_row(row + self._height)
        self._set_in_slices()
        self._measure()
        self.scroll_to(y=max(0, row - spot.row_on_screen), animate=False)
        self._pointer = row
        self._point_at(row)

    def _is_seen(self, number: int) -> bool:
        """Whether the one line that stands for a closed block shows all of it."""
        return is_shown_whole(self._rows, number)

    # Size

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Keep the pointer on the screen however the scrolling came about."""
        super().watch_scroll_y(old_value, new_value)
        last = self._top + max(0, self._height - 1)
        pointer = max(self._top, min(self._pointer, last, max(0, len(self._rows) - 1)))
        if pointer != self._pointer and self.pointer_follows:
            self._pointer = pointer
        self._tell_place()

    @property
    def pointer_follows(self) -> bool:
        """Whether the pointer stays on the screen when the text moves under it."""
        return True

    def on_resize(self, event: events.Resize) -> None:
        """Set the rows anew for the new width, with the same text under the pointer."""
        if len(self._rows) and self._rows.width != self._text_width:
            spot = self.spot
            self._set_rows(self._rows.closed)
            self.return_to(spot)
        elif len(self._rows):
            self._point_at(self._pointer)

    @property
    def text_column(self) -> int:
        """The column the text begins in."""
        return 2

    @property
    def _top(self) -> int:
        return self.scroll_offset.y

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    @property
    def _text_width(self) -> int:
        columns = self.scrollable_content_region.width - self.text_column - MARGIN
        return max(8, min(WIDEST_TEXT, columns))

    def _source_of(self, row: int) -> tuple[int, int]:
        return self._rows.line_of(row), self._rows.bounds(row)[0]

    def _set_rows(self, closed: Iterable[int]) -> None:
        self._rows = TranscriptRows(self._lines, TYPESETTER, self._text_width, closed)
        self._rows.extend(FIRST_CHARACTERS)
        self._set_for(FIRST_S)
        self._redraw()
        self._set_in_slices()
        self._measure()

    def _set_in_slices(self) -> None:
        """Set the rows that are not there yet a little at a time, between keys."""
        if self._slices is not None:
            self._slices.stop()
            self._slices = None
        if not self._rows.is_complete:
            self._slices = self.set_interval(SLICE_PAUSE_S, self._set_slice)

    def _set_for(self, seconds: float) -> None:
        until = time.thread_time() + seconds
        while not self._rows.is_complete and time.thread_time() < until:
            self._rows.extend(SLICE_CHARACTERS)

    def _set_slice(self) -> None:
        """Set some more rows; the scroll bar learns of them at the end: each change of it costs a layout."""
        self._set_for(SLICE_S)
        if self._rows.is_complete and self._slices is not None:
            self._slices.stop()
            self._slices = None
            self._measure()
            self._tell_place()

    def _measure(self) -> None:
        """Tell the scroll bar how many rows there are: it always stands there, so no widget moves."""
        size = Size(self.scrollable_content_region.width, len(self._rows))
        if size != self.virtual_size:
            self.set_reactive(TextView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
            self.scroll_y = self.validate_scroll_y(self.scroll_y)

    def _redraw(self) -> None:
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

    def _show_row_on_top(self, row: int, *, pointer: int) -> None:
        self._rows.extend_to_row(row + self._height)
        self._measure()
        self.scroll_to(y=min(row, self.max_scroll_y), animate=False)
        self._point_at(min(pointer, len(self._rows) - 1))

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
        self._end_seen = self._end_seen or (complete and last == len(self._rows))
        if not self._end_seen or self._end_told or not self._lines.message_count:
            return
        if all(map(self._is_seen, self._unopened)):
            self._end_told = True
            self.post_message(self.EndReached(self._conversation))
