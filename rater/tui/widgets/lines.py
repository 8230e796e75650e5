"""The three single lines of the rating screen: status, place or message, hints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rater.tui import tones
from rater.tui.safe import clipped
from rater.tui.widgets.text_view import Place

BAR_WIDEST = 24
BAR_NARROWEST = 6
NAME_COLUMNS = 24
"""The study's name keeps so many before the time that is left is shown."""
_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who works on what, how far, and whether it is on disk."""

    study: str
    rater: str
    simulated: bool
    position: int
    """Counted from 1."""
    items: int
    completed: int
    saved: str
    """Time of the last write that is on disk, or empty."""
    unsaved: bool
    left: str = ""
    """How much work is left, in words, once that can be said."""
    unit: str = "item"
    """What is counted."""


def bar(done: int, total: int, width: int) -> str:
    """Return a progress bar of block characters; full only when all is done."""
    eighths = done * width * 8 // total if total else 0
    if done and not eighths:
        eighths = 1
    full, part = divmod(eighths, 8)
    drawn = "█" * full + (_EIGHTHS[part] if part else "")
    return drawn + "·" * (width - len(drawn))


class StatusLine(Widget):
    """Study and rater on the left, progress in the middle, the last save on the right."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    standing: reactive[Standing | None] = reactive(None)

    def render(self) -> Content:
        """Return the line for the width it has; the study's name gives way first."""
        standing, width = self.standing, self.content_size.width
        if standing is None or not width:
            return Content("")
        if standing.unsaved:
            right = Content.styled(" NOT SAVED ", tones.UNSAVED)
        elif standing.saved:
            right = Content.styled(f"saved ✓ {standing.saved} ", tones.SAVED)
        else:
            right = Content("")
        share = f"{100 * standing.completed // standing.items:3d}%" if standing.items else ""
        place = f"{standing.unit} {standing.position}/{standing.items} "
        simulated = "SIMULATED STUDY" if standing.simulated else ""
        fixed = len(place) + len(share) + right.cell_length + len(simulated) + cell_len(standing.rater) + 11
        to_go = f" · {standing.left} left" if standing.left else ""
        if fixed + len(to_go) + BAR_NARROWEST + min(cell_len(standing.study), NAME_COLUMNS) <= width:
            share += to_go
            fixed += len(to_go)
        bar_width = max(BAR_NARROWEST, min(BAR_WIDEST, width - fixed - 24))
        name = clipped(standing.study, max(0, width - fixed - bar_width))
        left = Content.assemble(
            " ",
            (simulated, "bold reverse"),
            " · " if simulated else "",
            (name, tones.STRONG),
            f" · {clipped(standing.rater, 12)}",
        )
        middle = Content.assemble(
            place, (bar(standing.completed, standing.items, bar_width), tones.MUTED), share
        )
        spare = max(2, width - left.cell_length - middle.cell_length - right.cell_length)
        before = max(3, min(spare - 1, (width - middle.cell_length) // 2 - left.cell_length))
        return Content.assemble(left, " " * before, middle, " " * max(1, spare - before), right)


class InfoLine(Widget):
    """What the app has to say, or else where in the conversation the screen is; drawn as a rule."""

    DEFAULT_CSS = "InfoLine { height: 1; }"

    place: reactive[Place | None] = reactive(None)
    message: reactive[str] = reactive("")
    part: reactive[str] = reactive("message")
    """What the study calls a part of the text."""
    tags: reactive[str] = reactive("")
    """What else is recorded on the item, in a few words."""
    search: reactive[str] = reactive("")
    """What is looked for and which hit this is."""

    def render(self) -> Content:
        """Return the line."""
        width = self.content_size.width
        message = clipped(self.message, width - 4)
        search = clipped(self.search, width // 2)
        parts = [part for part in (search, self.tags, self._where()) if part]
        while parts and cell_len(message) + cell_len(" · ".join(parts)) + 6 > width:
            parts.pop()
        where = " · ".join(parts)
        middle = f" {message} " if message else ""
        end = f" {where} ─" if where else ""
        fill = "─" * max(0, width - 1 - cell_len(middle) - cell_len(end))
        return Content.assemble(
            ("─", tones.MUTED), (middle, tones.WARNING), (f"{fill}", tones.MUTED), (end, tones.MUTED)
        )

    def _where(self) -> str:
        place = self.place
        if place is None or not place.messages:
            return ""
        rows = (
            f"{place.row}/{place.rows} · {100 * place.row // place.rows}%" if place.rows else f"{place.row}/…"
        )
        return f"{self.part} {place.message}/{place.messages} · row {rows}"


class HintLine(Widget):
    """The keys that matter now, as many as fit."""

    DEFAULT_CSS = "HintLine { height: 1; }"

    hints: reactive[Sequence[tuple[str, str]]] = reactive(())

    def render(self) -> Content:
        """Return keys and what they do."""
        width = self.content_size.width
        parts: list[Content] = []
        used = 2
        for key, does in self.hints:
            length = cell_len(key) + 1 + cell_len(does) + (3 if parts else 0)
            if used + length > width:
                continue
            used += length
            parts.append(Content.assemble((key, tones.STRONG), (f" {does}", tones.MUTED)))
        return Content(" ") + Content(" · ").join(parts)
