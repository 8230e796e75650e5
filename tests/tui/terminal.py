"""The real app in a pseudo-terminal: start it, press keys, see the bytes it wrote."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pexpect

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30


class Terminal:
    """A running `rater` in a pseudo-terminal.

    Args:
        arguments: What follows `rater` on the command line.
        columns: Width.
        rows: Height.
        environment: Added to the variables of this process.
        module: What is run: `rater`, or the admin's command line.
    """

    def __init__(
        self,
        *arguments: str,
        columns: int = 100,
        rows: int = 30,
        environment: dict[str, str] | None = None,
        module: str = "rater",
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEXTUAL")}
        self._child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            ["-m", module, *arguments],
            dimensions=(rows, columns),
            env={**kept, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(environment or {})},
            timeout=PATIENCE_S,
        )
        self.written = b""

    def wait_for(self, text: str) -> None:
        """Wait until the app wrote a text, and keep everything it wrote on the way."""
        self._child.expect_exact(text.encode())
        self.written += (self._child.before or b"") + (self._child.after or b"")

    def press(self, keys: str) -> None:
        """Send keys as a keyboard would."""
        self._child.send(keys.encode())

    def kill(self) -> None:
        """Kill the app without warning."""
        self._child.kill(signal.SIGKILL)
        self._child.wait()
        self._child.close()

    def ask_to_end(self) -> int:
        """Send SIGTERM, as a system that shuts down does, and return the exit code."""
        self._child.kill(signal.SIGTERM)
        return self.finish()

    def hang_up(self) -> bool:
        """Close the terminal under the app; answer whether the app ended."""
        os.close(self._child.child_fd)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if os.waitpid(self._child.pid, os.WNOHANG) != (0, 0):
                return True
            time.sleep(0.01)
        return False

    def quit(self) -> int:
        """Press q and return the exit code."""
        self.press("q")
        return self.finish()

    def finish(self) -> int:
        """Wait for the end and return the exit code."""
        self._child.expect(pexpect.EOF)
        self.written += self._child.before or b""
        self._child.close()
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)
