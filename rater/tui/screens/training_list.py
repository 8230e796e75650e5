"""Training items to read again: a list, and a page for the one that is chosen."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from protocol.safe_text import inline
from rater.services.sitting.training_desk import ReadAgain, TrainingDesk
from rater.tui import tones
from rater.tui.key_table import KeyTable
from rater.tui.safe import clipped
from rater.tui.screens.choice import ChoiceScreen
from rater.tui.screens.page import PageScreen
from rater.tui.training_pages import training_item_page

BRIEF_COLUMNS = 60


def reread(app: App[Any], room: TrainingDesk, keys: KeyTable) -> bool:
    """Let the rater read training items again; answer whether there is one to read."""
    items = room.open_references()
    if not items:
        return False

    def chosen(position: int | None) -> None:
        if position is None:
            return
        item = items[position].item
        progress = room.last_progress(item.id)
        build = partial(training_item_page, item, progress, room.references(item.id), room.dimensions)
        title = f"Training item {items[position].number}"
        page = PageScreen(title, build, keys, "help.training", closing="Esc back to the list")
        app.push_screen(page, lambda _: app.push_screen(TrainingListScreen(items, position), chosen))

    app.push_screen(TrainingListScreen(items, 0), chosen)
    return True


class TrainingListScreen(ChoiceScreen[int | None]):
    """The training items that can be read; answers with the position of one.

    Args:
        items: The items.
        position: Where the highlight begins.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Back", id="training.cancel", tooltip="Back"),
    ]

    def __init__(self, items: tuple[ReadAgain, ...], position: int) -> None:
        super().__init__()
        self._items = items
        self._position = position

    def compose(self) -> ComposeResult:
        """Make the list."""
        with Vertical(id="choice"):
            yield Static(Content.styled("Training items", tones.HEADING), id="choice-title", markup=False)
            yield OptionList(
                *(
                    Option(Content(f"{one.number:>3}  {clipped(inline(one.item.card.brief), BRIEF_COLUMNS)}"))
                    for one in self._items
                ),
                markup=False,
                compact=True,
            )
            yield Static(
                Content.styled("↑ ↓ · Enter read it · Esc back", tones.MUTED), id="choice-keys", markup=False
            )

    def on_mount(self) -> None:
        """Start where the rater was."""
        self.options.highlighted = self._position

    def action_cancel(self) -> None:
        """Go back."""
        self.dismiss(None)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Read the highlighted item."""
        self.dismiss(event.option_index)
