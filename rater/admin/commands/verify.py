"""`rater-admin verify`: every hash and chain, answered one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rater.admin.options import JsonOption, StudyArgument
from rater.admin.output import print_json, say
from rater.exit_codes import ExitCode


def verify(
    study: StudyArgument,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The sealed key, to compare its hash.")
    ] = None,
    identity: Annotated[
        list[Path] | None,
        typer.Option("--identity", metavar="FILE", help="Also open the key and check its content."),
    ] = None,
    lock_code: Annotated[
        str | None, typer.Option("--lock-code", metavar="CODE", help="The code as it was published.")
    ] = None,
    receipts: Annotated[
        Path | None,
        typer.Option(
            "--receipts", metavar="FILE", help="A line for each receipt: rater code, blank, receipt."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check a study file against itself, the published lock code, the receipts and the key."""
    from rater.services.key_files import Secrets, read_bytes, read_identities, read_secret_text
    from rater.services.verify_anchors import Anchors, parse_receipts
    from rater.services.verifying import Answer, verify_study

    checks = verify_study(
        study,
        Anchors(
            lock_code=lock_code,
            receipts=(
                parse_receipts(read_secret_text(receipts, wanted="receipts"), where=str(receipts))
                if receipts
                else None
            ),
            sealed=read_bytes(key, wanted="the sealed key") if key else None,
            secrets=Secrets(identities=read_identities(identity)) if identity else None,
        ),
    )
    failed = any(check.answer is Answer.FAILED for check in checks)
    if json:
        print_json(
            {
                "schema": "verify/1",
                "failed": failed,
                "checks": [
                    {"question": check.question, "answer": check.answer.value, "why": check.why}
                    for check in checks
                ],
            }
        )
    else:
        for check in checks:
            say(f"{check.answer:<18}  {check.question}{f': {check.why}' if check.why else ''}")
    if failed:
        raise typer.Exit(ExitCode.CHECK_FAILED)
