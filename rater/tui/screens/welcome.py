"""The first screen of every sitting: who, what, how far, and what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from protocol import rating_words
from protocol.kind_words import KindWords
from protocol.rating_moves import position_to_resume
from protocol.session import RaterSession
from protocol.visible import VisibleProtocol
from rater import __version__
from rater.tui import tones
from rater.tui.safe import label, rows

if TYPE_CHECKING:
    from protocol.training.attempts import TrainingState  # most studies have no training

WIDEST = 76
LABEL_COLUMNS = 12


class WelcomeScreen(Screen[None]):
    """Says what the rater should know before the first key counts.

    Args:
        rater: The rater's code.
        study: What a rater may know of the study.
        session: Where the work stands.
        saved_at: Time of the last event on disk, if there is one.
        pace: How fast the work goes, in a sentence, or nothing.
        words: What this kind of study calls its things.
        training: Where the rater's training stands; None where the study has none.
    """

    CSS_PATH = "welcome.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", id="welcome.start", tooltip="Begin or go on"),
        Binding("q", "app.quit", "Quit", id="welcome.quit", tooltip="Quit; nothing was recorded"),
        Binding("T", "app.theme", "Theme", id="help.theme", tooltip="Next theme"),
    ]

    class Started(Message):
        """The rater wants to begin."""

    def __init__(
        self,
        *,
        rater: str,
        study: VisibleProtocol,
        session: RaterSession,
        saved_at: str | None,
        pace: str,
        words: KindWords,
        training: TrainingState | None = None,
    ) -> None:
        super().__init__()
        self._rater = rater
        self._study = study
        self._session = session
        self._saved_at = saved_at
        self._pace = pace
        self._words = words
        self._training = training

    def compose(self) -> ComposeResult:
        """Make the page."""
        with VerticalScroll(id="welcome", can_focus=False):
            yield Static(id="welcome-text", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out for the width there is."""
        width = min(WIDEST, event.size.width - 6)
        self.query_one("#welcome-text", Static).update(Content("\n").join(self._lines(width)))

    def action_start(self) -> None:
        """Begin."""
        self.post_message(self.Started())

    def _lines(self, width: int) -> list[Content]:
        session, study = self._session, self._study
        lines = [
            Content.assemble(("blindrater", tones.HEADING), (f" {__version__}", tones.MUTED)),
            Content(""),
        ]
        if study.simulated:
            lines += [
                Content.styled(" SIMULATED STUDY: its other ratings are made by a program ", "bold reverse"),
                Content(""),
            ]
        lines += _fact("You are", self._rater, width)
        lines += _fact(self._words.study.capitalize(), study.name, width)
        lines += _fact(
            "Your work",
            rating_words.work(session, self._words)
            + (f". Next: {self._words.item} {position_to_resume(session) + 1}" if session.history else ""),
            width,
        )
        if self._training is not None:
            comes_first = "" if self._training.opens else "; it comes before the items"
            lines += _fact("Training", f"{self._training}{comes_first}", width)
        if self._pace:
            lines += _fact("Pace", self._pace, width)
        if self._saved_at is not None:
            lines += _fact("Last saved", rating_words.local_time(self._saved_at), width)
        for title, text in (
            (
                "What is recorded",
                rating_words.recorded(
                    act="key", came_up="came up", timing=study.timing, installation=study.installation
                ),
            ),
            ("Who sees it", rating_words.SEEN_BY),
        ):
            lines += [Content(""), Content.styled(title, tones.HEADING)]
            lines += [Content(row) for row in rows(self._words.of(text), width)]
        if study.contact:
            lines += [Content(""), *_fact("Questions", study.contact, width)]
        lines += [
            Content(""),
            Content.assemble(
                ("Enter", "bold reverse"),
                " go on" if session.history else " start",
                "     ",
                ("q", tones.STRONG),
                f" quit, if you are not {self._rater}",
            ),
        ]
        return lines


def _fact(name: str, value: str, width: int) -> list[Content]:
    return [
        Content.assemble(
            (f"{name if index == 0 else '':<{LABEL_COLUMNS}}", tones.MUTED), label(row, tones.STRONG)
        )
        for index, row in enumerate(rows(value, width - LABEL_COLUMNS))
    ]
