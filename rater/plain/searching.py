"""The command that finds words: the lines that have them, by the numbers they are quoted by."""

from __future__ import annotations

from collections.abc import Iterator

from protocol.rating_words import counted
from protocol.text_search import Hit, Hits, TextSearch
from rater.plain.dialogue import RefusedError
from rater.plain.numbered import NumberedConversation
from rater.plain.sitting import PlainSitting

MOST_LISTED = 40
"""So many lines are listed at once."""
AROUND = 60
"""Characters of a line that are shown on both sides of what was found."""


def find(sitting: PlainSitting, words: str) -> None:
    """List the lines in which words stand."""
    numbered = sitting.numbered
    if sitting.is_noted:
        raise RefusedError("The conversation is not printed yet: l alone prints it.")
    if not words.strip():
        raise RefusedError("Say what to find, such as / exit fee.")
    hits = TextSearch(numbered.lines).find(words)
    if not len(hits):
        raise RefusedError(f'"{words}" does not stand in this conversation, also not in its tool texts.')
    places = list(_first_in_each_line(numbered, hits))
    more = " or more" if hits.is_cut else ""
    count = counted(len(hits), "place")
    lines = f"{len(places)}{more} line{'s' if len(places) != 1 else ''}"
    sitting.out.say(f'"{words}": {count}{more} in {lines}.')
    message = 0
    for hit in places[:MOST_LISTED]:
        line = _line_of(numbered, hit)
        if message != numbered.lines.messages[line] + 1:
            message = numbered.lines.messages[line] + 1
            role = numbered.lines.roles[message - 1]
            part = f"{sitting.words.message.capitalize()} {message} of {numbered.message_count}"
            sitting.out.say(part if role == "document" else f"{part}, {role}")
        sitting.out.text(_listed(numbered, line, hit))
    if len(places) > MOST_LISTED:
        sitting.out.say(f"These are the first {MOST_LISTED}: add words to find fewer.")


def _line_of(numbered: NumberedConversation, hit: Hit) -> int:
    return numbered.lines.line_at(numbered.lines.first_line(hit.text_number), hit.start)


def _first_in_each_line(numbered: NumberedConversation, hits: Hits) -> Iterator[Hit]:
    before = -1
    for number in range(len(hits)):
        line = _line_of(numbered, hits[number])
        if line != before:
            yield hits[number]
        before = line


def _listed(numbered: NumberedConversation, line: int, hit: Hit) -> str:
    """Return a line with its number, without its ends where it is long."""
    start, end = numbered.lines.bounds(line)
    first, last = max(start, hit.start - AROUND), min(end, hit.end + AROUND)
    shown = numbered.excerpt(line, first, last)
    number = numbered.number_of(line)
    before, after = "... " if first > start else "", " ..." if last < end else ""
    return f"{number if number is not None else 'call'}  {before}{shown}{after}"
