"""Tables and sentences as Markdown, with every text that came from a file made inert."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from protocol.report.text_block import Block, TextTable
from protocol.safe_text import inline

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>|~])")


def escaped(text: str) -> str:
    """Return text in which nothing is markup: no link, tag, emphasis or table border."""
    return _ACTIVE.sub(r"\\\1", inline(text))


def markdown_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()
) -> str:
    """Return a table; cells are escaped."""
    lines = [
        _row(columns),
        "| " + " | ".join("---:" if column in right else "---" for column in columns) + " |",
        *(_row(row) for row in rows),
    ]
    return "\n".join(lines)


def markdown_blocks(blocks: Iterable[Block]) -> str:
    """Return tables and sentences in their order."""
    parts: list[str] = []
    for block in blocks:
        if isinstance(block, TextTable):
            if block.title:
                parts.append(f"**{escaped(block.title)}**")
            parts.append(markdown_table(block.columns, block.rows, right=block.right))
        else:
            parts.extend(escaped(line) for line in block.lines)
    return "\n\n".join(parts)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escaped(cell).replace("\u240a", " ") for cell in cells) + " |"
