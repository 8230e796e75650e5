"""What a text report is made of: tables and sentences, with no opinion on how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table of text cells; cells may hold names from files and are not yet made safe."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: tuple[str, ...] = ()
    """Columns of words; all others are numbers and stand to the right."""

    @property
    def right(self) -> tuple[str, ...]:
        """Columns that are right-aligned."""
        return tuple(name for name in self.columns if name not in self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """Lines of text under a table."""

    lines: tuple[str, ...]


def word_table(
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    *,
    right: tuple[str, ...] = (),
    title: str = "",
) -> TextTable:
    """Return a table whose columns are words, but for those named as numbers."""
    left = tuple(name for name in columns if name not in right)
    return TextTable(title=title, columns=columns, rows=tuple(rows), left=left)


Block = TextTable | Sentences
