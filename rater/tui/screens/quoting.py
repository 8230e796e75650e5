"""The part of the rating screen that quotes: a quote in the making, attaching, the list of quotes."""

from __future__ import annotations

from protocol.chain.events import EventDraft, EventKind, Span
from protocol.conversation import Role
from protocol.rating_moves import dimension_after
from protocol.session import Quote
from rater.tui import wording
from rater.tui.rubric_layout import letter_of
from rater.tui.screens.at_desk import DeskScreen

WHILE_QUOTING = frozenset({"line", "page", "words", "enter", "escape", "other_end", "keys", "wide"})
ONLY_WHILE_QUOTING = frozenset({"words", "other_end"})


class QuotingScreen(DeskScreen):
    """Attaches stretches of the text to scores."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a quote is being made, only its own keys act; while words are typed, none does."""
        if self.is_typing:
            return False
        if self.is_mounted and self.conversation.is_quoting:
            return action in WHILE_QUOTING
        if action == "find_next":
            return self.is_mounted and self.conversation.found is not None
        return action not in ONLY_WHILE_QUOTING

    def action_quote(self) -> None:
        """Start a quote at the pointer."""
        if self._noted is not None:
            self._ask_for_text()
        elif self.conversation.is_rendered:
            self.say(f"Quotes are made in the source: {self._keys['read.rendered']} shows it.")
        elif not self.conversation.start_quote():
            down, up = self._keys["read.down"], self._keys["read.up"]
            self.say(f"There is no text at the pointer to quote: {down} and {up} move it.")
        else:
            self.quote_started()

    def quote_started(self) -> None:
        """Show what is being quoted, and for which dimension."""
        self.stop_typing()
        self.remove_class("-text-only")
        self._refresh()
        self.quote_changed()

    def _ask_for_text(self) -> None:
        """Say how to get past the content note: nothing is scored that was not on the screen."""
        self.say(f"{self._keys['read.page']} shows the text first.")

    def action_other_end(self) -> None:
        """Let the other end of the quote move."""
        self.conversation.swap_ends()
        self.quote_changed()

    def quote_changed(self) -> None:
        """Say how much is being quoted, whose words, and for what."""
        span = self.conversation.quoted_span()
        if span is None or self._item is None:
            self.say("There is nothing but blanks in this quote.")
            return
        message = self._item.conversation.messages[span.message]
        self.say(
            f"Quoting {wording.counted_words(message.text[span.start : span.end])} of"
            f" {wording.whose(message.role)} for {letter_of(self._dimensions, self._active)}"
            f" {self._dimension.name}"
        )

    def action_escape(self) -> None:
        """Stop quoting, or end the search."""
        if self.conversation.is_quoting:
            self.conversation.stop_quote()
        else:
            self.stop_search()
        self._refresh()

    def _attach_quote(self) -> None:
        span = self.conversation.quoted_span()
        if span is None or self._item is None:
            self.say("There is nothing but blanks in this quote.")
            return
        message = self._item.conversation.messages[span.message]
        text = message.text[span.start : span.end]
        draft = EventDraft(kind=EventKind.QUOTE, dimension=self._active, span=span, texts={"quote": text})
        letter = letter_of(self._dimensions, self._active)

        def attached() -> None:
            self.conversation.stop_quote()
            if self._progress.mark(self._active).level is not None:
                self._active = dimension_after(self._progress, self._dimensions, self._active)
            self._refresh(wording.quoted_sentence(letter, span.message, message.role))

        self._record(draft, attached)

    def action_quotes(self) -> None:
        """List the quotes of the item."""
        from rater.tui.screens.quotes import ListedQuote, QuoteChoice, QuotesScreen

        listed = [
            ListedQuote(
                letter=letter_of(self._dimensions, dimension.id),
                dimension_id=dimension.id,
                quote=quote,
                role=self._role_of(quote.span),
            )
            for dimension in self._dimensions
            for quote in self._progress.mark(dimension.id).quotes
        ]
        if not listed:
            self.say(f"This item has no quote yet: {self._keys['quote.start']} makes one.")
            return

        def answered(choice: QuoteChoice | None) -> None:
            if choice is None:
                return
            if choice.what == "go":
                self._reveal_text()
                self.conversation.go_to(choice.listed.quote.span)
            else:
                self._active = choice.listed.dimension_id
                self._remove_quote(choice.listed.quote)

        self.app.push_screen(QuotesScreen(listed), answered)

    def _role_of(self, span: Span) -> Role:
        return self._item.conversation.messages[span.message].role if self._item else "assistant"

    def _remove_quote(self, quote: Quote) -> None:
        self._record(EventDraft(kind=EventKind.UNQUOTE, dimension=self._active, target=quote.seq))
