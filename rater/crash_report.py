"""What is kept of an unexpected fault: types, file names and line numbers, and no value at all.

A traceback with values would print transcripts and notes to the screen and so into scrollback and
bug reports. Exception messages are values too, so they are left out.
"""

from __future__ import annotations

import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from rater import __version__

_NAME = "blindrater-crash-{time}-{process}.txt"


def describe(error: BaseException) -> str:
    """Return the places an error went through, its type and those of its causes; never a value."""
    blocks: list[str] = []
    seen: set[int] = set()
    fault: BaseException | None = error
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        frames = traceback.extract_tb(fault.__traceback__)
        places = "".join(
            f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}\n" for frame in frames
        )
        blocks.append(f"{type(fault).__module__}.{type(fault).__qualname__}\n{places}")
        fault = fault.__cause__ or fault.__context__
    versions = f"blindrater {__version__}, Python {platform.python_version()}, {sys.platform}\n"
    return versions + "\ncaused by\n".join(blocks)


def write_report(error: BaseException) -> Path | None:
    """Write a report to the user's state folder.

    Returns:
        Where it is, or None where it could not be written.
    """
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    try:
        from platformdirs import user_state_path

        folder = user_state_path("blindrater", appauthor=False)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / _NAME.format(time=time, process=os.getpid())
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(describe(error))
    except (ImportError, OSError):
        return None
    return path


def sentence_for(report: Path | None) -> str:
    """Return what a person is told about an unexpected fault."""
    where = (
        f"A report without any of your data is in {report}."
        if report is not None
        else "No report could be written."
    )
    return f"blindrater stopped because of a fault of its own. Everything shown as saved is on disk. {where}"
