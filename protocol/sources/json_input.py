"""JSON sources for formats: records of JSON Lines or of a list, and documents with one long list.

Each yields objects one at a time with the notes of their place. A line that cannot be read is noted
and the next one is read; in a document nothing after a mistake can be read.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from protocol.foreign_start import foreign_start
from protocol.sources.json_line import UnreadableLineError, read_object
from protocol.sources.json_stream import JsonStream
from protocol.sources.json_words import in_json
from protocol.sources.report import LineNotes
from protocol.sources.source_format import Reading
from protocol.sources.source_input import SourceInput

_REST_CHUNK_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonRecord:
    """An object and where it stands."""

    fields: dict[str, object]
    notes: LineNotes
    number: int
    """Of its line, or its place in the list, from 1."""


def json_records(source: SourceInput, reading: Reading) -> Iterator[JsonRecord]:
    """Yield the objects of a file: one on each line, or the elements of the one list it holds."""
    foreign = foreign_start(source.head[:16])
    if foreign:
        reading.at(source.where).problem("", found=foreign, expected="JSON in UTF-8")
        return
    if source.head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"[":
        with source.open() as file:
            stream = JsonStream(file, value_bytes=reading.limits.record_bytes)
            yield from _objects(
                stream.elements(), lambda index: f"{source.where}, record {index + 1}", reading
            )
            stream.require_end()
        return
    with source.open() as file:
        for number, line in enumerate(bounded_lines(file, reading.limits.record_bytes), start=1):
            text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not text.strip():
                continue
            notes = reading.at(f"{source.where}, line {number}")
            try:
                fields = read_object(text, most_bytes=reading.limits.record_bytes)
            except UnreadableLineError as error:
                notes.problem("", found=error.found, expected=error.expected)
                if error.rest_is_lost:
                    return
                continue
            yield JsonRecord(fields=fields, notes=notes, number=number)


def json_document(source: SourceInput, reading: Reading, member: str = "") -> dict[str, object]:
    """Return a whole document that is one object, such as a header; bounded by `record_bytes`.

    Raises:
        UnreadableLineError: It is no JSON object; the reader turns this into a problem of the source.
    """
    with source.open(member) as file:
        stream = JsonStream(file, value_bytes=reading.limits.record_bytes)
        value = stream.value()
        stream.require_end()
    if not isinstance(value, dict):
        raise UnreadableLineError(in_json(value), "a JSON object")
    return cast("dict[str, object]", value)


def document_head(
    source: SourceInput, reading: Reading, wanted: tuple[str, ...], member: str = ""
) -> dict[str, object]:
    """Return some keys of a document that is one object, passing over all others.

    Reading stops when every wanted key was found, so a long list behind them costs nothing.

    Raises:
        UnreadableLineError: It is no JSON object.
    """
    found: dict[str, object] = {}
    with source.open(member) as file:
        stream = JsonStream(file, value_bytes=reading.limits.record_bytes)
        for key in stream.entries():
            if key not in wanted:
                stream.skip()
                continue
            found[key] = stream.value()
            if len(found) == len(wanted):
                break
    return found


def document_list(source: SourceInput, reading: Reading, key: str, member: str = "") -> Iterator[JsonRecord]:
    """Yield the objects of one long list of a document, such as `simulations`, one in memory at a time.

    Raises:
        UnreadableLineError: It is no JSON object, or the value of the key is no list.
    """
    place = f"{source.where}/{member}" if member else source.where
    with source.open(member) as file:
        stream = JsonStream(file, value_bytes=reading.limits.record_bytes)
        for name in stream.entries():
            if name == key:
                if stream.next_sign() != "[":
                    stream.skip()
                    continue
                yield from _objects(stream.elements(), lambda index: f"{place}, {key}[{index}]", reading)
            else:
                stream.skip()
        stream.require_end()


def _objects(values: Iterator[object], where: Callable[[int], str], reading: Reading) -> Iterator[JsonRecord]:
    for index, value in enumerate(values):
        notes = reading.at(where(index))
        if isinstance(value, dict):
            yield JsonRecord(fields=cast("dict[str, object]", value), notes=notes, number=index + 1)
        else:
            notes.problem("", found=in_json(value), expected="an object")


def bounded_lines(file: BinaryIO, most_bytes: int) -> Iterator[bytes]:
    """Yield lines; one that is too long comes cut one byte after the limit, the rest of it dropped."""
    while line := file.readline(most_bytes + 1):
        yield line
        if len(line) > most_bytes and not line.endswith(b"\n"):
            while (rest := file.readline(_REST_CHUNK_BYTES)) and not rest.endswith(b"\n"):
                pass
