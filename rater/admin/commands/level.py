"""`rater-admin level`: which level of evidence a study has, by five questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rater.admin.output import print_json, say, talk
from rater.exit_codes import ExitCode


def level(
    study: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY.TOML]", help="Compare with the level and the claims of this study."),
    ] = None,
    answers: Annotated[
        str,
        typer.Option(
            metavar="QUESTION=yes|no,...",
            help="Instead of questions: fixed-by-training, fixed-inputs, exchange, contingent, workflow.",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Walk the decision tree of evidence levels; flag claims that stand above the evidence."""
    from protocol.claims.evidence_level import LEVEL_MEANING, claims_above, level_of
    from rater.services.reading_study import read_study_file

    protocol = None if study is None else read_study_file(study).protocol
    found = level_of(_given(answers) if answers else _asked())
    above = [] if protocol is None else [claim.id for claim in claims_above(protocol.claims, found.level)]
    agrees = protocol is None or (protocol.evidence_level, protocol.subtag) == (found.level, found.subtag)
    if as_json:
        print_json(
            {
                "schema": "level/1",
                "level": found.level and str(found.level),
                "subtag": found.subtag,
                "also": [str(one) for one in found.others],
                "declared": protocol and str(protocol.evidence_level),
                "agrees": agrees,
                "claims_above": above,
            }
        )
    elif found.level is None:
        say("no level: nothing that is scored here is evidence of a system")
    else:
        tag = f", {found.subtag}" if found.subtag else ""
        say(f"{found.level}{tag}: {LEVEL_MEANING[found.level]}")
        for name in above:
            say(f"claim {name} stands above this evidence")
    if not agrees and protocol is not None:
        declared = f"{protocol.evidence_level}{f', {protocol.subtag}' if protocol.subtag else ''}"
        talk(f"{study} declares the level {declared}: correct evidence_level, or look at the answers again.")
    elif above:
        talk("A claim above its evidence is printed with its distance and never as supported.")
    if above or not agrees:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _given(text: str) -> dict[str, bool]:
    from protocol.claims.evidence_level import QUESTIONS
    from protocol.errors import UsageError

    known = [question.id for question in QUESTIONS]
    found: dict[str, bool] = {}
    for entry in text.split(","):
        name, _, answer = (part.strip() for part in entry.partition("="))
        if name not in known or answer not in ("yes", "no"):
            raise UsageError(
                f'"{entry.strip()}" is no answer.',
                where="--answers",
                next_step=f"Write QUESTION=yes or QUESTION=no; the questions are {', '.join(known)}.",
            )
        found[name] = answer == "yes"
    return found


def _asked() -> dict[str, bool]:
    from protocol.claims.evidence_level import QUESTIONS
    from protocol.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError(
            "There is no terminal to ask on.", next_step="Answer with --answers QUESTION=yes,QUESTION=no."
        )
    found: dict[str, bool] = {}
    for question in QUESTIONS:
        if question.only_after and not found.get(question.only_after):
            continue
        found[question.id] = typer.confirm(question.text, err=True)
    return found
