"""Conversations on disk instead of in memory, for sources larger than the machine.

Transcripts and items look as they always do; their texts are read when they are asked for. The file
has no name (it is unlinked before anything is written), is readable by its owner alone, lies in the folder
for large temporary files ($TMPDIR, else /var/tmp) and is gone with the process. Up to 64 MiB there is no
file at all. It holds what the sources hold and what raters will see, and no origin.
"""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from db.atomic_file import cannot_write
from protocol.canonical_json import Json, sha256_hex
from protocol.conversation import Conversation
from protocol.item import Item
from protocol.transcript import Origin, Transcript
from protocol.visible import TaskCard

IN_MEMORY_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a conversation lies in the spool."""

    start: int
    length: int


class Spool:
    """Takes bytes in and gives them back in any order."""

    def __init__(self, *, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._folder = _folder()
        self._file = tempfile.SpooledTemporaryFile(max_size=in_memory_bytes, dir=self._folder)  # noqa: SIM115
        self._end = 0
        weakref.finalize(self, self._file.close)

    def add(self, data: bytes) -> Slot:
        """Keep bytes.

        Raises:
            StorageError: There is no room for them.
        """
        try:
            self._file.seek(self._end)
            self._file.write(data)
        except OSError as fault:
            raise cannot_write(Path(self._folder), fault) from fault
        slot = Slot(self._end, len(data))
        self._end += len(data)
        return slot

    def load(self, slot: Slot) -> bytes:
        """Return the bytes that were kept at a place."""
        self._file.seek(slot.start)
        return self._file.read(slot.length)


class TranscriptSpool:
    """Takes transcripts in and gives them back without their conversations in memory."""

    def __init__(self, *, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._spool = Spool(in_memory_bytes=in_memory_bytes)
        self._hidden: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, transcript: Transcript) -> SpooledTranscript:
        """Keep a transcript.

        Raises:
            StorageError: There is no room for it.
        """
        body = transcript.conversation.to_json()
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        hidden = transcript.system_texts
        return SpooledTranscript(
            origin=transcript.origin,
            read_from=transcript.read_from,
            failed=transcript.failed,
            # Conditions share their system messages: each text is held once.
            system_texts=self._hidden.setdefault(hidden, hidden),
            spool=self._spool,
            slot=self._spool.add(data),
        )


class SpooledTranscript(Transcript):
    """A transcript whose conversation is read from the spool each time it is asked for."""

    __slots__ = ("_hidden", "_slot", "_spool")

    _spool: Spool
    _slot: Slot
    _hidden: tuple[str, ...]

    def __init__(
        self,
        *,
        origin: Origin,
        read_from: str,
        failed: str,
        system_texts: tuple[str, ...],
        spool: Spool,
        slot: Slot,
    ) -> None:
        for name, value in (
            ("origin", origin),
            ("read_from", read_from),
            ("failed", failed),
            ("_hidden", system_texts),
            ("_spool", spool),
            ("_slot", slot),
        ):
            object.__setattr__(self, name, value)  # the class is frozen

    @property
    def conversation(self) -> Conversation:
        """The conversation."""
        return Conversation.from_json(cast("dict[str, Json]", json.loads(self._spool.load(self._slot))))

    @property
    def system_texts(self) -> tuple[str, ...]:
        """The texts of its system messages; these are in memory."""
        return self._hidden


class ItemSpool:
    """Takes items in and gives them back without their texts in memory."""

    def __init__(self, *, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._spool = Spool(in_memory_bytes=in_memory_bytes)

    def add(self, item: Item) -> SpooledItem:
        """Keep an item.

        Raises:
            StorageError: There is no room for it.
        """
        body = item.body()
        return SpooledItem(
            id=item.id,
            task_id=item.task_id,
            card=item.card,
            shown_sha256=sha256_hex(body),
            spool=self._spool,
            slot=self._spool.add(body),
        )


class SpooledItem(Item):
    """An item whose text is read from the spool each time it is asked for; its hash is in memory."""

    __slots__ = ("_shown_sha256", "_slot", "_spool")

    _spool: Spool
    _slot: Slot
    _shown_sha256: str

    def __init__(
        self, *, id: str, task_id: str, card: TaskCard, shown_sha256: str, spool: Spool, slot: Slot
    ) -> None:
        for name, value in (
            ("id", id),
            ("task_id", task_id),
            ("card", card),
            ("_shown_sha256", shown_sha256),
            ("_spool", spool),
            ("_slot", slot),
        ):
            object.__setattr__(self, name, value)  # the class is frozen

    @property
    def conversation(self) -> Conversation:
        """The conversation."""
        return Conversation.from_json(cast("dict[str, Json]", json.loads(self.body())))

    def body(self) -> bytes:
        """Return the exact bytes a rater is shown."""
        return self._spool.load(self._slot)

    @property
    def shown_sha256(self) -> str:
        """Hash of `body`."""
        return self._shown_sha256

    def under_id(self, item_id: str) -> SpooledItem:
        """Return the same text under another id: a hidden repeat."""
        return SpooledItem(
            id=item_id,
            task_id=self.task_id,
            card=self.card,
            shown_sha256=self._shown_sha256,
            spool=self._spool,
            slot=self._slot,
        )


def _folder() -> str:
    """Return where large temporary files go: /tmp is often in memory."""
    if "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK):  # noqa: S108 - the file has no name
        return "/var/tmp"  # noqa: S108
    return tempfile.gettempdir()
