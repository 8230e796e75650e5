"""`rater-admin protocol`: the fixed-scaffolding protocol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rater.admin.commands.source_options import (
    FormatOption,
    MapOption,
    RunManifestOption,
    SourcesArgument,
    named_sources,
)
from rater.admin.output import print_json, print_table, say, talk
from rater.exit_codes import ExitCode

if TYPE_CHECKING:
    from protocol.fairness.answer import RuleAnswer
    from rater.services.seeding.fairness import VerifiedRun

_SHOWN = 12

protocol = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Check that runs under different scaffolds are comparable.",
)


@protocol.callback()
def _group() -> None:
    """Check that runs under different scaffolds are comparable."""


@protocol.command()
def verify(
    sources: SourcesArgument,
    study: Annotated[
        Path,
        typer.Option("--protocol", metavar="STUDY.TOML", help="The study with its scaffolds and tasks."),
    ],
    run: RunManifestOption = None,
    mapping: MapOption = None,
    format_name: FormatOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask every fairness rule of a collection and name each breach."""
    from protocol.fairness.answer import Outcome, Verdict
    from rater.services.seeding.fairness import verify_run

    named = named_sources(sources, mapping, format_name=format_name)
    found = verify_run(named.paths, protocol=study, run_manifest=run, overrides=named.overrides)
    if as_json:
        print_json(_as_json(found))
    else:
        _print_answers(found)
    if found.fairness.verdict is not Verdict.COMPARABLE:
        rules = ", ".join(str(one.rule) for one in found.fairness.answers if one.outcome is not Outcome.KEPT)
        talk(f"The conditions are {found.fairness.verdict}: see rules {rules}.")
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _print_answers(found: VerifiedRun) -> None:
    answers = found.fairness.answers
    print_table(
        ("rule", "answer", "what it asks"),
        [(str(one.rule), str(one.outcome), one.title) for one in answers],
        right=("rule",),
    )
    for answer in answers:
        _print_details(answer)
    say("")
    manifest = "no run manifest" if found.run_manifest is None else str(found.run_manifest)
    say(f"{found.transcripts} transcripts, {manifest}: {found.fairness.verdict}.")
    if found.run_manifest is None:
        talk("How they were made is not recorded; docs/fixed-scaffolding.md says what run.json holds.")


def _print_details(answer: RuleAnswer) -> None:
    if not answer.breaches and not answer.remarks:
        return
    say("")
    say(f"Rule {answer.rule}: {answer.outcome}")
    for breach in answer.breaches[:_SHOWN]:
        say(f"  {breach}")
    if len(answer.breaches) > _SHOWN:
        say(f"  and {len(answer.breaches) - _SHOWN} more; --json lists all")
    for remark in answer.remarks[:_SHOWN]:
        say(f"  ({remark})")


def _as_json(found: VerifiedRun) -> dict[str, object]:
    return {
        "schema": "protocol-verify/1",
        "transcripts": found.transcripts,
        "run_manifest": None if found.run_manifest is None else str(found.run_manifest),
        "verdict": str(found.fairness.verdict),
        "rules": [
            {
                "rule": one.rule,
                "title": one.title,
                "outcome": str(one.outcome),
                "breaches": [{"where": breach.where, "what": breach.what} for breach in one.breaches],
                "remarks": list(one.remarks),
            }
            for one in found.fairness.answers
        ],
    }
