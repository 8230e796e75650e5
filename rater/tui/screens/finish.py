"""All items are complete: what that means, how to change something, what to do now."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from protocol import rating_words
from protocol.kind_words import KindWords
from protocol.session import RaterSession
from protocol.visible import VisibleProtocol
from rater.tui import tones
from rater.tui.key_table import KeyTable
from rater.tui.safe import rows

WIDEST = 76

AfterFinish = Literal["items", "list", "undo"]


class FinishScreen(ModalScreen[AfterFinish]):
    """Shown when the last item was completed.

    Args:
        rater: The rater's code.
        study: What a rater may know of the study.
        session: Where the work stands: everything is complete.
        pack: Name of the pack that is rated in, or None for a study file.
        keys: Which keys do what.
    """

    CSS_PATH = "welcome.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave('items')", "Back", id="finish.back", tooltip="Back to the last item"),
        Binding("p", "leave('items')", "Back", id="go.back", tooltip="Back to the last item"),
        Binding("i", "leave('list')", "All items", id="go.list", tooltip="All items"),
        Binding("u", "leave('undo')", "Undo", id="item.undo", tooltip="Take back the last step"),
        Binding("q", "app.quit", "Quit", id="finish.quit", tooltip="Quit"),
    ]

    def __init__(
        self,
        *,
        rater: str,
        study: VisibleProtocol,
        session: RaterSession,
        pack: str | None,
        keys: KeyTable,
        words: KindWords,
    ) -> None:
        super().__init__()
        self._rater = rater
        self._study = study
        self._session = session
        self._pack = pack
        self._keys = keys
        self._words = words

    def compose(self) -> ComposeResult:
        """Make the page."""
        with VerticalScroll(id="welcome", can_focus=False):
            yield Static(id="welcome-text", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out for the width there is."""
        width = min(WIDEST, event.size.width - 6)
        self.query_one("#welcome-text", Static).update(Content("\n").join(self._lines(width)))

    def action_leave(self, towards: AfterFinish) -> None:
        """Go back to the items."""
        self.dismiss(towards)

    def _lines(self, width: int) -> list[Content]:
        back, items = self._keys["go.back"], self._keys["go.list"]
        lines = [
            Content.styled(rating_words.finished(self._session, self._rater, self._words), tones.HEADING)
        ]
        for part in rating_words.finish_parts(
            self._session,
            self._study,
            rater=self._rater,
            pack=self._pack,
            to_change=f"{back} goes back to the last {self._words.item}, {items} lists all of them.",
            words=self._words,
        ):
            lines += [Content(""), Content.styled(part.title, tones.STRONG)]
            lines += [Content(row) for row in rows(part.text, width)]
        lines += [
            Content(""),
            Content.assemble(
                ("q", "bold reverse"),
                " quit     ",
                (back, tones.STRONG),
                " back     ",
                (items, tones.STRONG),
                f" all {self._words.item}s",
            ),
        ]
        return lines
