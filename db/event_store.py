"""Event chains: append at the end, read back with every hash checked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from protocol.chain.events import Event, Head, genesis, read_event
from protocol.chain.manifest import AssignmentManifest
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError

if TYPE_CHECKING:
    from protocol.chain.ratings_file import StoredEvent


class StartsChain(Protocol):
    """A manifest by which a chain begins; `rater` is whose chain it is."""

    @property
    def id(self) -> str:
        """Id of the manifest and the chain."""
        ...

    @property
    def rater(self) -> str:
        """Code of who makes the events."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of the manifest."""
        ...


def read_head(connection: sqlite3.Connection, manifest: AssignmentManifest) -> Head:
    """Return the end of a rater's chain."""
    row = connection.execute(
        "SELECT seq, hash FROM event WHERE chain_id = ? ORDER BY seq DESC LIMIT 1", (manifest.id,)
    ).fetchone()
    if row is None:
        return Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    return Head(chain_id=manifest.id, seq=row[0], hash=row[1])


def append_event(connection: sqlite3.Connection, event: Event) -> None:
    """Add an event; a trigger refuses it unless it is the next of its chain and the study is open."""
    connection.execute(
        "INSERT INTO event (chain_id, seq, hash, body, withheld) VALUES (?, ?, ?, ?, ?)",
        (event.chain_id, event.seq, event.hash, event.body.decode(), event.withheld_bytes().decode()),
    )


def append_stored(
    connection: sqlite3.Connection, chain_id: str, events: Sequence[StoredEvent], *, after: int
) -> None:
    """Add events of a verified file, word for word, behind the event with this number; triggers as above."""
    connection.executemany(
        "INSERT INTO event (chain_id, seq, hash, body, withheld) VALUES (?, ?, ?, ?, ?)",
        stored_rows(chain_id, events, after=after),
    )


def stored_rows(
    chain_id: str, events: Sequence[StoredEvent], *, after: int
) -> Iterator[tuple[str, int, str, str, str]]:
    """Return the rows of a file's events from a number on, as they stand in a table of events."""
    for seq, event in enumerate(events[after:], start=after + 1):
        yield chain_id, seq, event.hash, event.body, event.withheld


def read_hashes(connection: sqlite3.Connection, chain_id: str) -> list[str]:
    """Return the stored hashes of a chain, in order and not checked."""
    rows = connection.execute("SELECT hash FROM event WHERE chain_id = ? ORDER BY seq", (chain_id,))
    return [hash_ for (hash_,) in rows]


def read_events(connection: sqlite3.Connection, manifest: AssignmentManifest) -> list[Event]:
    """Return a rater's chain with every number, binding and hash checked.

    Raises:
        CheckFailedError: The chain is broken; the message names the first event that does not fit.
    """
    rows = connection.execute(
        "SELECT seq, hash, body, withheld FROM event WHERE chain_id = ? ORDER BY seq", (manifest.id,)
    )
    return verified_events(rows, manifest, what="rating events")


def verified_events(
    rows: Iterable[tuple[int, str, str, str]], manifest: StartsChain, *, what: str
) -> list[Event]:
    """Return the events of stored rows (number, hash, body, withheld), each checked.

    Raises:
        CheckFailedError: The chain is broken; the message names the first event that does not fit.
    """
    head = Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    events: list[Event] = []
    for seq, stored_hash, body, withheld in rows:
        event = read_event(body=body.encode(), withheld=withheld.encode(), previous=head, whole=True)
        if seq != event.seq or stored_hash != event.hash:
            raise CheckFailedError(
                f"The {what} of {manifest.rater} are broken at number {seq}.",
                next_step=RESTORE_A_BACKUP,
            )
        head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
        events.append(event)
    return events


def has_events(connection: sqlite3.Connection) -> bool:
    """Whether any rater has begun."""
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM event)").fetchone()[0])


def chains_of_events(connection: sqlite3.Connection) -> set[str]:
    """Return the id of every chain that has an event."""
    return {chain for (chain,) in connection.execute("SELECT DISTINCT chain_id FROM event")}
