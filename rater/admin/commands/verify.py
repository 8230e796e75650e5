"""`rater-admin verify`: every hash and chain, answered one by one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.errors import UsageError
from rater import __version__
from rater.admin.options import (
    JsonOption,
    PassphraseFdOption,
    PassphraseFileOption,
    login_name,
    read_passphrase,
)
from rater.admin.output import print_json, say, talk
from rater.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rater.services.verifying.verify_anchors import Anchors
    from rater.services.verifying.verify_answers import Check


def verify(
    study: Annotated[
        Path,
        typer.Argument(metavar="STUDY_OR_BUNDLE", help="The study file, or the folder of a public bundle."),
    ],
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key", metavar="FILE", help="The sealed key, to compare its hash; once more for each batch."
        ),
    ] = None,
    identity: Annotated[
        list[Path] | None,
        typer.Option("--identity", metavar="FILE", help="Also open the key and check its content."),
    ] = None,
    passphrase_file: PassphraseFileOption = None,
    passphrase_fd: PassphraseFdOption = None,
    lock_code: Annotated[
        str | None, typer.Option("--lock-code", metavar="CODE", help="The code as it was published.")
    ] = None,
    receipts: Annotated[
        Path | None,
        typer.Option(
            "--receipts", metavar="FILE", help="A line for each receipt: rater code, blank, receipt."
        ),
    ] = None,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Of a public bundle: compute every published figure again.")
    ] = False,
    record: Annotated[
        bool,
        typer.Option("--record", help="With --receipts: put on record how many raters confirmed the study."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check a study file or a public bundle against itself, the published lock code, receipts and key."""
    from rater.services.doors.key_files import Secrets, read_bytes, read_identities, read_secret_text
    from rater.services.verifying.verify_anchors import Anchors, parse_receipts
    from rater.services.verifying.verify_answers import Answer

    if record and (receipts is None or study.is_dir()):
        raise UsageError("--record belongs to --receipts of a study file.", next_step="Leave it out.")
    passphrase = read_passphrase(passphrase_file, passphrase_fd)
    opener = Secrets(identities=read_identities(identity or ()), passphrase=passphrase)
    has_opener = bool(opener.identities) or passphrase is not None
    if has_opener and not key:
        raise UsageError("What opens a key was given, and no key.", next_step="Name the key with --key.")
    sealed = [read_bytes(one, wanted="the sealed key") for one in key or ()]
    anchors = Anchors(
        lock_code=lock_code,
        receipts=(
            parse_receipts(read_secret_text(receipts, wanted="receipts"), where=str(receipts))
            if receipts
            else None
        ),
        sealed=sealed[0] if sealed else None,
        later=tuple(sealed[1:]),
        secrets=opener if has_opener else None,
    )
    checks = _checks(study, anchors, recompute=recompute)
    failed = sum(check.answer is Answer.FAILED for check in checks)
    if json:
        print_json(
            {
                "schema": "verify/1",
                "failed": bool(failed),
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
        talk(
            f"{failed} of {len(checks)} checks FAILED: this is not the study these codes belong to, "
            "or it was changed outside the program. "
            + ("Ask for the bundle as it was published." if study.is_dir() else "Compare it with a backup.")
        )
        raise typer.Exit(ExitCode.CHECK_FAILED)
    if record and anchors.receipts is not None:
        _record(study, anchors.receipts)


def _record(study: Path, receipts: Mapping[str, Sequence[str]]) -> None:
    from rater.services.packs.confirming import record_receipts
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    found = record_receipts(study, receipts, who=Who(name=login_name(), app=__version__), clock=utc_now)
    talk(f"On record: {found.confirmed} of {found.raters} raters confirmed all that counts of theirs.")


def _checks(path: Path, anchors: Anchors, *, recompute: bool) -> list[Check]:
    """Ask a folder as a public bundle, and anything else as a study file."""
    from rater.services.verifying.verifying_bundle import is_folder, read_bundle, verify_bundle

    if not is_folder(path):
        from rater.services.verifying.verifying import verify_study

        if recompute:
            raise UsageError(
                "--recompute is for a public bundle: the figures of a study file are computed at every run.",
                next_step="Name the folder that `rater-admin export --public` wrote.",
            )
        return verify_study(path, anchors)
    if anchors.sealed is not None:
        raise UsageError(
            "A public bundle is checked without the key: the allocation is open in it.",
            next_step="Leave out --key and --identity.",
        )
    return verify_bundle(read_bundle(path), anchors, app=__version__, recompute=recompute)
