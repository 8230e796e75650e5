"""The command group: help by stage of a study, and the door at which errors become sentences."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from protocol.errors import BlindraterError
from rater.admin.output import talk
from rater.exit_codes import ExitCode, exit_code_of

STAGES: dict[str, tuple[str, ...]] = {
    "Plan": ("init", "level", "collect", "protocol", "inspect", "leaks", "design", "plan"),
    "Seed": ("keygen", "key-check", "seed", "pack", "merge"),
    "Run": (
        "status",
        "questions",
        "calibration",
        "clarify",
        "amend",
        "withdraw",
        "reassign",
        "extend",
        "incident",
        "agreement",
        "rehearse",
    ),
    "Doors": ("lock", "unlock", "adjudicate", "unblind"),
    "Read": ("effects", "coverage", "blinding", "profile", "export", "report"),
    "Check": ("verify", "blind-test"),
    "Try": ("simulate", "demo"),
}
"""Commands by stage, in the order in which a study uses them."""


_COMMANDS = Path(__file__).parent / "commands"


def command_of(name: str) -> Any:
    """Import a command and return it as Typer runs it."""
    function = _function_of(name)
    found = getattr(import_module(f"rater.admin.commands.{function}"), function)
    if isinstance(found, typer.Typer):
        group = typer.main.get_command(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.command(name=name)(found)
    return typer.main.get_command(alone)


def summary_of(name: str) -> str:
    """Return what a command does in a sentence: the first line of its docstring.

    Read from the file, not by import: building forty commands costs more than the rest of the page.
    """
    text = (_COMMANDS / f"{_function_of(name)}.py").read_text(encoding="utf-8")
    function = "_group" if "\ndef _group(" in text else _function_of(name)
    found = re.search(
        rf'^def {function}\(.*?\) -> None:\n    """(.*?)(?:"""|\n\n)', text, re.DOTALL | re.MULTILINE
    )
    return " ".join(found[1].split()) if found else ""


def _function_of(name: str) -> str:
    return name.replace("-", "_")


class StagedGroup(TyperGroup):
    """Lists commands by stage and imports the one that is asked for.

    Context and formatter have private types in typer, hence Any.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every name, in the order in which a study uses them."""
        return [name for names in STAGES.values() for name in names]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or nothing where there is none of that name."""
        return command_of(cmd_name) if cmd_name in self.list_commands(ctx) else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section of help for each stage."""
        for stage, names in STAGES.items():
            rows = [(name, summary_of(name)) for name in names]
            with formatter.section(stage):
                formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an error is a sentence on stderr and an exit code, never a traceback."""
        try:
            return super().invoke(ctx)
        except BlindraterError as error:
            talk(f"rater-admin: {error}")
            raise typer.Exit(exit_code_of(error)) from None
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            talk("rater-admin: stopped. Nothing half-done was kept.")
            raise typer.Exit(ExitCode.INTERNAL_FAULT) from None
        except BrokenPipeError:
            # The reader of our output, such as `head`, went away: not a fault, and nothing to tell it.
            stop_writing_out()
            raise typer.Exit(ExitCode.DONE) from None
        except OSError:
            raise  # `main` says it: help and usage errors are written outside of here
        except Exception as fault:
            if type(fault).__module__.startswith("typer"):
                raise  # usage errors are typer's own to print
            talk(f"rater-admin: internal fault ({type(fault).__name__}). {_place_of(fault)}")
            raise typer.Exit(ExitCode.INTERNAL_FAULT) from None


def stop_writing_out() -> None:
    """Give up standard output, so that what is still in its buffer raises nothing at the exit."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - lives to the exit


def _place_of(fault: Exception) -> str:
    """Where a fault happened, as file and line: never a local value, which could be a secret."""
    trace, place = fault.__traceback__, "unknown"
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"Please report this place: {place}"
