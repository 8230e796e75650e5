"""Before and after serving a file: whose work opens, so that no link leads to an error; one whole file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from db.connection import close, open_for_reading, open_for_writing, sentences
from db.manifest_store import raters
from protocol.errors import BlindraterError
from rater.services.sitting.opening import open_desk


def who_can_rate(path: Path, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the raters whose work opens, each with manifest and chain verified.

    Args:
        path: Study file or pack.
        wanted: Codes to look at; all of the file's where empty.

    Raises:
        NotFoundError: No such file or rater.
        WrongStateError: The study is locked, or a rater's pack is out.
        InvalidInputError: Not one of our files, damaged, or newer than this program.
        StorageError: The file cannot be written.
        CheckFailedError: A chain or manifest does not verify.
    """
    codes = tuple(dict.fromkeys(wanted)) or _codes(path)
    for code in codes:
        open_desk(path, rater=code, app="").close()
    return codes


def make_whole(path: Path) -> None:
    """Bring what killed processes left in side files back into the file; nothing is lost without it."""
    with suppress(BlindraterError):
        close(open_for_writing(path))


def _codes(path: Path) -> tuple[str, ...]:
    connection = open_for_reading(path)
    try:
        with sentences(path):
            return tuple(raters(connection))
    finally:
        connection.close()
