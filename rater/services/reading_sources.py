"""Opens transcript files and hands their lines to the readers of `protocol.sources`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from protocol.sources.json_line import MAX_LINE_BYTES
from protocol.sources.origin import OriginMapping
from protocol.sources.reading import SourceReading
from protocol.sources.report import SourceReport
from rater.services.input_files import require_file, unreadable

_REST_CHUNK_BYTES = 2**20


def read_sources(paths: Sequence[Path], *, mapping: OriginMapping | None = None) -> SourceReport:
    """Read every transcript of the files.

    Args:
        paths: Files of transcripts; their format is found by content.
        mapping: Where the origin stands; None reads the fields model, scaffold, task and replicate.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A path is no file or cannot be opened, or a file has mistakes: then
            nothing is imported and every mistake is in `problems`.
    """
    for path in paths:
        require_file(path, wanted="one transcript on a line")
    reading = SourceReading(mapping=mapping or OriginMapping())
    for path in paths:
        try:
            with path.open("rb") as file:
                reading.add(_lines(file), where=str(path))
        except OSError as error:
            raise unreadable(path, error) from None
    return reading.finish()


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines; one that is too long comes cut one byte after the limit, the rest of it dropped."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        yield line
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            _skip_line(file)


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(_REST_CHUNK_BYTES)) and not rest.endswith(b"\n"):
        pass
