"""Tables as rows of named values: CSV and TSV, the first sheet of an xlsx workbook, Parquet."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from protocol.foreign_start import foreign_start
from protocol.sources.json_input import bounded_lines
from protocol.sources.json_line import UnreadableLineError, size_text
from protocol.sources.report import LineNotes
from protocol.sources.source_format import Reading
from protocol.sources.source_input import SourceInput
from protocol.wording import quoted

_WORKBOOK = "xl/workbook.xml"
_PARQUET = b"PAR1"
_UTF8_MARK = b"\xef\xbb\xbf"
_BATCH_ROWS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row, and where it stands."""

    fields: dict[str, object]
    """Column to value; empty cells are left out."""
    notes: LineNotes


def is_workbook(source: SourceInput) -> bool:
    """Whether an archive is a spreadsheet."""
    return source.has(_WORKBOOK)


def table_columns(source: SourceInput) -> tuple[str, ...]:
    """Return the names of the columns; none where the source is no table or cannot be read."""
    try:
        return read_columns(source)
    except UnreadableLineError:
        return ()


def read_columns(source: SourceInput) -> tuple[str, ...]:
    """Return the names of the columns; none where the source is no table.

    Raises:
        UnreadableLineError: It is a workbook or a Parquet file, and cannot be read.
    """
    if is_workbook(source):
        from protocol.sources.workbook import sheet_rows  # XML only where there is a workbook

        return _names(next(sheet_rows(source), None))
    if not source.is_file:
        return ()
    if source.head.startswith(_PARQUET):
        return _parquet_columns(source)
    return _csv_columns(source.head)


def table_rows(source: SourceInput, reading: Reading) -> Iterator[TableRow]:
    """Yield the rows of a table.

    Raises:
        UnreadableLineError: The table is damaged, or what reads it is not installed.
    """
    if source.is_file and source.head.startswith(_PARQUET):
        yield from _parquet_rows(source, reading)
        return
    if is_workbook(source):
        from protocol.sources.workbook import sheet_rows

        rows = sheet_rows(source)
        place = "row"
    else:
        rows = _csv_rows(source, reading)
        place = "line"
    header = next(rows, None)
    columns = _names(header)
    doubled = sorted({name for name in columns if name and columns.count(name) > 1})
    if header is None or doubled:
        found = f"the column {quoted(doubled[0])} twice" if doubled else "no header"
        raise UnreadableLineError(found, "a first row that names every column once")
    for row in rows:
        notes = reading.at(f"{source.where}, {place} {row.number}")
        if len(row.values) > len(columns):
            notes.problem("", found=f"{len(row.values)} values", expected=f"{len(columns)}, as in the header")
            continue
        pairs = zip(columns, row.values, strict=False)
        fields = {name: value for name, value in pairs if name and value not in (None, "")}
        if fields:
            yield TableRow(fields=fields, notes=notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """The cells of a row."""

    number: int
    """Of the row or line, as an editor shows it."""
    values: Sequence[object]


def _names(row: RawRow | None) -> tuple[str, ...]:
    return () if row is None else tuple("" if one is None else str(one).strip() for one in row.values)


def _csv_columns(head: bytes) -> tuple[str, ...]:
    start = head.removeprefix(_UTF8_MARK)
    if foreign_start(head[:16]) or start.lstrip()[:1] in (b"{", b"["):
        return ()
    line, end, _ = start.partition(b"\n")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return ()
    if not end or "\x00" in text:
        return ()
    try:
        row = next(csv.reader([text.rstrip("\r")], delimiter=_delimiter(text)), [])
    except csv.Error:  # a carriage return among the words, or a name longer than any
        return ()
    return tuple(name.strip() for name in row)


def _delimiter(header: str) -> str:
    return max("\t,;", key=header.count)


def _csv_rows(source: SourceInput, reading: Reading) -> Iterator[RawRow]:
    most = reading.limits.record_bytes
    # One quote that is never closed makes one value of the whole file: the limit ends it.
    csv.field_size_limit(most)
    with source.open() as file:
        lines = _decoded(bounded_lines(file, most), most)
        first = next(lines, "")
        reader = csv.reader(_again(first, lines), delimiter=_delimiter(first), strict=True)
        while True:
            number = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise UnreadableLineError(
                    f"line {reader.line_num}, which cannot be read ({error})", "a table as RFC 4180 has it"
                ) from None
            if row is None:
                return
            if row:
                yield RawRow(number=number, values=row)


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _decoded(lines: Iterator[bytes], most: int) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if len(line) > most:
            raise UnreadableLineError(f"more than {size_text(most)} in line {number}", "one row on a line")
        try:
            yield (line.removeprefix(_UTF8_MARK) if number == 1 else line).decode("utf-8")
        except UnicodeDecodeError as error:
            found = f"the byte 0x{line[error.start]:02X} in line {number}"
            raise UnreadableLineError(found, "UTF-8 text") from None


def _parquet_columns(source: SourceInput) -> tuple[str, ...]:
    try:
        import pyarrow.parquet as pq  # 0.2 s, 170 MB installed: only where there is such a file
    except ImportError:
        raise UnreadableLineError(
            "a Parquet file", 'the extra that reads it: pip install "blindrater[parquet]"'
        ) from None
    with source.open() as file, _parquet_errors():
        return tuple(str(name) for name in pq.ParquetFile(file).schema_arrow.names)


@contextmanager
def _parquet_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise UnreadableLineError(
            f"a damaged Parquet file ({str(error)[:100]})", "a whole file; fetch it again"
        ) from None


def _parquet_rows(source: SourceInput, reading: Reading) -> Iterator[TableRow]:
    import pyarrow.parquet as pq

    with source.open() as file, _parquet_errors():
        number = 0
        for batch in pq.ParquetFile(file).iter_batches(batch_size=_BATCH_ROWS):
            for row in cast("list[dict[str, object]]", batch.to_pylist()):
                number += 1
                yield TableRow(
                    fields={name: _plain(one) for name, one in row.items() if one not in (None, "")},
                    notes=reading.at(f"{source.where}, row {number}"),
                )


def _plain(value: object) -> object:
    """Return a value of a column as JSON has it."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in cast("dict[object, object]", value).items()}
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[object]", value)]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal | datetime.timedelta):
        return str(value)
    return "(bytes)" if isinstance(value, bytes) else value
