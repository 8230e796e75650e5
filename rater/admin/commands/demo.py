"""`rater-admin demo`: the shipped sample from transcripts to report, in a minute."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from rater import __version__
from rater.admin.commands.agreement import agreement
from rater.admin.commands.effects import effects
from rater.admin.commands.export import export
from rater.admin.commands.inspect import inspect
from rater.admin.commands.keygen import keygen
from rater.admin.commands.lock import lock
from rater.admin.commands.report import report
from rater.admin.commands.seed import seed
from rater.admin.commands.status import status
from rater.admin.commands.unblind import unblind
from rater.admin.output import say, talk

SEED = 20260101


def demo(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="A new folder to keep everything in.")
    ] = None,
) -> None:
    """Run the shipped sample from transcripts to report, rated by simulated raters."""
    if out is not None:
        _run(out)
        talk(f"Everything is in {out}.")
        return
    with tempfile.TemporaryDirectory(prefix="blindrater-demo-") as folder:
        _run(Path(folder) / "study")
    talk("The folder was removed; keep one with: rater-admin demo --out DIR")


def _run(folder: Path) -> None:
    from protocol.simulated import SIMULATED
    from rater.services.doors.key_files import read_secret_text
    from rater.services.simulation.demonstrating import copy_sample, rate_sample

    say(f"*** {SIMULATED} ***")
    sample = copy_sample(folder, simulated=True)
    study, key, identity = folder / "study.db", folder / "study.key", folder / "identity.txt"

    _step(f"rater-admin inspect {sample.transcripts}")
    inspect([sample.transcripts])
    _step(f"rater-admin keygen -o {identity}")
    keygen(identity)
    recipient = read_secret_text(identity, wanted="an identity").split("# recipient: ")[1].split()[0]
    _step(f"rater-admin seed {sample.protocol} {sample.transcripts} -o {study} --recipient {recipient}")
    seed(sample.protocol, [sample.transcripts], study, recipient=[recipient])
    _step("three simulated raters read the items and rate them (not people: keyword rules with noise)")
    say(f"{rate_sample(study, seed=SEED, app=__version__)} items completed by simulated raters")
    _step(f"rater-admin status {study}")
    status(study)
    _step(f"rater-admin lock {study}")
    lock(study)
    code = _lock_code(study)
    _step(f"rater-admin unblind {study} --key {key} --identity {identity} --lock-code {code} --reason demo")
    unblind(study, [key], code, identity=[identity], reason="demo")
    _step(f"rater-admin agreement {study}")
    agreement(study)
    _step(f"rater-admin effects {study}")
    effects(study)
    _step(f"rater-admin export {study} -o {folder / 'export'}")
    export(study, folder / "export")
    _step(f"rater-admin report {study} -o {folder / 'report'}")
    report(output=folder / "report", study=study)
    say(f"*** {SIMULATED} ***")


def _step(command: str) -> None:
    say(f"\n$ {command}")


def _lock_code(study: Path) -> str:
    from rater.services.progress.progress import read_progress

    code = read_progress(study).lock_code
    if code is None:
        raise RuntimeError("a study that was just locked has a lock code")
    return code
