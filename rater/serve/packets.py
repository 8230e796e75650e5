"""What an app process and the server say to each other through the process's pipes.

A packet is one letter, four bytes of length and that many bytes: D for what a terminal would get or
send, M for a JSON object about the session. Textual's web driver reads and writes the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

PRELUDE = b"__GANGLION__\n"
"""A line that Textual's web driver writes before its first packet."""
HEADER_BYTES = 5
LARGEST_PACKET = 64 * 2**20
DATA = b"D"
META = b"M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What comes before a packet's content."""

    kind: bytes
    size: int


def parse_header(header: bytes) -> Header:
    """Return the kind and length of the packet that follows.

    Raises:
        ValueError: The length is beyond anything an app draws.
    """
    size = int.from_bytes(header[1:HEADER_BYTES], "big")
    if size > LARGEST_PACKET:
        raise ValueError("a packet is too large")
    return Header(kind=header[:1], size=size)


def data_packet(content: bytes) -> bytes:
    """Return keys or drawing as a packet."""
    return DATA + len(content).to_bytes(4, "big") + content


def meta_packet(fields: dict[str, str | int]) -> bytes:
    """Return an object about the session as a packet."""
    content = json.dumps(fields).encode("ascii")
    return META + len(content).to_bytes(4, "big") + content


def parse_meta(content: bytes) -> dict[str, object]:
    """Return the object of a packet about the session; empty where it is none."""
    try:
        fields = json.loads(content)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
