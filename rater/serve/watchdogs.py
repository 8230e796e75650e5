"""Ends an app process that nobody watches any more, or that spins, from inside.

The server ends its processes itself; these are for a server that was killed, and for an app whose
event loop never comes back to read its input. An end at any moment loses nothing: every event is on
disk before it shows as saved.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

GRACE_S = 2.0
"""So long an app may take to end by itself."""
SPIN_SHARE = 0.25
"""An app that nobody touches uses less than 2 % of a core; eight that spin on two cores get 25 % each."""
SPIN_WINDOW_S = 5.0
SPIN_WINDOWS = 4
EXIT_ORPHANED = 70
EXIT_SPINNING = 71


class SpinWatch:
    """Judges whether a process works hard on nothing.

    Args:
        share: Part of a core above which a window counts.
        windows: So many windows in a row, none with input, are spinning.
    """

    def __init__(self, *, share: float = SPIN_SHARE, windows: int = SPIN_WINDOWS) -> None:
        self._share = share
        self._windows = windows
        self._busy = 0
        self._inputs = 0

    def observe(self, *, cpu_s: float, wall_s: float, inputs: int) -> bool:
        """Take one window.

        Args:
            cpu_s: Processor time used in the window.
            wall_s: Its length.
            inputs: Inputs since the start, so that a change means there was one.

        Returns:
            Whether the process spins.
        """
        quiet = inputs == self._inputs
        self._inputs = inputs
        self._busy = self._busy + 1 if quiet and wall_s > 0 and cpu_s / wall_s > self._share else 0
        return self._busy >= self._windows


def end_with_parent(parent: int) -> None:
    """Let the system kill this process when the server's process ends, where it can.

    Args:
        parent: The server's process id.
    """
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1
        ctypes.CDLL(None, use_errno=True).prctl(set_death_signal, signal.SIGKILL, 0, 0, 0)
    # It may have ended before the system was asked.
    if hasattr(os, "getppid") and os.getppid() != parent:
        _end_now(EXIT_ORPHANED)


def end_after_grace(grace_s: float = GRACE_S) -> None:
    """End this process after a while, whatever its event loop does."""
    timer = threading.Timer(grace_s, _end_now, (EXIT_ORPHANED,))
    timer.daemon = True
    timer.start()


def watch_for_spinning(
    inputs: Callable[[], int], *, window_s: float = SPIN_WINDOW_S, watch: SpinWatch | None = None
) -> None:
    """Begin to end this process once it spins.

    Args:
        inputs: Counts the inputs since the start.
        window_s: Length of a window.
        watch: Judges the windows.
    """
    judge = watch or SpinWatch()

    def look() -> None:
        wall, cpu = time.monotonic(), time.process_time()
        while True:
            time.sleep(window_s)
            wall_now, cpu_now = time.monotonic(), time.process_time()
            if judge.observe(cpu_s=cpu_now - cpu, wall_s=wall_now - wall, inputs=inputs()):
                _end_now(EXIT_SPINNING)
            wall, cpu = wall_now, cpu_now

    threading.Thread(target=look, name="spin-watch", daemon=True).start()


def _end_now(code: int) -> NoReturn:
    """End without clean-up: whoever calls this cannot rely on the rest of the process."""
    os._exit(code)
