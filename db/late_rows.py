"""Rows that an amendment adds to tables which are otherwise filled once, at seeding.

A guard (a trigger) keeps each of these tables shut. It is lifted for one write, in the transaction that
writes the amendment, and put back exactly as it was; the guard's own text is what `verify` compares.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lifted(connection: sqlite3.Connection, guard: str) -> Iterator[None]:
    """Lift a guard for the rows of an amendment; a write that fails takes the whole transaction back."""
    statement = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (guard,)
    ).fetchone()[0]
    connection.execute(f"DROP TRIGGER {guard}")
    yield
    connection.execute(statement)
