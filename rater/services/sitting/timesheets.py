"""Reading what a timesheet is made of, from a pack or study file in any state; nothing is written."""

from __future__ import annotations

from pathlib import Path

from db.amendment_store import read_amendments
from db.connection import close, open_for_reading, sentences
from db.event_store import read_events
from db.manifest_store import raters, read_manifest
from db.study_store import read_study
from db.training_store import read_training_events, read_training_manifest
from protocol.chain.amendment import set_aside, told_to
from protocol.errors import UsageError
from protocol.rubric_versions import rubric_history
from protocol.session import fold_session
from protocol.timesheet import Timesheet, make_timesheet


def read_timesheet(path: Path, *, rater: str | None) -> Timesheet:
    """Return the timesheet of a rater.

    Args:
        path: Pack or study file, in any state.
        rater: The rater's code; may be left out where the file has only one.

    Raises:
        NotFoundError: No such file or rater.
        UsageError: The file has several raters and none was named.
        InvalidInputError: Not one of our files.
        CheckFailedError: The rater's chain does not verify.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            codes = raters(connection)
            if rater is None and len(codes) != 1:
                raise UsageError(
                    "The file has several raters.",
                    where=str(path),
                    next_step=f"Say whose timesheet: add --as with one of {', '.join(codes)}.",
                )
            manifest = read_manifest(connection, rater or codes[0])
            events = read_events(connection, manifest)
            trained = (
                read_training_events(connection, read_training_manifest(connection, manifest.rater))
                if study.visible.training
                else []
            )
            session = fold_session(
                rubric=study.visible.rubric,
                items=tuple(item.item_id for item in manifest.items),
                events=events,
                asked=manifest.asked,
                set_aside=set_aside(told_to(read_amendments(connection), manifest), manifest),
                rerates=rubric_history(study.visible.rubric, read_amendments(connection)).rated_again,
                waits_unread=True,
            )
    finally:
        close(connection)
    return make_timesheet(
        manifest.rater, [*trained, *events], items=session.completed_count, assigned=session.required_count
    )
