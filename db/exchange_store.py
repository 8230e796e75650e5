"""What went out and came back: packs that are out, and returned ratings files, unchanged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from protocol.canonical_json import sha256_hex

ReturnStatus = Literal["merged", "late", "fork"]
"""Merged into the study; came after the lock; parts from the study's chain, and is only kept."""


_RETURNED = "SELECT sha256, rater, status, body FROM returned_file"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedFile:
    """A ratings file as it came back."""

    sha256: str
    rater: str
    status: ReturnStatus
    body: bytes


def mark_pack_out(connection: sqlite3.Connection, manifest_id: str, *, at: str) -> None:
    """Note that a pack of this manifest is out; it is an error where one is already."""
    connection.execute("INSERT INTO pack_out (manifest_id, issued_at) VALUES (?, ?)", (manifest_id, at))


def recall_pack(connection: sqlite3.Connection, manifest_id: str) -> bool:
    """Forget that a pack is out, and return whether one was."""
    return connection.execute("DELETE FROM pack_out WHERE manifest_id = ?", (manifest_id,)).rowcount > 0


def is_pack_out(connection: sqlite3.Connection, manifest_id: str) -> bool:
    """Whether a pack of a manifest is out; asked at every key press, so it reads one row."""
    found = connection.execute("SELECT 1 FROM pack_out WHERE manifest_id = ?", (manifest_id,))
    return found.fetchone() is not None


def packs_out(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the time of issue of every pack that is out, by manifest id."""
    return dict(connection.execute("SELECT manifest_id, issued_at FROM pack_out ORDER BY manifest_id"))


def insert_returned(connection: sqlite3.Connection, body: bytes, *, rater: str, status: ReturnStatus) -> bool:
    """Keep a returned file unchanged, and return whether it was new; one that is kept stays as it is."""
    sha256 = sha256_hex(body)
    if connection.execute("SELECT 1 FROM returned_file WHERE sha256 = ?", (sha256,)).fetchone() is not None:
        return False
    connection.execute(
        "INSERT INTO returned_file (sha256, rater, status, body) VALUES (?, ?, ?, ?)",
        (sha256, rater, status, body.decode()),
    )
    return True


def read_returned(connection: sqlite3.Connection) -> Iterator[ReturnedFile]:
    """Return every returned file, by hash, one in memory at a time."""
    yield from _returned(connection.execute(f"{_RETURNED} ORDER BY sha256"))


def read_forks(connection: sqlite3.Connection) -> Iterator[ReturnedFile]:
    """Return every returned file that parts from the chain in the study, by hash."""
    yield from _returned(connection.execute(f"{_RETURNED} WHERE status = 'fork' ORDER BY sha256"))


def _returned(rows: Iterable[tuple[str, str, ReturnStatus, str]]) -> Iterator[ReturnedFile]:
    for sha256, rater, status, body in rows:
        yield ReturnedFile(sha256=sha256, rater=rater, status=status, body=body.encode())


def returned_hashes(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the hashes of returned files that need not come again; late ones do once a study is unlocked."""
    rows = connection.execute(
        "SELECT sha256 FROM returned_file WHERE status <> 'late' OR (SELECT state FROM study) <> 'open'"
    )
    return frozenset(sha256 for (sha256,) in rows)
