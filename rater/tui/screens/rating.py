"""The rating screen: one mode, every key one step, every step on disk before it shows as saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content

from protocol import rating_words
from protocol.chain.events import Event, EventDraft, EventKind
from protocol.rating_moves import (
    Lack,
    dimension_after,
    first_missing,
    lack_of,
    live_events,
    original_of,
    quoted_span_of,
    reasons_for,
)
from rater.tui import tones, wording
from rater.tui.keymap import ALL_KEYS
from rater.tui.safe import label
from rater.tui.screens.quoting import QuotingScreen

if TYPE_CHECKING:
    from rater.services.sitting.training_desk import TrainingDesk


class RatingScreen(QuotingScreen):
    """Rates one item after the other: scores, quotes, notes, undo."""

    BINDINGS: ClassVar[list[BindingType]] = list(ALL_KEYS)

    _warned_of: str = ""
    """The item whose closing was announced."""

    # Scoring

    def action_score(self, digit: str) -> None:
        """Score the active dimension and go to the next without a score."""
        if self._noted is not None:
            self._ask_for_text()
            return
        self.remove_class("-text-only")
        dimension = self._dimension
        level = dimension.level_for_digit(digit)
        if level is None:
            self.say(f"{dimension.name} has the levels {wording.keys_of(dimension, self._keys)}.")
        elif self._progress.reason is None and self._progress.mark(dimension.id).level == level.value:
            self._after_mark()
        else:
            self._record(
                EventDraft(kind=EventKind.SCORE, dimension=dimension.id, level=level.value), self._after_mark
            )

    def action_dimension(self, by: int) -> None:
        """Make another dimension active."""
        ids = [dimension.id for dimension in self._dimensions]
        self._active = ids[(ids.index(self._active) + by) % len(ids)]
        self.remove_class("-text-only")
        self._refresh()

    def action_clear(self) -> None:
        """Take back the mark of the whole item, or of the active dimension."""
        self.remove_class("-text-only")
        mark = self._progress.mark(self._active)
        if self._progress.reason is not None:
            self._record(EventDraft(kind=EventKind.CLEAR))
        elif mark.level is not None or mark.reason is not None:
            self._record(EventDraft(kind=EventKind.CLEAR, dimension=self._active))
        else:
            self.say(f"{self._dimension.name} has no mark to take back.")

    def action_not_ratable(self) -> None:
        """Ask why the active dimension cannot be rated."""
        if self._progress.reason is not None:
            self.say(f"The whole item is marked as not ratable: {self._keys['score.clear']} takes that back.")
        else:
            self._ask_reason(whole_item=False)

    def action_not_ratable_item(self) -> None:
        """Ask why the item cannot be rated."""
        self._ask_reason(whole_item=True)

    def _ask_reason(self, *, whole_item: bool) -> None:
        from rater.tui.screens.choice import Choice, OneOfScreen

        self.remove_class("-text-only")
        what = "this item" if whole_item else self._dimension.name
        reasons = reasons_for(self._session.rubric, whole_item=whole_item)
        if not reasons:
            self.say(f"This rubric has no reason for which {what} could be left unrated.")
            return

        def answered(code: str | None) -> None:
            if code is not None:
                dimension = None if whole_item else self._active
                self._record(
                    EventDraft(kind=EventKind.NOT_RATABLE, dimension=dimension, reason=code), self._after_mark
                )

        question = Content.assemble(
            ("Why can ", tones.HEADING), label(what, tones.HEADING), (" not be rated?", tones.HEADING)
        )
        choices = [Choice(answer=reason.code, head=reason.code, text=reason.label) for reason in reasons]
        self.app.push_screen(OneOfScreen(question, choices), answered)

    def _after_mark(self) -> None:
        self._active = dimension_after(self._progress, self._dimensions, self._active)
        self._refresh()
        if lack_of(self._progress, self._dimension) in (Lack.QUOTE, Lack.CONFIDENCE):
            self._say_missing()

    def action_confidence(self) -> None:
        """Ask how sure the rater is of the active dimension's score."""
        from rater.tui.screens.choice import Choice, OneOfScreen

        dimension, mark = self._dimension, self._progress.mark(self._active)
        if not dimension.confidence:
            self.say(f"This rubric does not ask how sure you are of {dimension.name}.")
            return
        if mark.level is None or self._progress.reason is not None:
            self.say(f"{dimension.name} has no score to be sure of.")
            return

        def answered(sure: int | None) -> None:
            if sure is not None and sure != mark.sure:
                draft = EventDraft(kind=EventKind.CONFIDENCE, dimension=dimension.id, sure=sure)
                self._record(draft, self._after_mark)

        score = dimension.digit_of(dimension.level(mark.level))
        question = label(f"How sure are you of {score} for {dimension.name}?", tones.HEADING)
        choices = [
            Choice(answer=sure, head=words) for sure, words in enumerate(rating_words.HOW_SURE, start=1)
        ]
        self.app.push_screen(OneOfScreen(question, choices), answered)

    # Item

    def action_enter(self) -> None:
        """Attach the quote in the making; else complete the item and go on, or say what is missing."""
        if self.conversation.is_quoting:
            self._attach_quote()
        elif self._progress.item_id in self._session.set_aside:
            self._ask_guesses(self._go_on)
        elif first_missing(self._progress, self._dimensions) is not None:
            self._say_missing()
        elif self._progress.completed:
            self._ask_guesses(self._go_on)
        elif self._closes_item() and self._warned_of != self._progress.item_id:
            self._warned_of = self._progress.item_id
            again = self._keys["item.enter"]
            self.say(
                f"{again} again completes this item and closes it: a question follows, then it is final."
            )
        else:
            self._record(EventDraft(kind=EventKind.COMPLETE), lambda: self._ask_guesses(self._go_on))

    def _closes_item(self) -> bool:
        return bool(self._desk.visible.questions) and self._progress.item_id in self._session.asked

    def action_note(self) -> None:
        """Write a note on the item."""
        self._write_note(None)

    def action_note_dimension(self) -> None:
        """Write a note on the active dimension."""
        self._write_note(self._active)

    def _write_note(self, dimension_id: str | None, typed: str | None = None) -> None:
        progress = self._progress
        before = progress.note if dimension_id is None else progress.mark(dimension_id).note
        about = "this item" if dimension_id is None else self._session.rubric.dimension(dimension_id).name

        def note(text: str) -> EventDraft:
            return EventDraft(kind=EventKind.NOTE, dimension=dimension_id, texts={"note": text})

        def save(text: str) -> None:
            if text != before:
                self._record(note(text), otherwise=lambda: self._write_note(dimension_id, text))

        def held(text: str) -> EventDraft | None:
            return None if text == before else note(text)

        self._ask_text(f"Note on {about}", before if typed is None else typed, save, held)

    def action_flag(self) -> None:
        """Flag the item, or change or take back its flag."""
        self._write_flag(self._progress.flagged or "")

    def _write_flag(self, typed: str) -> None:
        before = self._progress.flagged

        def flag(text: str) -> EventDraft | None:
            is_other = text and text != before
            return EventDraft(kind=EventKind.FLAG, texts={"note": text}) if is_other else None

        def save(text: str) -> None:
            draft = flag(text)
            if draft is not None:
                self._record(draft, otherwise=lambda: self._write_flag(text))
            elif not text and before is not None:
                self._retract(EventKind.FLAG, "The flag is taken back.")
            elif not text:
                self.say("Not flagged: a flag needs a reason.")

        title = "Flag this item: what should the person who runs the study look at?"
        self._ask_text(title if before is None else "Flag: an empty text takes it back", typed, save, flag)

    def _ask_text(
        self,
        title: str,
        text: str,
        save: Callable[[str], None],
        held: Callable[[str], EventDraft | None],
    ) -> None:
        """Ask for a text.

        Args:
            title: What is asked.
            text: What is there already.
            save: Takes the text.
            held: What is recorded of the text should the terminal be gone before it is saved.
        """
        from rater.tui.screens.text_entry import TextEntryScreen

        item_id = self._progress.item_id

        def typed(now: str) -> None:
            draft = held(now.strip())
            self._desk.held = None if draft is None else replace(draft, item_id=item_id)

        def answered(answer: str | None) -> None:
            self._desk.held = None
            if answer is not None:
                save(answer.strip())

        self.app.push_screen(TextEntryScreen(label(title, tones.HEADING), text, typed), answered)

    def action_told(self) -> None:
        """Record that the rater knows which condition this is, or take that back."""
        if not self._desk.words.asks_told:
            self.say("Nothing is hidden in an audit: there is no condition to know.")
        elif self._progress.told:
            self._retract(EventKind.TOLD, "Taken back: you do not know which this is.")
        else:
            self._record(
                EventDraft(kind=EventKind.TOLD),
                lambda: self._refresh(
                    f"Recorded: you know or were told which this is. {self._keys['item.told']} takes it back."
                ),
            )

    def _retract(self, kind: EventKind, message: str) -> None:
        """Take back all events of a kind on this item, one after the other."""
        live = live_events(self._session, self._progress.item_id, kind)
        if live:
            draft = EventDraft(kind=EventKind.RETRACT, target=live[0])
            self._record(draft, lambda: self._retract(kind, message))
        else:
            self._refresh(message)

    # Undo and redo

    def action_undo(self) -> None:
        """Take back the last step, on whatever item it was."""
        stack = self._session.undo_stack
        self._take_back(self._session.undo_draft(), stack[-1] if stack else None, "undo", "Undone")

    def action_redo(self) -> None:
        """Bring back the step that was undone last."""
        stack = self._session.redo_stack
        self._take_back(self._session.redo_draft(), stack[-1] if stack else None, "redo", "Done again")

    def _take_back(self, draft: EventDraft | None, last: Event | None, verb: str, done: str) -> None:
        if draft is None or last is None or draft.item_id is None:
            self.say(f"There is nothing to {verb}.")
            return
        step = original_of(self._session, last)
        position = self._session.positions[draft.item_id]
        message = f"{done}: {rating_words.step(step.draft, self._session.rubric)}"

        def jump() -> None:
            span = quoted_span_of(self._session, step)
            if position != self._session.position:
                self._go(position, dimension=step.draft.dimension, message=message, span=span)
                return
            self._active = step.draft.dimension or self._active
            self._refresh(message)
            if span is not None and self._noted is None:
                self.conversation.go_to(span)

        self._record(draft, jump)

    def finish(self) -> None:
        """Say that all is done, and what to do now."""
        from rater.tui.screens.finish import AfterFinish, FinishScreen

        self._refresh()

        def answered(towards: AfterFinish | None) -> None:
            if towards == "list":
                self.action_overview()
            elif towards == "undo":
                self.action_undo()

        self.app.push_screen(
            FinishScreen(
                rater=self._desk.rater,
                study=self._desk.visible,
                session=self._session,
                pack=self._desk.pack_name,
                words=self._desk.words,
                keys=self._keys,
            ),
            answered,
        )

    # Pages

    def action_card(self) -> None:
        """Show the task card."""
        from rater.tui.pages import card_page

        if self._item is not None:
            self._open_page(self._desk.words.card, partial(card_page, self._item.card), "help.card")

    def action_guide(self) -> None:
        """Show the active dimension in full and the decision rules."""
        from rater.tui.pages import guide_page

        build = partial(
            guide_page,
            self._dimension,
            self._session.rubric,
            rulings=self._desk.rulings(self._active),
        )
        self._open_page(self._dimension.name, build, "help.guide")

    def action_keys(self) -> None:
        """Show all keys."""
        from rater.tui.pages import keys_page

        without = {name for name, there in self._offered.items() if not there}
        shown = [one for one in ALL_KEYS if one.id not in without]
        self._open_page("Keys", partial(keys_page, shown, self._keys, words=self._desk.words), "help.keys")

    @property
    def _offered(self) -> Mapping[str, bool]:
        """Actions that only some studies have."""
        return {"help.training": self.training is not None, "item.told": self._desk.words.asks_told}

    @property
    def training(self) -> TrainingDesk | None:
        """The rater's training, where the study has one."""
        return self._desk.training

    def action_training(self) -> None:
        """List the training items, to read them again with their references."""
        if self.training is None:
            self.say("This study has no training.")
            return
        from rater.tui.screens.training_list import reread

        if not reread(self.app, self.training, self._keys):
            self.say("No training item is completed yet in this attempt.")

    def _open_page(self, title: str, build: Callable[[int], Content], opened_by: str) -> None:
        from rater.tui.screens.page import PageScreen

        self.app.push_screen(PageScreen(title, build, self._keys, opened_by))
