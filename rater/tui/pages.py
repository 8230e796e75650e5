"""The texts of the pages: task card, guide of a dimension, all keys. Laid out, not drawn."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding
from textual.content import Content

from protocol import rating_words
from protocol.amendment_words import Notice, Ruling
from protocol.kind_words import OF_TRANSCRIPTS, KindWords
from protocol.rubric import Dimension, Rubric
from protocol.visible import TaskCard
from rater.tui import tones
from rater.tui.key_table import KeyTable
from rater.tui.safe import clipped, rows

KEY_COLUMNS = 14
NAME_COLUMNS = 18


def card_page(card: TaskCard, width: int) -> Content:
    """Return the task card in full."""
    lines = _paragraph(card.brief, width)
    for part in rating_words.card_parts(card):
        lines += _section(part.title, width)
        lines += _points(part.points, width) if part.points else _paragraph(part.text, width)
    return Content("\n").join(lines)


def notice_page(notice: Notice, width: int) -> Content:
    """Return what a rater is told about an amendment; the title stands above it."""
    lines = _paragraph(notice.paragraphs[0], width)
    for paragraph in notice.paragraphs[1:]:
        lines += [Content(""), *_paragraph(paragraph, width)]
    return Content("\n").join(lines)


def guide_page(
    dimension: Dimension, rubric: Rubric, width: int, *, rulings: Sequence[Ruling] = ()
) -> Content:
    """Return a dimension's question, anchors, examples and rulings, and the rubric's decision rules."""
    lines = [Content.styled(row, tones.STRONG) for row in rows(dimension.question, width)]
    for level in dimension.levels:
        lines.append(Content(""))
        heading = f"{dimension.digit_of(level)}  {level.label}"
        lines += [Content.styled(row, tones.CHOSEN) for row in rows(heading, width)]
        lines += _paragraph(level.anchor, width, indent=3)
        if level.example:
            lines += [Content.styled("   Example", tones.MUTED)]
            lines += [Content.styled(f"   {row}", tones.MUTED) for row in rows(level.example, width - 3)]
    demands = " ".join(rating_words.demands_of(dimension))
    lines += [Content(""), *_paragraph(demands, width)] if demands else []
    for ruling in rulings:
        lines += _section(f"Ruling of {ruling.day}", width) + _paragraph(ruling.text, width)
    if rubric.rules:
        lines += _section("Decision rules", width)
        for number, rule in enumerate(rubric.rules, start=1):
            for index, row in enumerate(rows(rule, width - 4)):
                lines.append(Content(f"{f'{number:2d}.' if index == 0 else '':<4}{row}"))
    lines += _section("Source", width) + _paragraph(
        f"{rubric.title}, version {rubric.version}. {rubric.source}", width
    )
    return Content("\n").join(lines)


def keys_page(
    bindings: Sequence[Binding], keys: KeyTable, width: int, *, words: KindWords = OF_TRANSCRIPTS
) -> Content:
    """Return every key with what it does, grouped; made from the bindings themselves."""
    lines: list[Content] = []
    groups: dict[str, list[Binding]] = {}
    for binding in bindings:
        if binding.group is not None:
            groups.setdefault(binding.group.description, []).append(binding)
    for title, members in groups.items():
        lines += _section(title, width) if lines else [Content.styled(title, tones.HEADING)]
        for key, name, text in _key_rows(members, keys, words):
            for index, row in enumerate(rows(text, width - KEY_COLUMNS - NAME_COLUMNS)):
                head = (
                    f"{key:<{KEY_COLUMNS}}{name:<{NAME_COLUMNS}}"
                    if index == 0
                    else " " * (KEY_COLUMNS + NAME_COLUMNS)
                )
                lines.append(Content.assemble((head[:KEY_COLUMNS], tones.STRONG), head[KEY_COLUMNS:], row))
    return Content("\n").join(lines)


def _key_rows(bindings: Sequence[Binding], keys: KeyTable, words: KindWords) -> list[tuple[str, str, str]]:
    """Keys of one action and description become one row."""
    found: dict[tuple[str, str], list[str]] = {}
    for binding in bindings:
        if binding.id is not None:
            found.setdefault((binding.description, binding.tooltip), []).append(keys.all_shown(binding.id))
    return [
        (
            clipped(_joined(shown), KEY_COLUMNS - 1),
            clipped(words.of(name), NAME_COLUMNS - 1),
            words.of(text),
        )
        for (name, text), shown in found.items()
    ]


def _joined(shown: Sequence[str]) -> str:
    """Return the keys of alike actions in short: those that score as a run, if they are one."""
    digits = "".join(shown)
    return f"{shown[0]} … {shown[-1]}" if len(shown) > 2 and digits in "0123456789" else " ".join(shown)


def _section(title: str, width: int) -> list[Content]:
    return [Content(""), *(Content.styled(row, tones.HEADING) for row in rows(title, width))]


def _paragraph(text: str, width: int, *, indent: int = 0) -> list[Content]:
    return [Content(" " * indent + row) for row in rows(text, width - indent)]


def _points(points: Sequence[str], width: int) -> list[Content]:
    return [
        Content(f"{'· ' if index == 0 else '  '}{row}")
        for point in points
        for index, row in enumerate(rows(point, width - 2))
    ]
