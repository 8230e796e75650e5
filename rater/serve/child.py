"""An app process: `python -m rater.serve.child STUDY RATER SERVER_PID`, started by the server alone.

What it has to say goes to the server as packets. Whom it serves was decided by the server from the
cookie; nothing a browser sends reaches the arguments or the environment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from protocol.errors import BlindraterError
from rater import __version__
from rater.exit_codes import ExitCode, exit_code_of
from rater.serve.packets import meta_packet
from rater.serve.watchdogs import end_with_parent

_FAULT = "blindrater stopped because of a fault of its own. Everything shown as saved is on disk."


def main() -> int:
    """Open the rating app on a rater's work."""
    path, rater, server = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    end_with_parent(server)
    try:
        return _rate(path, rater)
    except BlindraterError as error:
        # The path stays here: a rater needs no folder of the server.
        _tell("refused", f"{error.what} {error.next_step}".strip(), str(error))
        return exit_code_of(error)
    except Exception as error:
        from rater.crash_report import sentence_for, write_report

        sentence = sentence_for(write_report(error))
        _tell("fault", _FAULT, sentence)
        return ExitCode.INTERNAL_FAULT


def _rate(path: Path, rater: str) -> int:
    from rater.installation import installation_secret
    from rater.serve.served_app import ServedApp
    from rater.services.sitting.opening import open_desk

    # From here on faults are reported by file; anything else printed could hold what a rater reads.
    _silence_errors()
    desk = open_desk(path, rater=rater, app=__version__, installation=installation_secret())
    try:
        app = ServedApp(desk)
        app.run()
        code = app.return_code or ExitCode.DONE
    finally:
        desk.close()
    if code != ExitCode.DONE:
        _tell(
            "fault", _FAULT, "The app stopped; a report without any data is in this account's state folder."
        )
    return code


def _silence_errors() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)


def _tell(kind: str, text: str, log: str) -> None:
    """Say why nothing comes any more: a sentence for the rater, and one for who runs the server."""
    os.write(sys.stdout.fileno(), meta_packet({"type": kind, "text": text, "log": log}))


if __name__ == "__main__":
    sys.exit(main())
