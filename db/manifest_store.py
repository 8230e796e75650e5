"""Assignment manifests, one per rater, as the bytes that were hashed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from protocol.chain.manifest import AssignmentManifest
from protocol.errors import NotFoundError


def insert_manifests(connection: sqlite3.Connection, manifests: Iterable[AssignmentManifest]) -> None:
    """Write manifests in id order."""
    connection.executemany(
        "INSERT INTO manifest (manifest_id, rater, body) VALUES (?, ?, ?)",
        sorted((manifest.id, manifest.rater, manifest.body().decode()) for manifest in manifests),
    )


def read_manifests(connection: sqlite3.Connection) -> list[AssignmentManifest]:
    """Return every manifest, by rater code."""
    rows = connection.execute("SELECT body FROM manifest ORDER BY rater")
    return [AssignmentManifest.from_body(body.encode()) for (body,) in rows]


def read_manifest(connection: sqlite3.Connection, rater: str) -> AssignmentManifest:
    """Return the manifest of one rater.

    Raises:
        NotFoundError: The study has no such rater; the codes it has are named.
    """
    row = connection.execute("SELECT body FROM manifest WHERE rater = ?", (rater,)).fetchone()
    if row is None:
        raise NotFoundError(
            f"There is no rater {rater} in this file.",
            next_step=f"Its raters are {', '.join(raters(connection))}.",
        )
    return AssignmentManifest.from_body(row[0].encode())


def raters(connection: sqlite3.Connection) -> list[str]:
    """Return the rater codes of the file."""
    return [rater for (rater,) in connection.execute("SELECT rater FROM manifest ORDER BY rater")]
