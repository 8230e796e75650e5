"""`rater-admin agreement`: inter-rater agreement of a study, still blinded, or of a ratings file."""

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
from rater.admin.output import print_json

if TYPE_CHECKING:
    from protocol.audit.pooled_agreement import AuditAgreement
    from rater.services.results.analysing import Ratings

FEWEST_RESAMPLES = 200


def agreement(
    study: Annotated[
        Path | None, typer.Argument(metavar="STUDY", help="A study file; conditions stay unknown.")
    ] = None,
    ratings: RatingsOption = None,
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
    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap",
            metavar="N",
            min=0,
            help="A second column of percentile intervals from N resamples of tasks, or of units.",
        ),
    ] = 0,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the resamples.")] = None,
    with_gold: WithGoldOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how far raters agree, and who stands out: alpha, kappa by pair, severity, drift, repeats."""
    from protocol.analysis.agreement import DEFAULT_SEED
    from protocol.analysis.agreement_json import agreement_to_json
    from protocol.analysis.carried_ratings import counts_to_json
    from protocol.audit.audit_json import audit_agreement_to_json
    from protocol.report.agreement_plot import agreement_plot
    from protocol.report.agreement_text import agreement_blocks
    from protocol.report.audit_text import audit_agreement_blocks
    from rater.services.results.analysing import analyse_agreement

    if 0 < bootstrap < FEWEST_RESAMPLES:
        raise UsageError(
            f"--bootstrap {bootstrap} is too few: ends of a 95% interval need {FEWEST_RESAMPLES} resamples "
            "or more.",
            next_step="Give --bootstrap 10000.",
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
    loaded = load_ratings(source, where=where, needs_origin=False)
    announce(loaded, on_stdout=not as_json)
    plan = loaded.plan or loaded.audit
    planned = plan.seed if plan else DEFAULT_SEED
    found = analyse_agreement(loaded.table, bootstrap=bootstrap, seed=planned if seed is None else seed)
    audit = _audit_agreement(loaded, bootstrap=bootstrap, seed=seed)
    if as_json:
        notes = (*loaded.notice, *loaded.warnings)
        more = {} if audit is None else {"audit": audit_agreement_to_json(audit)}
        print_json({**agreement_to_json(found, notes=notes), **counts_to_json(loaded.table), **more})
    else:
        if audit is not None:
            print_blocks(audit_agreement_blocks(audit))
        print_blocks(agreement_plot(found) if plot else agreement_blocks(found))


def _audit_agreement(loaded: Ratings, *, bootstrap: int, seed: int | None) -> AuditAgreement | None:
    """The pooled agreement of an audit by its plan, or with the resamples that were asked for."""
    if loaded.audit is None:
        return None
    from protocol.audit.pooled_agreement import audit_agreement

    plan = loaded.audit if seed is None else replace(loaded.audit, seed=seed)
    return audit_agreement(loaded.table, replace(plan, bootstrap=bootstrap) if bootstrap else plan)
