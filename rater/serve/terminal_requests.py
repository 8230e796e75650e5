"""New links on request: the person who runs the server types a rater's code in its terminal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

_LONGEST_LINE = 4096


def hear_codes(answer: Callable[[str], None]) -> bool:
    """Call back with each line typed, as long as there is a terminal to type in.

    Returns:
        Whether there is one.
    """
    if sys.stdin is None or not sys.stdin.isatty() or not hasattr(signal, "SIGTTIN"):
        return False
    loop, terminal = asyncio.get_running_loop(), sys.stdin.fileno()
    # In the background a read would stop the whole server; now it fails instead.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)

    def take() -> None:
        try:
            line = os.read(terminal, _LONGEST_LINE)
        except OSError:
            line = b""
        if not line:
            loop.remove_reader(terminal)
        elif code := line.decode("utf-8", "replace").strip():
            answer(code)

    try:
        loop.add_reader(terminal, take)
    except (NotImplementedError, OSError):
        return False
    return True
