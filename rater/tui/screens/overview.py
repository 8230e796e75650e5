"""All items of the rater in their order, with where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from protocol.item_lists import ItemFilter, count_items, positions_of
from protocol.kind_words import KindWords
from protocol.rubric import Dimension
from protocol.session import ItemProgress, RaterSession
from rater.tui import tones
from rater.tui.key_table import KeyTable
from rater.tui.rubric_layout import letter_of
from rater.tui.safe import clipped
from rater.tui.widgets.item_list import ItemList

FRAME_ROWS = 9
NUMBER_COLUMNS = 9
MOST_DIGITS = 9


class OverviewScreen(ModalScreen[int | None]):
    """The rater's items; answers with the position to go to.

    Args:
        session: Where everything stands.
        dimensions: In the rater's order.
        keys: Which keys do what.
        pace: How fast the work goes, in a sentence, or nothing.
        words: What this kind of study calls its things.
    """

    CSS_PATH = "overview.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Back", id="overview.cancel", tooltip="Back to the item"),
        Binding("i", "cancel", "Back", id="go.list", tooltip="Back to the item", show=False),
        Binding("enter", "choose", "Go there", id="overview.choose", tooltip="Go to the item"),
        Binding("tab,right", "filter(1)", "Filter", id="overview.filter", tooltip="Next filter"),
        Binding("shift+tab,left", "filter(-1)", "Filter", id="overview.filter_back", tooltip="Filter before"),
        Binding("j,down", "move(1)", "Down", id="read.down", tooltip="Next in the list", show=False),
        Binding("k,up", "move(-1)", "Up", id="read.up", tooltip="Previous in the list", show=False),
        Binding("space,pagedown", "page(1)", "Page", id="read.page", tooltip="One page on", show=False),
        Binding("b,pageup", "page(-1)", "Back", id="read.back", tooltip="One page back", show=False),
        Binding("g,home", "edge(0)", "Top", id="read.top", tooltip="First item", show=False),
        Binding("G,end", "edge(1)", "End", id="read.end", tooltip="Last item", show=False),
    ]

    def __init__(
        self,
        session: RaterSession,
        dimensions: Sequence[Dimension],
        keys: KeyTable,
        pace: str,
        words: KindWords,
    ) -> None:
        super().__init__()
        self._session = session
        self._dimensions = dimensions
        self._keys = keys
        self._pace = pace
        self._words = words
        self._counts = count_items(session)
        self._filter = ItemFilter.ALL
        self._typed = ""
        """Digits of an item's number."""

    def compose(self) -> ComposeResult:
        """Make the list."""
        with Vertical(id="overview"):
            yield Static(Content.styled(self._title, tones.HEADING), id="overview-title", markup=False)
            yield Static(id="overview-filters", markup=False)
            yield ItemList(self._row)
            yield Static(id="overview-keys", markup=False)

    def on_mount(self) -> None:
        """Start at the item on the screen."""
        self._list.show(positions_of(self._session, self._filter), self._session.position)
        self._say()

    def on_resize(self, event: events.Resize) -> None:
        """Take no more rows than there are items."""
        self._list.styles.height = max(1, min(len(self._session.items), event.size.height - FRAME_ROWS))

    def on_key(self, event: events.Key) -> None:
        """Take the digits of an item's number."""
        if event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.character is not None and event.character in "0123456789":
            self._typed = (self._typed + event.character)[:MOST_DIGITS].lstrip("0")
        else:
            return
        event.stop()
        if self._typed:
            self._list.go_near(int(self._typed) - 1)
        self._say()

    def action_cancel(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_choose(self) -> None:
        """Go to the item under the cursor."""
        if self._list.position is not None:
            self.dismiss(self._list.position)

    def action_filter(self, by: int) -> None:
        """List other items, with the cursor near where it was."""
        filters = list(ItemFilter)
        near = self._list.position
        self._filter = filters[(filters.index(self._filter) + by) % len(filters)]
        self._list.show(
            positions_of(self._session, self._filter), self._session.position if near is None else near
        )
        self._forget_number()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._list.move(by)
        self._forget_number()

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self._list.page(direction)
        self._forget_number()

    def action_edge(self, end: int) -> None:
        """Go to the first or last item."""
        self._list.go_near(end * len(self._session.items))
        self._forget_number()

    @on(ItemList.Chosen)
    def go_to_clicked(self, event: ItemList.Chosen) -> None:
        """Go to the item that was clicked."""
        self.dismiss(event.position)

    @property
    def _title(self) -> str:
        return f"Your {self._words.item}s"

    @property
    def _list(self) -> ItemList:
        return self.query_one(ItemList)

    def _forget_number(self) -> None:
        self._typed = ""
        self._say()

    def _say(self) -> None:
        """Draw the filters with what each shows, and the keys."""
        counts = self._counts
        parts = [
            Content.styled(f"[{which.value} {counts.of(which)}]", tones.CHOSEN)
            if which is self._filter
            else Content.styled(f" {which.value} {counts.of(which)} ", tones.MUTED)
            for which in ItemFilter
        ]
        self.query_one("#overview-filters", Static).update(Content(" ").join(parts))
        self.query_one("#overview-title", Static).update(
            Content.assemble((self._title, tones.HEADING), (f"   {self._pace}", tones.MUTED))
        )
        line = (
            f"{self._words.item.capitalize()} {self._typed}: Enter goes there · Backspace"
            if self._typed
            else "Tab filter · number or ↑ ↓ · Enter go there · Esc back"
        )
        self.query_one("#overview-keys", Static).update(Content.styled(line, tones.MUTED))

    def _row(self, position: int, width: int) -> Content:
        item = self._session.of(self._session.items[position])
        aside = item.item_id in self._session.set_aside
        mark = "-" if aside else "✓" if item.completed else "~" if item.touched else "·"
        text = clipped(" · ".join(self._remarks(item)).replace("\n", " "), width - NUMBER_COLUMNS)
        here = ">" if position == self._session.position else " "
        return Content.assemble((f"{here}{position + 1:>5} {mark} ", tones.STRONG), text)

    def _remarks(self, item: ItemProgress) -> list[str]:
        remarks = [self._state(item)]
        if item.reason is not None:
            remarks.append(f"NR:{item.reason}")
        else:
            marks = [
                f"{letter_of(self._dimensions, one.id)} {self._standing(item, one)}"
                for one in self._dimensions
                if one.id in item.marks
            ]
            remarks += ["  ".join(marks)] if marks else []
        if item.told:
            remarks.append("told")
        if item.flagged is not None:
            remarks.append(f"flag: {item.flagged}" if item.flagged else "flag")
        if item.note:
            remarks.append(f"note: {item.note}")
        return remarks

    def _state(self, item: ItemProgress) -> str:
        if item.item_id in self._session.set_aside:
            return "withdrawn"
        if item.completed:
            return "done"
        if not item.touched:
            return "to do"
        gaps = len(item.gaps(self._session.rubric))
        if item.is_asked_again and gaps:
            return f"asked again, {gaps} missing"
        return f"begun, {gaps} missing" if gaps else f"begun, {self._keys['item.enter']} completes it"

    @staticmethod
    def _standing(item: ItemProgress, dimension: Dimension) -> str:
        mark = item.mark(dimension.id)
        if mark.reason is not None:
            return f"NR:{mark.reason}"
        return "-" if mark.level is None else dimension.digit_of(dimension.level(mark.level))
