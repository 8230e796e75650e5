"""The tokens of the exclusivity table: words and pairs, and what a word count does not see.

A leak can be one odd space, the way a text starts, a mark of redaction or a tag: each is a token of
its own kind, so that the table can find it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from protocol.conversation import Conversation
from protocol.deidentify.guessability.audit_item import CAP, message_text, shown_text

_WORD = re.compile(r"\w+(?:['’\-]\w+)*")
_MARK = re.compile(r"\[[^\[\]\n]{1,40}\]|</?[A-Za-z_][\w|-]{0,30}>|<\|[\w-]{1,30}\|>")
_LINE_START = re.compile(r"^[ \t]*(\S{1,24})", re.MULTILINE)
_PLAIN = frozenset("\n")


def tokens(conversation: Conversation) -> set[str]:
    """Return the distinct tokens of what a rater reads of a conversation.

    Words and adjacent pairs (case folded), marks in brackets and tags as they are; `line starts`
    with the first characters of a line up to a space; `reply starts` with the first one and the
    first three words of an assistant message; `character` for each character outside letters,
    digits and printable ASCII.
    """
    text = shown_text(conversation)
    words = [word.casefold() for word in _WORD.findall(text)]
    found = set(words)
    found.update(f"{first} {second}" for first, second in pairwise(words))
    found.update(f"mark {mark}" for mark in _MARK.findall(text))
    found.update(f"line starts: {start.casefold()}" for start in _LINE_START.findall(text))
    found.update(_reply_starts(conversation))
    found.update(_odd_characters(text))
    return found


def _reply_starts(conversation: Conversation) -> Iterator[str]:
    for message in conversation.messages:
        if message.role == "assistant":
            words = [word.casefold() for word in _WORD.findall(message_text(message)[:CAP], 0, 200)]
            if words:
                yield f"reply starts: {words[0]}"
            if len(words) >= 3:
                yield f"reply starts: {' '.join(words[:3])}"


def _odd_characters(text: str) -> Iterator[str]:
    for char in set(text):
        if (char.isascii() and char.isprintable()) or char in _PLAIN or char.isalnum():
            continue
        if unicodedata.category(char).startswith("M"):
            continue
        yield f"character U+{ord(char):04X} {unicodedata.name(char, 'without a name').lower()}"
