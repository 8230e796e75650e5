"""The fields of named sources, for completion of --map and for the table of `inspect --fields`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from protocol.errors import BlindraterError
from protocol.sources.field_paths import field_paths
from protocol.sources.origin import ORIGIN_FIELDS
from protocol.sources.reading import SourceReading
from rater.services.sources.opening_sources import read_fields

_RECORDS_LOOKED_AT = 200
_VALUES_KEPT = 1000


@dataclass(slots=True, kw_only=True)
class FieldSeen:
    """A field of the records that were looked at."""

    path: str
    records: int = 0
    """Records that have it."""
    values: Counter[str] = field(default_factory=Counter)


def fields_of(paths: Sequence[Path], *, most: int = _RECORDS_LOOKED_AT) -> tuple[FieldSeen, ...]:
    """Return the fields of the first records, in the order they are met.

    Raises:
        NotFoundError: There is nothing of a name.
        InvalidInputError: A path cannot be opened.
    """
    found: dict[str, FieldSeen] = {}
    for fields in islice(read_fields(paths, SourceReading()), most):
        for path, value in field_paths(fields).items():
            if value is None:
                continue
            seen = found.setdefault(path, FieldSeen(path=path))
            seen.records += 1
            if len(seen.values) < _VALUES_KEPT:
                seen.values[str(value)] += 1
    return tuple(found.values())


def complete_mapping(paths: Sequence[Path], incomplete: str) -> list[str]:
    """Return what an entry of --map may go on with; nothing where the sources cannot be read."""
    part, sign, begun = incomplete.partition("=")
    if not sign:
        return [f"{name}=" for name in ORIGIN_FIELDS if name.startswith(part)]
    try:
        names = [seen.path for seen in fields_of([path for path in paths if path.exists()], most=5)]
    except (BlindraterError, OSError):
        return []
    return [f"{part}={name}" for name in names if name.startswith(begun)]
