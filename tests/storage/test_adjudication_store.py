"""The tables of adjudication: there from its beginning, and closed to everything but the next step."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from db.adjudication_store import has_adjudication, read_adjudications
from db.connection import FileKind, open_for_reading
from db.schema import compare_schema
from tests.services.adjudicated_studies import (
    decide_all,
    finish,
    finished_apart,
    locked_apart,
    open_adjudicator,
)


def _schema_differs(path: Path) -> bool:
    connection = open_for_reading(path)
    try:
        found = compare_schema(connection, FileKind.STUDY, opened=False, training=False)
    finally:
        connection.close()
    return bool(found.missing or found.unexpected)


def test_the_tables_come_with_the_beginning_and_the_schema_is_known(tmp_path: Path) -> None:
    """Before nobody opened it, the file of such a study has no byte of an adjudication."""
    small = locked_apart(tmp_path)
    with small.raw() as connection:
        assert not has_adjudication(connection)
    open_adjudicator(small).close()
    with small.raw() as connection:
        assert [one.rater for one in read_adjudications(connection)] == ["A1"]
    assert not _schema_differs(small.study)


def test_a_reissued_lock_leaves_every_guard_as_it_was(tmp_path: Path) -> None:
    """The triggers that were lifted for the new code are there again, to the byte."""
    small = finished_apart(tmp_path)
    assert not _schema_differs(small.study)
    with small.raw() as connection, pytest.raises(sqlite3.IntegrityError, match="lock code changes only"):
        connection.execute("UPDATE study SET lock_code = 'x'")
    with small.raw() as connection, pytest.raises(sqlite3.IntegrityError, match="lock manifest is written"):
        connection.execute("INSERT INTO lock_manifest (lock_code, body) VALUES ('x', '{}')")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE adjudication SET body = '{}'", "stays as it was drawn"),
        ("DELETE FROM adjudication", "stays as it was drawn"),
        ("UPDATE adjudication_event SET body = '{}'", "stays as it was recorded"),
        ("DELETE FROM adjudication_event WHERE seq = 1", "stays as it was recorded"),
        (
            "INSERT INTO adjudication_event SELECT chain_id, 99, hash, body, withheld"
            " FROM adjudication_event",
            "another window",
        ),
        (
            "INSERT INTO adjudication SELECT 'x', lock_code, body FROM adjudication",
            "begins once",
        ),
    ],
)
def test_nothing_recorded_changes(tmp_path: Path, statement: str, words: str) -> None:
    """Triggers refuse every change, and every step that is not the next."""
    small = locked_apart(tmp_path)
    decide_all(small)
    with small.raw() as connection, pytest.raises(sqlite3.IntegrityError, match=words):
        connection.execute(statement)


def test_nothing_is_added_once_it_ended(tmp_path: Path) -> None:
    """The code of the lock it belongs to no longer holds, so its chain is closed."""
    small = locked_apart(tmp_path)
    decide_all(small)
    finish(small)
    with small.raw() as connection, pytest.raises(sqlite3.IntegrityError, match="has ended"):
        connection.execute(
            "INSERT INTO adjudication_event SELECT chain_id, seq + 1, hash, body, withheld"
            " FROM adjudication_event ORDER BY seq DESC LIMIT 1"
        )
