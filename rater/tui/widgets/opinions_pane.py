"""The opinions beside or below the conversation. The pane is told everything and decides nothing."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rater.tui.opinions_layout import OpinionsView, lay_out


class OpinionsPane(Widget):
    """One disagreement: anchors or reasons, and what each side said."""

    view: reactive[OpinionsView | None] = reactive(None)

    def render(self) -> Content:
        """Return the pane's rows for the room it has."""
        width, height = self.content_size
        if self.view is None or not width or not height:
            return Content("")
        return Content("\n").join(lay_out(self.view, width, height))
