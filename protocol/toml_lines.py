"""The line of every key in a TOML text.

tomllib gives no positions, and no maintained parser for Python does. A TOML text is a row of
headers and assignments, and each of them is valid TOML by itself: the shortest run of lines that
tomllib accepts is one of them. So tomllib stays the only judge of what the text says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

KeyPath = tuple[str | int, ...]

_LAST_LINE_HAS = ("]", '"""', "'''")
"""What can end a value of several lines: a long value is not tried again on each of its lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    line: int
    text: str
    value: dict[str, object]


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, counted from 1, on which each key of a valid TOML text is first set.

    Args:
        text: A text that `tomllib.loads` accepts.

    Returns:
        Key path to line; array positions count from 0. Whatever stands inside a value that runs
        over several lines has the line on which the value begins.
    """
    lines: dict[KeyPath, int] = {}
    tables: dict[KeyPath, int] = {}
    prefix: KeyPath = ()
    for statement in _statements(text):
        if statement.text.lstrip().startswith("["):
            prefix = _header_path(statement, tables)
            for end in range(1, len(prefix) + 1):
                lines.setdefault(prefix[:end], statement.line)
        else:
            for path in _paths(statement.value, prefix):
                lines.setdefault(path, statement.line)
    return lines


def nearest_line(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of a key or, where it is missing, of the table that should hold it."""
    for end in range(len(path), 0, -1):
        line = lines.get(path[:end])
        if line is not None:
            return line
    return None


def _statements(text: str) -> Iterator[_Statement]:
    pending: list[str] = []
    start = 1
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not pending:
            start = number
        pending.append(line)
        if len(pending) > 1 and not any(end in line for end in _LAST_LINE_HAS):
            continue
        chunk = "\n".join(pending)
        try:
            value = tomllib.loads(chunk)
        except ValueError:
            continue
        pending = []
        if value:
            yield _Statement(line=start, text=chunk, value=value)


def _header_path(statement: _Statement, tables: dict[KeyPath, int]) -> KeyPath:
    """Return the full path of a header; `tables` holds how many elements each array of tables has."""
    path: KeyPath = ()
    value: object = statement.value
    while isinstance(value, dict) and value:
        key, value = next(iter(cast("dict[str, object]", value).items()))
        path += (key,)
        if isinstance(value, list):
            tables[path] = tables.get(path, 0) + 1
        if path in tables:
            path += (tables[path] - 1,)
    return path


def _paths(value: object, path: KeyPath) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(cast("list[object]", value)):
            yield from _paths(inner, (*path, position))
