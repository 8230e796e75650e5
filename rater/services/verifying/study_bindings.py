"""What binds the parts of a study file to each other; checked before a door opens.

The hash of a manifest starts its rater's chain, so what the manifests say holds from the first day:
which key, which plan, which texts. The rows beside them could be changed past the triggers.
"""

from __future__ import annotations

import sqlite3

from db.connection import FileKind
from db.item_store import read_items
from db.manifest_store import read_manifests
from db.study_store import StudyRecord
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError
from rater.services.amending.amendments import fault_of_amendments
from rater.services.progress.training_states import wrong_training
from rater.services.verifying.repeat_links import fault_of_repeats


def check_bindings(connection: sqlite3.Connection, study: StudyRecord) -> None:
    """Check that manifests, items and the description of the study belong together.

    Raises:
        CheckFailedError: A part is not the one the raters were assigned with.
    """
    items = {(item.id, item.task_id, item.shown_sha256) for item in read_items(connection)}
    promised: set[tuple[str, str, str]] = set()
    for manifest in read_manifests(connection):
        promised |= {(one.item_id, one.task_id, one.shown_sha256) for one in manifest.items}
        for what, fits in (
            ("study", manifest.study_id == study.study_id),
            ("rubric", manifest.rubric_sha256 == study.visible.rubric.sha256),
            ("plan", manifest.protocol_sha256 == study.protocol_sha256),
            ("key", manifest.key == study.key),
        ):
            if not fits:
                raise _changed(f"The {what} is not the one {manifest.rater} was assigned with.")
    if study.visible.training is not None:
        wrong = wrong_training(connection, study)
        if wrong:
            raise _changed(f"{wrong[0].upper()}{wrong[1:]}.")
    if items != promised:
        changed = sorted({item_id for item_id, _, _ in items ^ promised})
        raise _changed(f"Text or task of {len(changed)} items is not what was seeded, such as {changed[0]}.")
    fault = fault_of_repeats(connection, study)
    if fault:
        raise _changed(f"{fault[0].upper()}{fault[1:]}.")
    if study.file is FileKind.STUDY and fault_of_amendments(connection, study):
        raise _changed("The amendments are not those of the audit log.")


def _changed(what: str) -> CheckFailedError:
    return CheckFailedError(what, next_step=RESTORE_A_BACKUP)
