"""Does a key open? Answered in memory, on the record, and nothing of it is shown."""

from __future__ import annotations

from pathlib import Path

from db.audit_store import append_audit
from db.connection import close, open_for_writing, sentences, writing
from db.study_store import read_study, require_study_file
from protocol.chain.identifiers import Clock
from protocol.errors import BlindraterError
from rater.services.doors.core_dumps import forbid_core_dumps
from rater.services.doors.key_files import Secrets
from rater.services.doors.study_keys import open_matching_key
from rater.services.who import Who


def check_key(path: Path, sealed: bytes, secrets: Secrets, *, who: Who, clock: Clock) -> None:
    """Open a key in memory and compare it with what the study is bound to.

    Args:
        path: The study file; the check is written into its audit log, whatever it came to.
        sealed: The bytes of study.key.
        secrets: What opens it.
        who: Who asks.
        clock: Wall clock.

    Raises:
        CheckFailedError: It does not open, or is not the key of this study.
        UsageError: It was sealed the other way.
        InvalidInputError: The file is a pack, or no study.
    """
    forbid_core_dumps()
    connection = open_for_writing(path)
    try:
        with sentences(path):
            study = read_study(connection)
            require_study_file(study)
            answer = "opens: no"
            try:
                open_matching_key(connection, study, sealed, secrets)
                answer = "opens: yes"
            except BlindraterError as error:
                answer = f"opens: no ({error.what})"
                raise
            finally:
                with writing(connection):
                    append_audit(
                        connection,
                        study_id=study.study_id,
                        at=clock(),
                        who=who.name,
                        action="key-check",
                        details={"answer": answer, "app": who.app},
                    )
    finally:
        close(connection)
