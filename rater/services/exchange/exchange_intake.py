"""Merging what an exchange holds: ratings files by name, by folder or by address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.exchange_store import returned_hashes
from protocol.chain.identifiers import Clock
from rater.services.exchange.exchange import (
    SentFile,
    Taken,
    is_address,
    open_exchange,
    ratings_name,
    take_new,
)
from rater.services.packs.merging import Merged, merge_files
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
    sources: list[Iterable[Path | SentFile]] = []
    exchanges: list[Taken] = []
    for one in named:
        if not is_address(one) and not Path(one).is_dir():
            sources.append([Path(one)])
            continue
        known = _known(study_path) if known is None else known
        taken = take_new(open_exchange(one), known)
        sources.append(taken)
        if not is_address(one):
            sources.append(_by_hand(Path(one)))
        exchanges.append(taken)
    return Intake(
        merged=tuple(merge_files(study_path, chain.from_iterable(sources), who=who, clock=clock)),
        aside=tuple(name for taken in exchanges for name in taken.aside),
        known=sum(taken.known for taken in exchanges),
        exchange=known is not None,
    )


def _by_hand(folder: Path) -> list[Path]:
    """Return ratings files that a person put there, such as those of mails: their names hold no hash."""
    return [
        file
        for file in sorted(folder.glob("*.ratings.jsonl"))
        if file.is_file() and ratings_name(file.name) is None
    ]


def _known(study_path: Path) -> frozenset[str]:
    connection = open_for_reading(study_path)
    try:
        with sentences(study_path):
            return returned_hashes(connection)
    finally:
        close(connection)
