"""An app process that spins or lost its server ends by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from rater.serve.watchdogs import EXIT_ORPHANED, EXIT_SPINNING, SpinWatch

_BUSY = """
from rater.serve.watchdogs import SpinWatch, watch_for_spinning
watch_for_spinning(lambda: 0, window_s=0.05, watch=SpinWatch(windows=3))
while True:
    pass
"""
_STUCK = """
from rater.serve.watchdogs import end_after_grace
end_after_grace(0.05)
while True:
    pass
"""
_ADOPTED = """
import sys
from rater.serve.watchdogs import end_with_parent
end_with_parent(int(sys.argv[1]))
print("lives")
"""


def _run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_process_that_spins_without_input_is_ended() -> None:
    """A loop that never returns does not keep the watch from looking."""
    assert _run(_BUSY).returncode == EXIT_SPINNING


def test_a_process_that_does_not_leave_in_time_is_ended() -> None:
    """The grace ends also while the app's own loop is stuck."""
    assert _run(_STUCK).returncode == EXIT_ORPHANED


def test_a_process_whose_server_is_gone_already_does_not_start() -> None:
    """Between starting and asking for the death signal the server may have ended."""
    assert _run(_ADOPTED, str(os.getpid())).stdout == "lives\n"
    other = _run(_ADOPTED, "1")
    assert other.returncode == EXIT_ORPHANED
    assert other.stdout == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_the_death_signal_arrives() -> None:
    """A process dies with the one that started it, even when that one is killed."""
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    try:
        # The child holds the pipe open as long as it lives.
        parent.communicate(timeout=30)
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


_PARENT = """
import os, subprocess, sys
code = "import os, signal, sys; from rater.serve.watchdogs import end_with_parent; " \\
    "end_with_parent(int(sys.argv[1])); print(os.getpid(), flush=True); signal.pause()"
subprocess.Popen([sys.executable, "-c", code, str(os.getpid())]).wait()
"""


def test_only_windows_in_a_row_without_input_count() -> None:
    """A rater who presses keys, or a pause between two bursts of work, starts the count anew."""
    watch = SpinWatch(share=0.5, windows=3)

    def window(cpu_s: float, inputs: int) -> bool:
        return watch.observe(cpu_s=cpu_s, wall_s=1, inputs=inputs)

    assert not any([window(0.9, 0), window(0.9, 0), window(0.1, 0), window(0.9, 0), window(0.9, 0)])
    assert not any([window(0.9, 7), window(0.9, 7), window(0.9, 8), window(0.9, 8), window(0.9, 8)])
    assert window(0.9, 8)
