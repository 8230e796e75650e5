"""A report as values: sections of tables, sentences, figures and quoted texts, whatever they look like.

One document gives the web page, the Markdown and whatever else is written: they cannot differ in content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from protocol.report.audit_figures import AuditFigure
from protocol.report.figure import Figure
from protocol.report.text_block import Sentences, TextTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure at its place in the text."""

    figure: Figure | AuditFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbatim:
    """A text that is shown letter by letter, such as a scaffold."""

    title: str
    text: str


Tone = Literal["notice", "good", "middling", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """A sentence that must not be overlooked."""

    text: str
    tone: Tone = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside a section."""

    text: str


Part = TextTable | Sentences | Picture | Verbatim | Callout | Heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section; one without parts is left out of a document."""

    id: str
    title: str
    parts: tuple[Part, ...]


def section(name: str, title: str, parts: Iterable[Part]) -> Section:
    """Return a section with everything that is yielded for it."""
    return Section(id=name, title=title, parts=tuple(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report."""

    title: str
    subtitle: str
    notices: tuple[str, ...]
    """What every copy of the report must say first."""
    sections: tuple[Section, ...]

    @property
    def figures(self) -> Iterator[Figure | AuditFigure]:
        """Every figure, in order."""
        for one in self.sections:
            for part in one.parts:
                if isinstance(part, Picture):
                    yield part.figure
