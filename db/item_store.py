"""Items: the de-identified texts, by random id."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from db.late_rows import lifted
from protocol.canonical_json import sha256_hex
from protocol.conversation import Conversation
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError, InvalidInputError, NotFoundError
from protocol.item import Item, card_from_json


def insert_items(connection: sqlite3.Connection, items: Iterable[Item]) -> None:
    """Write items in id order, so that the bytes of the file do not tell another order."""
    connection.executemany(
        "INSERT INTO item (item_id, task_id, body) VALUES (?, ?, ?)",
        # Sorted by id alone, so that one text at a time is in memory.
        ((item.id, item.task_id, item.body().decode()) for item in sorted(items, key=lambda item: item.id)),
    )


def insert_late_items(connection: sqlite3.Connection, items: Iterable[Item]) -> None:
    """Write the items of a batch into an open study, by amendments in the same transaction."""
    with lifted(connection, "item_seeded"):
        insert_items(connection, items)


def read_item(connection: sqlite3.Connection, item_id: str, *, shown_sha256: str) -> Item:
    """Return one item and check that it is the text the manifest promised.

    Raises:
        NotFoundError: No item has the id.
        CheckFailedError: The text is not the one that was seeded.
    """
    row = connection.execute("SELECT task_id, body FROM item WHERE item_id = ?", (item_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"There is no item {item_id}.", next_step="Restore the file from a backup.")
    if sha256_hex(row[1].encode()) != shown_sha256:
        raise _not_seeded(item_id)
    return item_of_row(item_id, row[0], row[1])


def read_items(connection: sqlite3.Connection) -> list[Item]:
    """Return all items in id order.

    Raises:
        CheckFailedError: One holds something else than an item does.
    """
    rows = connection.execute("SELECT item_id, task_id, body FROM item ORDER BY item_id")
    return [item_of_row(item_id, task_id, body) for item_id, task_id, body in rows]


class StoredConversations(Mapping[str, Conversation]):
    """The conversations of a file by item id, read when they are asked for: few of many items are.

    Raises:
        CheckFailedError: At reading, where one holds something else than an item does.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getitem__(self, item_id: str) -> Conversation:
        row = self._connection.execute(
            "SELECT item_id, task_id, body FROM item WHERE item_id = ?", (item_id,)
        ).fetchone()
        if row is None:
            raise KeyError(item_id)
        return item_of_row(*row).conversation

    def __iter__(self) -> Iterator[str]:
        yield from (
            item_id for (item_id,) in self._connection.execute("SELECT item_id FROM item ORDER BY item_id")
        )

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM item").fetchone()[0])


def task_of_items(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the opaque task id of every item."""
    return dict(connection.execute("SELECT item_id, task_id FROM item ORDER BY item_id"))


def item_of_row(item_id: str, task_id: str, body: str) -> Item:
    """Return the item that a row holds, and nothing more.

    Raises:
        CheckFailedError: The row holds something else.
    """
    try:
        value = json.loads(body)
        item = Item(
            id=item_id,
            task_id=task_id,
            conversation=Conversation.from_json(value),
            card=card_from_json(value["card"]),
        )
        exact = item.body().decode() == body
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidInputError):
        exact = False
    if not exact:  # a field more would be read by nobody, and be in the bytes all the same
        raise _not_seeded(item_id)
    return item


def _not_seeded(item_id: str) -> CheckFailedError:
    return CheckFailedError(
        f"The text of item {item_id} is not the one that was seeded.",
        next_step=RESTORE_A_BACKUP,
    )
