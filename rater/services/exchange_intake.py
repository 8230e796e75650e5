"""Merging what an exchange holds: ratings files by name, by folder or by address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.exchange_store import returned_hashes
from protocol.chain.identifiers import Clock
from rater.services.exchange import SentFile, is_address, open_exchange, take_new
from rater.services.merging import Merged, merge_files
from rater.services.who import Who


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What became of files and exchanges."""

    merged: tuple[Merged, ...]
    aside: tuple[str, ...]
    """Names in exchanges whose content is not what they say."""
    known: int
    """Files of exchanges that were merged before and not read again."""
    exchange: bool
    """Whether a folder or address was among what was named."""


def merge_sent(study_path: Path, named: Sequence[str], *, who: Who, clock: Clock) -> Intake:
    """Merge files, and all files of exchanges that are new: all of them, or none.

    Args:
        study_path: The study file.
        named: Paths of files, folders, addresses.
        who: Who merges.
        clock: Wall clock.

    Raises:
        UsageError: An address cannot be used.
        StorageError: A place cannot be reached.
        BlindraterError: As `merge_files`.
    """
    known: frozenset[str] | None = None
    files: list[Path | SentFile] = []
    aside: list[str] = []
    had = 0
    for one in named:
        if not is_address(one) and not Path(one).is_dir():
            files.append(Path(one))
            continue
        known = _known(study_path) if known is None else known
        taken = take_new(open_exchange(one), known)
        files += taken.files
        aside += taken.aside
        had += taken.known
    return Intake(
        merged=tuple(merge_files(study_path, files, who=who, clock=clock)),
        aside=tuple(aside),
        known=had,
        exchange=known is not None,
    )


def _known(study_path: Path) -> frozenset[str]:
    connection = open_for_reading(study_path)
    try:
        with sentences(study_path):
            return returned_hashes(connection)
    finally:
        close(connection)
