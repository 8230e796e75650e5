"""The sealed keys of a study: the one it was seeded with, and one for each batch that was added.

Each is found by its hash, and opened in memory only; it must hold what the study was bound to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from db.amendment_store import read_amendments
from db.item_store import task_of_items
from db.study_store import StudyRecord
from protocol.allocation.allocation_key import AllocationKey
from protocol.canonical_json import sha256_hex
from protocol.chain.batches import SEEDED, batches_of
from protocol.chain.manifest import KeyBinding
from protocol.errors import CheckFailedError
from rater.services.doors.key_files import Secrets, open_key


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyKey:
    """What a study says about one of its keys."""

    batch: int
    binding: KeyBinding
    protocol_sha256: str
    items: frozenset[str]
    """What it holds the origin of."""

    def why_not(self, key: AllocationKey, study_id: str) -> str | None:
        """Return why what was opened is not what the study was bound to, or None."""
        if key.allocation_commitment != self.binding.allocation_commitment:
            return "the allocation is not the one that was committed to"
        if key.redaction_commitment != self.binding.redaction_commitment:
            return "the redaction log is not the one that was committed to"
        if sha256_hex(key.study_toml.encode()) != self.protocol_sha256:
            return "the plan is not the one whose hash is in the study"
        if key.study_id != study_id or set(key.allocation) != self.items:
            return "it is of another study or of other items"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedKey:
    """A key in memory, and which one it is."""

    of: StudyKey
    sealed_sha256: str
    content: AllocationKey


def study_keys(connection: sqlite3.Connection, study: StudyRecord) -> tuple[StudyKey, ...]:
    """Return what the study is bound to, the key of seeding first.

    Raises:
        WrongStateError: It is a benchmark audit.
        CheckFailedError: An amendment does not verify.
    """
    later = batches_of(read_amendments(connection))
    seeded = frozenset(task_of_items(connection)).difference(*(batch.items for batch in later))
    return (
        StudyKey(batch=SEEDED, binding=study.sealed_key, protocol_sha256=study.protocol_sha256, items=seeded),
        *(
            StudyKey(
                batch=batch.number,
                binding=batch.key,
                protocol_sha256=batch.protocol_sha256,
                items=batch.items,
            )
            for batch in later
        ),
    )


def open_matching_key(
    connection: sqlite3.Connection, study: StudyRecord, sealed: bytes, secrets: Secrets
) -> OpenedKey:
    """Open a key in memory and check that it is one the study was bound to.

    Raises:
        CheckFailedError: It is another key, does not open, or holds something else.
        UsageError: It was sealed the other way.
    """
    digest, keys = sha256_hex(sealed), study_keys(connection, study)
    own = next((one for one in keys if one.binding.sealed_sha256 == digest), None)
    if own is None:
        extended = " or extended" if len(keys) > 1 else ""
        raise CheckFailedError(
            f"This is not the key the study was seeded{extended} with.",
            next_step="Name the study.key that was written together with this study file.",
        )
    key = open_key(sealed, secrets)
    if own.why_not(key, study.study_id):
        raise CheckFailedError(
            "The key opens, but its content is not what the study was bound to at seeding.",
            next_step="Name the study.key that was written together with this study file.",
        )
    return OpenedKey(of=own, sealed_sha256=digest, content=key)


def open_every_key(
    connection: sqlite3.Connection, study: StudyRecord, sealed: Sequence[bytes], secrets: Secrets
) -> tuple[OpenedKey, ...]:
    """Open every key of a study in memory, in the order of the batches.

    Raises:
        CheckFailedError: One is another key, does not open, or is missing.
        UsageError: One was sealed the other way.
    """
    found = {
        one.of.batch: one for one in (open_matching_key(connection, study, key, secrets) for key in sealed)
    }
    missing = [one.batch for one in study_keys(connection, study) if one.batch not in found]
    if missing:
        which = "the study was seeded with" if missing[0] == SEEDED else f"of batch {missing[0]}"
        raise CheckFailedError(
            f"The key {which} is missing: nothing was opened.",
            next_step="Name the key of every batch: --key study.key --key study-2.key.",
        )
    return tuple(found[batch] for batch in sorted(found))
