"""One sitting at an open desk: the item in hand, every write, and going from item to item.

The commands are functions on this; what they write are the events that the rating app would write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from protocol import rating_words
from protocol.chain.events import EventDraft, EventKind
from protocol.errors import BlindraterError, WrongStateError
from protocol.item import Item
from protocol.kind_words import KindWords
from protocol.pace import PaceKeeper
from protocol.rating_moves import (
    Lack,
    dimension_after,
    dimension_to_start,
    first_missing,
    lack_of,
    pending_guess,
    position_to_resume,
)
from protocol.rubric import Dimension
from protocol.session import ItemProgress, RaterSession
from rater.plain import pages, wording
from rater.plain.dialogue import Dialogue, LeaveError, RefusedError
from rater.plain.guessing import ask_guess
from rater.plain.numbered import NumberedConversation
from rater.services.sitting.rating import RatingDesk

if TYPE_CHECKING:
    from rater.services.sitting.training_desk import TrainingDesk


class PlainSitting:
    """The state of the dialogue, and the steps that all commands are made of.

    Args:
        desk: The open file with one rater's session.
        out: Where lines go and answers come from.
    """

    CLOSED: ClassVar[str] = "This item is closed: a question was asked on it, so its rating is final."

    def __init__(self, desk: RatingDesk, out: Dialogue) -> None:
        self.desk = desk
        self.out = out
        self.dimensions = desk.dimensions
        self.active: str | None = None
        """The dimension that is asked, or None where nothing is missing."""
        self.is_noted = False
        """The content note stands before the conversation, which is not printed yet."""
        self.warned_of = ""
        """The item whose closing was announced."""
        self.explained: set[str] = set()
        """Dimensions whose anchors were printed in this sitting."""
        self._pace = PaceKeeper(desk.session)
        self._item: Item | None = None
        self._numbered: NumberedConversation | None = None
        self._printed: set[str] = set()
        """Items whose conversation was printed to its end in this sitting."""
        self.unprinted: frozenset[int] = frozenset()
        """Messages of the item in hand with a tool text that was only named so far."""

    @property
    def words(self) -> KindWords:
        """What this kind of study calls its things."""
        return self.desk.words

    @property
    def training(self) -> TrainingDesk | None:
        """The rater's training, where the study has one."""
        return self.desk.training

    @property
    def session(self) -> RaterSession:
        """What holds now."""
        return self.desk.session

    @property
    def progress(self) -> ItemProgress:
        """What was said about the item in hand."""
        return self.session.current

    @property
    def dimension(self) -> Dimension:
        """The dimension that is asked.

        Raises:
            RefusedError: None is.
        """
        if self.active is None:
            raise RefusedError("No dimension is asked now: d 1 goes to the first one, b to the last one.")
        return self.session.rubric.dimension(self.active)

    @property
    def item(self) -> Item:
        """The item in hand.

        Raises:
            RefusedError: None could be opened.
        """
        if self._item is None:
            raise RefusedError("No item is open: g 1 goes to the first one.")
        return self._item

    @property
    def has_item(self) -> bool:
        """Whether an item is in hand."""
        return self._item is not None

    @property
    def numbered(self) -> NumberedConversation:
        """The conversation of the item in hand, with its line numbers."""
        conversation = self.item.conversation
        if self._numbered is None:
            self._numbered = NumberedConversation(conversation, self.out.width)
        return self._numbered

    @property
    def is_closed(self) -> bool:
        """Whether the rating of the item in hand is final."""
        return self.session.is_closed(self.progress.item_id)

    @property
    def is_withdrawn(self) -> bool:
        """Whether no rating is asked for the item in hand any more."""
        return self.progress.item_id in self.session.set_aside

    @property
    def closes(self) -> bool:
        """Whether completing the item in hand closes it."""
        return bool(self.desk.visible.questions) and self.progress.item_id in self.session.asked

    # Writing

    def record(self, draft: EventDraft) -> bool:
        """Write one event about the item in hand, or about the one it names.

        Returns:
            Whether it is on disk; if not, the rater was told and goes on without it.

        Raises:
            RefusedError: The item is closed.
            WrongStateError: Ratings are final.
            BlindraterError: It could not be saved, and the rater quits.
        """
        draft = replace(draft, item_id=draft.item_id or self.item.id)
        if self.session.is_closed_for(draft):
            if self.session.open_again(draft.item_id or ""):
                raise RefusedError(rating_words.reopened_for(self.session, draft.item_id or ""))
            raise RefusedError(self.words.of(rating_words.WITHDRAWN) if self.is_withdrawn else self.CLOSED)
        kept = rating_words.step(draft, self.session.rubric)
        return self.attempt(partial(self.desk.record, draft), kept)

    def attempt(self, write: Callable[[], object], kept: str) -> bool:
        """Try a write until it is on disk or the rater goes on without it."""
        while True:
            try:
                write()
            except WrongStateError:
                self.out.say(f"Ratings are final. Came too late: {kept}")
                raise
            except BlindraterError as error:
                self.out.refuse(f"NOT SAVED. {error.what} {error.next_step}")
                self.out.say(f"Not on disk: {kept}")
                self.out.say("Everything that was said to be saved is safe.")
                if not self._tries_again(error):
                    self.out.say("Not saved; all is as before.")
                    return False
            else:
                return True

    def _tries_again(self, error: BlindraterError) -> bool:
        """Whole words are asked for, so that no line of a script is taken for an answer."""
        while True:
            try:
                answer = self.out.ask("Type again to save it, drop to go on without it, quit to leave:")
            except (LeaveError, KeyboardInterrupt):
                raise error from None
            if answer in ("again", "drop"):
                return answer == "again"
            self.out.refuse("Please answer again, drop or quit.")

    # Going

    def begin(self) -> None:
        """Record the start of the sitting, ask what is still to be asked, open where the rater left off."""
        started = self.attempt(self.desk.start_sitting, "the start of this sitting")
        if started and self.tell_amendments() and self.ask_guesses():
            self.go(position_to_resume(self.session))

    def go(self, position: int, *, dimension: str | None = None) -> None:
        """Put the item at a position into the rater's hand and print it.

        Args:
            position: Place in the rater's order.
            dimension: What is asked then; the first that lacks something unless given.
        """

        def show() -> None:
            item = self.desk.item(position)
            self.desk.show(position)
            if self._item is not None:
                self._pace.look_at(self.session, self._item.id)
            self._item, self._numbered = item, None
            self.unprinted = self.numbered.foldable

        if not self.attempt(show, f"that item {position + 1} was printed"):
            return
        self.aim(dimension)
        untouched = not self.progress.touched and not self.progress.read_to_end
        self.is_noted = bool(untouched and self.item.card.content_note)
        self._announce()
        if self.is_noted:
            self.out.say("Content note")
            self.out.text(self.item.card.content_note)
        elif self.item.id in self._printed:
            self.out.say(
                self.words.of("Its conversation was printed before in this sitting: l prints it again.")
            )
        else:
            self.print_conversation()

    def go_on(self) -> None:
        """Go to the next item that is not completed, or say that there is none."""
        position = self.session.next_open(self.session.position)
        if position is None:
            pages.print_finish(
                self.out,
                rater=self.desk.rater,
                study=self.desk.visible,
                session=self.session,
                pack=self.desk.pack_name,
                words=self.words,
            )
        elif position == self.session.position and self.has_item:
            raise RefusedError(self.words.of("This is the only item that is not completed."))
        else:
            self.go(position)

    def aim(self, dimension: str | None = None) -> None:
        """Choose what is asked next: this dimension, or the first that lacks something, or none."""
        if self.is_withdrawn:
            self.active = None
        elif dimension is not None:
            self.active = dimension
        elif first_missing(self.progress, self.dimensions) is None:
            self.active = None
        else:
            self.active = dimension_to_start(self.progress, self.dimensions)

    def after_mark(self) -> None:
        """Go to what is missing next; a level that needs a quote keeps its dimension active."""
        missing = first_missing(self.progress, self.dimensions)
        if missing is None or self.active is None:
            self.aim()
            return
        if missing.lack is Lack.READING:
            self.active = missing.dimension.id
        else:
            self.active = dimension_after(self.progress, self.dimensions, self.active)
        if missing.dimension.id == self.active and missing.lack is not Lack.SCORE:
            mark = self.progress.mark(self.active)
            self.out.say(wording.missing_sentence(missing, mark, unprinted=len(self.unprinted)))

    def tell_amendments(self) -> bool:
        """Print each amendment the rater has not read yet; answer whether the reading of all is on disk."""
        while unread := self.desk.unread:
            notice = self.desk.notice(unread[0])
            self.out.line()
            self.out.say(notice.title)
            for paragraph in notice.paragraphs:
                self.out.text(paragraph)
            while self.out.ask("Enter says that you have read it (q quits):"):
                self.out.refuse("Please press Enter alone, or q and Enter to quit.")
            if not self.attempt(partial(self.desk.mark_read, unread[0]), "that a notice was read"):
                return False
        self.dimensions = self.desk.dimensions  # an amendment may have put other texts into them
        return True

    def ask_guesses(self) -> bool:
        """Ask what is still to be asked on closed items; answer whether all of it is on disk."""
        while (pending := pending_guess(self.session, self.desk.visible.questions)) is not None:
            number = self.session.positions[pending.item_id] + 1
            asked = ask_guess(self.out, pending.question, number)
            draft = replace(asked.draft, item_id=pending.item_id)
            if not self.attempt(partial(self.desk.record, draft), "the answer to a question"):
                return False
            if asked.left is not None:
                raise asked.left
        return True

    # Printing

    def print_conversation(self, *, folded: bool = True) -> None:
        """Print the conversation to its end, and record once that nothing of it is left.

        Args:
            folded: Leave long tool texts out, and say so in their place.
        """
        self.is_noted = False
        if not self.print_rows(self.numbered.printed(folded=folded)):
            return
        self._printed.add(self.item.id)
        if not folded:
            self.unprinted = frozenset()
        self._note_reading()

    def print_message(self, number: int) -> None:
        """Print one message with its tool texts."""
        if self.print_rows(self.numbered.printed_message(number)):
            self.unprinted -= {number}
            self._note_reading()

    def _note_reading(self) -> None:
        """Record that the item was read to its end, once all of it was printed."""
        if self.unprinted or self.item.id not in self._printed or self.progress.read_to_end:
            return
        waited = self.active is not None and lack_of(self.progress, self.dimension) is Lack.READING
        self.record(EventDraft(kind=EventKind.READ_TO_END))
        if waited:
            self.aim()

    def print_rows(self, rows: Iterable[str]) -> bool:
        """Print rows of the conversation; Ctrl-C stops that alone.

        Returns:
            Whether all of them were printed.
        """
        try:
            for row in rows:
                self.out.line(row)
            self.out.flush()
        except KeyboardInterrupt:
            self.out.line()
            self.out.say(
                self.words.of(
                    "Stopped before the end. l prints the conversation again, l 12-40 some lines of it."
                )
            )
            return False
        return True

    def _announce(self) -> None:
        session = self.session
        self.out.line()
        self.out.say(
            ("Simulated study. " if self.desk.visible.simulated else "")
            + f"{self.words.item.capitalize()} {session.position + 1} of {len(session.items)}."
            + f" {session.completed_count} completed."
            + (f" {pace.left.capitalize()} left." if (pace := self._pace.pace(session)) else "")
        )
        if self.is_withdrawn:
            self.out.say(self.words.of(rating_words.WITHDRAWN))
        elif again := rating_words.asked_again(session, self.progress.item_id):
            self.out.say(again)
        if self.progress.touched:
            self.out.say(wording.summary(self.progress, self.dimensions))
            for remark in wording.remarks(self.progress):
                self.out.say(remark)
