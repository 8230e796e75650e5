"""`rater-admin leaks`: what would tell a rater the condition."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rater.admin.commands.ratings_options import print_blocks
from rater.admin.commands.source_options import (
    FailedRunsOption,
    FormatOption,
    LargestOption,
    MapOption,
    ReplicatesOption,
    SourcesArgument,
    named_sources,
)
from rater.admin.options import JsonOption, ReasonOption, login_name
from rater.admin.output import print_json, print_table, say, talk
from rater.exit_codes import ExitCode

if TYPE_CHECKING:
    from protocol.deidentify.finding import LeakHit
    from protocol.deidentify.guessability.audit import AuditResult
    from rater.services.leaks.leaks import LeakReport

DecisionsOption = Annotated[
    Path | None,
    typer.Option(
        "--decisions", metavar="FILE", help="Where decisions are kept (default: beside the protocol)."
    ),
]


def leaks(
    sources: SourcesArgument,
    protocol: Annotated[
        Path, typer.Option("--protocol", metavar="STUDY.TOML", help="The protocol with its redaction plan.")
    ],
    mapping: MapOption = None,
    format_name: FormatOption = None,
    failed_runs: FailedRunsOption = None,
    largest_mib: LargestOption = None,
    replicates: ReplicatesOption = None,
    decisions: DecisionsOption = None,
    decide: Annotated[
        list[str] | None,
        typer.Option(
            "--decide",
            metavar="HIT=ACTION",
            help="keep, replace or drop-task, for a hit, a rule or a class; may be repeated.",
        ),
    ] = None,
    reason: ReasonOption = "",
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="How many hits are listed.")
    ] = 200,
    audit: Annotated[
        bool, typer.Option("--audit", help="Also measure how guessable the conditions are (extra: audit).")
    ] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Of the audit (default: the plan's).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show every hit of the leak rules in context; exit 4 while one waits for a decision."""
    from rater.services.leaks.leaks import decide_hits, decisions_path, find_leaks, read_decisions
    from rater.services.wall_clock import utc_now

    named = named_sources(
        sources,
        mapping,
        format_name=format_name,
        failed_runs=failed_runs,
        largest_mib=largest_mib,
        replicates=replicates,
    )
    kept_in = decisions_path(protocol, decisions)

    def find() -> LeakReport:
        decided = read_decisions(kept_in)
        return find_leaks(protocol, named.paths, overrides=named.overrides, decisions=decided)

    report = find()
    if decide:
        made = decide_hits(kept_in, report, decide, reason=reason, who=login_name(), at=utc_now())
        talk(f"{len(made)} decisions added to {kept_in}")
        report = find_leaks(
            protocol, named.paths, overrides=named.overrides, decisions=read_decisions(kept_in)
        )
    audited = None
    if audit:
        from rater.services.leaks.guessability import audit_sources

        audited = audit_sources(
            protocol,
            named.paths,
            overrides=named.overrides,
            decisions=read_decisions(kept_in),
            seed=seed,
            progress=lambda step: talk(f"audit: {step}"),
        )
    if json:
        print_json(_as_json(report, audited))
    else:
        _print(report, limit)
        if audited is not None:
            from protocol.report.guessability_text import guessability_blocks

            print_blocks(guessability_blocks(audited))
    if report.undecided:
        talk(f"{report.undecided} hits wait for a decision: --decide HIT=keep, replace or drop-task.")
    if report.own_texts:
        talk("Your own texts tell a condition: reword them in study.toml.")
    if report.undecided or report.own_texts:
        raise typer.Exit(ExitCode.WOULD_BREAK_BLIND)


def _print(report: LeakReport, limit: int) -> None:
    counts = Counter((hit.leak_class.value, hit.place.rule, hit.action.value) for hit in report.hits)
    print_table(
        ["class", "rule", "what is done", "hits"],
        [[*kind, str(count)] for kind, count in sorted(counts.items())],
        title=f"{len(report.hits)} hits in {report.transcripts} transcripts",
        right=["hits"],
    )
    print_table(
        ["hit", "where", "rule", "what is done", "in context"],
        [_row(hit) for hit in report.hits[:limit]],
    )
    if len(report.hits) > limit:
        say(f"and {len(report.hits) - limit} more: see them with --limit or --json")
    for leak in report.own_texts:
        say(f"stops the seeding: {leak}")


def _row(hit: LeakHit) -> list[str]:
    origin = hit.place.origin
    return [
        hit.place.fingerprint,
        f"{origin.model} x {origin.scaffold} x {origin.task}, message {hit.place.message + 1}",
        hit.place.rule,
        f"{hit.action.value}{' (decided)' if hit.decision else ''}",
        f"{hit.before}>>>{hit.place.found}<<<{hit.after}",
    ]


def _as_json(report: LeakReport, audited: AuditResult | None) -> dict[str, object]:
    from protocol.deidentify.guessability.audit_json import guessability_to_json

    return {
        "schema": "leaks/1",
        "transcripts": report.transcripts,
        "undecided": report.undecided,
        "hits": [
            {
                "hit": hit.place.fingerprint,
                "class": hit.leak_class.value,
                "rule": hit.place.rule,
                "action": hit.action.value,
                "decided": hit.decision is not None,
                "model": hit.place.origin.model,
                "scaffold": hit.place.origin.scaffold,
                "task": hit.place.origin.task,
                "message": hit.place.message,
                "field": hit.place.field,
                "start": hit.place.start,
                "found": hit.place.found,
                "before": hit.before,
                "after": hit.after,
            }
            for hit in report.hits
        ],
        "own_texts": [
            {"where": leak.where, "rule": leak.rule, "found": leak.found} for leak in report.own_texts
        ],
        "audit": guessability_to_json(audited) if audited else None,
    }
