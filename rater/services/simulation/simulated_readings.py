"""What a simulated rater finds in a conversation: words that look like a check or a handle.

Keyword and shape rules for dimensions D1 and D2 of rubric `vss`. They see what a rater sees: the
conversation and the task card. They are crude on purpose. Their scores fill a demonstration and say
nothing about a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from protocol.chain.events import Span
from protocol.conversation import Conversation
from protocol.visible import TaskCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A sentence or line of an assistant message."""

    span: Span
    text: str
    in_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was found for one dimension."""

    depth: float
    """On the scale of the dimension's positions, 0 for the lowest; no noise in it yet."""
    passages: tuple[Passage, ...]
    """What supports it, strongest first; empty exactly when `depth` is 0."""


_SENTENCE_GAP = re.compile(r"(?<=[.!?])\s+(?=[\"'`*(\[A-Z])")
_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"[a-z]{4,}")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        about also answer before does even every from have into just left more much must need only other
        over same should some such that their them then there they this those used user want well what
        when where whether which will with without would your
        """,
    )
)

_ACT = re.compile(
    r"\b(?:check|verify|verified by|confirm|recalculate|recompute|look(?:ing)? (?:it |this |that )?up|"
    r"make sure|test (?:whether|if|that|for|the)|compare (?:it|this|the|your))\b",
    re.IGNORECASE,
)
_OWN_WORK = re.compile(
    r"\bI(?:'ve| have)? (?:also )?(?:double-)?(?:checked|verified|confirmed)\b|"
    r"\bI(?:'ll| will) (?:also )?(?:check|verify|confirm|make sure)\b",
    re.IGNORECASE,
)
_BLANKET = re.compile(
    r"\b(?:consult|see|ask|talk to|contact) (?:with )?(?:a|an|your|their|her)\b", re.IGNORECASE
)
_MEANS = re.compile(
    r"\bby \w+ing\b|\b(?:using|against|calculator|website|web site|page|leaflet|label|scale|thermometer|"
    r"calendar|timetable|formula|look at|looking at)\b|https?://",
    re.IGNORECASE,
)
_WORKING = re.compile(
    r"\d[\d,.]*\s*(?:per \w+ )?[-+*/×÷−–x]\s*[$€£]?\d[^=\n]*=\s*[$€£]?-?\d|^\s*=\s*[$€£]?\d.*[-+*/×]",
)
_TEST_CODE = re.compile(r"\bassert\b|^\s*def test|\bunittest\b|\bpytest\b|#.*\boutput\b", re.IGNORECASE)
_CONFIDENCE = re.compile(
    r"\bconfidence\b\W{0,8}(?:level\W{0,4})?(?:is\s)?(?:high|medium|low)\b", re.IGNORECASE
)
_UNSURE = re.compile(
    r"\b(?:not (?:entirely |completely )?(?:sure|certain)|uncertain)\b(?:\W+\w+){2}", re.IGNORECASE
)
_PRIORITY = re.compile(
    r"\b(?:check (?:\w+ ){0,3}first|(?:least|most) (?:certain|sure|uncertain)|confidence\W{0,8}"
    r"(?:low|medium)\b.*\b(?:because|since|as)\b)",
    re.IGNORECASE,
)

_PLAN = re.compile(r"^\W*(?:(?:short |numbered )*plan|steps?|first step)\b\W*(?:$|:)", re.IGNORECASE)
_EXPOSED = re.compile(r"\b(?:I(?:'m| am| have|'ve)? assum(?:e|ed|ing)|assuming)\b", re.IGNORECASE)
_OPTION = re.compile(
    r"^\W*(?:\d+\W+)?(?:option\s*(?:\d|[A-D]\b)|two options|options\b\W*(?:$|:))", re.IGNORECASE
)
_ASKED = re.compile(
    r"\b(?:would you (?:like|prefer)|do you (?:want|prefer)|which (?:one|option|of)\b.*\?|"
    r"(?:if|unless) you(?:'d| would)? (?:prefer|rather)|please choose|could follow this option|"
    r"let me know which)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"\byou(?:r)?\b.*\?\W*$", re.IGNORECASE)
_STATUS = re.compile(
    r"\b(?:still open|settled|I(?:'m| am| will|'ll) (?:now )?chang(?:e|ing)|instead of)\b", re.IGNORECASE
)


def read_checks(conversation: Conversation, card: TaskCard) -> Reading:
    """Look for checks: things the user could do that would come out differently if a claim were wrong."""
    about = _content_words(card)
    pointed: list[Passage] = []
    general: list[Passage] = []
    told_where = False
    for passage in _distinct(assistant_passages(conversation)):
        text = passage.text
        told_where = told_where or bool(_PRIORITY.search(text))
        if _WORKING.search(text) or (passage.in_code and _TEST_CODE.search(text)):
            pointed.append(passage)
        elif passage.in_code or _OWN_WORK.search(text) or _is_heading(text):
            continue
        elif _ACT.search(text):
            named = len(about.intersection(_WORD.findall(text.lower()))) >= 2
            if named and _MEANS.search(text):
                pointed.append(passage)
            elif named or not _BLANKET.search(text):
                general.append(passage)
        elif _CONFIDENCE.search(text) or _UNSURE.search(text):
            general.append(passage)
    return _reading(strong=pointed, weak=general, closing=0.6 if told_where else 0.0)


def read_handles(conversation: Conversation, card: TaskCard) -> Reading:
    """Look for handles: choices, assumptions and stages that the user could act on."""
    handles: list[Passage] = []
    exposed: list[Passage] = []
    status = False
    turns = set[int]()
    for passage in _distinct(assistant_passages(conversation)):
        if passage.in_code:
            continue
        text = passage.text
        status = status or bool(_STATUS.search(text))
        if _OPTION.search(text) or _ASKED.search(text) or _QUESTION.search(text):
            handles.append(passage)
            turns.add(passage.span.message)
        elif _PLAN.search(text) or _EXPOSED.search(text):
            exposed.append(passage)
    enough = len(handles) >= len(card.decision_points) and len(turns) > 1
    return _reading(strong=handles, weak=exposed, closing=(0.4 if enough else 0.0) + (0.4 if status else 0.0))


def assistant_passages(conversation: Conversation) -> Iterator[Passage]:
    """Yield the sentences and lines of the assistant's messages, in order."""
    for index, message in enumerate(conversation.messages):
        if message.role != "assistant":
            continue
        in_code = False
        for line in _LINE.finditer(message.text):
            if line.group().lstrip().startswith("```"):
                in_code = not in_code
                continue
            for start, end in _sentences(line.group(), in_code):
                yield Passage(
                    span=Span(message=index, start=line.start() + start, end=line.start() + end),
                    text=line.group()[start:end],
                    in_code=in_code,
                )


def final_reply_is_cut(conversation: Conversation) -> bool:
    """Whether the last assistant message stops inside a code block or without the end of a sentence."""
    replies = [message.text for message in conversation.messages if message.role == "assistant"]
    if not replies:
        return False
    last = replies[-1].rstrip()
    inside_code = sum(line.lstrip().startswith("```") for line in last.split("\n")) % 2 == 1
    return inside_code or (len(last.split()) > 60 and last[-1:].isalnum())


def answers_nothing(conversation: Conversation) -> bool:
    """Whether all replies together are so short that no claim of a card can stand in them."""
    words = sum(len(message.text.split()) for message in conversation.messages if message.role == "assistant")
    return words < 7


def _reading(*, strong: list[Passage], weak: list[Passage], closing: float) -> Reading:
    if strong:
        depth = 1.6 + 0.25 * min(len(strong) - 1, 3) + closing
    elif weak:
        depth = 0.7 + 0.2 * min(len(weak) - 1, 2)
    else:
        depth = 0.0
    return Reading(depth=depth, passages=(*strong, *weak))


def _distinct(passages: Iterable[Passage]) -> Iterator[Passage]:
    """Leave out repetitions: these models often loop, and the same words count once."""
    seen = set[str]()
    for passage in passages:
        words = " ".join(passage.text.lower().split())
        if words not in seen:
            seen.add(words)
            yield passage


def _sentences(line: str, in_code: bool) -> Iterator[tuple[int, int]]:
    gaps = [] if in_code else [(gap.start(), gap.end()) for gap in _SENTENCE_GAP.finditer(line)]
    starts = [0, *(end for _, end in gaps)]
    ends = [*(start for start, _ in gaps), len(line)]
    for start, end in zip(starts, ends, strict=True):
        text = line[start:end]
        if text.strip():
            yield start + len(text) - len(text.lstrip()), start + len(text.rstrip())


def _is_heading(text: str) -> bool:
    return text.rstrip("*_ ").endswith(":") and len(text.split()) < 6


def _content_words(card: TaskCard) -> frozenset[str]:
    texts = (card.brief, card.user_has, *card.claims, *card.decision_points, *card.steers)
    return frozenset(word for text in texts for word in _WORD.findall(text.lower())) - _COMMON
