"""`rater-admin rehearse`: the whole analysis on shuffled labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rater import __version__
from rater.admin.commands.ratings_options import print_blocks
from rater.admin.options import JsonOption, StudyArgument, login_name
from rater.admin.output import print_json, say


def rehearse(
    study: StudyArgument,
    protocol: Annotated[
        Path, typer.Option("--protocol", metavar="STUDY.TOML", help="The protocol the study was seeded with.")
    ],
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Of the shuffling (default: the plan's).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run agreement and effects on shuffled labels, before anybody knows the real ones."""
    from protocol.analysis.agreement_json import agreement_to_json
    from protocol.analysis.effects_json import effects_to_json
    from protocol.report.agreement_text import agreement_blocks
    from protocol.report.effects_text import effects_blocks
    from rater.services.progress.looks import record_look
    from rater.services.results.analysing import analyse_agreement, analyse_effects
    from rater.services.results.rehearsing import rehearse as shuffle

    shuffled = shuffle(study, protocol, seed=seed)
    record_look(study, action="rehearsal", who=login_name(), app=__version__)
    agreement = analyse_agreement(shuffled.table)
    effects = analyse_effects(
        shuffled.table, baseline=shuffled.protocol.baseline.id, plan=shuffled.protocol.analysis
    )
    if json:
        print_json(
            {
                "schema": "rehearsal/1",
                "seed": shuffled.seed,
                "notes": list(shuffled.notices),
                "agreement": agreement_to_json(agreement, notes=shuffled.notices),
                "effects": effects_to_json(effects, notes=shuffled.notices),
            }
        )
        return
    for notice in shuffled.notices:
        say(notice)
    say(f"seed of the shuffling: {shuffled.seed}")
    print_blocks(agreement_blocks(agreement))
    print_blocks(effects_blocks(effects))
    say("The labels above are shuffled: this was a rehearsal.")
