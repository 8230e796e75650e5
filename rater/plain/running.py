"""`rater rate --plain`: open the file, talk over standard input and output, close it whatever happens."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from protocol.errors import StorageError
from rater.exit_codes import ExitCode
from rater.installation import installation_secret
from rater.plain.dialogue import Dialogue, Pager
from rater.plain.loop import hold_sitting
from rater.services.sitting.opening import open_desk
from rater.settings import read_settings, settings_path

MOST_NAMED_LINES = 20


def rate_plainly(path: Path, *, rater: str | None, app: str, ascii_only: bool = False) -> ExitCode:
    """Rate in a study file or pack until the rater quits or the input ends.

    Args:
        path: Study file or pack.
        rater: The rater's code; may be left out where the file has only one.
        app: Version of the program, recorded with every event.
        ascii_only: Print box and block characters of the texts as ASCII.

    Returns:
        USAGE where lines of a script could not be taken, else DONE.

    Raises:
        BlindraterError: The file cannot be opened, or something could not be saved.
    """
    out = make_dialogue(ascii_only=ascii_only)
    desk = open_desk(path, rater=rater, app=app, installation=installation_secret())
    try:
        with talking(out):
            hold_sitting(desk, out)
    finally:
        desk.close()
    if sys.stdin.isatty() or not out.refused:
        return ExitCode.DONE
    sys.stderr.write(f"rater: {_refusals(out)}\n")
    return ExitCode.USAGE


def make_dialogue(*, ascii_only: bool) -> Dialogue:
    """Return a dialogue over standard input and output, which a signal ends in order.

    Args:
        ascii_only: Print box and block characters as ASCII; the rater's settings may ask for that, too.

    Raises:
        InvalidInputError: The settings file is wrong.
    """
    settings = read_settings(settings_path())
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _leave)
    return Dialogue(
        sys.stdin,
        sys.stdout,
        columns=_columns(),
        echo=not sys.stdin.isatty(),
        pager=_pager(),
        ascii_only=ascii_only or settings.ascii,
    )


@contextmanager
def talking(out: Dialogue) -> Iterator[None]:
    """Hold a dialogue; a stop by the keyboard, or an output that nobody reads any more, ends it in order.

    Raises:
        StorageError: The output cannot be written.
    """
    try:
        yield
        out.flush()
    except KeyboardInterrupt:
        out.line()
        out.say("Stopped. Everything that was said to be saved is on disk.")
    except OSError as fault:
        if fault.errno not in (errno.EPIPE, errno.EIO):
            raise StorageError(
                f"The output cannot be written: {fault.strerror}.",
                next_step="Everything that was said to be saved is on disk; start again.",
            ) from fault
        _let_output_go()


def _leave(number: int, frame: FrameType | None) -> None:
    """Unwind, so that the file is closed and leaves nothing beside it."""
    raise SystemExit(128 + number)


def _columns() -> int | None:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def _pager() -> Pager | None:
    command = os.environ.get("PAGER", "").strip()
    return _show_in(command) if command and sys.stdin.isatty() and sys.stdout.isatty() else None


def _show_in(command: str) -> Pager:
    def show(text: str) -> None:
        import shlex
        import subprocess

        interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's while it runs
        try:
            subprocess.run(shlex.split(command), input=text.encode(), check=False)  # noqa: S603 - the rater's
        except (OSError, ValueError) as fault:
            raise StorageError(
                f'The pager "{command}" cannot be started.',
                next_step="Name another one in the variable PAGER.",
            ) from fault
        finally:
            signal.signal(signal.SIGINT, interrupted)

    return show


def _let_output_go() -> None:
    """Nobody reads any more; Python would complain once more when it closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refusals(out: Dialogue) -> str:
    count = len(out.refused)
    named = ", ".join(map(str, out.refused[:MOST_NAMED_LINES])) + (
        ", ..." if count > MOST_NAMED_LINES else ""
    )
    lines = f"line {named} of the input" if count == 1 else f"lines {named} of the input"
    return f"{count} of {out.answers} answers could not be taken: {lines}. The output says why."
