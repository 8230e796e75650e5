"""The rubric beside or below the conversation. It is told everything and decides nothing."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rater.tui.rubric_layout import RubricView, below, beside


class RubricPane(Widget):
    """Dimensions with their marks, and the anchors of the active one."""

    view: reactive[RubricView | None] = reactive(None)
    is_beside: reactive[bool] = reactive(True)

    def render(self) -> Content:
        """Return the pane's rows for the room it has."""
        width, height = self.content_size
        if self.view is None or not width or not height:
            return Content("")
        lay_out = beside if self.is_beside else below
        return Content("\n").join(lay_out(self.view, width, height))
