"""`rater-admin reassign`: the tasks of a drop-out go to another rater."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rater import __version__
from rater.admin.options import JsonOption, ReasonOption, StudyArgument, login_name

if TYPE_CHECKING:
    from rater.services.amending.reassigning import NewDesign


def reassign(
    study: StudyArgument,
    giver: Annotated[str, typer.Option("--from", metavar="CODE", help="The rater who leaves.")],
    taker: Annotated[
        str,
        typer.Option(
            "--to", metavar="CODE", help="Who gets the tasks: a rater, or a new code for one who joins."
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the new design; write nothing.")] = False,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Give every task a rater has not completed to another; what was completed stays and counts."""
    from secrets import SystemRandom

    from rater.admin.amending import amended_json, print_amended, warn_of_packs
    from rater.admin.output import print_json
    from rater.services.amending.reassigning import plan_reassignment, reassign_tasks
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    if dry_run:
        design = plan_reassignment(study, giver=giver, taker=taker, entropy=SystemRandom())
        if json:
            print_json({"schema": "reassign/1", "amendment": None, "design": _json(design)})
        else:
            _print(design)
        return
    who = Who(name=login_name(), app=__version__, reason=reason)
    done = reassign_tasks(study, giver=giver, taker=taker, who=who, clock=utc_now, entropy=SystemRandom())
    if json:
        print_json({**amended_json(done.amended), "design": _json(done.design)})
        warn_of_packs(done.amended)
    else:
        print_amended(done.amended, json=False)
        _print(done.design)


def _json(design: NewDesign) -> dict[str, object]:
    return {
        "from": design.giver,
        "to": design.taker,
        "tasks": list(design.tasks),
        "tasks_kept": design.kept,
        "tasks_staying": list(design.staying),
        "raters": [
            {"rater": one.rater, "before": one.before, "after": one.after, "completed": one.completed}
            for one in design.shares
        ],
        "raters_of_tasks": {str(raters): tasks for raters, tasks in design.raters_of_tasks.items()},
    }


def _print(design: NewDesign) -> None:
    from rater.admin.output import print_table, say

    went = f"{design.giver} to {design.taker}: {len(design.tasks)}"
    title = f"Tasks from {went}; done and kept: {design.kept}"
    print_table(
        ["rater", "items before", "items after", "of these completed"],
        [[one.rater, str(one.before), str(one.after), str(one.completed)] for one in design.shares],
        title=title,
        right=["items before", "items after", "of these completed"],
    )
    if design.staying:
        say(
            f"tasks that stay with {design.giver}, as {design.taker} has them already: {len(design.staying)};"
            " give them to another rater with `reassign` again"
        )
    for raters, tasks in design.raters_of_tasks.items():
        say(f"tasks with {raters} {'rater' if raters == 1 else 'raters'}: {tasks}")
