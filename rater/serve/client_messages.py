"""What a browser may say, parsed once at the edge. Everything else is not passed on.

A browser cannot speak to the app process except in keys, sizes and focus: who the rater is comes from
the cookie, and packets about the session are framed by the server alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

LARGEST_MESSAGE = 256 * 1024
"""Room for a long note that is pasted."""
LARGEST_COLUMNS = 500
LARGEST_ROWS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys, mouse reports and pasted text."""

    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The terminal's size in cells."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """The page got or lost the keyboard."""

    focused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """The page measures the way there and back."""

    sent: str


ClientMessage = Keys | Size | Focus | Ping


def parse_message(text: str) -> ClientMessage | None:
    """Return what the browser said, or None where it is nothing we know."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match message:
        case ["stdin", str(keys)]:
            return Keys(content=keys.encode("utf-8", "replace"))
        case ["resize", {"width": int(columns), "height": int(rows)}]:
            return bounded_size(columns, rows)
        case ["focus"]:
            return Focus(focused=True)
        case ["blur"]:
            return Focus(focused=False)
        case ["ping", str(sent)]:
            return Ping(sent=sent[:64])
    return None


def bounded_size(columns: int, rows: int) -> Size:
    """Return a size that no app process runs out of memory with."""
    return Size(columns=min(max(columns, 1), LARGEST_COLUMNS), rows=min(max(rows, 1), LARGEST_ROWS))


def size_from_query(columns: str | None, rows: str | None) -> Size:
    """Return the size named in the WebSocket's address, or 80 by 24."""
    return bounded_size(_number(columns, 80), _number(rows, 24))


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else default
