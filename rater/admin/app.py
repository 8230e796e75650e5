"""The console script `rater-admin`: wires the commands, and is the outermost door for errors."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from protocol.errors import BlindraterError
from rater import __version__
from rater.admin.output import talk
from rater.exit_codes import ExitCode, exit_code_of

app = typer.Typer(
    name="rater-admin",
    help="Seed a blinded rating study, keep the blind, lock, unblind once, and read the numbers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("plan", ("init", "inspect")),
    ("seed", ("keygen", "seed")),
    ("run", ("status", "agreement")),
    ("doors", ("lock", "unlock", "unblind")),
    ("read", ("effects", "export", "report")),
    ("try", ("simulate", "demo")),
)
"""Commands by stage of a study, in the order in which they are used."""


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"rater-admin {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # noqa: ARG001 - the callback acts on it
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Seed a blinded rating study, keep the blind, lock, unblind once, and read the numbers."""


for _stage, _names in STAGES:
    for _name in _names:
        _module = import_module(f"rater.admin.commands.{_name}")
        app.command(name=_name, rich_help_panel=_stage)(getattr(_module, _name))


def main() -> None:
    """Run `rater-admin`; every error of ours is a sentence and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except BlindraterError as error:
        talk(f"rater-admin: {error}")
        raise SystemExit(exit_code_of(error)) from None
    except KeyboardInterrupt:
        talk("rater-admin: stopped. Nothing half-done was kept.")
        raise SystemExit(ExitCode.INTERNAL_FAULT) from None
    except Exception as fault:  # noqa: BLE001 - the outermost door: a sentence without locals or texts
        talk(f"rater-admin: internal fault ({type(fault).__name__}). {_place(fault)}")
        raise SystemExit(ExitCode.INTERNAL_FAULT) from None


def _place(fault: Exception) -> str:
    """Where a fault happened, as file and line: never a local value, which could be secret."""
    trace = fault.__traceback__
    place = ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"Please report this place: {place}. No study file was changed by the failed step."


if __name__ == "__main__":
    main()
