"""The report as a page: whole in one file, inert whatever names hold, the same bytes every time."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from protocol.errors import UsageError
from protocol.report.document import Callout, Document, Heading, Picture, Section, Verbatim
from protocol.report.document_markdown import HOW_TO_DRAW, document_markdown
from protocol.report.figure import IntervalChart, IntervalRow, LevelBar, LevelBars
from protocol.report.text_block import Sentences, TextTable
from protocol.simulated import SIMULATED
from rater.figures import drawing
from rater.services.results.report_files import Report, write_report
from rater.services.results.report_page.rendering import html_page
from rater.services.results.reporting import study_report
from tests.services.small_studies import APP, MODELS, NOTE, unblinded_study

HOSTILE = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "transcripts.jsonl"
NASTY = (
    "<script>alert(1)</script> <img src=x onerror=y> [a](javascript:b)"
    " $\\frac{1}{2}$ \x1b[2J \u202e {{ 7*7 }}"
)
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Structure(HTMLParser):
    """Collects tags and addresses, and checks that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "xlink:href"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag


def parsed(page: str) -> Structure:
    found = Structure()
    found.feed(page)
    assert found.open == []
    return found


def nasty_document(text: str) -> Document:
    """A document in which every place that can hold text holds this one."""
    bars = LevelBars(
        id="bars",
        title=text,
        caption=text,
        levels=(text, "b"),
        bars=(LevelBar(group=text, label=text, counts=(3, 1), not_ratable=1),),
    )
    chart = IntervalChart(
        id="chart",
        title=text,
        caption=text,
        axis=text,
        rows=(
            IntervalRow(
                group=text, label=text, estimate=0.5, lower=0.1, upper=0.9, note=text, points=((1.0, 2),)
            ),
            IntervalRow(group=text, label="none", estimate=None, note="undefined"),
        ),
    )
    table = TextTable(title=text, columns=(text, "n"), rows=((text, text),), left=(text,))
    parts = (
        Heading(text=text),
        Callout(text=text),
        Sentences(lines=(text,)),
        table,
        Verbatim(title=text, text=text),
        Picture(figure=bars),
        Picture(figure=chart),
    )
    section = Section(id="one", title=text, parts=parts)
    return Document(title=text, subtitle=text, notices=(text,), sections=(section,))


def hostile_texts() -> list[str]:
    if not HOSTILE.exists():
        pytest.skip("the shared hostile transcripts are not here")
    lines = HOSTILE.read_text(encoding="utf-8").split("\n")
    return [message["content"] for line in lines if line for message in json.loads(line)["messages"]]


def drawn(document: Document) -> dict[str, str]:
    pytest.importorskip("matplotlib", reason="figures need the extra figures")
    return {figure.id: drawing.draw(figure).inline_svg(figure.id) for figure in document.figures}


def test_no_text_becomes_markup() -> None:
    """Tags, links, templates and formulas of a name stand in the page as they are written."""
    document = nasty_document(NASTY)
    page = html_page(document, drawn(document))
    found = parsed(page)
    assert not found.tags & {"script", "img", "iframe", "a onclick"}
    assert found.handlers == []
    assert all(address.startswith("#") for address in found.addresses)
    assert "{{ 7*7 }}" in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert len(found.ids) == len(set(found.ids))


def test_no_hostile_transcript_becomes_markup() -> None:
    """Every text of the hostile collection, in every place of page and Markdown."""
    shell = parsed(html_page(nasty_document("plain"), {})).tags
    for text in hostile_texts():
        document = nasty_document(text[:2000])
        page = html_page(document, {})
        found = parsed(page)
        assert found.tags <= shell
        assert all(address.startswith("#") for address in found.addresses)
        markdown = document_markdown(document, figures="figures")
        assert all(char == "\n" or char.isprintable() or char in "\u200d\u00ad" for char in page + markdown)


def test_a_picture_is_the_same_every_time_and_reads_no_mathematics() -> None:
    """Twice the same bytes, no date, and a dollar sign is a dollar sign."""
    pytest.importorskip("matplotlib", reason="figures need the extra figures")
    figure = next(nasty_document("costs $5 and $6").figures)
    first = drawing.draw(figure)
    assert first == drawing.draw(figure)
    assert "costs $5 and $6" in first.svg
    assert not re.search(r"<dc:date>|<dc:creator>", first.svg)
    assert first.png.startswith(b"\x89PNG")
    assert b"tEXt" not in first.png


def test_the_report_of_a_study_is_one_file(tmp_path: Path) -> None:
    """No script, no outside address, figures inside and beside it; notes of raters stay out."""
    pytest.importorskip("matplotlib", reason="figures need the extra figures")
    door = unblinded_study(tmp_path)
    report = study_report(door.small.study, app=APP)
    document = report.document
    write_report(report, tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    found = parsed(page)
    assert "script" not in found.tags
    assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:|//)", page)
    assert "svg" in found.tags
    assert len(found.ids) == len(set(found.ids))
    assert SIMULATED in page.split("<main>")[0]
    assert all(model in page for model in MODELS)
    assert NOTE not in page
    markdown = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\((figures/[^)]+)\)", markdown)
    assert named
    assert all((tmp_path / "report" / name).is_file() for name in named)
    assert {name.removesuffix(".svg") for name in named} == {
        path.relative_to(tmp_path / "report").as_posix().removesuffix(".png")
        for path in (tmp_path / "report").rglob("*.png")
    }
    tables = {path.name for path in (tmp_path / "report" / "tables").iterdir()}
    assert {"agreement.tex", "effects-D1.tex", "interactions-D1.tex"} <= tables
    assert all(SIMULATED in (tmp_path / "report" / "tables" / name).read_text("utf-8") for name in tables)
    # Page and Markdown have the same sections, in the same order.
    titles = [section.title for section in document.sections]
    assert re.findall(r"^## (.*)$", markdown, re.MULTILINE) == titles
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", page) == titles
    assert [title for title in titles if "Claims" in title] == []


def test_a_report_can_be_written_anew_over_its_own_files_alone(tmp_path: Path) -> None:
    """The same bytes again with --force; a folder that holds something else is left alone."""
    plain = Document(title="plain", subtitle="", notices=(), sections=())
    document = Report(document=plain, extra={"figures/a.svg": "x"})
    folder = tmp_path / "report"
    first = write_report(document, folder)
    before = {path: path.read_bytes() for path in first.files}
    with pytest.raises(UsageError):
        write_report(document, folder)
    write_report(document, folder, replace=True)
    assert {path: path.read_bytes() for path in first.files} == before
    (folder / "figures" / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match=r"mine\.txt"):
        write_report(document, folder, replace=True)


def test_without_the_extra_the_report_says_how_to_get_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every figure is told in words instead."""
    monkeypatch.setattr(drawing, "can_draw", lambda: False)
    document = Report(document=nasty_document("plain"), extra={})
    written = write_report(document, tmp_path / "report")
    assert written.figures_left_out
    assert sorted(path.name for path in written.files) == ["report.html", "report.md"]
    markdown = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "blindrater[figures]" in HOW_TO_DRAW
    for text in (markdown, page):
        assert "extra" in text.split("plain", 2)[2]
        assert "Stacked bars of ratings" in text


def test_figures_take_the_colours_of_the_page() -> None:
    """Text, lines and marks are set by the style of the page, so that they stand out on a dark one, too."""
    markup = "".join(drawn(nasty_document("plain #1c2329")).values())
    style = html_page(nasty_document("plain"), {}).split("</style>")[0]
    for colour, name in ((drawing.INK, "currentColor"), (drawing.QUIET, "var(--quiet)")):
        assert f": {name}" in markup
        assert f": {colour}" not in markup
    assert "plain #1c2329" in markup
    assert style.count("--quiet:") == style.count("--lit:") == 3
