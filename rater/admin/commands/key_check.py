"""`rater-admin key-check`: does the key open? Nothing else is said."""

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
    ask_passphrase,
    login_name,
    read_passphrase,
)
from rater.admin.output import print_json, say


def key_check(
    key: Annotated[Path, typer.Argument(metavar="KEY", help="The sealed key, such as study.key.")],
    study: Annotated[
        Path | None,
        typer.Option(
            "--study", metavar="STUDY", help="Its study, for the record (default: the .db beside the key)."
        ),
    ] = None,
    identity: Annotated[
        list[Path] | None, typer.Option("--identity", metavar="FILE", help="Identity; may be repeated.")
    ] = None,
    passphrase_file: PassphraseFileOption = None,
    passphrase_fd: PassphraseFdOption = None,
    no_input: NoInputOption = False,
    json: JsonOption = False,
) -> None:
    """Open the key in memory, check that it belongs to the study, and say only whether it does."""
    from protocol.allocation.sealing import is_passphrase_sealed
    from rater.services.doors.key_checking import check_key
    from rater.services.doors.key_files import Secrets, read_bytes, read_identities
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    sealed = read_bytes(key, wanted="the sealed key")
    passphrase = read_passphrase(passphrase_file, passphrase_fd)
    if passphrase is None and is_passphrase_sealed(sealed):
        passphrase = ask_passphrase(no_input=no_input, option="--passphrase-file", repeat=False)
    check_key(
        study or key.with_suffix(".db"),
        sealed,
        Secrets(identities=read_identities(identity or ()), passphrase=passphrase),
        who=Who(name=login_name(), app=__version__),
        clock=utc_now,
    )
    if json:
        print_json({"schema": "key-check/1", "opens": True})
    else:
        say("opens: yes")
