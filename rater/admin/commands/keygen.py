"""`rater-admin keygen`: a new age identity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rater.admin.options import JsonOption
from rater.admin.output import print_json, say, talk


def keygen(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Where the secret identity goes.")
    ],
    json: JsonOption = False,
) -> None:
    """Make an age identity; print its recipient, which may be shown to anybody."""
    from rater.services.doors.key_files import write_identity

    pair = write_identity(output)
    if json:
        print_json({"schema": "keygen/1", "identity_file": str(output), "recipient": pair.recipient})
        return
    talk(f"The identity is in {output} (mode 0600). Keep it secret, keep two copies: nothing else opens")
    talk("a key that is sealed for it. Its recipient, for `rater-admin seed --recipient`:")
    say(pair.recipient)
