"""Assignment manifests, one per rater, as the bytes that were hashed."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from db.amendment_store import read_amendments
from db.late_rows import lifted
from protocol.chain.manifest import AssignmentManifest
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError, NotFoundError

if TYPE_CHECKING:
    from protocol.chain.amendment import Amendment


def insert_manifests(connection: sqlite3.Connection, manifests: Iterable[AssignmentManifest]) -> None:
    """Write manifests in id order."""
    connection.executemany(
        "INSERT INTO manifest (manifest_id, rater, body) VALUES (?, ?, ?)",
        sorted((manifest.id, manifest.rater, manifest.body().decode()) for manifest in manifests),
    )


def insert_late_manifest(connection: sqlite3.Connection, manifest: AssignmentManifest) -> None:
    """Write the manifest of a rater who joins an open study, by an amendment in the same transaction."""
    with lifted(connection, "manifest_seeded"):
        insert_manifests(connection, [manifest])


def read_manifests(connection: sqlite3.Connection) -> list[AssignmentManifest]:
    """Return every manifest with what amendments added to it, by rater code.

    Raises:
        CheckFailedError: A row is not what the hashed body says.
    """
    rows = connection.execute("SELECT manifest_id, rater, body FROM manifest ORDER BY rater")
    amendments = read_amendments(connection)
    return [_manifest(manifest_id, rater, body, amendments) for manifest_id, rater, body in rows]


def read_manifest(connection: sqlite3.Connection, rater: str) -> AssignmentManifest:
    """Return the manifest of one rater with what amendments added to it.

    Raises:
        NotFoundError: The study has no such rater; the codes it has are named.
        CheckFailedError: The row is not what the hashed body says.
    """
    row = connection.execute(
        "SELECT manifest_id, rater, body FROM manifest WHERE rater = ?", (rater,)
    ).fetchone()
    if row is None:
        raise no_such_rater(rater, raters(connection), file="file")
    manifest_id, _, body = row
    return _manifest(manifest_id, rater, body, read_amendments(connection))


def _manifest(manifest_id: str, rater: str, body: str, amendments: Sequence[Amendment]) -> AssignmentManifest:
    manifest = AssignmentManifest.from_body(body.encode())
    if (manifest.id, manifest.rater) != (manifest_id, rater):
        raise CheckFailedError(
            f"The assignment manifest of {rater} belongs to somebody else.",
            next_step=RESTORE_A_BACKUP,
        )
    if not amendments:
        return manifest
    from protocol.chain.amendment import with_added  # most files have none, and a rater waits for them

    added = with_added(manifest, amendments)
    if len({one.item_id for one in added.items}) != len(added.items) and added.added:
        raise CheckFailedError(
            f"An amendment gives {rater} an item that {rater} has already.",
            next_step=RESTORE_A_BACKUP,
        )
    return added


def no_such_rater(rater: str, codes: Sequence[str], *, file: str) -> NotFoundError:
    """Return the sentence for a code that nobody has, with the one that was probably meant."""
    folded = {code.casefold(): code for code in codes}
    near = difflib.get_close_matches(rater.strip().casefold(), list(folded), n=1, cutoff=0.5)
    meant = f" Did you mean {folded[near[0]]}?" if near else ""
    return NotFoundError(
        f"There is no rater {rater} in this {file}.{meant}", next_step=f"Its raters are {', '.join(codes)}."
    )


def raters(connection: sqlite3.Connection) -> list[str]:
    """Return the rater codes of the file."""
    return [rater for (rater,) in connection.execute("SELECT rater FROM manifest ORDER BY rater")]
