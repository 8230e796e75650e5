"""The opened allocation of an unblinded study, each batch in the form that was committed to."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from db.allocation_store import (
    OpenedBatch,
    read_allocation,
    read_allocation_salt,
    read_opened_batches,
    read_study_toml,
)
from db.item_store import task_of_items
from db.study_store import StudyRecord
from protocol.allocation.allocation_key import AllocationKey
from protocol.canonical_json import sha256_hex
from protocol.chain.batches import SEEDED
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError
from protocol.transcript import Origin
from rater.services.doors.study_keys import StudyKey, study_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedAllocation:
    """One batch as it was opened; the redaction log stays in the sealed key."""

    of: StudyKey
    content: AllocationKey

    @property
    def fault(self) -> str | None:
        """Why it is not what was committed to, or None."""
        if sha256_hex(self.content.study_toml.encode()) != self.of.protocol_sha256:
            return "its plan is not the one that was hashed"
        return self.content.why_not_committed(self.of.binding.allocation_commitment)


def read_opened_allocations(
    connection: sqlite3.Connection, study: StudyRecord
) -> tuple[OpenedAllocation, ...]:
    """Return what unblinding wrote into the study file, batch by batch.

    Raises:
        WrongStateError: The study is not unblinded.
        CheckFailedError: A plan is missing, or the first is not the one that was hashed at seeding.
    """
    origins, tasks = read_allocation(connection), task_of_items(connection)
    first = OpenedBatch(
        number=SEEDED,
        study_toml=read_study_toml(connection),
        allocation_salt=read_allocation_salt(connection),
    )
    opened = {one.number: one for one in (first, *read_opened_batches(connection))}
    keys = study_keys(connection, study)
    if set(opened) != {one.batch for one in keys}:
        raise CheckFailedError(
            "The opened batches are not those of the study.",
            next_step=RESTORE_A_BACKUP,
        )
    return tuple(_allocation(one, opened[one.batch], origins, tasks, study.study_id) for one in keys)


def _allocation(
    of: StudyKey, opened: OpenedBatch, origins: dict[str, Origin], tasks: dict[str, str], study_id: str
) -> OpenedAllocation:
    own = {item: origin for item, origin in origins.items() if item in of.items}
    return OpenedAllocation(
        of=of,
        content=AllocationKey(
            study_id=study_id,
            allocation=own,
            tasks={tasks[item]: origin.task for item, origin in own.items()},
            redaction_log={},
            study_toml=opened.study_toml,
            allocation_salt=opened.allocation_salt,
            redaction_salt="",
        ),
    )
