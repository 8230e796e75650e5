"""A forgiving view of a TOML document, so that rules on meaning run beside mistakes of shape.

A rule that meets a missing or wrongly shaped value sees None or an empty list and stays silent:
the check of the shape reports that value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from protocol.toml_lines import KeyPath
from protocol.wording import describe, hidden_character, path_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong at one place of the document."""

    path: KeyPath
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document, or its absence, with its key path."""

    value: object
    path: KeyPath = ()

    def __getitem__(self, key: str) -> Node:
        inner = cast("dict[str, object]", self.value).get(key) if isinstance(self.value, dict) else None
        return Node(inner, (*self.path, key))

    def __iter__(self) -> Iterator[Node]:
        values = cast("list[object]", self.value) if isinstance(self.value, list) else []
        return iter([Node(value, (*self.path, position)) for position, value in enumerate(values)])

    @property
    def given(self) -> bool:
        """Whether the key stands in the document."""
        return self.value is not None

    @property
    def text(self) -> str | None:
        """The value if it is text."""
        return self.value if isinstance(self.value, str) else None

    @property
    def whole(self) -> int | None:
        """The value if it is a whole number."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    @property
    def number(self) -> float | None:
        """The value if it is a number."""
        return self.value if isinstance(self.value, float) else self.whole

    @property
    def table(self) -> dict[str, object]:
        """The value if it is a table, else an empty one."""
        return cast("dict[str, object]", self.value) if isinstance(self.value, dict) else {}

    def mistake(self, expected: str, *, found: str | None = None) -> Mistake:
        """Return a mistake at this node, with what stands there as what was found."""
        return Mistake(
            path=self.path, found=describe(self.value) if found is None else found, expected=expected
        )


def empty(node: Node, expected: str) -> Iterator[Mistake]:
    """Report a text that is there and holds nothing but white space."""
    if node.text is not None and not node.text.strip():
        yield node.mistake(expected, found="an empty text")


def free_name(node: Node, what: str) -> Iterator[Mistake]:
    """Report a name that is empty, has white space around it or a character nobody can see."""
    name = node.text
    if name is None:
        return
    hidden = hidden_character(name)
    if not name.strip():
        yield node.mistake(f"{what} that is not empty", found="an empty text")
    elif hidden:
        yield node.mistake(f"{what} of visible characters", found=f"the character {hidden} in it")
    elif name != name.strip():
        yield node.mistake(f"{what} without blanks before or after it")


def patterned(node: Node, pattern: re.Pattern[str], expected: str) -> Iterator[Mistake]:
    """Report a text that does not have the form it must have."""
    if node.text is not None and not pattern.fullmatch(node.text):
        yield node.mistake(expected)


def doubled(nodes: Iterable[Node], what: str, *, fold_case: bool = False) -> Iterator[Mistake]:
    """Report every text or whole number that an earlier node holds already."""
    first: dict[object, KeyPath] = {}
    for node in nodes:
        value: object = node.text if node.text is not None else node.whole
        if value is None:
            continue
        key = value.casefold() if fold_case and isinstance(value, str) else value
        if key in first:
            shown = describe(node.value)
            yield node.mistake(f"{what} that stands once; {path_text(first[key])} has it", found=shown)
        else:
            first[key] = node.path
