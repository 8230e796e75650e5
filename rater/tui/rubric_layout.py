"""What the rubric pane says, row by row, for the room it has.

The anchors of the active dimension come first; what else there is room for follows in a fixed order
of worth, so that the pane never scrolls and never changes its size inside an item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from protocol.rating_moves import Lack, lack_of
from protocol.rubric import Dimension
from protocol.session import ItemProgress
from protocol.visible import TaskCard
from rater.tui import tones
from rater.tui.safe import clipped, label, rows

LEVEL_INDENT = 6
NARROWEST = 36
WIDEST = 52
WIDEST_IN_COMFORT = 46
"""With the question and blank rows, which give way before the conversation becomes a column."""
FEWEST_TEXT_COLUMNS = 48
ROWS_FOR_REMARKS = 2
MOST_IN_FULL = 4
"""Where there is no room, a strip of more dimensions has letters and marks beside the active one's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricView:
    """All the rubric pane needs to know."""

    dimensions: tuple[Dimension, ...]
    """In the rater's order."""
    active: str
    progress: ItemProgress
    card: TaskCard
    guide_key: str = "a"
    """Shows what there is no room for."""
    is_withdrawn: bool = False
    """No rating is asked for any more."""
    is_closed: bool = False
    """The item can no longer change."""

    @property
    def active_dimension(self) -> Dimension:
        """The dimension that a digit scores."""
        return next(dimension for dimension in self.dimensions if dimension.id == self.active)


def letter_of(dimensions: Sequence[Dimension], dimension_id: str) -> str:
    """Return the letter that stands for a dimension in gutter, pane and messages."""
    position = [dimension.id for dimension in dimensions].index(dimension_id)
    return chr(ord("A") + position)


def beside(view: RubricView, width: int, height: int) -> list[Content]:
    """Return the rows of a pane that stands beside the conversation."""
    room = height
    others = {dimension.id: False for dimension in view.dimensions}
    blanks, question, task = False, False, False

    def composed() -> list[Content]:
        lines = _task(view.card, width) if task else []
        for index, dimension in enumerate(view.dimensions):
            if blanks and index:
                lines.append(Content(""))
            lines.append(_heading(view, dimension, width))
            if dimension.id == view.active:
                lines += _question(dimension, width) if question else []
                lines += _anchors(view, dimension, width)
            elif others[dimension.id]:
                lines += _anchors(view, dimension, width)
        return lines

    def fits() -> bool:
        return len(composed()) + ROWS_FOR_REMARKS <= room

    blanks = True
    blanks = fits()
    question = True
    question = fits()
    task = True
    task = fits()
    for dimension in view.dimensions:
        others[dimension.id] = True
        others[dimension.id] = fits()
    lines = _cut(composed(), view.guide_key, width, room)
    foot = _remarks(view, width)[: room - len(lines)]
    return [*lines, *[Content("")] * (room - len(lines) - len(foot)), *foot]


def below(view: RubricView, width: int, height: int) -> list[Content]:
    """Return the rows of a pane that stands below the conversation."""
    most = _most_rows_a_level(view.active_dimension, width, height - 1)
    lines = [_headings_in_a_row(view, width), *_anchors(view, view.active_dimension, width, most)]
    lines = _cut(lines, view.guide_key, width, height)
    return [*lines, *_remarks(view, width)[: height - len(lines)]]


def width_beside(dimensions: Sequence[Dimension], total_width: int, height: int) -> int:
    """Return the narrowest pane that shows every dimension's anchors whole when it is active.

    One width serves all dimensions, so that moving between them moves no text.
    """
    widest = max(NARROWEST, min(WIDEST, total_width - FEWEST_TEXT_COLUMNS))
    fair = max(NARROWEST, min(widest, total_width * 9 // 25))
    for comfort, most in ((True, max(fair, min(widest, WIDEST_IN_COMFORT))), (False, widest)):
        for width in range(fair, most + 1):
            if max(_needed_beside(dimensions, active, width, comfort) for active in dimensions) <= height:
                return width
    return widest


def height_below(dimensions: Sequence[Dimension], width: int, most: int) -> int:
    """Return the height of a pane below that shows any one dimension's anchors.

    Where there is no room for them whole, each level has as many rows as all of them can have.
    """
    needed = max(
        _rows_of_levels(dimension, width, _most_rows_a_level(dimension, width, most - 1))
        for dimension in dimensions
    )
    return min(most, needed + 1)


def _rows_of_levels(dimension: Dimension, width: int, most_a_level: int) -> int:
    return sum(
        min(most_a_level, len(_level_rows(level.label, level.anchor, width))) for level in dimension.levels
    )


def _most_rows_a_level(dimension: Dimension, width: int, height: int) -> int:
    """Return how many rows a level may have so that all levels have room, at least one."""
    most = max(len(_level_rows(level.label, level.anchor, width)) for level in dimension.levels)
    while most > 1 and _rows_of_levels(dimension, width, most) > height:
        most -= 1
    return most


def _needed_beside(dimensions: Sequence[Dimension], active: Dimension, width: int, comfort: bool) -> int:
    anchors = sum(len(_level_rows(level.label, level.anchor, width)) for level in active.levels)
    extra = len(dimensions) - 1 + len(rows(active.question, width - 3)) if comfort else 0
    return len(dimensions) + anchors + extra + ROWS_FOR_REMARKS


def _cut(lines: list[Content], guide_key: str, width: int, height: int) -> list[Content]:
    if len(lines) <= height:
        return lines
    more = Content.styled(clipped(f"  … there is more: {guide_key} shows it all", width), tones.WARNING)
    return [*lines[: max(0, height - 1)], more]


def _status(view: RubricView, dimension: Dimension) -> Content:
    mark = view.progress.mark(dimension.id)
    lack = lack_of(view.progress, dimension)
    if view.progress.reason is not None:
        return label(f"NR:{view.progress.reason}", tones.CHOSEN)
    if mark.reason is not None:
        return label(f"NR:{mark.reason}", tones.CHOSEN)
    quotes = len(mark.quotes)
    counted = f" · {quotes} quote{'s' if quotes != 1 else ''}" if quotes else ""
    if mark.level is None:
        return Content.styled(f"-{counted}", tones.MUTED)
    score = dimension.digit_of(dimension.level(mark.level))
    if lack is Lack.QUOTE:
        return Content.assemble((score, tones.CHOSEN), (" · quote?", tones.WARNING))
    if lack is Lack.READING:
        return Content.assemble((score, tones.CHOSEN), (" · read?", tones.WARNING))
    if lack is Lack.CONFIDENCE:
        return Content.assemble((f"{score}{counted}", tones.CHOSEN), (" · sure?", tones.WARNING))
    sure = f" · c{mark.sure}" if mark.sure is not None else ""
    return Content.styled(f"{score}{counted}{sure}", tones.CHOSEN)


def _heading(view: RubricView, dimension: Dimension, width: int) -> Content:
    is_active = dimension.id == view.active
    status = _status(view, dimension)
    mark = f"{'>' if is_active else ' '}{letter_of(view.dimensions, dimension.id)} "
    name = clipped(dimension.name, width - len(mark) - status.cell_length - 2)
    style = tones.ACTIVE if is_active else tones.HEADING
    gap = " " * (width - len(mark) - cell_len(name) - status.cell_length)
    line = Content.assemble((f"{mark}{name}", style), gap, status)
    return line.stylize_before(tones.ACTIVE) if is_active else line


def _headings_in_a_row(view: RubricView, width: int) -> Content:
    """All dimensions in one row: names give way before marks do, the active one's last."""
    everything = _joined_headings(view, name_columns=width, others_named=True)
    if everything.cell_length <= width:
        return everything
    one_name = _joined_headings(view, name_columns=width, others_named=False)
    excess = max(0, one_name.cell_length - width)
    if excess and len(view.dimensions) > MOST_IN_FULL:
        return _brief_headings(view, width)
    columns = max(1, cell_len(clipped(view.active_dimension.name, width)) - excess)
    return _joined_headings(view, name_columns=columns, others_named=False).truncate(width, ellipsis=True)


def _brief_headings(view: RubricView, width: int) -> Content:
    """The active dimension with its name, then all others by letter and mark: for rubrics of many."""
    active = view.active_dimension
    others = [
        f"{letter_of(view.dimensions, one.id)}{_brief_mark(view, one)}"
        for one in view.dimensions
        if one is not active
    ]
    rest = f"   {' '.join(others)}"
    status = _status(view, active)
    mark = f">{letter_of(view.dimensions, active.id)} "
    columns = max(1, width - len(mark) - status.cell_length - len(rest) - 1)
    name = clipped(active.name, columns)
    head = Content.assemble((f"{mark}{name}", tones.ACTIVE), " ", status, (rest, tones.MUTED))
    return head.truncate(width, ellipsis=True)


def _brief_mark(view: RubricView, dimension: Dimension) -> str:
    """The digit of a level, x where there is a reason, ? where something is lacking, - where nothing is."""
    mark = view.progress.mark(dimension.id)
    if view.progress.reason is not None or mark.reason is not None:
        return "x"
    if mark.level is None:
        return "-"
    complete = lack_of(view.progress, dimension) is None
    return dimension.digit_of(dimension.level(mark.level)) if complete else "?"


def _joined_headings(view: RubricView, *, name_columns: int, others_named: bool) -> Content:
    parts: list[Content] = []
    for dimension in view.dimensions:
        is_active = dimension.id == view.active
        name = clipped(dimension.name, name_columns) if is_active or others_named else ""
        mark = f"{'>' if is_active else ' '}{letter_of(view.dimensions, dimension.id)}"
        style = tones.ACTIVE if is_active else tones.HEADING
        parts.append(Content.assemble((f"{mark} {name}".rstrip(), style), " ", _status(view, dimension)))
    return Content("   ").join(parts)


def _level_rows(name: str, anchor: str, width: int) -> tuple[str, ...]:
    return rows(f"{name}  {anchor}" if name else anchor, width - LEVEL_INDENT)


def _anchors(
    view: RubricView, dimension: Dimension, width: int, most_a_level: int | None = None
) -> list[Content]:
    mark = view.progress.mark(dimension.id)
    lines: list[Content] = []
    for level in dimension.levels:
        is_chosen = mark.level == level.value and view.progress.reason is None
        digit = dimension.digit_of(level)
        bullet = f" [ {digit}]"[-LEVEL_INDENT + 1 :] if is_chosen else f"   {digit} "
        texts = _level_rows(level.label, level.anchor, width)
        if most_a_level is not None and len(texts) > most_a_level:
            rest = " ".join(texts[most_a_level - 1 :])
            texts = (*texts[: most_a_level - 1], clipped(rest, width - LEVEL_INDENT))
        for index, text in enumerate(texts):
            line = Content(f"{bullet if index == 0 else '':<{LEVEL_INDENT}}{text}")
            if is_chosen:
                line = line.stylize(tones.CHOSEN_TEXT)
            if index == 0:
                line = line.stylize(
                    tones.CHOSEN if is_chosen else tones.STRONG, 0, LEVEL_INDENT + len(level.label)
                )
            lines.append(line)
    return lines


def _question(dimension: Dimension, width: int) -> list[Content]:
    return [Content.styled(f"   {row}", tones.MUTED) for row in rows(dimension.question, width - 3)]


def _task(card: TaskCard, width: int) -> list[Content]:
    lines = [Content.styled("What the task turns on", tones.HEADING)]
    for claim in card.claims:
        for index, row in enumerate(rows(claim, width - 3)):
            lines.append(Content(f"{' · ' if index == 0 else '   '}{row}"))
    return [*lines, Content("")] if card.claims else []


def tags(progress: ItemProgress, active: str) -> str:
    """Return in a few words what else is recorded on an item, for where there is no room to say it."""
    found = (
        ("note", progress.note or progress.mark(active).note),
        ("flag", progress.flagged is not None),
        ("told", progress.told),
        ("done", progress.completed),
    )
    return " · ".join(name for name, holds in found if holds)


def _completed(view: RubricView) -> str:
    return "completed, and closed" if view.is_closed else "completed; it can still be changed"


def _remarks(view: RubricView, width: int) -> list[Content]:
    progress = view.progress
    remarks = [
        ("note", progress.note or None),
        (f"note {letter_of(view.dimensions, view.active)}", progress.mark(view.active).note or None),
        ("flag", progress.flagged),
        ("told", "you know or were told which this is" if progress.told else None),
        ("done", _completed(view) if progress.completed and not view.is_withdrawn else None),
        ("gone", "withdrawn: no rating is asked for" if view.is_withdrawn else None),
    ]
    return [
        Content.assemble(
            (f" {name:<6} ", tones.STRONG), (clipped(text.replace("\n", " "), width - 9), tones.MUTED)
        )
        for name, text in remarks
        if text is not None
    ]
