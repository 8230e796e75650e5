"""What the adjudicator's pane says, row by row: the anchors or the reasons, and the opinions side by side.

An opinion is a side that was drawn for this cell: nothing in here could name a rater.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from textual.content import Content

from protocol.adjudication.plan import AdjudicationReason
from protocol.adjudication.queue import Opinion
from protocol.adjudication.session import Decision
from protocol.rubric import Dimension
from rater.services.adjudication.adjudication_desk import side_name
from rater.tui import tones
from rater.tui.safe import clipped, rows

COLUMNS_FROM = 60
"""Columns from which opinions stand next to each other."""
INDENT = 6
_ALL = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionsView:
    """All the pane needs to know."""

    dimension: Dimension
    opinions: tuple[Opinion, ...]
    """In the order that was drawn for this cell."""
    decision: Decision
    reasons: tuple[AdjudicationReason, ...]
    asks_why: bool
    """The next digit gives the reason, not a level."""
    with_notes: bool
    """The plan lets the adjudicator read notes."""
    told: bool
    guide_key: str = "a"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sparing:
    """How many rows an anchor and the evidence of an opinion may have, and whether the question stands."""

    anchor: int
    quotes: int
    question: bool = False


_ROWS = (
    _Sparing(anchor=_ALL, quotes=_ALL, question=True),
    *(
        _Sparing(anchor=anchor, quotes=quotes)
        for anchor, quotes in ((_ALL, _ALL), (6, 12), (4, 8), (3, 6), (2, 5), (2, 3), (1, 3), (1, 2), (1, 1))
    ),
)


def lay_out(view: OpinionsView, width: int, height: int) -> list[Content]:
    """Return the rows of the pane: what is longest gives way first, and says so."""
    for sparing in _ROWS:
        lines = _composed(view, width, sparing)
        if len(lines) <= height:
            return lines
    more = Content.styled(clipped(f"  … there is more: {view.guide_key} shows it all", width), tones.WARNING)
    return [*lines[: max(0, height - 1)], more]


def full_page(view: OpinionsView, width: int) -> list[Content]:
    """Return all opinions whole, for the page that shows what the pane has no room for."""
    lines: list[Content] = []
    for place, opinion in enumerate(view.opinions):
        lines += _opinion(view, place, opinion, width, _ALL)
        lines.append(Content(""))
    return lines


def standing_text(decision: Decision) -> str:
    """Return in a few words what was decided."""
    if not decision.answered:
        return "not decided"
    given = f"NR:{decision.not_ratable}" if decision.not_ratable else str(decision.level)
    return f"{given} · {decision.why}" if decision.why else f"{given} · why?"


def _composed(view: OpinionsView, width: int, sparing: _Sparing) -> list[Content]:
    choice = _reasons(view, width) if view.asks_why else _anchors(view, width, sparing.anchor)
    question = rows(view.dimension.question, width - 3) if sparing.question else ()
    asked = [Content.styled(f"   {row}", tones.MUTED) for row in question]
    return [
        _heading(view, width),
        *asked,
        *choice,
        Content(""),
        *_opinions(view, width, sparing.quotes),
    ]


def _heading(view: OpinionsView, width: int) -> Content:
    status = standing_text(view.decision) + (" · told" if view.told else "")
    name = clipped(view.dimension.name, max(8, width - len(status) - 3))
    gap = " " * max(1, width - cell_len(name) - cell_len(status) - 1)
    tone = tones.CHOSEN if view.decision.whole else tones.WARNING if view.decision.answered else tones.MUTED
    return Content.assemble((f" {name}", tones.ACTIVE), gap, (status, tone))


def _anchors(view: OpinionsView, width: int, most: int) -> list[Content]:
    lines: list[Content] = []
    for level in view.dimension.levels:
        chosen = view.decision.level == level.value
        digit = view.dimension.digit_of(level)
        bullet = f" [ {digit}]"[-INDENT + 1 :] if chosen else f"   {digit} "
        text = f"{level.label}  {level.anchor}" if level.label else level.anchor
        shown = _at_most(rows(text, width - INDENT), most, width - INDENT)
        for index, row in enumerate(shown):
            line = Content(f"{bullet if index == 0 else '':<{INDENT}}{row}")
            if chosen:
                line = line.stylize(tones.CHOSEN_TEXT)
            if index == 0:
                line = line.stylize(tones.STRONG, 0, INDENT + len(level.label))
            lines.append(line)
    return lines


def _reasons(view: OpinionsView, width: int) -> list[Content]:
    heading = Content.styled("   Why did they differ?", tones.WARNING)
    columns = 2 if width >= COLUMNS_FROM else 1
    each = width // columns
    blocks = [
        _reason(f"   {number} ", one.label, each, is_chosen=one.code == view.decision.why)
        for number, one in enumerate(view.reasons, start=1)
    ]
    half = -(-len(blocks) // columns)
    stacks = [
        [line for block in blocks[start : start + half] for line in block]
        for start in range(0, len(blocks), half)
    ]
    return [heading, *_next_to_each_other(stacks, each)]


def _reason(bullet: str, text: str, width: int, *, is_chosen: bool) -> list[Content]:
    return [
        Content.assemble(
            (f"{bullet if index == 0 else '':<{INDENT}}", tones.STRONG),
            (row, tones.CHOSEN if is_chosen else ""),
        )
        for index, row in enumerate(rows(text, width - INDENT))
    ]


def _next_to_each_other(blocks: Sequence[Sequence[Content]], each: int) -> list[Content]:
    lines: list[Content] = []
    for row in zip_longest(*blocks, fillvalue=Content("")):
        parts: list[Content | str] = []
        for part in row:
            parts += [part, " " * max(1, each - part.cell_length)]
        lines.append(Content.assemble(*parts))
    return lines


def _opinions(view: OpinionsView, width: int, quote_rows: int) -> list[Content]:
    count = len(view.opinions)
    if width < COLUMNS_FROM or count > width // 24:
        return [
            line
            for place, opinion in enumerate(view.opinions)
            for line in _opinion(view, place, opinion, width, quote_rows)
        ]
    each = width // count
    blocks = [
        _opinion(view, place, opinion, each - 2, quote_rows) for place, opinion in enumerate(view.opinions)
    ]
    return _next_to_each_other(blocks, each)


def _opinion(view: OpinionsView, place: int, opinion: Opinion, width: int, most: int) -> list[Content]:
    answer = opinion.answer
    if answer.level is not None:
        level = view.dimension.level(int(answer.level))
        said = f"{view.dimension.digit_of(level)} {level.label}".rstrip()
    else:
        said = f"NR:{answer.not_ratable}"
    name = f" {side_name(place)}  "
    head = Content.assemble((name, tones.HEADING), (clipped(said, max(4, width - len(name))), tones.STRONG))
    texts = [f"[{quote.span.message + 1}] {quote.text}" for quote in opinion.quotes] or ["no quote"]
    if view.with_notes and opinion.note:
        texts.append(f"note: {opinion.note}")
    folded = [row for text in texts for row in _hanging(text, width)]
    return [
        head,
        *(
            Content.styled(f"   {row}", "" if opinion.quotes else tones.MUTED)
            for row in _at_most(folded, most, width - 3)
        ),
    ]


def _hanging(text: str, width: int) -> tuple[str, ...]:
    return rows(text.replace("\n", " "), max(8, width - 3))


def _at_most(texts: Sequence[str], most: int, width: int) -> tuple[str, ...]:
    """Return so many rows; the last ends with an ellipsis where there are more."""
    if len(texts) <= most:
        return tuple(texts)
    return (*texts[: most - 1], clipped(" ".join(texts[most - 1 :]), width))
