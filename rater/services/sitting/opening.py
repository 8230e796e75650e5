"""The door to one rater's work: a study file or pack opened for writing, and for this rater alone."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from db.connection import open_for_writing, sentences
from db.manifest_store import raters, read_manifest
from db.study_store import StudyState, read_study
from protocol.chain.identifiers import Clock, Entropy
from protocol.errors import UsageError, WrongStateError
from rater.services.sitting.rating import RatingDesk, refuse_pack_out
from rater.services.wall_clock import utc_now


def open_desk(
    path: Path,
    *,
    rater: str | None,
    app: str,
    entropy: Entropy | None = None,
    clock: Clock = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    installation: bytes | None = None,
) -> RatingDesk:
    """Open a study file or pack for one rater.

    Args:
        path: Study file or pack.
        rater: The rater's code; may be left out where the file has only one.
        app: Version of the program, recorded with every event.
        entropy: Source of salts; the system's unless given.
        clock: Wall clock.
        monotonic: Clock for durations, in seconds.
        installation: The secret of this installation, for the mark of a sitting; None records no mark.

    Raises:
        NotFoundError: No such file or rater.
        UsageError: The file has several raters and none was named.
        WrongStateError: The study is locked or unblinded, or a pack of this rater is out.
        InvalidInputError: Not one of our files, damaged, or newer than this program.
        StorageError: It cannot be written.
        CheckFailedError: The rater's chain or manifest does not verify.
    """
    connection = open_for_writing(path)
    try:
        with sentences(path):
            study = read_study(connection)
            if study.state is not StudyState.OPEN:
                raise WrongStateError(
                    f"The study is {study.state}: ratings are final.",
                    where=str(path),
                    next_step="Ask the person who runs the study if you think this is wrong.",
                )
            manifest = read_manifest(connection, rater or _only_rater(connection, path))
            refuse_pack_out(connection, study, manifest)
            desk = RatingDesk(
                connection,
                manifest=manifest,
                study=study,
                app=app,
                entropy=entropy or secrets.SystemRandom(),
                clock=clock,
                monotonic=monotonic,
                installation=installation,
            )
            if study.visible.training is not None:
                desk.open_training()
            return desk
    except BaseException:
        connection.close()
        raise


def _only_rater(connection: sqlite3.Connection, path: Path) -> str:
    codes = raters(connection)
    if len(codes) != 1:
        raise UsageError(
            "The file has several raters.",
            where=str(path),
            next_step=f"Say who you are: add --as with one of {', '.join(codes)}.",
        )
    return codes[0]
