"""Rules that find what must not be shown, and what somebody should look at, in folded texts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from protocol.deidentify import shipped_list as shipped
from protocol.deidentify.folding import fold
from protocol.deidentify.gates import Gate, encoded_for_gates, gate_of, loosened
from protocol.deidentify.leak_class import Action, LeakClass
from protocol.deidentify.name_patterns import whole_names
from protocol.deidentify.telling_parts import name_parts, whole_words

RUN_WORDS = 6
"""A run of this many words of a scaffold's text gives the scaffold away."""

DEFAULT_ACTIONS: Mapping[LeakClass, Action] = {
    LeakClass.BLOCK: Action.REPLACE,
    LeakClass.NAME: Action.REPLACE,
    LeakClass.PART: Action.ASK,
    LeakClass.ECHO: Action.KEEP,
    LeakClass.REVIEW: Action.KEEP,
}


class Match(Protocol):
    """What `re` and `re2` matches share."""

    def start(self) -> int:
        """Return the index of the first character."""
        ...

    def end(self) -> int:
        """Return the index behind the last character."""
        ...


class Pattern(Protocol):
    """What `re` and `re2` patterns share."""

    def finditer(self, string: str, /) -> Iterator[Match]:
        """Return all matches in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One pattern with its name and class."""

    name: str
    leak_class: LeakClass
    pattern: Pattern
    gate: Gate | None = None
    """Closed where the pattern cannot match."""
    loose: str | None = None
    """The form of the gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One match in a folded text."""

    start: int
    end: int
    rule: str
    leak_class: LeakClass = LeakClass.BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionRules:
    """Compiled rules with the action of each class."""

    patterns: tuple[Rule, ...]
    runs: frozenset[tuple[str, ...]]
    """Word runs of the study's own scaffolds and system messages, folded and lower-case."""
    actions: Mapping[LeakClass, Action] = field(default_factory=lambda: DEFAULT_ACTIONS)
    gate: Gate | None = None
    """Closed where no pattern that has a gate can match."""
    run_starts: frozenset[str] = frozenset()
    """The first words of the runs."""
    run_gate: Gate | None = None
    """Closed where no run can stand."""

    def find(self, folded: str) -> list[Hit]:
        """Return the hits that are replaced unless decided otherwise, merged where they overlap."""
        return merged(hit for hit in self.find_all(folded) if self.actions[hit.leak_class] is Action.REPLACE)

    def find_all(self, folded: str) -> list[Hit]:
        """Return every hit in order; of those inside another of the same or a stronger class, none.

        A name glued to another name stands inside a word until its neighbour is gone, so the text is
        searched again with the hits blanked out.
        """
        hits: list[Hit] = []
        blanked = folded
        for _ in range(_MOST_PASSES):
            found = self._hits_once(blanked)
            fresh = [hit for hit in found if blanked[hit.start : hit.end] == folded[hit.start : hit.end]]
            if not fresh:
                break
            hits.extend(fresh)
            blanked = _blanked(blanked, fresh)
        return _without_covered(hits) if hits else []

    def _hits_once(self, folded: str) -> list[Hit]:
        hits = [
            Hit(start=match.start(), end=match.end(), rule=rule.name, leak_class=rule.leak_class)
            for rule in self._possible(folded)
            for match in rule.pattern.finditer(folded)
            if match.end() > match.start()
        ]
        hits.extend(merged(self._run_hits(folded)))
        return hits

    def _possible(self, folded: str) -> Iterator[Rule]:
        """Yield the rules that may match in a text, in order."""
        encoded = encoded_for_gates(folded)
        none_gated = encoded is not None and self.gate is not None and not self.gate.opens(encoded)
        for rule in self.patterns:
            if rule.gate is None or encoded is None or (not none_gated and rule.gate.opens(encoded)):
                yield rule

    def _run_hits(self, folded: str) -> Iterator[Hit]:
        if not self.runs:
            return
        text = folded.lower()
        encoded = encoded_for_gates(text)
        if self.run_gate is not None and encoded is not None and not self.run_gate.opens(encoded):
            return
        words = _WORD.findall(text)
        firsts = [place for place, word in enumerate(words) if word in self.run_starts]
        if not firsts:
            return
        places: list[re.Match[str]] = []
        for length in sorted({len(run) for run in self.runs}):
            for first in firsts:
                if first + length <= len(words) and tuple(words[first : first + length]) in self.runs:
                    places = places or list(_WORD.finditer(text))
                    yield Hit(
                        start=places[first].start(),
                        end=places[first + length - 1].end(),
                        rule="scaffold text",
                    )


_WORD = re.compile(r"[^\W_]+")
"""An apostrophe ends a word: straight, curly or missing, it changes no run."""
_STRONGEST_FIRST = list(LeakClass)
_MOST_PASSES = 8
_MOST_GATED_RUNS = 20_000
"""With more, the tables of the gate grow too large to be quick."""


def word_runs(text: str) -> frozenset[tuple[str, ...]]:
    """Return every run of six words of a text; of a shorter text of four or five words, all of it."""
    words = [word.group() for word in _WORD.finditer(fold(text).text.lower())]
    if len(words) < RUN_WORDS:
        return frozenset({tuple(words)}) if len(words) >= RUN_WORDS - 2 else frozenset()
    return frozenset(tuple(words[first : first + RUN_WORDS]) for first in range(len(words) - RUN_WORDS + 1))


def build_rules(
    *,
    study_names: Iterable[str],
    literals: Sequence[str] = (),
    patterns: Sequence[str] = (),
    hidden_texts: Iterable[str] = (),
    telling: Collection[str] = (),
    shipped_names: bool = True,
    self_identification: bool = True,
    look_closer: bool = False,
    actions: Mapping[LeakClass, Action] | None = None,
) -> RedactionRules:
    """Compile the rules of a study.

    Args:
        study_names: Model names of the transcripts; matched in any case.
        literals: The admin's own words, taken literally, matched in any case.
        patterns: The admin's own regular expressions, in the syntax of RE2: linear time.
        hidden_texts: Scaffold and system texts; their word runs are hits.
        telling: Parts of names that stand in texts of that name alone.
        shipped_names: Whether the shipped list of models, makers and products is used.
        self_identification: Whether phrases in which an assistant speaks of itself, chat templates
            and marks of providers' records are matched.
        look_closer: Whether the classes that only call for a look are matched too.
        actions: What is done about each class; the defaults for those that are left out.
    """
    names, hidden = sorted(set(study_names)), list(hidden_texts)
    rules = [
        *_name_rules("study name", LeakClass.BLOCK, names, ignore_case=True),
        *_name_rules("study.toml", LeakClass.BLOCK, literals, ignore_case=True),
        *(Rule(name="study.toml", leak_class=LeakClass.BLOCK, pattern=linear(one)) for one in patterns),
    ]
    if shipped_names:
        any_case = (*shipped.NAMES_ANY_CASE, *shipped.PHRASES_ANY_CASE)
        rules += _name_rules("name", LeakClass.NAME, any_case, ignore_case=True)
        rules += _name_rules("name", LeakClass.NAME, shipped.NAMES_WITH_CAPITAL, ignore_case=False)
    if self_identification:
        rules += _forms("self-identification", LeakClass.BLOCK, shipped.SELF_IDENTIFICATION)
        rules += _forms("chat template", LeakClass.BLOCK, shipped.TEMPLATES)
        rules += _forms("provider's record", LeakClass.BLOCK, shipped.RECORD_MARKS)
    if look_closer:
        rules += _forms("telling part of a name", LeakClass.PART, [whole_words(telling)] if telling else [])
        rules += _echo_rules(hidden)
        rules += _name_rules("company", LeakClass.REVIEW, shipped.REVIEW_WITH_CAPITAL, ignore_case=False)
        rules += _name_rules("part of a study name", LeakClass.REVIEW, name_parts(names), ignore_case=True)
        rules += _forms("time or path", LeakClass.REVIEW, shipped.REVIEW_FORMS)
    runs: frozenset[tuple[str, ...]] = frozenset().union(*(word_runs(text) for text in hidden))
    return RedactionRules(
        patterns=tuple(rules),
        runs=runs,
        actions={**DEFAULT_ACTIONS, **(actions or {})},
        gate=gate_of([rule.loose for rule in rules if rule.gate and rule.loose]),
        run_starts=frozenset(run[0] for run in runs),
        run_gate=_gate_of_runs(runs),
    )


def _gate_of_runs(runs: Collection[tuple[str, ...]]) -> Gate | None:
    """Return a gate for lower-case texts; anything but an ASCII letter or digit may part the words."""
    if len(runs) > _MOST_GATED_RUNS:
        return None
    return gate_of(["[^a-z0-9]+".join(map(re.escape, run)) for run in sorted(runs)])


def linear(expression: str) -> Pattern:
    """Compile an admin's expression for linear-time matching, in any case.

    Raises:
        ValueError: RE2 does not take it; the message says why.
    """
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        compiled: Pattern = re2.compile(expression, options)
    except re2.error as fault:
        reason = fault.args[0]
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None
    return compiled


def _echo_rules(hidden: Sequence[str]) -> Iterator[Rule]:
    """An echo that stands in the study's own scaffolds tells the condition; any other may not."""
    for expression, flags in (
        *((one, re.IGNORECASE) for one in shipped.ECHOES_ANY_CASE),
        *((one, re.NOFLAG) for one in shipped.ECHOES_WITH_CASE),
    ):
        pattern = re.compile(expression, flags)
        own = any(pattern.search(text) for text in hidden)
        leak_class = LeakClass.BLOCK if own else LeakClass.ECHO
        yield _gated("scaffold form", leak_class, pattern, expression)


def _forms(name: str, leak_class: LeakClass, expressions: Sequence[str]) -> Iterator[Rule]:
    for expression in expressions:
        yield _gated(name, leak_class, re.compile(expression, re.IGNORECASE), expression)


def _gated(name: str, leak_class: LeakClass, pattern: re.Pattern[str], expression: str) -> Rule:
    loose = loosened(expression, ignore_case=bool(pattern.flags & re.IGNORECASE))
    return Rule(
        name=name,
        leak_class=leak_class,
        pattern=pattern,
        gate=gate_of([loose]) if loose else None,
        loose=loose,
    )


def _name_rules(
    name: str, leak_class: LeakClass, names: Iterable[str], *, ignore_case: bool
) -> Iterator[Rule]:
    found = whole_names(names, ignore_case=ignore_case)
    if found is not None:
        gate = gate_of([found.loose]) if found.loose else None
        yield Rule(name=name, leak_class=leak_class, pattern=found.pattern, gate=gate, loose=found.loose)


def _blanked(text: str, hits: Iterable[Hit]) -> str:
    """Put something of the same length in the place of hits: it ends a name and parts a run of words."""
    pieces: list[str] = []
    done = 0
    for hit in merged(hits):
        length = hit.end - hit.start
        pieces += text[done : hit.start], f"\x00{'0' * (length - 2)}\x00"[:length]
        done = hit.end
    return "".join([*pieces, text[done:]])


def merged(hits: Iterable[Hit]) -> list[Hit]:
    """Return hits in order, those that overlap made one; the first of them names it."""
    joined: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if joined and hit.start < joined[-1].end:
            last = joined[-1]
            strongest = min(last.leak_class, hit.leak_class, key=_STRONGEST_FIRST.index)
            joined[-1] = Hit(
                start=last.start, end=max(last.end, hit.end), rule=last.rule, leak_class=strongest
            )
        else:
            joined.append(hit)
    return joined


def _without_covered(hits: Iterable[Hit]) -> list[Hit]:
    """Leave out hits inside another of the same or a stronger class; a text can hold very many."""
    by_class: dict[LeakClass, list[Hit]] = {leak_class: [] for leak_class in _STRONGEST_FIRST}
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        by_class[hit.leak_class].append(hit)
    kept: list[Hit] = []
    for of_class in by_class.values():
        starts = [hit.start for hit in kept]
        reach = list(accumulate((hit.end for hit in kept), max))
        furthest = 0
        for hit in of_class:
            stronger = bisect_right(starts, hit.start)
            if hit.end > max(furthest, reach[stronger - 1] if stronger else 0):
                kept.append(hit)
            furthest = max(furthest, hit.end)
        kept.sort(key=lambda hit: (hit.start, hit.end))
    return kept
