"""The half of the rating screen that reads: panes, their sizes, and every key that moves the text."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from protocol.item import Item
from protocol.rubric import Dimension
from protocol.transcript_lines import TranscriptLines
from rater.tui import tones
from rater.tui.key_table import KeyTable
from rater.tui.rubric_layout import height_below, width_beside
from rater.tui.safe import rows
from rater.tui.widgets.conversation import ConversationView
from rater.tui.widgets.lines import HintLine, InfoLine, StatusLine
from rater.tui.widgets.rubric_pane import RubricPane
from rater.tui.widgets.text_view import Spot

BESIDE_FROM = 96
"""Columns from which the rubric stands beside the conversation."""
PANE_FRAME = 3
OWN_LINES = 3
"""Status, information, hints."""
FEWEST_CONVERSATION_ROWS = 6
CONVERSATION_SHARE = 0.55
"""Of the rows there are, where the rubric stands below the conversation and needs many."""


class ReadingScreen(Screen[None]):
    """Conversation, rubric and lines, with the keys that move the conversation.

    Args:
        dimensions: The rubric's dimensions, which decide how much room the rubric needs.
        keys: Which keys do what.
    """

    CSS_PATH = "rating.tcss"

    def __init__(self, dimensions: tuple[Dimension, ...], keys: KeyTable) -> None:
        super().__init__()
        self._keys = keys
        self._dimensions = dimensions
        self._noted: Item | None = None
        """The item whose content note stands where its text will be."""
        self._said = ""
        self._said_times = 0
        self._text_only = False
        """Whether items come up without the rubric."""

    def compose(self) -> ComposeResult:
        """Make the panes."""
        yield StatusLine()
        with Container(id="body"):
            with Vertical(id="left"):
                yield Static(id="content-note", markup=False)
                yield ConversationView(dimensions=len(self._dimensions))
                yield InfoLine(id="info-between")
            yield RubricPane()
        yield InfoLine(id="info-under")
        yield HintLine()

    def on_resize(self, event: events.Resize) -> None:
        """Share the room out between the panes."""
        self.share_room(event.size.width, event.size.height)
        self.show_hints()

    def share_room(self, width: int, height: int) -> None:
        """Give the rubric the room its longest anchors need, and the conversation the rest."""
        is_beside = width >= BESIDE_FROM
        pane = self.query_one(RubricPane)
        self.set_class(is_beside, "-beside")
        pane.is_beside = is_beside
        rows_between = height - OWN_LINES
        if is_beside:
            columns = width_beside(self._dimensions, width - PANE_FRAME, rows_between)
            pane.styles.width, pane.styles.height = columns + PANE_FRAME, "1fr"
        else:
            kept = max(FEWEST_CONVERSATION_ROWS, round(rows_between * CONVERSATION_SHARE))
            most = rows_between - kept
            pane.styles.width, pane.styles.height = "1fr", height_below(self._dimensions, width - 2, most)

    def show_hints(self) -> None:
        """Called when other keys matter."""

    @property
    def conversation(self) -> ConversationView:
        """The pane with the text."""
        return self.query_one(ConversationView)

    def show_text(
        self, item: Item, *, note_first: bool, at: Spot | None = None, lines: TranscriptLines | None = None
    ) -> None:
        """Put an item's conversation on the screen, after its content note where it has one.

        Args:
            item: What is rated now.
            note_first: The rater has not seen the item yet.
            at: Where the rater was in it before.
            lines: Its lines, where they are laid out already.
        """
        if note_first and item.card.content_note:
            self._noted = item
            self._show_note(item.card.content_note)
        else:
            self._noted = None
            self.conversation.show(item.conversation, at=at, lines=lines)
        self.set_class(self._noted is not None, "-noted")
        self.set_class(self._text_only, "-text-only")

    def say(self, message: str) -> None:
        """Say something until the next step; what is said again is counted, so that it looks new."""
        self._said_times = self._said_times + 1 if message == self._said else 1
        self._said = message
        self.say_still()

    def say_still(self) -> None:
        """Show what was said last, which is not said again."""
        again = self._said and self._said_times > 1
        for line in self.query(InfoLine):
            line.message = f"{self._said_times}× {self._said}" if again else self._said

    def action_line(self, by: int) -> None:
        """Move the pointer, or the end of the quote in the making."""
        if not self._reveal_text():
            if self.conversation.is_quoting:
                self.conversation.extend_quote(by)
                self.quote_changed()
            else:
                self.conversation.move_pointer(by)

    def action_page(self, direction: int) -> None:
        """Move by a page."""
        if not self._reveal_text():
            self.conversation.page(direction)

    def action_turn(self, direction: int) -> None:
        """Move to another message."""
        if not self._reveal_text():
            self.conversation.turn(direction)

    def action_tool(self, direction: int) -> None:
        """Move to another tool call."""
        if self._reveal_text():
            return
        if not self.conversation.has_blocks:
            self.say("No tool was called in this conversation.")
        elif not self.conversation.tool(direction):
            self.say(f"There is no tool call further {'down' if direction > 0 else 'up'}.")

    def action_fold(self) -> None:
        """Open or close the tool text at the pointer."""
        if self._reveal_text():
            return
        if not self.conversation.has_blocks:
            self.say("No tool was called in this conversation.")
        elif not self.conversation.toggle_block():
            on, all_of_them = self._keys["read.tool"], self._keys["read.fold_all"]
            self.say(f"There is no tool text at the pointer: {on} goes to one, {all_of_them} opens all.")

    def action_fold_all(self) -> None:
        """Open all tool texts, or close all."""
        if self._reveal_text():
            return
        if not self.conversation.has_blocks:
            self.say("No tool was called in this conversation.")
        else:
            is_open = self.conversation.toggle_all()
            closes = self._keys["read.fold_all"]
            self.say(f"All tool texts are open: {closes} folds them." if is_open else "All are folded.")

    def action_top(self) -> None:
        """Go to the beginning."""
        if not self._reveal_text():
            self.conversation.top()

    def action_end(self) -> None:
        """Go to the end."""
        if not self._reveal_text():
            self.conversation.end()

    @property
    def may_render(self) -> bool:
        """Whether the study's plan allows the rendered view."""
        return False

    def action_rendered(self) -> None:
        """Show the messages rendered, or their source again."""
        if self._reveal_text():
            return
        if not self.may_render:
            self.say("This study is rated from the source: its plan allows no rendered view.")
        elif self.conversation.is_rendered:
            self.show_source()
            self.say("")
        else:
            from rater.tui.rendering import render_conversation

            self.conversation.render_markdown(render_conversation(self.conversation.conversation))
            source = self._keys["read.rendered"]
            self.say(f"Rendered: signs of mark-up, escapes and quotes are not shown. {source}: source.")
        self.view_changed()

    def show_source(self) -> None:
        """Show the source, which alone can be quoted."""
        self.conversation.render_markdown(None)

    def view_changed(self) -> None:
        """Called when source and rendering changed places."""

    def action_words(self, by: int) -> None:
        """Move the end of the quote in the making by words."""
        self.conversation.extend_quote_by_words(by)
        self.quote_changed()

    def action_wide(self) -> None:
        """Hide the rubric for the rest of the sitting, or show it again; scoring shows it for one item."""
        self._text_only = not self.has_class("-text-only")
        self.set_class(self._text_only, "-text-only")

    def quote_changed(self) -> None:
        """Called when the quote in the making grew or shrank."""

    @on(ConversationView.Dragged)
    def _quote_dragged(self) -> None:
        self.quote_started()

    def quote_started(self) -> None:
        """Called when a quote in the making came up."""

    @on(ConversationView.Moved)
    def _note_place(self, event: ConversationView.Moved) -> None:
        for line in self.query(InfoLine):
            line.place = event.place

    def _show_note(self, note: str) -> None:
        width = max(20, min(70, self.size.width // 2))
        lines = [Content.styled("Content note", tones.WARNING), Content("")]
        lines += [Content(row) for row in rows(note, width)]
        lines += [Content(""), Content.assemble((self._keys["read.page"], tones.STRONG), " shows the text")]
        self.query_one("#content-note", Static).update(Content("\n").join(lines))

    def _reveal_text(self) -> bool:
        """Show the text behind a content note; answer whether there was one."""
        if self._noted is None:
            return False
        item, self._noted = self._noted, None
        self.remove_class("-noted")
        self.conversation.show(item.conversation)
        self.text_reveal_texted()
        return True

    def text_reveal_texted(self) -> None:
        """Called when the text came up after its content note."""
