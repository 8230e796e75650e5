"""What the two kinds of study call their things: raters rate items, coders code benchmarks.

Only sentences of this program are put into these words, never a text from a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from protocol.visible import StudyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class KindWords:
    """The nouns of a kind of study."""

    study: str = "study"
    item: str = "item"
    message: str = "message"
    """A part of an item's text."""
    card: str = "Task card"
    """Title of what is known of an item beside its text."""
    asks_told: bool = True
    """Whether there is a condition that somebody could know or be told."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Further words, each with what stands in its place."""

    def of(self, sentence: str) -> str:
        """Return a sentence of this program, written for a study of transcripts, in these words."""
        words = {"study": self.study, "item": self.item, "message": self.message, **self.others}

        def replaced(found: re.Match[str]) -> str:
            word = words[found[2].lower()] + found[3]
            article = found[1] and ("an " if word[0] in "aeiou" else "a ")
            return (article or "") + (word.capitalize() if found[2][0].isupper() else word)

        return re.sub(rf"\b(an? )?({'|'.join(words)})(s?)\b", replaced, sentence, flags=re.IGNORECASE)


OF_TRANSCRIPTS = KindWords()
OF_BENCHMARKS = KindWords(
    study="audit",
    item="benchmark",
    message="document",
    card="Benchmark",
    asks_told=False,
    others={"task card": "card", "conversation": "text", "rater": "coder", "rate": "code", "rated": "coded"},
)


def words_of(kind: StudyKind) -> KindWords:
    """Return the words of a kind of study."""
    return OF_BENCHMARKS if kind is StudyKind.BENCHMARK_AUDIT else OF_TRANSCRIPTS
