"""All items of the rater in their order, with where each stands."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from protocol.rubric import Rubric
from protocol.session import ItemProgress, RaterSession
from rater.tui import tones
from rater.tui.safe import clipped
from rater.tui.screens.choice import ChoiceScreen

REMARK_COLUMNS = 60


class OverviewScreen(ChoiceScreen[int | None]):
    """The rater's items; answers with the position to go to.

    Args:
        session: Where everything stands.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i", "cancel", "Back", id="overview.cancel", tooltip="Back to the item"),
    ]

    def __init__(self, session: RaterSession) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        """Make the list."""
        session = self._session
        items = [session.of(item_id) for item_id in session.items]
        begun = sum(item.touched and not item.completed for item in items)
        done = session.completed_count
        with Vertical(id="choice"):
            yield Static(
                Content.assemble(
                    ("Your items", tones.HEADING),
                    (
                        f"   ✓ {done} done   ~ {begun} begun   · {len(items) - done - begun} to do",
                        tones.MUTED,
                    ),
                ),
                id="choice-title",
                markup=False,
            )
            yield OptionList(
                *(Option(_row(position, item, session.rubric)) for position, item in enumerate(items)),
                markup=False,
                compact=True,
            )
            yield Static(
                Content.styled("↑ ↓ PgUp PgDn · Enter go there · Esc back", tones.MUTED),
                id="choice-keys",
                markup=False,
            )

    def on_mount(self) -> None:
        """Start at the item on the screen."""
        self.options.highlighted = self._session.position

    def action_cancel(self) -> None:
        """Go back."""
        self.dismiss(None)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Go to the highlighted item."""
        self.dismiss(event.option_index)


def _row(position: int, item: ItemProgress, rubric: Rubric) -> Content:
    if item.completed:
        mark, state = "✓", "done"
    elif item.touched:
        gaps = len(item.gaps(rubric))
        mark, state = "~", f"begun, {gaps} missing" if gaps else "begun, Enter completes it"
    else:
        mark, state = "·", "to do"
    remarks = [state]
    if item.reason is not None:
        remarks.append(f"NR:{item.reason}")
    if item.flagged is not None:
        remarks.append(f"flag: {item.flagged}" if item.flagged else "flag")
    if item.note:
        remarks.append("note")
    text = clipped(" · ".join(remarks).replace("\n", " "), REMARK_COLUMNS)
    return Content.assemble((f"{position + 1:>6}  {mark} ", tones.STRONG), text)
