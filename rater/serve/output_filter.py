"""Takes from what the app draws the sequences that act on more than the screen.

The page's terminal obeys operating-system commands: OSC 52 writes the clipboard. The app already
shows control characters as pictures; this is the gate behind it, and it also stops what Textual's own
fields copy. Nothing the app needs is lost: it draws with CSI sequences alone.
"""

from __future__ import annotations

import re

_START = re.compile(rb"\x1b[\]PX^_]|\xc2[\x90\x98\x9d\x9e\x9f]")
"""OSC, DCS, SOS, PM and APC, as ESC and a character or as one C1 character in UTF-8."""
_END = re.compile(rb"\x07|\x18|\x1a|\xc2\x9c|\x1b\\|\x1b(?!\\)")
"""What ends such a string; an escape that begins another sequence ends it too."""
_HALF = (0x1B, 0xC2)


class OutputFilter:
    """Reads a stream in pieces of any length."""

    def __init__(self) -> None:
        self._held = b""
        self._in_string = False

    def feed(self, piece: bytes) -> bytes:
        """Return the piece without control strings; the start of a sequence waits for its rest."""
        data = self._held + piece
        self._held = b""
        if data and data[-1] in _HALF:
            data, self._held = data[:-1], data[-1:]
        kept: list[bytes] = []
        at = 0
        while at < len(data):
            if self._in_string:
                end = _END.search(data, at)
                if end is None:
                    break
                self._in_string = False
                # A lone escape belongs to the next sequence.
                at = end.start() if end.group() == b"\x1b" else end.end()
            else:
                start = _START.search(data, at)
                if start is None:
                    kept.append(data[at:])
                    break
                kept.append(data[at : start.start()])
                self._in_string = True
                at = start.end()
        return b"".join(kept)
