"""Puts on record how many raters confirmed, by their receipts, that what is final is what they handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.study_store import StudyState, read_study, require_study_file
from protocol.chain.identifiers import Clock
from protocol.chain.ratings_file import receipt_code
from protocol.chain.receipts_recorded import ACTION, ReceiptsConfirmed
from protocol.errors import WrongStateError
from rater.services.progress.rater_states import each_rater_state
from rater.services.verifying.verify_anchors import plain_receipt
from rater.services.who import Who


def record_receipts(
    path: Path, receipts: Mapping[str, Sequence[str]], *, who: Who, clock: Clock
) -> ReceiptsConfirmed:
    """Count the raters whose receipt is that of the last state of their chain, and log the count.

    Args:
        path: The study file, locked or unblinded.
        receipts: Receipt codes by rater, as the raters kept them.
        who: Who records it.
        clock: Wall clock.

    Raises:
        WrongStateError: The study is open: what is counted is not final.
        InvalidInputError: The file is a pack, or no study.
        CheckFailedError: A chain does not verify.
        StorageError: The log cannot be written.
    """
    connection = open_for_writing(path)
    try:
        with sentences(path):
            study = read_study(connection)
            require_study_file(study)
            if study.state is StudyState.OPEN:
                raise WrongStateError(
                    "The study is open: what raters confirm is not final yet.",
                    where=str(path),
                    next_step="Record receipts after `rater-admin lock`.",
                )
            last = {
                state.manifest.rater: receipt_code(state.head.hash)
                for state in each_rater_state(connection, study)
            }
            found = ReceiptsConfirmed(
                confirmed=sum(
                    last_code in map(plain_receipt, receipts.get(rater, ()))
                    for rater, last_code in last.items()
                ),
                raters=len(last),
            )
            with writing(connection):
                append_audit(
                    connection,
                    study_id=study.study_id,
                    at=clock(),
                    who=who.name,
                    action=ACTION,
                    reason=who.reason,
                    details={**found.details(), "app": who.app},
                )
            return found
    finally:
        close(connection)
