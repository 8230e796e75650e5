"""The console script `rater-admin`: wires one command a file."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from rater import __version__
from rater.admin.staged_group import STAGES, StagedGroup

app = typer.Typer(
    name="rater-admin",
    cls=StagedGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"rater-admin {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Seed a blinded rating study, keep the blind, lock, unblind once, and read the numbers."""


for _names in STAGES.values():
    for _name in _names:
        _function = _name.replace("-", "_")
        app.command(name=_name)(getattr(import_module(f"rater.admin.commands.{_function}"), _function))


def main() -> None:
    """Run `rater-admin`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
