"""What is replaced before a rater sees a text: a shipped, versioned list and the study's own names.

Names that are also ordinary words (Meta, Falcon, Titan, Yi, Phi) stand only in forms that cannot
be the ordinary word; ambiguous ones (Claude, Gemini) match with their capital alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

LIST_VERSION = 1
RUN_WORDS = 6
"""A run of this many words of a scaffold's text gives the scaffold away."""
SHORTEST_NAME = 3
"""Names with fewer characters are not searched: they would hit everywhere."""

_ANY_CASE = tuple(
    """
    openai chatgpt gpt-3 gpt-3.5 gpt-4 gpt-4o gpt-5 gpt-oss o1-mini o1-preview o3-mini o4-mini
    anthropic deepmind gemma mixtral codestral ministral qwen qwq tongyi deepseek smollm smollm2
    smollm3 dbrx olmo nemotron zhipu baichuan minimax dashscope ai21 jamba perplexity.ai wizardlm vicuna
    """.split()  # noqa: SIM905 - one name a line would bury the list
)
_ANY_CASE_PHRASES = (
    "hugging face",
    "huggingface",
    "alibaba cloud",
    "meta ai",
    "mistral ai",
    "google ai",
    "google bard",
    "amazon nova",
    "amazon titan",
    "amazon bedrock",
    "vertex ai",
    "azure openai",
    "ibm granite",
    "microsoft copilot",
    "github copilot",
    "command r+",
    "moonshot ai",
    "x.ai",
)
_WITH_CAPITAL = (
    "Claude",
    "Gemini",
    "Llama",
    "LLaMA",
    "Mistral",
    "Grok",
    "Cohere",
    "Kimi",
    "Copilot",
    "xAI",
    "GLM",
    "Phi-2",
    "Phi-3",
    "Phi-4",
)

_SELF = (
    r"\bas an? (?:AI|artificial intelligence|(?:large )?language)[ -](?:language )?(?:model|assistant)\b",
    r"\bI(?:'m| am|’m) (?:just |only )?(?:an AI(?: (?:language model|assistant|model))?"
    r"|a (?:large )?language model)\b",
    r"\bmy (?:knowledge|training)(?: data)? (?:cut-?off|ends|goes up to|was last updated)\b[^.\n]{0,60}",
    r"\b(?:knowledge|training) cut-?off[^.\n]{0,40}(?:19|20)\d\d",
    r"\b(?:as of )?my last (?:knowledge )?(?:update|training)\b[^.,\n]{0,40}",
    r"\b(?:developed|created|trained|made|built) by "
    r"(?:google|microsoft|meta|amazon|apple|nvidia|ibm|alibaba|baidu|tencent|bytedance)\b",
    r"<\|(?:im_start|im_end|eot_id|begin_of_text|start_header_id|end_header_id|endoftext)\|>",
    r"\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One match in a folded text."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionRules:
    """Compiled rules; `find` names every stretch that must not be shown."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...]
    runs: frozenset[tuple[str, ...]]
    """Word runs of the study's own scaffolds and system messages, folded and lower-case."""

    def find(self, folded: str) -> list[Hit]:
        """Return all hits in a folded text, merged where they overlap, in order."""
        hits = [
            Hit(start=match.start(), end=match.end(), rule=rule)
            for rule, pattern in self.patterns
            for match in pattern.finditer(folded)
            if match.end() > match.start()
        ]
        hits.extend(self._run_hits(folded))
        return _merged(hits)

    def _run_hits(self, folded: str) -> Iterator[Hit]:
        if not self.runs:
            return
        places = list(_WORD.finditer(folded.lower()))
        words = [place.group() for place in places]
        for length in sorted({len(run) for run in self.runs}):
            for first in range(len(words) - length + 1):
                if tuple(words[first : first + length]) in self.runs:
                    yield Hit(
                        start=places[first].start(),
                        end=places[first + length - 1].end(),
                        rule="scaffold text",
                    )


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def word_runs(text: str) -> frozenset[tuple[str, ...]]:
    """Return every run of six words of a text; of a shorter text of four or five words, all of it."""
    words = [word.group() for word in _WORD.finditer(text.lower())]
    if len(words) < RUN_WORDS:
        return frozenset({tuple(words)}) if len(words) >= RUN_WORDS - 2 else frozenset()
    return frozenset(tuple(words[first : first + RUN_WORDS]) for first in range(len(words) - RUN_WORDS + 1))


def _names(names: Iterable[str], *, ignore_case: bool) -> re.Pattern[str] | None:
    """A pattern for whole names: borders are "not a letter", so that `Claude3` hits."""
    found = sorted(
        {name for name in names if len(name) >= SHORTEST_NAME}, key=lambda name: (-len(name), name)
    )
    if not found:
        return None
    body = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in found)
    tail = r"(?:[-_.]?\d[\w.]*)?"  # a version after a name goes with it: Qwen2.5, GPT-4o, Claude-3
    return re.compile(rf"(?<![^\W\d_])(?:{body}){tail}(?![^\W\d_])", re.IGNORECASE if ignore_case else 0)


def build_rules(
    *,
    study_names: Iterable[str],
    literals: Sequence[str] = (),
    hidden_texts: Iterable[str] = (),
    shipped_names: bool = True,
    self_identification: bool = True,
) -> RedactionRules:
    """Compile the rules of a study.

    Args:
        study_names: Model names and source ids of the transcripts; matched in any case.
        literals: The admin's own words, taken literally, matched in any case.
        hidden_texts: Scaffold and system texts, folded; their word runs are replaced.
        shipped_names: Whether the shipped list of vendors and products is used.
        self_identification: Whether phrases in which an assistant speaks of itself are matched.
    """
    candidates: list[tuple[str, re.Pattern[str] | None]] = [
        ("study name", _names(study_names, ignore_case=True)),
        ("study.toml", _names(literals, ignore_case=True)),
    ]
    if shipped_names:
        candidates.append(("name", _names((*_ANY_CASE, *_ANY_CASE_PHRASES), ignore_case=True)))
        candidates.append(("name", _names(_WITH_CAPITAL, ignore_case=False)))
    if self_identification:
        candidates.extend(("self-identification", re.compile(pattern, re.IGNORECASE)) for pattern in _SELF)
    return RedactionRules(
        patterns=tuple((rule, pattern) for rule, pattern in candidates if pattern is not None),
        runs=frozenset().union(*(word_runs(text) for text in hidden_texts)),
    )


def _merged(hits: Iterable[Hit]) -> list[Hit]:
    merged: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if merged and hit.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Hit(start=last.start, end=max(last.end, hit.end), rule=last.rule)
        else:
            merged.append(hit)
    return merged
