"""The adjudicator's screen: one disagreement after the other, a digit for its level, one for the reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from protocol import rating_words
from protocol.adjudication.session import AdjudicationSession, Decision
from protocol.chain.events import EventDraft, EventKind
from protocol.item import Item
from protocol.rating_moves import reasons_for
from rater.services.adjudication.adjudication_desk import AdjudicationDesk, side_name
from rater.tui import tones, wording
from rater.tui.adjudication_keys import ADJUDICATION_KEYS, END_KEY, HINTS
from rater.tui.key_table import KeyTable
from rater.tui.opinions_layout import OpinionsView, full_page
from rater.tui.rubric_layout import width_beside
from rater.tui.safe import label
from rater.tui.saver import Saver, Then
from rater.tui.screens.finding import FindingScreen
from rater.tui.screens.reading import BESIDE_FROM, OWN_LINES, PANE_FRAME
from rater.tui.widgets.conversation import ConversationView
from rater.tui.widgets.conversation_rows import MOST_MARK_COLUMNS, QuoteMark
from rater.tui.widgets.lines import HintLine, InfoLine, Standing, StatusLine
from rater.tui.widgets.opinions_pane import OpinionsPane

PANE_SHARE_BELOW = 0.6
"""Of the rows there are, where the opinions stand below the conversation."""
FEWEST_TEXT_ROWS = 6
WIDEST_PANE = 50


class AdjudicationScreen(FindingScreen):
    """Shows disagreements and writes what is decided.

    Args:
        desk: The open file with the adjudicator's session.
        keys: Which keys do what.
    """

    CSS_PATH = "adjudicating.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*ADJUDICATION_KEYS, END_KEY]

    def __init__(self, desk: AdjudicationDesk, keys: KeyTable) -> None:
        super().__init__(desk.rubric.dimensions, keys)
        self._desk = desk
        self._place = desk.session.place_to_resume()
        self._item: Item | None = None
        self._seen: set[str] = set()
        """Items that came up in this sitting: a content note is shown once."""
        self._saver = Saver(self, desk, self._refresh)
        self._evidence = -1
        """Which quote was gone to last."""

    def compose(self) -> ComposeResult:
        """Make the panes."""
        yield StatusLine()
        with Container(id="body"):
            with Vertical(id="left"):
                yield Static(id="content-note", markup=False)
                yield ConversationView(dimensions=MOST_MARK_COLUMNS)
                yield InfoLine(id="info-between")
            yield OpinionsPane()
        yield InfoLine(id="info-under")
        yield HintLine()

    def on_mount(self) -> None:
        """Begin the sitting and open the first disagreement that is not decided."""
        self._saver.attempt(
            self._desk.start_sitting,
            "the start of this sitting",
            lambda: self._finish_or_go(self._place) if self._session.is_finished else self._go(self._place),
        )

    def share_room(self, width: int, height: int) -> None:
        """Give the opinions room beside or below the conversation."""
        is_beside = width >= BESIDE_FROM
        pane = self.query_one(OpinionsPane)
        self.set_class(is_beside, "-beside")
        rows_between = height - OWN_LINES
        if is_beside:
            columns = min(WIDEST_PANE, width_beside(self._dimensions, width - PANE_FRAME, rows_between))
            pane.styles.width, pane.styles.height = columns + PANE_FRAME, "1fr"
        else:
            most = rows_between - FEWEST_TEXT_ROWS
            pane.styles.width, pane.styles.height = "1fr", min(most, round(rows_between * PANE_SHARE_BELOW))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While words are typed, no key acts; those of a search act only in one."""
        if self.is_typing:
            return False
        if action == "find_next":
            return self.is_mounted and self.conversation.found is not None
        return True

    @property
    def may_render(self) -> bool:
        """Whether the study's plan allows the rendered view."""
        return self._desk.visible.rendered_view

    @property
    def _session(self) -> AdjudicationSession:
        return self._desk.session

    @property
    def _decision(self) -> Decision:
        return self._session.of(self._desk.cell(self._place))

    @property
    def _asks_why(self) -> bool:
        return self._decision.answered and not self._decision.whole

    # Deciding

    def action_score(self, digit: str) -> None:
        """Give the level, or the reason where the level has none yet."""
        if self._noted is not None:
            self.say(f"{self._keys['read.page']} shows the text first.")
            return
        self.remove_class("-text-only")
        if self._asks_why:
            self._give_reason(digit)
            return
        dimension = self._desk.dimension(self._place)
        level = dimension.level_for_digit(digit)
        if level is None:
            self.say(f"{dimension.name} has the levels {wording.keys_of(dimension, self._keys)}.")
        elif self._decision.level != level.value:
            self._record(EventDraft(kind=EventKind.SCORE, level=level.value))
        else:
            self._go_on()

    def _give_reason(self, digit: str) -> None:
        reasons = self._desk.plan.reasons
        if not 1 <= int(digit) <= len(reasons):
            self.say(f"The reasons are 1 to {len(reasons)}; {self._keys['item.undo']} takes the level back.")
            return
        self._record(EventDraft(kind=EventKind.WHY, reason=reasons[int(digit) - 1].code), self._go_on)

    def action_not_ratable(self) -> None:
        """Ask with which code it is decided that no level can be given."""
        from rater.tui.screens.choice import Choice, OneOfScreen

        reasons = reasons_for(self._desk.rubric, whole_item=False)
        name = self._desk.dimension(self._place).name
        if not reasons:
            self.say(f"This rubric has no reason for which {name} could be left unrated.")
            return

        def answered(code: str | None) -> None:
            if code is not None and code != self._decision.not_ratable:
                self._record(EventDraft(kind=EventKind.NOT_RATABLE, reason=code))

        question = Content.assemble(
            ("Why can ", tones.HEADING), label(name, tones.HEADING), (" not be rated?", tones.HEADING)
        )
        choices = [Choice(answer=reason.code, head=reason.code, text=reason.label) for reason in reasons]
        self.app.push_screen(OneOfScreen(question, choices), answered)

    def action_told(self) -> None:
        """Record that the adjudicator knows which condition this is, or take that back."""
        item = self._desk.cell(self._place).item_id
        draft = EventDraft(kind=EventKind.TOLD, item_id=item)

        def tell() -> None:
            known = item in self._session.told
            self._refresh(
                "Recorded: you know or were told which this is." if known else "Taken back: you do not know."
            )

        self._saver.attempt(lambda: self._desk.record(draft), "that you know which this is", tell)

    def action_undo(self) -> None:
        """Take back the last step, on whatever disagreement it was."""
        self._take_back(self._session.undo_draft(), "undo", "Undone")

    def action_redo(self) -> None:
        """Bring back the step that was undone last."""
        self._take_back(self._session.redo_draft(), "redo", "Done again")

    def _take_back(self, draft: EventDraft | None, verb: str, done: str) -> None:
        step = None if draft is None else self._session.step_behind(draft)
        if draft is None or step is None:
            self.say(f"There is nothing to {verb}.")
            return
        message = f"{done}: {self._words(step.draft)}"
        place = self._session.place_of(step.draft, otherwise=self._place)
        self._saver.attempt(
            lambda: self._desk.record(draft), self._words(draft), lambda: self._go(place, message)
        )

    def _words(self, draft: EventDraft) -> str:
        if draft.kind is EventKind.WHY:
            return f"the reason {draft.reason}"
        return rating_words.step(draft, self._desk.rubric)

    def _record(self, draft: EventDraft, then: Then | None = None) -> None:
        cell = self._desk.cell(self._place)
        whole = EventDraft(
            kind=draft.kind,
            item_id=cell.item_id,
            dimension=cell.dimension,
            level=draft.level,
            reason=draft.reason,
        )
        self._saver.attempt(lambda: self._desk.record(whole), self._words(whole), then or self._refresh)

    # Going

    def action_place(self, by: int) -> None:
        """Go to the next or previous disagreement."""
        place = self._place + by
        if 0 <= place < self._desk.places:
            self._go(place)
        else:
            self.say(f"This is the {'last' if by > 0 else 'first'} disagreement.")

    def action_next_open(self) -> None:
        """Go to the next disagreement that is not decided."""
        self._go_on()

    def _go_on(self) -> None:
        self._finish_or_go(self._session.next_open(self._place))

    def _finish_or_go(self, place: int | None) -> None:
        if self._session.is_finished:
            self._go(self._place)
            self.action_finish()
        elif place is None or place == self._place:
            self._refresh("This is the only disagreement that is not decided.")
        else:
            self._go(place)

    def _go(self, place: int, message: str = "") -> None:
        """Put a disagreement on the screen."""
        before = self._item
        self._place = place
        self._evidence = -1
        if before is None or before.id != self._desk.cell(place).item_id:
            item = self._desk.item(place)
            self._item = item
            self.show_text(item, note_first=item.id not in self._seen)
            self._seen.add(item.id)
        self._refresh(message)

    def action_evidence(self) -> None:
        """Go to the next quote, of the first opinion first."""
        if self._reveal_text():
            return
        quotes = [
            (side_name(side), quote)
            for side, opinion in enumerate(self._desk.opinions(self._place))
            for quote in opinion.quotes
        ]
        if not quotes:
            self.say("None of the opinions has a quote.")
            return
        self._evidence = (self._evidence + 1) % len(quotes)
        side, quote = quotes[self._evidence]
        self.conversation.go_to(quote.span)
        self.say(f"Quote {self._evidence + 1} of {len(quotes)}: the {side} opinion's.")

    def action_finish(self) -> None:
        """Say that all is decided, and offer to end it."""
        left = self._desk.places - self._session.decided
        if left:
            self.say(f"{rating_words.counted(left, 'disagreement')} still to be decided.")
            return
        from rater.tui.screens.adjudicated import AdjudicatedScreen

        def answered(ends: bool | None) -> None:
            if ends:
                self.app.exit(result=0, return_code=0)

        self.app.push_screen(AdjudicatedScreen(self._desk.places), answered)

    def action_escape(self) -> None:
        """End the search, and let go of what was marked with the mouse."""
        self.conversation.stop_quote()
        self.stop_search()

    # Pages

    def action_card(self) -> None:
        """Show the task card."""
        from rater.tui.pages import card_page

        if self._item is not None:
            self._open_page("Task card", partial(card_page, self._item.card), "help.card")

    def action_guide(self) -> None:
        """Show the opinions in full, then the dimension and the decision rules."""
        from rater.tui.pages import guide_page

        dimension, view = self._desk.dimension(self._place), self._view()
        rulings = self._desk.rulings(dimension.id)

        def build(width: int) -> Content:
            opinions = Content("\n").join(full_page(view, width))
            guide = guide_page(dimension, self._desk.rubric, width, rulings=rulings)
            return Content("\n").join([opinions, guide])

        self._open_page(dimension.name, build, "help.guide")

    def action_keys(self) -> None:
        """Show all keys."""
        from rater.tui.pages import keys_page

        self._open_page("Keys", partial(keys_page, ADJUDICATION_KEYS, self._keys), "help.keys")

    def _open_page(self, title: str, build: Callable[[int], Content], opened_by: str) -> None:
        from rater.tui.screens.page import PageScreen

        self.app.push_screen(PageScreen(title, build, self._keys, opened_by))

    # Drawing

    def text_reveal_texted(self) -> None:
        """Mark the quotes in the text that came up after its content note."""
        self._refresh()

    def show_hints(self) -> None:
        """Show the keys that matter now."""
        does = {binding.id: binding.description for binding in ADJUDICATION_KEYS}
        if self._asks_why:
            first = (f"1-{len(self._desk.plan.reasons)}", "reason")
        else:
            first = (wording.keys_of(self._desk.dimension(self._place), self._keys), "level")
        self.query_one(HintLine).hints = (first, *((self._keys[name], does[name]) for name in HINTS))

    def _view(self) -> OpinionsView:
        return OpinionsView(
            dimension=self._desk.dimension(self._place),
            opinions=self._desk.opinions(self._place),
            decision=self._decision,
            reasons=self._desk.plan.reasons,
            asks_why=self._asks_why,
            with_notes=self._desk.plan.notes == "shown",
            told=self._desk.cell(self._place).item_id in self._session.told,
            guide_key=self._keys["help.guide"],
        )

    def _refresh(self, message: str = "") -> None:
        """Draw what holds now, and say something."""
        self.say(message)
        desk = self._desk
        self.query_one(StatusLine).standing = Standing(
            study=desk.visible.name,
            rater=desk.adjudicator,
            simulated=desk.visible.simulated,
            position=self._place + 1,
            items=desk.places,
            completed=self._session.decided,
            saved=rating_words.local_time(desk.saved_at, "%H:%M:%S") if desk.saved_at else "",
            unsaved=self._saver.unsaved,
            unit="no.",
        )
        self.show_hints()
        if self._item is None:
            return
        view = self._view()
        self.query_one(OpinionsPane).view = view
        self.conversation.mark_quotes(
            [
                QuoteMark(letter=str(side + 1), column=min(side, MOST_MARK_COLUMNS - 1), span=quote.span)
                for side, opinion in enumerate(view.opinions)
                for quote in opinion.quotes
            ]
        )
