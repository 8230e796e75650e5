"""`rater-admin unblind`: the second door, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rater import __version__
from rater.admin.options import (
    JsonOption,
    NoInputOption,
    PassphraseFdOption,
    PassphraseFileOption,
    ReasonOption,
    StudyArgument,
    ask_passphrase,
    login_name,
    read_passphrase,
)
from rater.admin.output import print_json, say, talk, typed


def unblind(
    study: StudyArgument,
    key: Annotated[
        list[Path],
        typer.Option("--key", metavar="FILE", help="The sealed key of this study; once more for each batch."),
    ],
    lock_code: Annotated[
        str, typer.Option("--lock-code", metavar="CODE", help="The full code that `lock` printed.")
    ],
    identity: Annotated[
        list[Path] | None,
        typer.Option("--identity", metavar="FILE", help="Identity that opens the key; may be repeated."),
    ] = None,
    passphrase_file: PassphraseFileOption = None,
    passphrase_fd: PassphraseFdOption = None,
    reason: ReasonOption = "",
    no_input: NoInputOption = False,
    json: JsonOption = False,
) -> None:
    """Open the allocation into the locked study. This cannot be undone or repeated."""
    from protocol.allocation.sealing import is_passphrase_sealed
    from rater.services.doors.doors import require_sealed, unblind_study
    from rater.services.doors.key_files import Secrets, read_bytes, read_identities
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    require_sealed(study)
    sealed, *later = [read_bytes(one, wanted="the sealed key") for one in key]
    identities = read_identities(identity or ())
    passphrase = read_passphrase(passphrase_file, passphrase_fd)
    if passphrase is None and any(map(is_passphrase_sealed, (sealed, *later))):
        passphrase = ask_passphrase(no_input=no_input, option="--passphrase-file", repeat=False)
    opened = unblind_study(
        study,
        sealed,
        Secrets(identities=identities, passphrase=passphrase),
        lock_code=lock_code,
        who=Who(name=login_name(), app=__version__, reason=reason),
        clock=utc_now,
        later=later,
    )
    if json:
        print_json({"schema": "unblind/1", "items": opened})
    else:
        say(f"The study is unblinded: the origin of {opened} items is known.")
    talk(f"Next: rater-admin effects {typed(study)}")
