"""A document as one self-contained web page: style and figures inside, no script, no outside address.

Apart from `protocol.report` because the template and the style are files of the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from protocol.report.document import Callout, Document, Heading, Picture, Verbatim
from protocol.report.document_markdown import HOW_TO_DRAW
from protocol.report.text_block import TextTable
from protocol.safe_text import inline


def html_page(document: Document, drawings: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        document: The report.
        drawings: SVG markup by figure id, made by this program; a figure without one is told in words.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    folder = files(__package__)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["shown"] = inline
    environment.filters["kind"] = _kind
    template = environment.from_string(folder.joinpath("page.html.jinja").read_text(encoding="utf-8"))
    return template.render(
        document=document,
        style=Markup(folder.joinpath("page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        drawings={name: Markup(svg) for name, svg in drawings.items()},  # noqa: S704 - drawn here
        how_to_draw=HOW_TO_DRAW if any(document.figures) and not drawings else "",
    )


def _kind(part: object) -> str:
    names = {
        TextTable: "table",
        Picture: "figure",
        Verbatim: "verbatim",
        Callout: "callout",
        Heading: "heading",
    }
    return names.get(type(part), "sentences")
