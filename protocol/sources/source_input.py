"""A source as a format sees it: a file, a folder or an archive, opened by somebody else.

This package opens no path. The service that may do so hands over a way to open the source itself or
a member of it; a format asks for the members it finds in `members` and for nothing else, so a path
named inside a file is never opened.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from protocol.sources.limits import DEFAULT_LIMITS, MIB, SourceLimits
from protocol.sources.partial_json import first_value

HEAD_BYTES = MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in a folder or archive."""

    name: str
    """Its path inside, with /."""
    size: int
    """Bytes, unpacked."""


@dataclass(slots=True, kw_only=True)
class SourceInput:
    """One source.

    `first` is the first JSON object or list of a file, perhaps cut off after a mebibyte; None for
    anything else, folders and archives among them.
    """

    where: str
    """As in messages: the path, and the place inside an archive."""
    name: str
    """The last part of the path."""
    head: bytes = b""
    """The first bytes of a file; of an archive those of the archive; nothing of a folder."""
    members: tuple[Member, ...] = ()
    """What a folder or archive holds, sorted by name; nothing for a file."""
    opener: Callable[[str], BinaryIO]
    """Opens a member, or the file itself for an empty name; seekable for files on disk."""
    limits: SourceLimits = DEFAULT_LIMITS
    _first: list[object] = field(default_factory=list, repr=False)

    @property
    def is_file(self) -> bool:
        """Whether this is one file, not a folder or archive."""
        return not self.members

    @property
    def first(self) -> object:
        """The first JSON value, as far as it stands in the head."""
        if not self._first:
            self._first.append(first_value(self.head) if self.is_file else None)
        return self._first[0]

    @property
    def first_object(self) -> dict[str, object]:
        """The first JSON object: that of the document or first line, or the first of a list; else empty."""
        value = self.first
        if isinstance(value, list) and value:
            value = cast("list[object]", value)[0]
        return cast("dict[str, object]", value) if isinstance(value, dict) else {}

    def has(self, member: str) -> bool:
        """Whether the folder or archive holds a file of this name."""
        return any(one.name == member for one in self.members)

    @contextmanager
    def open(self, member: str = "") -> Iterator[BinaryIO]:
        """Open the file, or a member of the folder or archive, for reading bytes."""
        stream = self.opener(member)
        try:
            yield stream
        finally:
            stream.close()


def source_of_bytes(data: bytes, *, where: str, limits: SourceLimits = DEFAULT_LIMITS) -> SourceInput:
    """Return a file that is in memory as a source."""
    return SourceInput(
        where=where,
        name=where.rpartition("/")[2],
        head=data[:HEAD_BYTES],
        opener=lambda _member: io.BytesIO(data),
        limits=limits,
    )
