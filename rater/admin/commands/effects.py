"""`rater-admin effects`: what each scaffold does to each model, per dimension."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError
from rater.admin.commands.ratings_options import (
    ColumnOption,
    DimensionOption,
    LabelOption,
    LevelsOption,
    OriginsOption,
    PlotOption,
    ProtocolOption,
    RatingsOption,
    RatingsSource,
    ScaleOption,
    WhereOption,
    WideOption,
    WithGoldOption,
    announce,
    load_ratings,
    print_blocks,
    refuse_plot_as_json,
)
from rater.admin.output import print_json, talk

if TYPE_CHECKING:
    from protocol.study import AnalysisPlan
    from rater.services.results.analysing import Ratings

MANY_RATINGS = 20_000
"""From here on the computation takes more than a second."""
NOT_PREREGISTERED = (
    "No protocol was given: thresholds, margin and family of tests are the program's defaults, and nobody "
    "fixed them before the ratings were seen."
)


def effects(
    study: Annotated[Path | None, typer.Argument(metavar="STUDY", help="An unblinded study file.")] = None,
    ratings: RatingsOption = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="NAME", help="The scaffold the others are compared with."),
    ] = None,
    where: WhereOption = None,
    levels: LevelsOption = None,
    scale: ScaleOption = None,
    protocol: ProtocolOption = None,
    wide: WideOption = None,
    column: ColumnOption = None,
    dimension: DimensionOption = None,
    label: LabelOption = None,
    origins: OriginsOption = None,
    plot: PlotOption = False,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed of the permutation tests of a ratings file.")
    ] = None,
    with_gold: WithGoldOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show per-model scaffold effects against the baseline, with intervals, tests and verdicts."""
    from protocol.analysis.effects_json import effects_to_json
    from protocol.report.effects_plot import effects_plot
    from protocol.report.effects_text import effects_blocks
    from rater.services.results.analysing import analyse_effects, analyse_robustness

    if study is not None and (baseline is not None or seed is not None):
        raise UsageError(
            "--baseline and --seed belong to --ratings: a study has both in its protocol.",
            next_step="Leave them out.",
        )
    refuse_plot_as_json(plot, as_json)
    source = RatingsSource(
        study=study,
        ratings=ratings,
        levels=levels,
        scale=scale,
        protocol=protocol,
        wide=wide,
        column=column,
        dimension=dimension,
        label=label,
        origins=origins,
        with_gold=with_gold,
    )
    loaded = load_ratings(source, where=where, needs_origin=True)
    chosen = baseline or loaded.baseline
    if chosen is None:
        raise UsageError(
            "--ratings needs the baseline scaffold.", next_step="Give --baseline NAME or --protocol."
        )
    announce(loaded, on_stdout=not as_json)
    if len(loaded.table.rows) > MANY_RATINGS:
        talk(f"Computing effects of {len(loaded.table.rows):,} ratings in every variant; this takes a while.")
    found = analyse_effects(loaded.table, baseline=chosen, plan=_plan(loaded, seed))
    found = analyse_robustness(found, loaded.table, leave_out=loaded.leave_out, consensus=loaded.consensus)
    if loaded.plan is None:
        found = replace(found, notes=(*found.notes, NOT_PREREGISTERED))
    if as_json:
        print_json(effects_to_json(found, notes=(*loaded.notice, *loaded.warnings)))
    else:
        print_blocks(effects_plot(found) if plot else effects_blocks(found))


def _plan(loaded: Ratings, seed: int | None) -> AnalysisPlan:
    """The protocol's plan; for a file without one, the default thresholds."""
    from protocol.study import AnalysisPlan

    plan = loaded.plan or AnalysisPlan(headline=())
    return plan if seed is None else replace(plan, seed=seed)
