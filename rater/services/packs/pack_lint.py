"""The last look at a pack before it gets its name: is it only what one rater may have?

The texts were searched for what tells a condition when the study was seeded; a pack holds a part of
those bytes. What a pack could add is structure: a table, a leftover page, somebody else's rows.
"""

from __future__ import annotations

from pathlib import Path

from db.amendment_store import read_amendments
from db.connection import FileKind, close, open_for_reading
from db.event_store import chains_of_events, read_events
from db.item_store import read_items
from db.manifest_store import read_manifests
from db.schema import compare_schema
from db.study_store import read_study, visible_is_exact
from db.training_store import (
    chains_of_training_events,
    read_training_events,
    read_training_manifests,
)
from protocol.errors import BlindError, CheckFailedError
from rater.services.progress.training_states import wrong_training


def lint_pack(path: Path, *, rater: str) -> None:
    """Refuse a pack that holds more or other than one rater's share.

    Args:
        path: The finished file, before it is handed out.
        rater: Whose pack it is.

    Raises:
        BlindError: It holds something else; the message says what.
    """
    wrong = _what_is_wrong(path, rater)
    if wrong:
        raise BlindError(
            f"The pack was not written: {wrong}.",
            where=str(path),
            next_step="Please report this; it should not be possible.",
        )


def _what_is_wrong(path: Path, rater: str) -> str | None:
    connection = open_for_reading(path)
    try:
        study = read_study(connection)
        difference = compare_schema(
            connection, FileKind.PACK, opened=False, training=study.visible.training is not None
        )
        manifests = read_manifests(connection)
        free_pages = connection.execute("PRAGMA freelist_count").fetchone()[0]
        if study.file is not FileKind.PACK:
            return "it is a study file"
        if difference.missing or difference.unexpected:
            names = ", ".join([*difference.missing, *difference.unexpected])
            return f"its tables are not those of a pack ({names})"
        if not visible_is_exact(connection):
            return "its description of the study holds something else"
        if [manifest.rater for manifest in manifests] != [rater]:
            return "it holds another rater's manifest"
        shown = {item.id: item.shown_sha256 for item in read_items(connection)}
        if shown != {item.item_id: item.shown_sha256 for item in manifests[0].items}:
            return "its items are not those of the manifest"
        if not all(one.concerns(manifests[0]) for one in read_amendments(connection)):
            return "it holds amendments that do not concern this rater"
        if free_pages:
            return "it has freed pages, which can hold deleted rows"
        if chains_of_events(connection) - {manifests[0].id}:
            return "it holds events of another chain"
        read_events(connection, manifests[0])
        if study.visible.training is not None:
            trained = read_training_manifests(connection)
            if [manifest.rater for manifest in trained] != [rater]:
                return "it holds another rater's training"
            if chains_of_training_events(connection) - {trained[0].id}:
                return "it holds training events of another chain"
            wrong = wrong_training(connection, study)
            if wrong:
                return wrong
            read_training_events(connection, trained[0])
    except CheckFailedError as fault:
        return f"its items or events do not verify ({fault.what})"
    finally:
        close(connection)
    sides = [end for end in ("-wal", "-shm", "-journal") if path.with_name(path.name + end).exists()]
    return f"there is a side file ({sides[0]})" if sides else None
