"""`rater-admin lock`: the first door."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import BlindraterError, UsageError
from rater import __version__
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name
from rater.admin.output import print_json, say, talk, typed

if TYPE_CHECKING:
    from protocol.chain.lock_gaps import LockGaps
    from rater.services.doors.lock_papers import LockPapers, PaperNames


def lock(
    study: StudyArgument,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what is missing and what is lost with it; change nothing.")
    ] = False,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Lock although items are not completed.")
    ] = False,
    message: Annotated[
        Path | None,
        typer.Option(
            "--message",
            metavar="FILE",
            help="Where the draft of the message to raters and co-authors goes (default: beside the study).",
        ),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            "--manifest", metavar="FILE", help="Where the lock manifest goes (default: beside the study)."
        ),
    ] = None,
    papers_only: Annotated[
        bool,
        typer.Option("--papers-only", help="Write both files of a locked study again; change nothing."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the two files.")] = False,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Make the ratings final and print the lock code, to be published before unblinding."""
    from rater.services.doors.doors import lock_study
    from rater.services.doors.lock_papers import PaperNames, refuse_papers_in_the_way
    from rater.services.progress.progress import read_next_step
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    if dry_run and (papers_only or accept_missing):
        raise UsageError("--dry-run changes nothing and writes nothing.", next_step="Leave the other out.")
    if dry_run:
        _tell_gaps(study, json=json)
        return
    names = PaperNames(manifest=manifest, message=message)
    if papers_only:
        _print_papers(_write(study, names, force=force), json=json)
        return
    refuse_papers_in_the_way(names, force=force)
    locked = lock_study(
        study,
        who=Who(name=login_name(), app=__version__, reason=reason),
        clock=utc_now,
        accept_missing=accept_missing,
    )
    papers = papers_of_the_lock(study, names, force=force)
    if json:
        print_json(
            {
                "schema": "lock/1",
                "lock_code": locked.lock_code,
                "missing": {rater: list(items) for rater, items in locked.missing.items()},
                **({"packs_out": list(locked.packs_out)} if locked.packs_out else {}),
                "manifest": str(papers.manifest) if papers else None,
                "message": str(papers.message) if papers else None,
            }
        )
    else:
        say(f"lock code {locked.lock_code}")
    if locked.packs_out:
        talk(f"Packs are out: {', '.join(locked.packs_out)}. The lock manifest lists them.")
        talk("What comes back from them now is kept as late.")
    talk("Publish this code now where you cannot edit it: a registration, a mail to all raters and")
    since = "unblinding" if locked.sealed else "the lock"
    talk(f"co-authors, a pushed signed tag. It is what shows later that no rating changed after {since}.")
    if papers:
        talk(f"A draft of that mail is {papers.message}; send {papers.manifest} with it.")
    talk(f"Next: {read_next_step(study)}")


def _write(study: Path, names: PaperNames, *, force: bool) -> LockPapers:
    from rater.services.doors.lock_papers import write_lock_papers

    return write_lock_papers(study, names, force=force)


def papers_of_the_lock(study: Path, names: PaperNames, *, force: bool) -> LockPapers | None:
    """Write the papers; the lock stands, and its code is printed, also where they cannot be written."""
    try:
        return _write(study, names, force=force)
    except BlindraterError as fault:
        talk(f"The study is locked, but its papers are not written. {fault}")
        talk(f"Then: rater-admin lock {typed(study)} --papers-only --manifest FILE --message FILE")
        return None


def _print_papers(papers: LockPapers, *, json: bool) -> None:
    if json:
        print_json(
            {"schema": "lock-papers/1", "manifest": str(papers.manifest), "message": str(papers.message)}
        )
        return
    say(str(papers.manifest))
    say(str(papers.message))


def _tell_gaps(study: Path, *, json: bool) -> None:
    from rater.services.doors.gaps_before_lock import read_gaps

    gaps = read_gaps(study)
    if json:
        print_json(_gaps_json(gaps))
        return
    for gap in gaps.raters:
        say(f"{gap.rater}: {len(gap.missing)} of {gap.items} items not completed, in {gap.tasks} tasks")
        say(f"    {' '.join(gap.missing)}")
    if not gaps.raters:
        say("Nothing is missing. Nothing was changed.")
        return
    for count, what in (
        (gaps.within_raters, "pairs of two items of a task by one rater, for effects"),
        (gaps.between_raters, "pairs of two raters on an item, for agreement"),
    ):
        say(f"{count.lost} of {count.planned} {what}, are lost")
    if gaps.unrated:
        say(f"{len(gaps.unrated)} items nobody completed: {' '.join(gaps.unrated)}")
    say("Nothing was changed.")
    talk("Which conditions the pairs compare is sealed. To lock all the same:")
    talk(f"rater-admin lock {typed(study)} --accept-missing --reason TEXT")


def _gaps_json(gaps: LockGaps) -> dict[str, object]:
    return {
        "schema": "lock-dry-run/1",
        "missing": {gap.rater: list(gap.missing) for gap in gaps.raters},
        "raters": [
            {"rater": gap.rater, "items": gap.items, "missing": len(gap.missing), "tasks": gap.tasks}
            for gap in gaps.raters
        ],
        "pairs": {
            name: {"planned": count.planned, "complete": count.complete, "lost": count.lost}
            for name, count in (
                ("within_raters", gaps.within_raters),
                ("between_raters", gaps.between_raters),
            )
        },
        "unrated": list(gaps.unrated),
    }
