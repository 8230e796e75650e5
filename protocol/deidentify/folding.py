"""Folding before matching, so that a name cannot hide behind look-alikes.

Full-width, Greek and Cyrillic look-alikes become Latin, every dash a hyphen; invisible characters,
accents and emphasis inside a word go. Every folded character remembers where it stood.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass

_LOOK_ALIKES = str.maketrans(
    "АВЕКМНОРСТУХЅІЈԌԚԜаеорсухіјѕһӏԁԛԝɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορυχ‐‑‒–—−’‘",
    "ABEKMHOPCTYXSIJGQWaeopcyxijshldqwgABEZHIKMNOPTYXaivopux------''",
)
_DROPPED = frozenset({"Cf", "Mn", "Me"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that count as letters or symbols and show nothing."""
_EMPHASIS = re.compile(r"(?<=[^\W\d_])[*~`]+(?=[^\W\d_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A folded text with the way back."""

    text: str
    starts: array[int]
    """For each folded character, the index of the source character it came from."""
    source_length: int

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of a folded span, up to where the next folded character begins."""
        following = self.starts[end] if end < len(self.starts) else self.source_length
        return self.starts[start], max(self.starts[end - 1] + 1, following)


def fold(text: str) -> Folded:
    """Return the folded text; case is kept, matching decides about it."""
    marks = {place for match in _EMPHASIS.finditer(text) for place in range(*match.span())}
    folded: list[str] = []
    starts = array("l")
    for position, char in enumerate(text):
        if position in marks:
            continue
        plain = char if char.isascii() else _plain(char)
        folded.append(plain)
        starts.extend([position] * len(plain))
    return Folded(text="".join(folded), starts=starts, source_length=len(text))


def _plain(char: str) -> str:
    """What a character outside ASCII looks like, in ASCII where it can be; nothing if it shows nothing."""
    if char in _BLANK_LETTERS or unicodedata.category(char) in _DROPPED:
        return ""
    return "".join(
        part
        for part in unicodedata.normalize("NFKD", char).translate(_LOOK_ALIKES)
        if part not in _BLANK_LETTERS and unicodedata.category(part) not in _DROPPED
    )
