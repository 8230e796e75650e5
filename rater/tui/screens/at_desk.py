"""The middle of the rating screen: the desk it stands on, the way of every write, and going between items."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.timer import Timer

from protocol import rating_words
from protocol.chain.events import EventDraft, EventKind, Span
from protocol.errors import BlindraterError
from protocol.item import Item
from protocol.pace import PaceKeeper
from protocol.rating_moves import dimension_to_start, first_missing, pending_guess, position_to_resume
from protocol.rubric import Dimension
from protocol.session import GuessAnswer, ItemProgress, RaterSession
from protocol.transcript_lines import TranscriptLines
from rater.services.sitting.rating import RatingDesk
from rater.tui import wording
from rater.tui.key_table import KeyTable
from rater.tui.keymap import (
    ALL_KEYS,
    FINDING_HINTS,
    FOUND_HINTS,
    HINTS,
    NARROW_HINTS,
    OF_TOOL_TEXTS,
    QUOTING_HINTS,
)
from rater.tui.messages import Arrived
from rater.tui.rubric_layout import RubricView, letter_of, tags
from rater.tui.saver import Saver, Then
from rater.tui.screens.finding import FindingScreen
from rater.tui.widgets.conversation import ConversationView
from rater.tui.widgets.conversation_rows import QuoteMark
from rater.tui.widgets.lines import HintLine, InfoLine, Standing, StatusLine
from rater.tui.widgets.rubric_pane import RubricPane
from rater.tui.widgets.text_view import Spot

LOOK_AHEAD_AFTER_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """An item with its text laid out before it is asked for."""

    item: Item
    lines: TranscriptLines


class DeskScreen(FindingScreen):
    """Shows the items of an open desk and writes what the rater does.

    Args:
        desk: The open file with one rater's session.
        keys: Which keys do what.
    """

    CLOSED: ClassVar[str] = "This item is closed: a question was asked on it, so its rating is final."

    def __init__(self, desk: RatingDesk, keys: KeyTable) -> None:
        super().__init__(desk.dimensions, keys)
        self._desk = desk
        self._pace = PaceKeeper(desk.session)
        self._item: Item | None = None
        self._active = desk.dimensions[0].id
        self._saver = Saver(self, desk, self._refresh)
        self._spots: dict[str, Spot] = {}
        """Where the rater was in each item of this sitting."""
        self._ahead: Ahead | None = None
        """The item that probably comes next."""
        self._ahead_timer: Timer | None = None

    def on_mount(self) -> None:
        """Begin the sitting and open where the rater left off."""
        self._attempt(
            self._desk.start_sitting,
            "the start of this sitting",
            lambda: self._tell_amendments(
                lambda: self._ask_guesses(lambda: self._go(position_to_resume(self._session)))
            ),
        )

    @property
    def may_render(self) -> bool:
        """Whether the study's plan allows the rendered view."""
        return self._desk.visible.rendered_view

    @property
    def _session(self) -> RaterSession:
        return self._desk.session

    @property
    def _progress(self) -> ItemProgress:
        return self._session.current

    @property
    def _dimension(self) -> Dimension:
        return self._session.rubric.dimension(self._active)

    # Writing

    def _record(self, draft: EventDraft, then: Then | None = None, otherwise: Then | None = None) -> None:
        """Write one event about the item on the screen, then go on; a failure changes nothing.

        Args:
            draft: What the rater did; the item is filled in.
            then: What follows once it is on disk; draws the screen anew unless given.
            otherwise: What follows if the rater goes on without it.
        """
        if self._item is None:
            return
        draft = replace(draft, item_id=draft.item_id or self._item.id)
        if self._session.is_closed_for(draft):
            self._refresh(self._why_closed())
            return
        kept = rating_words.step(draft, self._session.rubric)
        self._attempt(lambda: self._desk.record(draft), kept, then or self._refresh, otherwise)

    def _why_closed(self) -> str:
        aside = self._progress.item_id in self._session.set_aside
        if self._session.open_again(self._progress.item_id):
            return rating_words.reopened_for(self._session, self._progress.item_id)
        return self._desk.words.of(rating_words.WITHDRAWN) if aside else self.CLOSED

    def _attempt(self, write: Then, kept: str, then: Then, otherwise: Then | None = None) -> None:
        self._saver.attempt(write, kept, then, otherwise)

    @on(ConversationView.EndReached)
    def _record_reading(self, event: ConversationView.EndReached) -> None:
        """Record once that the end of the item was on the screen."""
        if self._item is None or event.conversation is not self._item.conversation:
            return
        if not self._progress.read_to_end:
            self._record(EventDraft(kind=EventKind.READ_TO_END), lambda: self._refresh(None))

    # Drawing

    def _refresh(self, message: str | None = "") -> None:
        """Draw what holds now, and say something; None lets stand what was said last."""
        if message is None:
            self.say_still()
        else:
            self.say(message)
        desk, session = self._desk, self._session
        self.query_one(StatusLine).standing = Standing(
            study=desk.visible.name,
            rater=desk.rater,
            simulated=desk.visible.simulated,
            position=session.position + 1,
            items=len(session.items),
            completed=session.completed_count,
            saved=rating_words.local_time(desk.saved_at, "%H:%M:%S") if desk.saved_at else "",
            unsaved=self._saver.unsaved,
            unit=desk.words.item,
            left=pace.left if (pace := self._pace.pace(session)) else "",
        )
        self.show_hints()
        if self._item is None:
            return
        for line in self.query(InfoLine):
            shown = "rendered" if self.conversation.is_rendered else ""
            line.part = desk.words.message
            line.tags = " · ".join(filter(None, (shown, tags(self._progress, self._active))))
        self.query_one(RubricPane).view = RubricView(
            dimensions=self._dimensions,
            active=self._active,
            progress=self._progress,
            card=self._item.card,
            guide_key=self._keys["help.guide"],
            is_closed=session.is_closed(self._progress.item_id),
            is_withdrawn=self._progress.item_id in session.set_aside,
        )
        self.conversation.mark_quotes(
            [
                QuoteMark(letter=letter_of(self._dimensions, dimension.id), column=column, span=quote.span)
                for column, dimension in enumerate(self._dimensions)
                for quote in self._progress.mark(dimension.id).quotes
            ]
        )

    def view_changed(self) -> None:
        """Say in the line which view this is."""
        super().view_changed()
        self._refresh(None)

    def show_hints(self) -> None:
        """Show the keys that matter now."""
        self.query_one(HintLine).hints = self._hints()

    def _hints(self) -> tuple[tuple[str, str], ...]:
        keys = self._keys
        if self.conversation.is_quoting:
            return self._named(QUOTING_HINTS)
        if self.is_typing:
            return tuple(FINDING_HINTS)
        found = self.conversation.found
        if found is not None and found.count:
            return self._named(FOUND_HINTS)
        does = {binding.id: binding.description for binding in ALL_KEYS}
        score = (wording.keys_of(self._dimension, keys), "score")
        names = HINTS if self.query_one(RubricPane).is_beside else NARROW_HINTS
        skipped = frozenset() if self.conversation.has_blocks else OF_TOOL_TEXTS
        return (score, *((keys[name], does[name]) for name in names if name not in skipped))

    def _named(self, hints: Sequence[tuple[tuple[str, ...], str]]) -> tuple[tuple[str, str], ...]:
        return tuple((" ".join(self._keys[name] for name in names), does) for names, does in hints)

    def _pace_words(self) -> str:
        pace = self._pace.pace(self._session)
        return self._desk.words.of(pace.sentence()) if pace else ""

    def _say_missing(self) -> None:
        missing = first_missing(self._progress, self._dimensions)
        if missing is not None:
            self._active = missing.dimension.id
            level = self._progress.mark(missing.dimension.id).level
            unopened = self.conversation.unopened if self._noted is None else 0
            self._refresh(wording.missing_sentence(missing, level, self._keys, unopened=unopened))

    # Going

    def action_item(self, by: int) -> None:
        """Go to the next or previous item, whatever its state."""
        position = self._session.position + by
        if 0 <= position < len(self._session.items):
            self._go(position)
        else:
            self.say(f"This is the {'last' if by > 0 else 'first'} {self._desk.words.item}.")

    def action_next_open(self) -> None:
        """Go to the next item that is not completed."""
        self._go_on()

    def action_overview(self) -> None:
        """List all items."""
        from rater.tui.screens.overview import OverviewScreen

        def answered(position: int | None) -> None:
            if position is not None and position != self._session.position:
                self._go(position)

        self.app.push_screen(
            OverviewScreen(self._session, self._dimensions, self._keys, self._pace_words(), self._desk.words),
            answered,
        )

    def _tell_amendments(self, then: Then) -> None:
        """Show each amendment the rater has not read yet, record that it was read, then go on."""
        unread = self._desk.unread
        if not unread:
            self._dimensions = self._desk.dimensions  # an amendment may have put other texts into them
            then()
            return
        from rater.tui.pages import notice_page
        from rater.tui.screens.page import PageScreen

        first, notice = unread[0], self._desk.notice(unread[0])

        def read(_: None) -> None:
            self._attempt(
                lambda: self._desk.mark_read(first),
                "that a notice was read",
                lambda: self._tell_amendments(then),
                then,
            )

        closing = f"{self._keys['item.enter']} I have read it"
        page = PageScreen(
            notice.title, partial(notice_page, notice), self._keys, "item.enter", closing=closing
        )
        self.app.push_screen(page, read)

    def _ask_guesses(self, then: Then) -> None:
        """Ask what is still to be asked on closed items, then go on."""
        pending = pending_guess(self._session, self._desk.visible.questions)
        if pending is None:
            then()
            return
        from rater.tui.screens.guess import GuessScreen

        def answered(answer: GuessAnswer | None) -> None:
            if answer is None:
                return
            draft = EventDraft(
                kind=EventKind.GUESS,
                item_id=pending.item_id,
                question=answer.question,
                option=answer.option,
                sure=answer.sure,
                texts={"cue": answer.words} if answer.words else {},
            )
            self._attempt(
                lambda: self._desk.record(draft), "the answer to a question", lambda: self._ask_guesses(then)
            )

        number = self._session.positions[pending.item_id] + 1
        self.app.push_screen(GuessScreen(pending.question, number), answered)

    def _go_on(self) -> None:
        position = self._session.next_open(self._session.position)
        if position is None:
            self.finish()
        elif position == self._session.position:
            self._refresh(self._desk.words.of("This is the only item that is not completed."))
        else:
            self._go(position)

    def _go(
        self, position: int, *, dimension: str | None = None, message: str = "", span: Span | None = None
    ) -> None:
        """Put an item on the screen, where the rater left it.

        Args:
            position: Place in the rater's order.
            dimension: Which one is active then; what lacks something unless given.
            message: What is said.
            span: What to go to in the text.
        """

        def show() -> None:
            ahead = self._ahead
            is_ahead = ahead is not None and ahead.item.id == self._session.items[position]
            item = ahead.item if is_ahead and ahead is not None else self._desk.item(position)
            self._desk.show(position)
            if self._item is not None and self._noted is None:
                self._spots[self._item.id] = self.conversation.spot
            if self._item is not None:
                self._pace.look_at(self._session, self._item.id)
            self._item = item

        def shown() -> None:
            if self._item is None:
                return
            self._active = dimension or dimension_to_start(self._progress, self._dimensions)
            untouched = not self._progress.touched and not self._progress.read_to_end
            self.stop_search()
            ahead, self._ahead = self._ahead, None
            lines = ahead.lines if ahead is not None and ahead.item is self._item else None
            self.show_text(self._item, note_first=untouched, at=self._spots.get(self._item.id), lines=lines)
            aside = self._item.id in self._session.set_aside
            again = rating_words.asked_again(self._session, self._item.id)
            self._refresh(message or (self._desk.words.of(rating_words.WITHDRAWN) if aside else again))
            self._look_ahead()
            if span is not None and self._noted is None:
                self.conversation.go_to(span)
            self.post_message(Arrived(message))

        self._attempt(show, f"that {self._desk.words.item} {position + 1} came on the screen", shown)

    def _look_ahead(self) -> None:
        """Have the next item ready soon after this one is on the screen."""
        if self._ahead_timer is not None:
            self._ahead_timer.stop()
        self._ahead_timer = self.set_timer(LOOK_AHEAD_AFTER_S, self._read_ahead)

    def _read_ahead(self) -> None:
        position = self._session.next_open(self._session.position)
        if position is None or position == self._session.position:
            return
        try:
            item = self._desk.item(position)
        except BlindraterError:
            return  # told when the rater goes there
        self.run_worker(self._lay_out(item), group="ahead", exclusive=True)

    async def _lay_out(self, item: Item) -> None:
        """Find the lines of a text beside the keys: megabytes of it take longer than a key may wait."""
        lines = await asyncio.to_thread(TranscriptLines, item.conversation)
        self._ahead = Ahead(item=item, lines=lines)

    def finish(self) -> None:
        """Called when no item is left to complete."""
