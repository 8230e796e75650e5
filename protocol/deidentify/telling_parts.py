"""Parts of the study's own names that only the texts of that name say.

Of a model called `ft:gpt-4.1-sierra` the lone word "Sierra" may be a ridge of mountains, and of
`tau2-full-sft` the word "full" stands everywhere. What parts the two is where they stand: a word said
under every model tells nothing, a word said under its own model alone tells as much as the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

SHORTEST_PART: Final = 4
"""Parts with fewer characters are not searched: they would hit everywhere."""

_JOINTS = re.compile(r"[-_/.:\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidUnder:
    """A text, folded, with the names of its condition; a text of no model has none."""

    names: tuple[str, ...]
    folded: str


def name_parts(names: Iterable[str]) -> frozenset[str]:
    """Return the words that names are made of, in lower case; numbers and short parts are left out."""
    parts = (part.lower() for name in names for part in _JOINTS.split(name))
    return frozenset(part for part in parts if len(part) >= SHORTEST_PART and not part.isdigit())


def telling_parts(
    factors: Iterable[Iterable[str]], texts: Callable[[], Iterable[SaidUnder]]
) -> frozenset[str]:
    """Return the parts of names that are said, and under no other name than those they are part of.

    Args:
        factors: The names of each factor: the models, the scaffolds. A part of every name of its factor
            tells nothing and is left out.
        texts: Gives what raters will see; not called where no name has a part, and left early once
            every part was said under another name.
    """
    bearers = _bearers(factors)
    if not bearers:
        return frozenset()
    pattern = re.compile(whole_words(bearers), re.IGNORECASE)
    said: set[str] = set()
    alive = set(bearers)
    for text in texts():
        for match in pattern.finditer(text.folded):
            part = match.group().lower()
            if part not in alive:
                continue
            if bearers[part].isdisjoint(text.names):
                alive.discard(part)
            else:
                said.add(part)
        if not alive:
            break
    return frozenset(said & alive)


def whole_words(parts: Collection[str]) -> str:
    """Return the expression that finds parts where no Latin letter stands beside them, in any case."""
    longest_first = sorted(parts, key=lambda part: (-len(part), part))
    return rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z])"


def _bearers(factors: Iterable[Iterable[str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for factor in factors:
        names = frozenset(factor)
        for part in name_parts(names):
            bearing = frozenset(name for name in names if part in name_parts([name]))
            if bearing != names:
                found[part] = found.get(part, frozenset()) | bearing
    return found
