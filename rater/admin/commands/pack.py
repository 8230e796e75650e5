"""`rater-admin pack`: one rater's share as a single file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name
from rater.admin.output import print_json, say, talk


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
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Make packs for rating elsewhere; while a pack is out, its rater rates nowhere else."""
    from rater.services.doors import Who
    from rater.services.handing_out import issue_packs, recall_packs
    from rater.services.rating import utc_now

    who = Who(name=login_name(), app=__version__, reason=reason)
    if recall:
        if output is not None:
            raise UsageError("Taking packs back writes no file.", next_step="Leave out -o, or --recall.")
        taken = recall_packs(study, rater or (), every=every, who=who, clock=utc_now)
        if json:
            print_json({"schema": "pack-recall/1", "raters": list(taken)})
        else:
            say(f"taken back: {', '.join(taken)}")
        return
    issued = issue_packs(study, rater or (), every=every, folder=output, who=who, clock=utc_now)
    if json:
        print_json(
            {
                "schema": "pack/1",
                "packs": [
                    {"rater": one.rater, "file": str(one.path), "items": one.items, "sha256": one.sha256}
                    for one in issued
                ],
            }
        )
        return
    for one in issued:
        say(f"{one.path}: {one.items} items, SHA-256 {one.sha256}")
    talk("The rater runs: rater rate FILE, and at the end: rater submit FILE")
    talk(f"What comes back goes in with: rater-admin merge {study} FILE...")
