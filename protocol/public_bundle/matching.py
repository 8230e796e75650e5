"""Tidy data against what chains and allocation give, although nobody published whose label is whose.

A label stands for one rater's chain: whose it is, is found by what both hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from protocol.public_bundle.layout import GUESSES, RATINGS
from protocol.public_bundle.tidy import (
    BATCH,
    GIVEN_COLUMNS,
    GUESS_COLUMNS,
    RATING_COLUMNS,
    TOLD,
    VERSION_COLUMNS,
    WITHDRAWN,
    TidyGuess,
    TidyRatings,
    rating_cells,
)

Row = tuple[str, ...]
"""File, and the cells as text; neither rater nor marks of incidents and gold, which chains do not give."""
_RATING_NAMES = (
    *(name for name in (*GIVEN_COLUMNS, TOLD) if name != "rater"),
    WITHDRAWN,
    *VERSION_COLUMNS,
    BATCH,
)
_GUESS_NAMES = tuple(name for name in GUESS_COLUMNS if name != "rater")


def rows_by_rater(tidy: TidyRatings, guesses: Sequence[TidyGuess]) -> dict[str, Counter[Row]]:
    """Return the rows of each rater, with how often each stands."""
    found: dict[str, Counter[Row]] = {}
    for row in tidy.table.rows:
        cells = dict(zip(RATING_COLUMNS, rating_cells(row, tidy), strict=True))
        cells[WITHDRAWN] = "yes" if row.unit in tidy.withdrawn else None
        cells |= {"rubric_version": row.rubric_version, "carried": "yes" if row.carried else None}
        cells[BATCH] = row.batch
        found.setdefault(row.rater, Counter())[
            (RATINGS, *(_text(cells[name]) for name in _RATING_NAMES))
        ] += 1
    for guess in guesses:
        texts = (_text(getattr(guess, name)) for name in _GUESS_NAMES)
        found.setdefault(guess.rater, Counter())[(GUESSES, *texts)] += 1
    return found


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def unmatched(published: Mapping[str, Counter[Row]], derived: Sequence[Counter[Row]]) -> list[str]:
    """Return every row that is not the same on both sides, in words.

    Args:
        published: Rows of the tidy data by label.
        derived: Rows of each chain.
    """
    left, wrong = list(derived), []
    for label, rows in sorted(published.items()):
        if not left:
            wrong.append(f"{label} has no chain")
            continue
        nearest = max(range(len(left)), key=lambda place: (left[place] & rows).total())
        own = left.pop(nearest)
        wrong += [f"{_told(label, row)}, which the chains do not give" for row in sorted(rows - own)]
        wrong += [f"{_told(label, row)} is what the chains give" for row in sorted(own - rows)]
    return [*wrong, *("the ratings of a rater are missing" for one in left if one)]


def _told(label: str, row: Row) -> str:
    names = _RATING_NAMES if row[0] == RATINGS else _GUESS_NAMES
    cells = dict(zip(names, row[1:], strict=True))
    unit = cells.pop("unit")
    shown = ", ".join(f"{name} {text}" for name, text in cells.items() if text)
    return f"{row[0]}, {label}, item {unit}: {shown}"
