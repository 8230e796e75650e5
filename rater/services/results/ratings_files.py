"""Files of ratings as parts to be understood: text, Parquet, or a folder with one file for each user."""

from __future__ import annotations

from pathlib import Path

from protocol.analysis.ratings_layouts import RatingsPart
from protocol.analysis.raw_ratings import RawRow, RawTable, scalar_text
from protocol.errors import InvalidInputError, UsageError
from rater.services.input_files import require_file, unreadable

WANTED = "ratings, as CSV, Parquet or an export of Label Studio or Potato"
OF_USERS = ("annotated_instances.jsonl", "user_state.json")
"""What Potato keeps in a folder for each user, the first that is found."""


def ratings_parts(path: Path) -> tuple[RatingsPart, ...]:
    """Return what a path holds: a file, or Potato's folder with one folder for each user.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: It cannot be read, or holds no ratings.
        UsageError: Parquet cannot be read here.
    """
    if path.is_dir():
        for name in OF_USERS:
            files = sorted(path.glob(f"*/{name}"))
            if files:
                return tuple(_part(file, name=f"{file.parent.name}/{file.name}") for file in files)
    return (_part(path, name=path.name),)


def _part(path: Path, *, name: str) -> RatingsPart:
    require_file(path, wanted=WANTED)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    folder = path.resolve().parent.name
    if data.startswith(b"PAR1"):
        return RatingsPart(name=name, content=_parquet(data, name), folder=folder)
    return RatingsPart(name=name, content=_text(data, path), folder=folder)


def _text(data: bytes, path: Path) -> str:
    if data.startswith(b"SQLite format 3"):
        raise InvalidInputError(
            "This is a study file or a pack, not a table of ratings.",
            where=str(path),
            next_step="Name a study file without --ratings.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInputError(
            f"Line {line} is not UTF-8 text.",
            where=str(path),
            next_step="Save the file as comma-separated UTF-8 text.",
        ) from None
    if "\0" in text:
        raise InvalidInputError(
            "This is no text file: it holds zero bytes.",
            where=str(path),
            next_step=f"Name a file with {WANTED}.",
        )
    return text


def _parquet(data: bytes, source: str) -> RawTable:
    """Every cell as text, so that numbers, categories and missing values are read by the same rules."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise UsageError(
            "Reading Parquet needs an extra that is not installed.",
            where=source,
            next_step="Install blindrater with the extra parquet: blindrater[parquet].",
        ) from None
    try:
        table = parquet.read_table(pyarrow.BufferReader(data))
    except (pyarrow.ArrowException, OSError):
        raise InvalidInputError(
            "This is not readable as Parquet.", where=source, next_step="Write the file again."
        ) from None
    columns = tuple(str(name) for name in table.column_names)
    if len(set(columns)) < len(columns) or not table.num_rows:
        raise InvalidInputError(
            "The table has no rows, or two columns of one name.",
            where=source,
            next_step="Give one row per rating.",
        )
    cells = [[scalar_text(value) for value in column.to_pylist()] for column in table.columns]
    return RawTable(
        columns=columns,
        rows=tuple(
            RawRow(file=source, at=f"row {number}", cells=dict(zip(columns, row, strict=True)))
            for number, row in enumerate(zip(*cells, strict=True), start=1)
        ),
    )
