"""Training on the rating screen: the same keys, and after each item its references."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.training_desk import TrainingDesk
from rater.tui.key_table import KeyTable
from rater.tui.screens.page import PageScreen
from rater.tui.screens.rating import RatingScreen
from rater.tui.training_pages import reference_page


class TrainingScreen(RatingScreen):
    """Scores the training items of the current attempt.

    Args:
        desk: The desk of the study, which goes on when the attempt is finished.
        room: Its training.
        keys: Which keys do what.
        finished: Called when every item of the attempt is completed.
    """

    CLOSED: ClassVar[str] = "This training item is closed: its reference was shown."

    def __init__(
        self, desk: RatingDesk, room: TrainingDesk, keys: KeyTable, finished: Callable[[], object]
    ) -> None:
        super().__init__(room, keys)
        self._study_desk = desk
        self._room = room
        self._finished = finished

    @property
    def training(self) -> TrainingDesk | None:
        """The training that is going on."""
        return self._room

    def _ask_guesses(self, then: Callable[[], object]) -> None:
        """Show the references of an item that was just completed: in training no question is asked."""
        if self._item is None or not self._progress.completed:
            then()
            return
        self._refresh()
        number, count = self._session.position + 1, len(self._session.items)
        references = self._room.references(self._item.id)
        build = partial(reference_page, self._progress, references, self._dimensions)
        page = PageScreen(
            f"Your scores and the reference · training item {number} of {count}",
            build,
            self._keys,
            "item.enter",
            closing=f"{self._keys['item.enter']} goes on",
        )

        def read(_: None) -> None:
            then()

        self.app.push_screen(page, read)

    def finish(self) -> None:
        """Go on to what the attempt came to."""
        self._refresh()
        self._finished()
