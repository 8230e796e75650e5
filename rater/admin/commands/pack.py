"""`rater-admin pack`: one rater's share as a single file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name
from rater.admin.output import print_json, say, talk, typed


def pack(
    study: StudyArgument,
    rater: Annotated[
        list[str] | None, typer.Option("--rater", metavar="CODE", help="Whose pack; may be repeated.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="A pack for every rater.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="The folder the packs go to.")
    ] = None,
    recall: Annotated[
        bool, typer.Option("--recall", help="Take packs back: the raters rate in the study file again.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Void packs that are out; new ones go out with all merged ratings."),
    ] = False,
    letter: Annotated[
        Path | None,
        typer.Option(
            "--letter", metavar="FILE", help="Template of the letter (default: letter.txt beside the study)."
        ),
    ] = None,
    deadline: Annotated[
        str, typer.Option("--deadline", metavar="TEXT", help="When ratings are due, for the letter.")
    ] = "",
    protocol: Annotated[
        Path | None,
        typer.Option(
            "--protocol",
            metavar="FILE",
            help="The study.toml: no letter may hold its names (default: beside).",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="ADDRESS", help="Lay them down there, too: a folder, sftp://HOST/FOLDER."
        ),
    ] = None,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Make packs with letters for rating elsewhere; while a pack is out, its rater rates nowhere else."""
    from rater.services.exchange.exchange import open_exchange, refuse_address
    from rater.services.packs.handing_out import issue_packs, recall_packs
    from rater.services.packs.letters import LetterRequest
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    who = Who(name=login_name(), app=__version__, reason=reason)
    if recall:
        if output is not None or letter is not None or deadline or protocol is not None or replace or to:
            raise UsageError(
                "Taking packs back writes no file.", next_step="Leave out -o and the rest, or --recall."
            )
        taken = recall_packs(study, rater or (), every=every, who=who, clock=utc_now)
        if json:
            print_json({"schema": "pack-recall/1", "raters": list(taken)})
        else:
            say(f"taken back: {', '.join(taken)}")
        return
    refuse_address(output, option="-o")
    issued = issue_packs(
        study,
        rater or (),
        every=every,
        folder=output,
        who=who,
        clock=utc_now,
        letters=LetterRequest(template=letter, protocol=protocol, deadline=deadline),
        replace=replace,
        place=None if to is None else open_exchange(to),
    )
    if json:
        print_json(
            {
                "schema": "pack/1",
                "packs": [
                    {
                        "rater": one.rater,
                        "file": str(one.path),
                        "items": one.items,
                        "sha256": one.sha256,
                        "letter": str(one.letter),
                    }
                    for one in issued
                ],
            }
        )
        return
    for one in issued:
        say(f"{one.path}: {one.items} items, SHA-256 {one.sha256}")
    if replace:
        talk("The packs that were out are void: ratings made in them from now on would be a fork.")
    if not all(one.letter_knows_names for one in issued):
        talk("The study.toml is not at hand: letters were searched for known models, not for its own names.")
        talk("Read them before you send them, or name it with --protocol.")
    talk(f"A letter for each rater lies beside the pack: {issued[0].letter}")
    talk("The rater runs: rater rate FILE, and at the end: rater submit FILE")
    talk(f"What comes back goes in with: rater-admin merge {typed(study)} FILE...")
