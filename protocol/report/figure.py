"""What a figure shows, as values: pure functions of results make them, a plotting library draws them.

Kept apart from the drawing so that a report and a profile can share figures, and so that the numbers
in a picture can be tested without a picture. Every figure brings its text alternative.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelBar:
    """One bar of ratings, counted by level."""

    group: str
    """Bars of one group stand together under its name."""
    label: str
    counts: tuple[int, ...]
    """By level, lowest first; none where nobody looked."""
    not_ratable: int = 0
    note: str = ""
    """A word or two at the end of the bar, or in the place of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelBars:
    """Stacked bars: the share of ratings on each level, with the counts in them."""

    id: str
    title: str
    caption: str
    levels: tuple[str, ...]
    bars: tuple[LevelBar, ...]

    @property
    def alt(self) -> str:
        """The figure in words."""
        return f"Stacked bars of ratings. {'; '.join(self._bar_text(bar) for bar in self.bars)}."

    def _bar_text(self, bar: LevelBar) -> str:
        parts = [
            f"{count} at {level}"
            for level, count in zip(self.levels, bar.counts, strict=bool(bar.counts))
            if count
        ]
        if bar.not_ratable:
            parts.append(f"{bar.not_ratable} not ratable")
        if bar.note:
            parts.append(bar.note)
        return f"{', '.join(part for part in (bar.group, bar.label) if part)}: {', '.join(parts)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRow:
    """One estimate with its interval, and the values it is the mean of."""

    group: str
    label: str
    estimate: float | None
    """None where it is undefined; then the note says so."""
    lower: float | None = None
    upper: float | None = None
    points: tuple[tuple[float, int], ...] = ()
    """Single values, each with how often it occurs."""
    note: str = ""
    """A word or two at the end of the row."""
    lit: bool = False
    """Drawn in the stronger colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalChart:
    """Rows of estimates with intervals on one axis."""

    id: str
    title: str
    caption: str
    axis: str
    rows: tuple[IntervalRow, ...]
    reference: float | None = 0.0
    """A line through all rows: no difference."""
    band: tuple[float, float] | None = None
    """A shaded stretch, such as the margin of equivalence."""

    @property
    def alt(self) -> str:
        """The figure in words."""
        return f"Estimates with 95% intervals; {self.axis}. " + "; ".join(map(_row_text, self.rows)) + "."


def _row_text(row: IntervalRow) -> str:
    name = ", ".join(part for part in (row.group, row.label) if part)
    if row.estimate is None:
        return f"{name}: {row.note or 'undefined'}"
    between = "no interval" if row.lower is None else f"{row.lower:.2f} to {row.upper:.2f}"
    return f"{name}: {row.estimate:.2f} ({between}){f', {row.note}' if row.note else ''}"


Figure = LevelBars | IntervalChart
