"""Folding before matching, so that a name cannot hide behind look-alikes.

Full-width and Greek or Cyrillic look-alikes become Latin, invisible characters and accents go,
emphasis marks inside a word go. Every folded character remembers where it stood.
"""

from __future__ import annotations

import unicodedata
from array import array
from dataclasses import dataclass

_LOOK_ALIKES = str.maketrans(
    "АВЕКМНОРСТХаеорсухіјѕԁɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABEKMHOPCTXaeopcyxijsdgABEZHIKMNOPTYXo",
)
_DROPPED = frozenset({"Cf", "Mn", "Me"})
_EMPHASIS = frozenset("*_~`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A folded text with the way back."""

    text: str
    starts: array[int]
    """For each folded character, the index of the source character it came from."""
    source_length: int

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of a folded span, up to where the next folded character begins."""
        stop = self.starts[end - 1] + 1
        while stop < self.source_length and end < len(self.starts) and stop < self.starts[end]:
            stop += 1
        return self.starts[start], stop


def fold(text: str) -> Folded:
    """Return the folded text; case is kept, matching decides about it."""
    folded: list[str] = []
    starts = array("l")
    for position, char in enumerate(text):
        if char in _EMPHASIS and _inside_word(text, position):
            continue
        if not char.isascii():
            if unicodedata.category(char) in _DROPPED:
                continue
            plain = "".join(
                part
                for part in unicodedata.normalize("NFKD", char).translate(_LOOK_ALIKES)
                if unicodedata.category(part) not in _DROPPED
            )
        else:
            plain = char
        folded.append(plain)
        starts.extend([position] * len(plain))
    return Folded(text="".join(folded), starts=starts, source_length=len(text))


def _inside_word(text: str, position: int) -> bool:
    return 0 < position < len(text) - 1 and text[position - 1].isalpha() and text[position + 1].isalpha()
