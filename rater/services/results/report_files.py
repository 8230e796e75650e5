"""A report as a folder of files: a page, Markdown, tables, and figures where they can be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from protocol.report.document import Document
from protocol.report.document_markdown import document_markdown
from rater.services.results.result_folder import write_folder

FIGURES = "figures"
"""Folder of the drawn figures beside the text."""
TABLES = "tables"
"""Folder of the tables as LaTeX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report before it is written."""

    document: Document
    extra: Mapping[str, str]
    """Further files by name: tables for a paper, the datasheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenReport:
    """What was written."""

    files: tuple[Path, ...]
    figures_left_out: bool
    """The extra that draws them is not installed."""


def write_report(report: Report, folder: Path, *, replace: bool = False) -> WrittenReport:
    """Write a report into a folder: a page, Markdown, tables, and figures where they can be drawn.

    Raises:
        UsageError: The folder is in the way.
        StorageError: It cannot be written.
    """
    from rater.figures.drawing import can_draw, draw
    from rater.services.results.report_page.rendering import html_page

    document = report.document
    figures = list(document.figures) if can_draw() else []
    drawn = {figure.id: draw(figure) for figure in figures}
    inline = {name: drawing.inline_svg(name) for name, drawing in drawn.items()}
    files: dict[str, str | bytes] = dict(report.extra)
    for name, drawing in drawn.items():
        files[f"{FIGURES}/{name}.svg"] = drawing.svg
        files[f"{FIGURES}/{name}.png"] = drawing.png
    files["report.md"] = document_markdown(document, figures=FIGURES if drawn else None)
    files["report.html"] = html_page(document, inline)
    write_folder(folder, files, replace=replace)
    return WrittenReport(
        files=tuple(folder / name for name in reversed(files)),
        figures_left_out=not drawn and any(document.figures),
    )
