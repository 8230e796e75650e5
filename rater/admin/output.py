"""The one output sink of the admin command line: data on stdout, talk on stderr.

Every string that may come from a file passes `inline` here or before; tables take `Text` cells,
never markup. No colour goes out where `NO_COLOR` is set or stdout is no terminal.
"""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from protocol.safe_text import inline, neutralise

WIDE = 400
"""Columns where stdout is no terminal: a table in a file is not folded."""


def say(text: str) -> None:
    """Print a line of data on stdout, control characters shown, not obeyed."""
    sys.stdout.write(inline(text, multiline=True) + "\n")


def talk(text: str) -> None:
    """Print a line of talk on stderr."""
    sys.stderr.write(inline(text, multiline=True) + "\n")


def typed(path: Path) -> str:
    """Return a path as it is typed in a shell, for commands that are advised."""
    return shlex.quote(str(path))


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on stdout; keys keep their order, floats are finite.

    What a terminal could obey is escaped, which JSON allows for any character.
    """
    lines = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False).split("\n")
    sys.stdout.write("\n".join(line if line.isprintable() else _escaped(line) for line in lines) + "\n")


def _escaped(line: str) -> str:
    return "".join(char if neutralise(char) == char else json.dumps(char)[1:-1] for char in line)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    right: Sequence[str] = (),
) -> None:
    """Print a table on stdout.

    Args:
        columns: Headings.
        rows: Cells as text; untrusted text is made safe here.
        title: A line above the table.
        right: Headings of the columns that are right-aligned, such as numbers.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, highlight=False)
    for column in columns:
        table.add_column(Text(column), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(inline(cell, multiline=True)) for cell in row))
    # Not to stdout itself: where its reader went away, such as `head`, rich exits with 1.
    terminal, text = sys.stdout.isatty(), io.StringIO()
    console = Console(
        file=text, width=None if terminal else WIDE, highlight=False, force_terminal=terminal or None
    )
    if title:
        say(title)
    console.print(table)
    sys.stdout.write(text.getvalue())
