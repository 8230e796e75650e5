"""What the rubric of study.toml must mean, beyond its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from protocol.rubric import Scale
from protocol.toml_nodes import Mistake, Node, doubled, empty, free_name, patterned

_SHORT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_SHORT_NAME_WORDS = "a letter, then up to 39 letters, digits, _ or -"
_FEWEST_LEVELS = 2
_MOST_LEVELS = 10
LARGEST_LEVEL = 1_000_000


def rubric_mistakes(rubric: Node) -> Iterator[Mistake]:
    """Report everything the rubric gets wrong."""
    yield from free_name(rubric["id"], "a name of the rubric")
    version = rubric["version"]
    if version.whole is not None and not 1 <= version.whole <= LARGEST_LEVEL:
        yield version.mistake("a version from 1")
    yield from empty(rubric["title"], "a title that raters see")
    yield from empty(rubric["source"], "whose text the rubric is")
    for rule in rubric["rules"]:
        yield from empty(rule, "a decision rule, or no entry")

    dimensions = rubric["dimensions"]
    if dimensions.value == []:
        yield dimensions.mistake("at least one dimension", found="none")
    yield from doubled((dimension["id"] for dimension in dimensions), "an id of a dimension")
    for dimension in dimensions:
        yield from _dimension_mistakes(dimension)

    reasons = rubric["not_ratable"]
    yield from doubled((reason["code"] for reason in reasons), "a not-ratable code")
    for reason in reasons:
        yield from patterned(reason["code"], _SHORT_NAME, _SHORT_NAME_WORDS)
        yield from empty(reason["label"], "a label that raters see")


def _dimension_mistakes(dimension: Node) -> Iterator[Mistake]:
    yield from patterned(dimension["id"], _SHORT_NAME, _SHORT_NAME_WORDS)
    yield from empty(dimension["name"], "a name that raters see")
    yield from empty(dimension["question"], "the question the levels answer")

    levels = dimension["levels"]
    count = len(list(levels))
    if isinstance(levels.value, list) and not _FEWEST_LEVELS <= count <= _MOST_LEVELS:
        yield levels.mistake(
            f"{_FEWEST_LEVELS} to {_MOST_LEVELS} levels: one digit key scores each", found=str(count)
        )
    for level in levels:
        value = level["value"].whole
        if value is not None and abs(value) > LARGEST_LEVEL:
            yield level["value"].mistake(f"a value between -{LARGEST_LEVEL} and {LARGEST_LEVEL}")
        yield from empty(level["label"], "a label that raters see")
        yield from empty(level["anchor"], "the anchor: what must be seen for this level")

    scale = dimension["scale"].text or Scale.ORDINAL.value
    if scale == Scale.NOMINAL:
        yield from doubled((level["value"] for level in levels), "a level value")
    else:
        yield from _falling_values(levels, scale)
    yield from _foreign_quote_level(dimension)


def _falling_values(levels: Node, scale: str) -> Iterator[Mistake]:
    highest: int | None = None
    for level in levels:
        value = level["value"].whole
        if value is None:
            continue
        if highest is not None and value <= highest:
            yield level["value"].mistake(
                f"a value above {highest}: the levels of a dimension with the scale {scale} rise"
            )
        highest = value if highest is None else max(highest, value)


def _foreign_quote_level(dimension: Node) -> Iterator[Mistake]:
    wanted = dimension["quote_from"].whole
    values = [level["value"].whole for level in dimension["levels"]]
    if wanted is not None and values and None not in values and wanted not in values:
        declared = ", ".join(str(value) for value in values)
        yield dimension["quote_from"].mistake(f"one of the declared level values {declared}")
