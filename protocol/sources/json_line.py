"""One line of a JSONL file: bytes to an object, or a sentence on why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from protocol.sources.limits import DEFAULT_LIMITS, MIB
from protocol.wording import describe, quoted


class UnreadableLineError(Exception):
    """A line or document is no JSON that can be used.

    Args:
        found: What stands there.
        expected: What should.
        rest_is_lost: The following lines belong to the same mistake.
        final: More of the document would not mend it.
    """

    def __init__(self, found: str, expected: str, *, rest_is_lost: bool = False, final: bool = False) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
        self.rest_is_lost = rest_is_lost
        self.final = final


_IDENTITY = "AGE-SECRET-KEY-"
"""An identity named in the place of a source: nothing of the key is quoted."""


class _DoubledKeyError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def read_object(line: bytes, *, most_bytes: int = DEFAULT_LIMITS.record_bytes) -> dict[str, object]:
    """Read one line.

    Raises:
        UnreadableLineError: The line is too long, no UTF-8, no JSON, no object, nested too deeply, or
            has a key twice in one object.
    """
    if len(line) > most_bytes:
        raise UnreadableLineError(
            f"more than {size_text(most_bytes)} in one line", "one transcript on a line"
        )
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableLineError(
            f"the byte 0x{line[error.start]:02X} at byte {error.start + 1} of the line", "UTF-8 text"
        ) from None
    if text.strip() in ("{", "[", "[{"):
        raise UnreadableLineError(
            "a JSON value that runs over several lines",
            "one complete JSON object on each line",
            rest_is_lost=True,
        )
    value = _parse(text)
    if not isinstance(value, dict):
        raise UnreadableLineError(describe(value), "a JSON object")
    return cast("dict[str, object]", value)


def size_text(size: int) -> str:
    """Return a number of bytes in the largest unit that it fills."""
    return f"{size // MIB} MiB" if size >= MIB else f"{size} bytes"


@contextmanager
def parse_errors(text: str, start: int = 0) -> Iterator[None]:
    """Turn what the parser of the standard library raises into UnreadableLineError.

    Args:
        text: What is parsed.
        start: Where in it the parser begins.
    """
    try:
        yield
    except _DoubledKeyError as error:
        raise UnreadableLineError(
            f"the key {quoted(error.key)} twice in one object", "each key once in an object", final=True
        ) from None
    except json.JSONDecodeError as error:
        near = text[error.pos : error.pos + 20].rstrip("\r\n")
        if near.startswith(_IDENTITY):
            raise UnreadableLineError(
                "the secret key of an age identity", "a file of transcripts", final=True
            ) from None
        column = error.pos - start + 1
        found = f"{quoted(near)} at column {column}" if near else "the end of the line"
        raise UnreadableLineError(found, f"valid JSON ({error.msg})") from None
    except RecursionError:
        raise UnreadableLineError(
            "lists or objects nested too deeply", "JSON of ordinary depth (a few hundred levels)", final=True
        ) from None
    except ValueError:
        # Python refuses whole numbers of more than 4300 digits, of which the column is not known.
        raise UnreadableLineError(
            "a number of thousands of digits", "numbers that can be read", final=True
        ) from None


def object_without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object the parser read, refusing a key that stands twice."""
    read = dict(pairs)
    if len(read) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DoubledKeyError(key)
            seen.add(key)
    return read


def _parse(text: str) -> object:
    with parse_errors(text):
        return cast("object", json.loads(text, object_pairs_hook=object_without_doubles))
