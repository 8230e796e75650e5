"""Profiles written as a folder: JSON, page and Markdown of each system, figures beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.profile.comparing import Comparison
from protocol.profile.profile import Profile
from protocol.profile.profile_file import profile_text
from protocol.report.document import Document
from protocol.report.document_markdown import document_markdown
from protocol.report.profile_comparison import comparison_document, comparison_json
from protocol.report.profile_document import profile_document
from protocol.report.result_figures import slug
from rater.services.results.report_files import FIGURES, WrittenReport
from rater.services.results.result_folder import write_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDocument:
    """A document, its data, and the name its files begin with."""

    name: str
    document: Document
    data: str


def write_profiles(profiles: Sequence[Profile], folder: Path, *, replace: bool = False) -> WrittenReport:
    """Write profiles into a folder, `MODEL.SCAFFOLD.json`, `.md` and `.html` of each.

    Raises:
        UsageError: The folder is in the way.
        StorageError: It cannot be written.
    """
    named = [
        NamedDocument(name=_name(one), document=profile_document(one), data=profile_text(one))
        for one in profiles
    ]
    return _write(named, folder, replace=replace)


def write_comparison(found: Comparison, folder: Path, *, replace: bool = False) -> WrittenReport:
    """Write a comparison into a folder.

    Raises:
        UsageError: The folder is in the way.
        StorageError: It cannot be written.
    """
    data = json.dumps(comparison_json(found), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    one = NamedDocument(name="comparison", document=comparison_document(found), data=data)
    return _write([one], folder, replace=replace)


def _name(profile: Profile) -> str:
    return f"{slug(profile.subject.model.id)}.{slug(profile.subject.scaffold.id)}"


def _write(named: Sequence[NamedDocument], folder: Path, *, replace: bool) -> WrittenReport:
    from rater.figures.drawing import can_draw

    drawable = can_draw()
    files: dict[str, str | bytes] = {}
    for one in named:
        files.update(_files(one, drawable=drawable))
    write_folder(folder, files, replace=replace)
    return WrittenReport(
        files=tuple(folder / name for name in files if "/" not in name),
        figures_left_out=not drawable and any(any(one.document.figures) for one in named),
    )


def _files(one: NamedDocument, *, drawable: bool) -> Mapping[str, str | bytes]:
    from rater.figures.drawing import draw
    from rater.services.results.report_page.rendering import html_page

    drawn = {figure.id: draw(figure) for figure in one.document.figures} if drawable else {}
    folder = f"{FIGURES}-{one.name}"
    files: dict[str, str | bytes] = {}
    for name, drawing in drawn.items():
        files[f"{folder}/{name}.svg"] = drawing.svg
        files[f"{folder}/{name}.png"] = drawing.png
    inline = {name: drawing.inline_svg(name) for name, drawing in drawn.items()}
    files[f"{one.name}.json"] = one.data
    files[f"{one.name}.md"] = document_markdown(one.document, figures=folder if drawn else None)
    files[f"{one.name}.html"] = html_page(one.document, inline)
    return files
