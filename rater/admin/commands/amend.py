"""`rater-admin amend`: other texts of the rubric, with earlier ratings carried or asked again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name

if TYPE_CHECKING:
    from rater.services.amending.amending_rubric import RubricChange


def amend(
    study: StudyArgument,
    protocol: Annotated[
        Path, typer.Argument(metavar="STUDY_TOML", help="The study.toml with the new texts of the rubric.")
    ],
    carry: Annotated[
        bool, typer.Option("--carry", help="Earlier ratings stand, under the rubric they were made by.")
    ] = False,
    rerate: Annotated[
        list[str] | None,
        typer.Option(
            "--rerate", metavar="DIM", help="Ask this dimension again wherever it was scored; D1,D2 for two."
        ),
    ] = None,
    original: Annotated[
        Path | None,
        typer.Option(
            "--original", metavar="FILE", help="The study.toml as it was seeded, to name what else differs."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what changes; write nothing.")] = False,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Change anchors, examples, rules or questions of the rubric; every rater is told once."""
    from rater.admin.amending import amended_json, print_amended, warn_of_packs
    from rater.admin.output import print_json
    from rater.services.amending.amending_rubric import amend_rubric, plan_amendment, read_new_rubric
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    again = [name.strip() for given in rerate or () for name in given.split(",") if name.strip()]
    if carry is bool(again):
        raise UsageError(
            "Say what becomes of earlier ratings.",
            next_step="Give --carry to let them stand, or --rerate D1 to ask a dimension again.",
        )
    new = read_new_rubric(protocol, original=original)
    if dry_run:
        change = plan_amendment(study, new, rerate=again)
        if json:
            print_json({"schema": "amend/1", "amendment": None, **_json(change)})
        else:
            _print(change)
        return
    who = Who(name=login_name(), app=__version__, reason=reason)
    done = amend_rubric(study, new, rerate=again, who=who, clock=utc_now)
    if json:
        print_json({**amended_json(done.amended), **_json(done.change)})
        warn_of_packs(done.amended)
    else:
        print_amended(done.amended, json=False)
        _print(done.change)


def _json(change: RubricChange) -> dict[str, object]:
    return {
        "changes": list(change.changes),
        "rerate": list(change.rerate),
        "deviations": None if change.deviations is None else list(change.deviations),
    }


def _print(change: RubricChange) -> None:
    from rater.admin.output import say, talk

    for one in change.changes:
        say(f"- {one}")
    if change.deviations is None:
        talk(
            "Scaffolds, analysis plan and claims of the file were not compared with the seeded plan;"
            " --original with the seeded study.toml does. The seeded plan stays what is computed."
        )
    elif change.deviations:
        talk(
            f"DEVIATION from the seeded plan in {', '.join(change.deviations)}: it goes on the record and"
            " into the report, and is not applied."
        )
