"""The smallest terminal the rating screen works in; read without importing Textual."""

from __future__ import annotations

COLUMNS = 60
ROWS = 16


def fits(columns: int, rows: int) -> bool:
    """Whether the rating screen can show what it must."""
    return columns >= COLUMNS and rows >= ROWS


def too_small(columns: int, rows: int) -> str:
    """Return the sentence for a terminal below the smallest size."""
    return (
        f"The terminal has {columns} columns and {rows} rows; rating needs at least {COLUMNS} and {ROWS}."
        " Enlarge the window, use a smaller font, or rate line by line with `rater rate --plain`."
    )
