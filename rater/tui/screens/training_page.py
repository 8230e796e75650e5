"""The pages between attempts: what comes, what the gate said, and what can be done now."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from protocol.errors import UsageError
from protocol.training.attempts import TrainingState
from protocol.training.steps import TrainingStep
from protocol.training.wording import figure_lines, introduction, outcome, refresher_introduction
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.training_desk import TrainingDesk
from rater.tui import tones
from rater.tui.key_table import KeyTable
from rater.tui.safe import label, rows
from rater.tui.saver import Saver
from rater.tui.screens.rating import RatingScreen

WIDEST = 76
_ENTER = {
    TrainingStep.BEGIN: "begin",
    TrainingStep.REPEAT: "repeat it",
    TrainingStep.BEGIN_REFRESHER: "begin",
    TrainingStep.RATE: "go on to the study's items",
}


def screen_for(desk: RatingDesk, keys: KeyTable) -> Screen[Any]:
    """Return the screen of what a rater does next."""
    room, step = desk.training, desk.next_step
    if room is None or step is TrainingStep.RATE:
        return RatingScreen(desk, keys)
    if step is TrainingStep.SCORE:
        return _scoring(desk, room, keys)
    return TrainingPageScreen(desk, room, keys)


def _scoring(desk: RatingDesk, room: TrainingDesk, keys: KeyTable) -> Screen[Any]:
    from rater.tui.screens.training_scoring import TrainingScreen

    def finished() -> None:
        attempt = room.attempt
        is_refresher = attempt is not None and attempt.is_refresher
        after = RatingScreen(desk, keys) if is_refresher else TrainingPageScreen(desk, room, keys)
        screen.app.switch_screen(after)

    screen = TrainingScreen(desk, room, keys, finished)
    return screen


class TrainingPageScreen(Screen[None]):
    """Says where the training stands, and goes on with Enter where that can be.

    Args:
        desk: The desk of the study.
        room: Its training.
        keys: Which keys do what.
    """

    CSS_PATH = "training_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", id="training.go_on", tooltip="Begin, repeat or go on"),
        Binding("c", "code", "Admit code", id="training.code", tooltip="Type the code you were given"),
        Binding("R", "reread", "References", id="help.training", tooltip="Training items again"),
        Binding("q", "app.quit", "Quit", id="training.quit", tooltip="Quit; all is saved"),
    ]

    def __init__(self, desk: RatingDesk, room: TrainingDesk, keys: KeyTable) -> None:
        super().__init__()
        self._desk = desk
        self._room = room
        self._keys = keys
        self._step = desk.next_step
        self._said = ""
        self._saver = Saver(self, room, self._say)

    def compose(self) -> ComposeResult:
        """Make the page."""
        with VerticalScroll(id="training-page", can_focus=False):
            yield Static(self._text(self.app.size.width), id="training-text", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out for the width there is."""
        self._draw(event.size.width)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done now."""
        if action == "code":
            return self._takes_code
        if action == "reread":
            return bool(self._room.open_references())
        return action != "go_on" or self._step in _ENTER

    @property
    def _takes_code(self) -> bool:
        return self._step in (TrainingStep.REPEAT, TrainingStep.ASK)

    def action_go_on(self) -> None:
        """Begin an attempt or a refresher, or go on to the study's items."""
        match self._step:
            case TrainingStep.BEGIN | TrainingStep.REPEAT:
                self._saver.attempt(self._room.begin_attempt, "the beginning of the training", self._leave)
            case TrainingStep.BEGIN_REFRESHER:
                self._saver.attempt(self._room.begin_refresher, "the beginning of the refresher", self._leave)
            case _:
                self._leave()

    def action_code(self) -> None:
        """Ask for the admit code."""
        from rater.tui.screens.text_entry import TextEntryScreen

        def answered(code: str | None) -> None:
            if code is not None and code.strip():
                self._admit(code)

        title = Content.styled("The admit code, as it was given to you", tones.HEADING)
        self.app.push_screen(TextEntryScreen(title, ""), answered)

    def action_reread(self) -> None:
        """Read training items again."""
        from rater.tui.screens.training_list import reread

        reread(self.app, self._room, self._keys)

    def _admit(self, code: str) -> None:
        refused: list[UsageError] = []

        def write() -> None:
            try:
                self._room.admit(code)
            except UsageError as error:
                refused.append(error)

        def then() -> None:
            if refused:
                self._say(f"{refused[-1].what} {refused[-1].next_step}")
            else:
                self._leave()

        self._saver.attempt(write, "the admit code", then)

    def _leave(self) -> None:
        self.app.switch_screen(screen_for(self._desk, self._keys))

    def _say(self, message: str) -> None:
        self._said = message
        self._draw(self.size.width)

    def _draw(self, width: int) -> None:
        self.query_one("#training-text", Static).update(self._text(width))

    def _text(self, width: int) -> Content:
        return Content("\n").join(self._lines(min(WIDEST, width - 6)))

    def _lines(self, width: int) -> list[Content]:
        lines = [Content.styled(self._title(), tones.HEADING)]
        for paragraph in self._paragraphs():
            lines += [Content(""), *(Content(row) for row in rows(paragraph, width))]
        if self._said:
            lines += [Content(""), *(label(row, tones.WARNING) for row in rows(self._said, width))]
        return [*lines, Content(""), self._key_line()]

    def _title(self) -> str:
        match self._step:
            case TrainingStep.BEGIN:
                return f"Training first, {self._desk.rater}"
            case TrainingStep.BEGIN_REFRESHER:
                return f"A refresher first, {self._desk.rater}"
            case TrainingStep.RATE:
                return "Training passed"
            case _:
                tried = len(self._room.progress.gate_attempts)
                return f"Training, attempt {tried}: not passed"

    def _paragraphs(self) -> list[str]:
        training = self._room.progress
        if self._step is TrainingStep.BEGIN:
            return list(introduction(training))
        if self._step is TrainingStep.BEGIN_REFRESHER:
            return list(refresher_introduction(training))
        tried = training.gate_attempts
        numbers: list[str] = []
        if tried and training.state is not TrainingState.ADMITTED:
            numbers = list(figure_lines(training.result_of(tried[-1]), training.material.rubric))
        return [*numbers, *outcome(training, is_pack=self._desk.is_pack)]

    def _key_line(self) -> Content:
        parts: list[Content] = []
        if self._step in _ENTER:
            parts.append(Content.assemble(("Enter", "bold reverse"), f" {_ENTER[self._step]}"))
        if self._takes_code:
            parts.append(Content.assemble(("c", tones.STRONG), " admit code"))
        if self._room.open_references():
            parts.append(
                Content.assemble((self._keys["help.training"], tones.STRONG), " read the references")
            )
        parts.append(Content.assemble(("q", tones.STRONG), " quit"))
        return Content("   ").join(parts)
