"""Files that are no text, told by their first bytes: for a sentence better than "no UTF-8"."""

from __future__ import annotations

import codecs

_FOREIGN_STARTS: tuple[tuple[bytes, str], ...] = (
    # UTF-32 before UTF-16: the little-endian mark of the first begins with that of the second.
    (codecs.BOM_UTF32_LE, "UTF-32 text"),
    (codecs.BOM_UTF32_BE, "UTF-32 text"),
    (codecs.BOM_UTF16_LE, "UTF-16 text"),
    (codecs.BOM_UTF16_BE, "UTF-16 text"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)


def foreign_start(start: bytes) -> str | None:
    """Return what a file is that begins with these bytes and is no UTF-8 text, or None."""
    for mark, name in _FOREIGN_STARTS:
        if start.startswith(mark):
            return name
    if start[:2] in (b"{\x00", b"\x00{", b"[\x00", b"\x00["):
        return "UTF-16 text without its mark"
    return None
