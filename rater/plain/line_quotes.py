"""What a rater types to quote, turned into a span of the source.

`12`, `12-14`, `12 paragraph`; then, to quote less than whole lines, the words themselves, or the
first and last of them with three dots between. Words that stand more than once are refused: a quote
is evidence and must not be guessed.
"""

from __future__ import annotations

import re

from protocol.chain.events import Span
from rater.plain.dialogue import RefusedError
from rater.plain.numbered import NumberedConversation, Stretch

HOW_TO_QUOTE = (
    "Type e and the lines, such as e 12 or e 12-14; e 12 paragraph for all lines up to a blank one; to quote"
    " less, add the words, or the first and last words with three dots between: e 12-14 check the ... fee."
)

_ASKED = re.compile(r"(\d{1,9})(?:\s*-\s*(\d{1,9}))?(?:\s+(.*))?", re.ASCII | re.DOTALL)
_DOTS = re.compile(r"\.\.\.|…")
_AS_TYPED = str.maketrans("‘’‚‛“”„‟‐‑‒–—−\u00a0\u202f", "''''\"\"\"\"------  ")
"""What a keyboard has for typographic signs; one character each, so that offsets stay."""


def asked_span(conversation: NumberedConversation, asked: str) -> Span:
    """Return the span that a rater's words after `e` mean, without blanks at its ends.

    Raises:
        RefusedError: It cannot be understood, or what it names is not there or not there once.
    """
    found = _ASKED.fullmatch(asked)
    if found is None:
        raise RefusedError(HOW_TO_QUOTE)
    first, last, words = int(found[1]), int(found[2] or found[1]), found[3] or ""
    if words in ("p", "paragraph"):
        if found[2] is not None:
            raise RefusedError("Name one line of the paragraph, such as e 12 paragraph.")
        return _span(conversation.paragraph(first))
    if last < first:
        raise RefusedError(f"Line {last} stands before line {first}: name the first line first.")
    stretch = conversation.stretch(first, last)
    return _span(stretch) if not words else _span_of_words(stretch, words)


def _span_of_words(stretch: Stretch, words: str) -> Span:
    parts = [part.strip() for part in _DOTS.split(words)]
    if len(parts) > 2:
        raise RefusedError(
            "Three dots stand once, between the first and the last words: choose words without dots."
        )
    if len(parts) == 1:
        exact = _only_place(stretch, parts[0], stretch.start)
        return _span_at(stretch, exact.start(), exact.end())
    start = after = stretch.start
    end = stretch.end
    if parts[0]:
        begins = _only_place(stretch, parts[0], start)
        start, after = begins.start(), begins.end()
    if parts[1]:
        end = _only_place(stretch, parts[1], after).end()
    return _span_at(stretch, start, end)


def _only_place(stretch: Stretch, words: str, start: int) -> re.Match[str]:
    """Return where words stand, exactly as typed if possible, else in capitals or small letters."""
    text = stretch.text[: stretch.end].translate(_AS_TYPED)
    pattern = r"\s+".join(map(re.escape, words.translate(_AS_TYPED).split()))
    for flags in (re.NOFLAG, re.IGNORECASE):
        places = list(re.compile(pattern, flags).finditer(text, start))
        if len(places) == 1:
            return places[0]
        if places:
            raise RefusedError(
                f'"{words}" stands there {len(places)} times: add words next to it, or name fewer lines.'
            )
    raise RefusedError(f'"{words}" does not stand there: check the lines and the words.')


def _span(stretch: Stretch) -> Span:
    return _span_at(stretch, stretch.start, stretch.end)


def _span_at(stretch: Stretch, start: int, end: int) -> Span:
    quoted = stretch.text[start:end]
    start += len(quoted) - len(quoted.lstrip())
    end -= len(quoted) - len(quoted.rstrip())
    return Span(message=stretch.message, start=start, end=end)
