"""Figures drawn with matplotlib as SVG and PNG, the same bytes for the same figure.

matplotlib is an extra and takes half a second to load, so only this module imports it, and late. Text
from files is drawn as it stands: nothing in it is read as mathematics or as markup.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from protocol.report.audit_figures import AuditFigure
from protocol.report.figure import Figure, IntervalChart, IntervalRow, LevelBars
from protocol.safe_text import inline
from rater.figures.audit_drawing import draw_audit_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

INK = "#1c2329"
"""Text and lines; on a page it becomes the colour of the page's text."""
FAINT = "#8a949e"
LIT, QUIET = "#0072b2", "#6b7785"
"""Blue of Okabe and Ito's palette, told from grey by lightness too."""
WIDTH_IN = 8.0
LONGEST_LABEL = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure as two files, and as markup that can stand in a page."""

    svg: str
    png: bytes

    def inline_svg(self, prefix: str) -> str:
        """Return the picture for a page: ids of its own, text in the colour of the page.

        Args:
            prefix: Set before every id, so that several pictures can share a page.
        """
        body = self.svg[self.svg.index("<svg") :]
        body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
        body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
        body = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)
        body = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{prefix}-\1"', body)
        body = re.sub(r'(<svg\b[^>]*?) width="[^"]*"', r"\1", body, count=1)
        body = re.sub(r'(<svg\b[^>]*?) height="[^"]*"', r'\1 aria-hidden="true"', body, count=1)
        # On a dark page the same two colours must stand out: the page's style sets both.
        for colour, name in ((INK, "currentColor"), (LIT, "var(--lit)"), (QUIET, "var(--quiet)")):
            body = re.sub(rf"\b(fill|stroke): {colour}\b", rf"\1: {name}", body)
        return body


def can_draw() -> bool:
    """Return whether the extra `figures` is installed."""
    return find_spec("matplotlib") is not None


def draw(figure: Figure | AuditFigure) -> Drawing:
    """Return the figure as SVG and PNG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    settings: dict[Any, object] = {  # matplotlib types its keys as one long Literal
        "svg.hashsalt": figure.id,
        "svg.fonttype": "none",
        "text.parse_math": False,
        "text.usetex": False,
        "font.family": ["DejaVu Sans"],
        "font.size": 9.0,
        "axes.unicode_minus": True,
        "path.simplify": False,
        "text.color": INK,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    # The library's own defaults first: a matplotlibrc of this user must not change a byte. A glyph that
    # the font lacks is a warning and a box; the table beside the figure has the name.
    with mpl.rc_context(), warnings.catch_warnings(action="ignore", category=UserWarning):
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        canvas = Canvas(layout="constrained")
        if isinstance(figure, LevelBars):
            _draw_bars(canvas, figure)
        elif isinstance(figure, IntervalChart):
            _draw_intervals(canvas, figure)
        else:
            draw_audit_figure(canvas, figure)
        svg, png = io.StringIO(), io.BytesIO()
        canvas.savefig(
            svg,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Title": inline(figure.title)},
        )
        canvas.savefig(png, format="png", dpi=160, facecolor="white", metadata={"Software": None})
    return Drawing(svg=svg.getvalue(), png=png.getvalue())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Where rows stand, counted downwards, and the headings between them."""

    at: tuple[float, ...]
    headings: tuple[tuple[float, str], ...]
    end: float


def _rows(groups: Sequence[str]) -> _Rows:
    at: list[float] = []
    headings: list[tuple[float, str]] = []
    y, last = 0.0, ""
    for group in groups:
        if group and group != last:
            headings.append((y + 0.5, group))
            y += 0.9
        at.append(y + 0.5)
        y, last = y + 1.0, group
    return _Rows(at=tuple(at), headings=tuple(headings), end=y)


def _axes(canvas: Canvas, rows: _Rows, labels: Sequence[str]) -> Axes:
    """Return axes with one line of text per row and the headings of groups among them."""
    canvas.set_size_inches(WIDTH_IN, 0.27 * rows.end + 1.05)
    axes = canvas.add_subplot()
    axes.set_ylim(rows.end, 0.0)
    ticks = [*((y, _short(label), "normal") for y, label in zip(rows.at, labels, strict=True))]
    ticks += [(y, _short(text), "bold") for y, text in rows.headings]
    ticks.sort()
    axes.set_yticks([y for y, _, _ in ticks], [text for _, text, _ in ticks])
    for text, (_, _, weight) in zip(axes.get_yticklabels(), ticks, strict=True):
        text.set_fontweight(weight)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return axes


def _draw_bars(canvas: Canvas, figure: LevelBars) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Patch

    rows = _rows([bar.group for bar in figure.bars])
    axes = _axes(canvas, rows, [bar.label for bar in figure.bars])
    last = max(len(figure.levels) - 1, 1)
    fills = [colormaps["cividis"](0.08 + 0.87 * place / last) for place in range(len(figure.levels))]
    for y, bar in zip(rows.at, figure.bars, strict=True):
        total, left = sum(bar.counts) + bar.not_ratable, 0.0
        if not total:
            _draw_empty(axes, y, bar.note)
            continue
        if bar.note:
            _note(axes, 1.0, y, bar.note)
        for count, fill in zip(bar.counts, fills, strict=True):
            if count:
                axes.barh(y, count / total, left=left, height=0.8, color=fill, edgecolor=FAINT, linewidth=0.5)
                _count(axes, left, y, count, total, dark=sum(fill[:3]) < 1.5)
            left += count / total
        if bar.not_ratable:
            share = bar.not_ratable / total
            axes.barh(
                y, share, left=left, height=0.8, color="white", edgecolor=FAINT, hatch="////", linewidth=0.5
            )
    axes.set_xlim(0.0, 1.0)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    axes.set_xlabel("share of ratings")
    keys = [
        Patch(facecolor=fill, edgecolor=FAINT, label=_short(name))
        for fill, name in zip(fills, figure.levels, strict=True)
    ]
    if any(bar.not_ratable for bar in figure.bars):
        keys.append(Patch(facecolor="white", edgecolor=FAINT, hatch="////", label="not ratable"))
    canvas.legend(handles=keys, loc="outside upper left", ncols=min(len(keys), 6), frameon=False, fontsize=9)


def _draw_empty(axes: Axes, y: float, note: str) -> None:
    """Draw the outline of a bar that nothing is known of, with what there is to say."""
    axes.barh(y, 1.0, height=0.8, fill=False, edgecolor=FAINT, linestyle=":", linewidth=0.8)
    axes.text(0.5, y, inline(note), ha="center", va="center", color=INK, fontsize=8, fontstyle="italic")


def _note(axes: Axes, right: float, y: float, text: str, *, weight: str = "normal") -> None:
    axes.annotate(
        _short(text),
        (right, y),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        annotation_clip=False,
        fontsize=8,
        fontweight=weight,
    )


def _count(axes: Axes, left: float, y: float, count: int, total: int, *, dark: bool) -> None:
    """Write a count into its stretch, where there is room for it."""
    if count / total >= 0.014 * len(str(count)) + 0.006:
        colour = "#ffffff" if dark else "#000000"
        axes.text(left + count / total / 2, y, str(count), ha="center", va="center", color=colour, fontsize=8)


def _draw_intervals(canvas: Canvas, figure: IntervalChart) -> None:
    rows = _rows([row.group for row in figure.rows])
    axes = _axes(canvas, rows, [row.label for row in figure.rows])
    if figure.band is not None:
        axes.axvspan(*figure.band, color=FAINT, alpha=0.18, linewidth=0)
    if figure.reference is not None:
        axes.axvline(figure.reference, color=INK, linewidth=0.8)
    low, high = _span(figure)
    axes.set_xlim(low, high)
    for y, row in zip(rows.at, figure.rows, strict=True):
        _draw_row(axes, y, row, right=high)
    axes.set_xlabel(inline(figure.axis))


def _draw_row(axes: Axes, y: float, row: IntervalRow, *, right: float) -> None:
    colour = LIT if row.lit else QUIET
    if row.points:
        most = max(count for _, count in row.points)
        axes.scatter(
            [value for value, _ in row.points],
            [y + 0.28] * len(row.points),
            s=[3 + 22 * count / most for _, count in row.points],
            color=colour,
            alpha=0.45,
            linewidths=0,
        )
    if row.lower is not None and row.upper is not None:
        axes.plot([row.lower, row.upper], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
    if row.estimate is not None:
        axes.plot([row.estimate], [y], marker="o", markersize=6, color=colour, linestyle="none")
    if row.note:
        _note(axes, right, y, row.note, weight="bold" if row.lit else "normal")


def _span(figure: IntervalChart) -> tuple[float, float]:
    values = [
        value
        for row in figure.rows
        for value in (row.estimate, row.lower, row.upper, *(value for value, _ in row.points))
        if value is not None
    ]
    values += [*(figure.band or ()), *(() if figure.reference is None else (figure.reference,))]
    low, high = min(values, default=-1.0), max(values, default=1.0)
    edge = 0.05 * (high - low) or 0.5
    return low - edge, high + edge


def _short(text: str) -> str:
    text = inline(text)
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
