"""Row filters as they are typed: COLUMN=VALUE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from protocol.errors import UsageError

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """Keeps rows whose column has exactly this text."""

    column: str
    value: str


def parse_filters(texts: Sequence[str]) -> tuple[RowFilter, ...]:
    """Read filters.

    Raises:
        UsageError: A text is not COLUMN=VALUE.
    """
    filters = []
    for text in texts:
        column, equals, value = text.partition("=")
        if not equals or not column.strip():
            raise UsageError(
                f"--where takes COLUMN=VALUE, found {text!r}.", next_step="Example: --where model=gpt-4"
            )
        filters.append(RowFilter(column=column.strip(), value=value.strip()))
    return tuple(filters)


def select(
    rows: Sequence[Row],
    filters: Sequence[RowFilter],
    *,
    columns: Sequence[str],
    text_of: Callable[[Row, str], str | None],
    source: str,
) -> tuple[Row, ...]:
    """Return the rows that pass: every named column has one of the values given for it.

    Raises:
        UsageError: A filter names an unknown column, or no row is left.
    """
    wanted: dict[str, set[str]] = {}
    for one in filters:
        if one.column not in columns:
            raise UsageError(
                f"--where names the column {one.column!r}, which these ratings do not have.",
                where=source,
                next_step=f"Columns: {', '.join(columns)}.",
            )
        wanted.setdefault(one.column, set()).add(one.value)
    kept = tuple(
        row for row in rows if all(text_of(row, column) in values for column, values in wanted.items())
    )
    if not kept:
        asked = ", ".join(f"{one.column}={one.value}" for one in filters)
        raise UsageError(
            f"No rating passes the filters {asked}.",
            where=source,
            next_step=_values_hint(rows, wanted, text_of),
        )
    return kept


def _values_hint(
    rows: Sequence[Row], wanted: dict[str, set[str]], text_of: Callable[[Row, str], str | None]
) -> str:
    """Name the values of the first filtered column that holds none of the wanted ones."""
    for column, values in wanted.items():
        present = sorted({text for row in rows if (text := text_of(row, column)) is not None})
        if not values & set(present):
            shown = ", ".join(present[:10]) + (", ..." if len(present) > 10 else "")
            return f"{column} has the values: {shown}."
    return "Each value occurs, but never together in one row."
