"""Ratings back to where people work: Inspect Scout, Label Studio, Hugging Face datasets.

All of them name conditions, so the study must be unblinded. Raters are codes; notes and quotes stay out.
"""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.allocation_store import read_allocation
from db.connection import close, open_for_reading, sentences
from db.item_store import read_items
from db.repeat_store import read_repeats
from protocol.analysis.consensus import consensus_of
from protocol.analysis.rating_table import COLUMNS, RatingRow, cell_of
from protocol.errors import UsageError
from protocol.item import Item
from protocol.report.dataset_card import dataset_card
from protocol.report.label_studio import interface_xml, task_json
from protocol.report.scout_csv import scout_csv
from protocol.study import StudyProtocol
from protocol.transcript import Origin
from rater.services.results.result_folder import write_folder
from rater.services.results.study_ratings import StudyRatings, read_unblinded_ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedStudy:
    """The ratings of an unblinded study with what was rated."""

    ratings: StudyRatings
    protocol: StudyProtocol
    origins: Mapping[str, Origin]
    """By unit; hidden repeats are not in it."""
    items: tuple[Item, ...]
    """Without hidden repeats and withdrawn items."""


def read_opened(path: Path) -> OpenedStudy:
    """Read an unblinded study.

    Raises:
        NotFoundError: No such study.
        WrongStateError: The study is not unblinded.
        CheckFailedError: A chain does not verify.
    """
    ratings = read_unblinded_ratings(path)
    assert ratings.protocol is not None, "read_unblinded_ratings refuses every other study"
    connection = open_for_reading(path)
    try:
        with sentences(path):
            return _opened(connection, ratings, ratings.protocol)
    finally:
        close(connection)


def _opened(connection: sqlite3.Connection, ratings: StudyRatings, protocol: StudyProtocol) -> OpenedStudy:
    left_out = set(read_repeats(connection)) | ratings.withdrawn
    origins = read_allocation(connection)
    return OpenedStudy(
        ratings=ratings,
        protocol=protocol,
        origins={unit: origin for unit, origin in origins.items() if unit not in left_out},
        items=tuple(
            item for item in read_items(connection) if item.id in origins and item.id not in left_out
        ),
    )


def export_scout(path: Path, folder: Path, *, replace: bool = False) -> tuple[str, ...]:
    """Write validation cases for Inspect Scout, one file for each dimension.

    Returns:
        The names of the files, sorted.

    Raises:
        WrongStateError: The study is not unblinded; everything else as `read_opened`.
        UsageError: The folder is in the way.
        StorageError: The folder cannot be written.
    """
    study = read_opened(path)
    found = consensus_of(study.ratings.table)
    files = {
        f"{dimension.id}.csv": scout_csv(
            (one for one in found if one.dimension == dimension.id),
            study.origins,
            simulated=study.protocol.simulated,
        )
        for dimension in study.protocol.rubric.dimensions
    }
    write_folder(folder, files, replace=replace)
    return tuple(sorted(files))


def export_label_studio(path: Path, folder: Path, *, replace: bool = False) -> tuple[str, ...]:
    """Write tasks with annotations and the labelling interface for Label Studio.

    Returns:
        The names of the files, sorted.

    Raises:
        As `export_scout`.
    """
    study = read_opened(path)
    rubric = study.protocol.rubric
    by_unit: dict[str, list[RatingRow]] = {}
    for row in study.ratings.table.rows:
        if row.occasion == 1:
            by_unit.setdefault(row.unit, []).append(row)
    tasks = [
        task_json(
            item,
            study.origins[item.id],
            by_unit.get(item.id, []),
            rubric,
            simulated=study.protocol.simulated,
        )
        for item in study.items
    ]
    files = {
        "interface.xml": interface_xml(rubric),
        "tasks.json": json.dumps(tasks, ensure_ascii=False, indent=1) + "\n",
    }
    write_folder(folder, files, replace=replace)
    return tuple(sorted(files))


def export_dataset(path: Path, folder: Path, *, app: str, replace: bool = False) -> tuple[str, ...]:
    """Write a folder that `datasets.load_dataset` reads: two Parquet tables and their card.

    Returns:
        The names of the files, sorted.

    Raises:
        UsageError: The extra `parquet` is not installed, or the folder is in the way.
        As `export_scout` in everything else.
    """
    study = read_opened(path)
    rows = sorted(
        study.ratings.table.rows, key=lambda row: (row.unit, row.rater, row.dimension, row.occasion)
    )
    more = ("rubric_version", "carried") if study.ratings.carried else ()
    ratings = {column: [cell_of(row, column) for row in rows] for column in (*COLUMNS, "confidence", *more)}
    ratings["value"] = [None if row.value is None else float(row.value) for row in rows]
    if study.protocol.simulated:
        ratings["simulated"] = ["yes"] * len(rows)
    files: dict[str, str | bytes] = {
        "data/ratings.parquet": _parquet(ratings, _RATING_TYPES),
        "data/items.parquet": _parquet(_item_columns(study), _ITEM_TYPES),
        "README.md": dataset_card(
            study.protocol,
            items=len(study.items),
            ratings=len(rows),
            lock_code=study.ratings.study.lock_code,
            notices=study.ratings.notices,
            app=app,
        ),
    }
    write_folder(folder, files, replace=replace)
    return tuple(sorted(files))


_RATING_TYPES: Mapping[str, str] = {
    **dict.fromkeys((*COLUMNS, "simulated"), "string"),
    "value": "float64",
    **dict.fromkeys(("replicate", "occasion", "position", "elapsed_ms", "confidence"), "int64"),
    **dict.fromkeys(("rubric_version", "carried"), "int64"),
}
_ITEM_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("unit", "model", "scaffold", "task", "source", "messages"), "string"),
    "replicate": "int64",
    "messages": "messages",
}


def _item_columns(study: OpenedStudy) -> dict[str, list[object]]:
    origins = [study.origins[item.id] for item in study.items]
    return {
        "unit": [item.id for item in study.items],
        "model": [origin.model for origin in origins],
        "scaffold": [origin.scaffold for origin in origins],
        "task": [origin.task for origin in origins],
        "source": [origin.source for origin in origins],
        "replicate": [origin.replicate for origin in origins],
        "messages": [
            [
                {
                    "role": message.role,
                    "content": message.text,
                    "tool_calls": json.dumps(
                        [
                            {"id": call.id, "name": call.name, "arguments": call.arguments}
                            for call in message.tool_calls
                        ],
                        ensure_ascii=False,
                    )
                    if message.tool_calls
                    else None,
                    "tool_call_id": message.tool_call_id,
                }
                for message in item.conversation.messages
            ]
            for item in study.items
        ],
    }


def _parquet(columns: Mapping[str, Sequence[object]], types: Mapping[str, str]) -> bytes:
    """Return a Parquet file; the types are declared, so that an empty column has one too."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            "Writing Parquet needs the extra `parquet`.", next_step='pip install "blindrater[parquet]"'
        ) from None
    known = {"string": pyarrow.string(), "int64": pyarrow.int64(), "float64": pyarrow.float64()}
    known["messages"] = pyarrow.list_(
        pyarrow.struct(
            [(name, pyarrow.string()) for name in ("role", "content", "tool_calls", "tool_call_id")]
        )
    )
    schema = pyarrow.schema([(name, known[types[name]]) for name in columns])
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(dict(columns), schema=schema), buffer)
    return buffer.getvalue()
