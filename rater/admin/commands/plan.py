"""`rater-admin plan`: what a study can detect, by simulation. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rater.admin.commands.ratings_options import print_blocks
from rater.admin.options import JsonOption
from rater.admin.output import print_json
from rater.admin.tick_line import tick_line


def _number(name: str, help_text: str, *, least: int = 1) -> object:
    return typer.Option(name, metavar="N", min=least, help=help_text)


def plan(
    protocol: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY_TOML]", help="A protocol; the options change what it says."),
    ] = None,
    tasks: Annotated[int | None, _number("--tasks", "Tasks (no protocol: 15).")] = None,
    models: Annotated[int | None, _number("--models", "Models (usual 3).")] = None,
    contrasts: Annotated[
        int | None, _number("--contrasts", "Scaffolds compared with the baseline (no protocol: 3).")
    ] = None,
    raters: Annotated[int | None, _number("--raters", "Raters (no protocol: 3).")] = None,
    raters_per_item: Annotated[
        int | None, _number("--raters-per-item", "How many of them rate each item (no protocol: all).")
    ] = None,
    levels: Annotated[
        int | None,
        typer.Option("--levels", metavar="N", min=2, max=10, help="Levels (no protocol: 4)."),
    ] = None,
    dimension: Annotated[
        str | None,
        typer.Option(
            "--dimension", metavar="ID", help="Whose levels (default: the first headline dimension)."
        ),
    ] = None,
    agreement: Annotated[
        float, typer.Option("--agreement", metavar="ALPHA", help="Assumed ordinal alpha of two raters.")
    ] = 0.7,
    ceiling: Annotated[
        float | None,
        typer.Option(
            "--ceiling",
            metavar="SHARE",
            help="Assumed share of the baseline's ratings at the top level (default: all levels alike).",
        ),
    ] = None,
    severity: Annotated[
        float, typer.Option("--severity", metavar="SD", help="Assumed spread of the raters' severities.")
    ] = 0.3,
    task_share: Annotated[
        float,
        typer.Option(
            "--task-share", metavar="SHARE", help="Assumed share of variance between tasks, not transcripts."
        ),
    ] = 0.6,
    margin: Annotated[
        float | None, typer.Option("--margin", metavar="LEVELS", help="Equivalence margin (usual 0.5).")
    ] = None,
    alpha: Annotated[
        float | None, typer.Option("--alpha", metavar="P", help="Significance level (usual 0.05).")
    ] = None,
    shift: Annotated[
        list[float] | None,
        typer.Option(
            "--shift", metavar="LEVELS", help="A true shift to try; may be repeated (usual .25 .5 .75 1)."
        ),
    ] = None,
    studies: Annotated[
        int, typer.Option("--studies", metavar="N", min=1, help="Simulated studies for each shift, at most.")
    ] = 300,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the simulation.")] = 1,
    json: JsonOption = False,
) -> None:
    """Simulate what a study can detect: power after Holm, chance of each verdict, margin it resolves."""
    from protocol.design.power_json import power_to_json
    from protocol.report.power_text import power_blocks
    from rater.services.seeding.planning import PlanQuestion, answer_plan

    question = PlanQuestion(
        tasks=tasks,
        models=models,
        contrasts=contrasts,
        raters=raters,
        raters_per_item=raters_per_item,
        levels=levels,
        dimension=dimension,
        margin=margin,
        alpha=alpha,
        agreement=agreement,
        ceiling=ceiling,
        severity_sd=severity,
        task_share=task_share,
        shifts=tuple(shift or ()),
        studies=studies,
        seed=seed,
    )
    with tick_line("simulated studies") as tick:
        answer = answer_plan(question, protocol, tick=tick)
    if json:
        print_json(power_to_json(answer.result, answer.assumptions, assumed=answer.assumed))
    else:
        print_blocks(power_blocks(answer.result, assumed=answer.assumed))
