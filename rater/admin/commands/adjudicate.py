"""`rater-admin adjudicate`: disagreements decided after the lock, blind, in a chain of their own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.adjudication_output import adjudication_facts, adjudication_line
from rater.admin.commands.lock import papers_of_the_lock
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name
from rater.admin.output import print_json, say, talk

if TYPE_CHECKING:
    from rater.services.adjudication.adjudicating import Reissued
    from rater.services.adjudication.adjudication_record import Adjudication
    from rater.services.doors.lock_papers import PaperNames


def adjudicate(
    study: StudyArgument,
    *,
    adjudicator: Annotated[
        str | None,
        typer.Option("--as", metavar="CODE", help="Code of the adjudicator, as the plan names it: A1."),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, for screen readers, plain terminals and scripts.")
    ] = False,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw no box and no block characters.")] = False,
    list_only: Annotated[
        bool, typer.Option("--list", help="Say how many disagreements there are; open and change nothing.")
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="End it: all is decided. Prints the lock code that holds then.")
    ] = False,
    waive: Annotated[
        bool, typer.Option("--waive", help="Go on without it, or without the rest; needs --reason.")
    ] = False,
    message: Annotated[
        Path | None,
        typer.Option(
            "--message", metavar="FILE", help="At the end: where the draft of the message goes, as in `lock`."
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest", metavar="FILE", help="At the end: where the lock manifest goes, as in `lock`."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the two files.")] = False,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Decide the raters' disagreements after the lock, blind to conditions and to who said what."""
    from rater.services.adjudication.adjudicating import (
        finish_adjudication,
        read_adjudication,
        waive_adjudication,
    )
    from rater.services.doors.lock_papers import PaperNames, refuse_papers_in_the_way
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    names = PaperNames(manifest=manifest, message=message)
    who = Who(name=login_name(), app=__version__, reason=reason)
    listing = list_only or (json and not (finish or waive))
    _refuse_mixed(
        ends=sum((list_only, finish, waive)),
        listing=listing,
        opens=bool(adjudicator or plain or ascii_only),
        writes=bool(message or manifest or force or reason),
    )
    if listing:
        _print(study, read_adjudication(study), json=json)
        return
    refuse_papers_in_the_way(names, force=force)
    if waive:
        done = waive_adjudication(study, who=who, clock=utc_now)
    elif finish or _work(study, adjudicator, plain=plain, ascii_only=ascii_only):
        done = finish_adjudication(study, who=who, clock=utc_now)
    else:
        found = read_adjudication(study)
        talk(adjudication_line(found))
        talk(f"Next: {_next(study)}")
        return
    _print_lock(study, done, names, waived=waive, force=force, json=json)


def _refuse_mixed(*, ends: int, listing: bool, opens: bool, writes: bool) -> None:
    """Refuse options that would be ignored: opening the work, listing it and ending it are three things."""
    if ends > 1:
        raise UsageError("--list, --finish and --waive are three things.", next_step="Give one of them.")
    if (listing or ends) and opens:
        raise UsageError(
            "--as, --plain and --ascii open the work; --list, --json, --finish and --waive do not.",
            next_step="Leave one or the other out.",
        )
    if listing and writes:
        raise UsageError(
            "A list writes nothing and has no reason.",
            next_step="Leave out --message, --manifest, --force and --reason.",
        )


def _work(study: Path, adjudicator: str | None, *, plain: bool, ascii_only: bool) -> bool:
    """Open the screen; answer whether the adjudicator ended the work there."""
    from rater.adjudicating_app import run_adjudication

    return run_adjudication(
        study, adjudicator=adjudicator, name=login_name(), plain=plain, ascii_only=ascii_only
    )


def _print(study: Path, found: Adjudication, *, json: bool) -> None:
    if json:
        print_json({"schema": "adjudication/1", **adjudication_facts(found), "next": _next(study)})
        return
    say(adjudication_line(found))
    for dimension, count in _counts(found).items():
        say(f"    {dimension}: {count}")
    say(f"next: {_next(study)}")


def _counts(found: Adjudication) -> dict[str, str]:
    cells = Counter(cell.id.dimension for cell in found.cells)
    return {
        name: f"{count} disagreement" if count == 1 else f"{count} disagreements"
        for name, count in cells.items()
    }


def _next(study: Path) -> str:
    from rater.services.progress.progress import read_next_step

    return read_next_step(study)


def _print_lock(
    study: Path,
    done: Reissued,
    names: PaperNames,
    *,
    waived: bool,
    force: bool,
    json: bool,
) -> None:
    papers = papers_of_the_lock(study, names, force=force)
    if json:
        print_json(
            {
                "schema": "adjudicated/1",
                "outcome": "waived" if waived else "finished",
                "lock_code": done.lock_code,
                "replaced_lock_code": done.earlier,
                "disagreements": done.cells,
                "decided": done.decided,
                "manifest": str(papers.manifest) if papers else None,
                "message": str(papers.message) if papers else None,
            }
        )
    else:
        say(f"lock code {done.lock_code}")
    talk(f"{done.decided} of {done.cells} disagreements are decided. This code takes the place of the one")
    talk("before, which is in the new lock manifest: publish it, too, where you cannot edit it.")
    if papers:
        talk(f"A draft of the message is {papers.message}; send {papers.manifest} with it.")
    talk(f"Next: {_next(study)}")
