"""`rater-admin design`: what the assignment of a study will look like. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rater.admin.commands.ratings_options import print_blocks
from rater.admin.commands.source_options import (
    FailedRunsOption,
    FormatOption,
    MapOption,
    ReplicatesOption,
    named_sources,
)
from rater.admin.options import JsonOption, RatersOption
from rater.admin.output import print_json, talk, typed
from rater.exit_codes import ExitCode


def design(
    protocol: Annotated[Path, typer.Argument(metavar="STUDY_TOML", help="The protocol of the study.")],
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SOURCE...]", help="Files of transcripts; without any, full cells are assumed."
        ),
    ] = None,
    models: Annotated[
        int | None, typer.Option("--models", metavar="N", min=1, help="Without SOURCE: how many models.")
    ] = None,
    raters: RatersOption = None,
    mapping: MapOption = None,
    format_name: FormatOption = None,
    failed_runs: FailedRunsOption = None,
    replicates: ReplicatesOption = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", min=1, help="Simulated draws at most.")] = 100,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the simulated draws.")] = 1,
    json: JsonOption = False,
) -> None:
    """Show who would rate how much: shared items, distances, waves, complete pairs, faults by name."""
    from protocol.design.design_json import design_to_json
    from protocol.report.design_text import design_blocks
    from rater.services.seeding.designing import describe_design

    named = (
        named_sources(
            sources or [], mapping, format_name=format_name, failed_runs=failed_runs, replicates=replicates
        )
        if sources or mapping
        else None
    )
    found = describe_design(
        protocol,
        named.paths if named else (),
        overrides=named.overrides if named else None,
        models=models,
        raters=raters,
        seed=seed,
        draws=draws,
    )
    if json:
        print_json(design_to_json(found.report, assumed=found.assumed))
    else:
        print_blocks(design_blocks(found.report, assumed=found.assumed))
    if found.report.refused:
        talk("Seeding would refuse this design: raters are confounded with conditions.")
        raise typer.Exit(ExitCode.CHECK_FAILED)
    talk(f"Next: rater-admin plan {typed(protocol)}")
