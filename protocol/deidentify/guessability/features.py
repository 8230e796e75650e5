"""Four views of a text for the audit: characters, words, surface counts, counts of messages.

Nothing here sees a label, so a permutation of the labels leaves every feature as it is. This is the
one module that needs scikit-learn (the extra `audit`): its counting and weighting are well kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from protocol.conversation import Conversation
from protocol.deidentify.guessability.audit_item import assistant_text, shown_text
from protocol.errors import UsageError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MAX_FEATURES = 20_000
TEXTS_AT_ONCE = 500
_WORD = r"\S+"

_SURFACE_PATTERNS = (
    r"(?m)^[ \t]*[-*+•] ",
    r"(?m)^[ \t]*\d{1,3}[.)] ",
    r"(?m)^ {0,3}#{1,6} ",
    r"\*\*|__",
    r"`",
    r"https?://|\]\(",
    r"\n\s*\n",
    r"\n",
    r"\?",
    r"!",
    r"\d",
    r"[^\x00-\x7f]",
    r"\S+",
)
"""Bullets, numbered lines, headings, bold, code marks, links, paragraphs, lines, question and
exclamation marks, digits, characters outside ASCII, words; the number of characters is the 14th."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterRuns:
    """TF-IDF of runs of characters inside words, made for some texts at a time.

    The runs of a text are those of its words times the words' counts, so each distinct word is cut
    up once: the same counts as cutting up every text, several times faster on long texts. All texts
    at once would take some 60 kB each.
    """

    words: csr_array
    """Counts, shape (texts, words)."""
    runs: csr_array
    """Counts, shape (words, runs)."""
    scale: Any
    """scikit-learn's TF-IDF transformer; it has no types."""

    @property
    def shape(self) -> tuple[int, int]:
        """Texts and features."""
        return self.words.shape[0], self.runs.shape[1]

    def __getitem__(self, rows: slice) -> csr_array:
        """Return the features of some texts."""
        weighted: csr_array = self.scale.transform(self.words[rows] @ self.runs, copy=False)
        return weighted


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureBlock:
    """One view of all texts."""

    name: str
    values: CharacterRuns | csr_array | NDArray[np.float64]
    """Shape (texts, features); rows can be taken by a slice."""
    weight: float
    """Share in the combined view, relative to the other blocks."""


def feature_blocks(conversations: Sequence[Conversation]) -> tuple[FeatureBlock, ...]:
    """Return the four views of conversations as raters would see them.

    Characters: runs of 2 to 4 inside words; words: runs of two or more letters or digits; of both
    the 20,000 most frequent, as TF-IDF with logarithmic counts. Surface: 14 counts of what the
    assistant writes. Messages: counts by role, of calls, of turns. Counts enter as log(1 + count),
    standardised.

    Raises:
        UsageError: scikit-learn is not installed.
    """
    texts = [shown_text(conversation) for conversation in conversations]
    return (
        FeatureBlock(name="characters", values=_characters(texts), weight=2.0),
        FeatureBlock(name="words", values=_words(texts), weight=2.0),
        FeatureBlock(
            name="surface counts",
            values=_standardised([_surface(conversation) for conversation in conversations]),
            weight=1.0,
        ),
        FeatureBlock(
            name="message counts",
            values=_standardised([_messages(conversation) for conversation in conversations]),
            weight=1.0,
        ),
    )


def _text_tools() -> ModuleType:
    try:
        # scikit-learn has no types and may be absent; where mypy is told so, the comment is not needed.
        from sklearn.feature_extraction import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
            text,
        )
    except ModuleNotFoundError as error:
        raise UsageError(
            "The guessability audit needs scikit-learn, which is not installed.",
            next_step='Install the extra with pip install "blindrater[audit]", or leave the audit out.',
        ) from error
    tools: ModuleType = text
    return tools


def _characters(texts: Sequence[str]) -> CharacterRuns | csr_array:
    tools = _text_tools()
    by_word = tools.CountVectorizer(token_pattern=_WORD, dtype=np.float32)
    try:
        words = by_word.fit_transform(texts)
    except ValueError:
        return _nothing(texts)
    cutter = tools.CountVectorizer(analyzer="char_wb", ngram_range=(2, 4), dtype=np.float32)
    every = cutter.fit_transform(by_word.get_feature_names_out())
    totals = words.sum(axis=0) @ every
    runs = every[:, np.sort(np.argsort(-np.asarray(totals).ravel(), kind="stable")[:MAX_FEATURES])]
    texts_with = np.zeros(runs.shape[1], dtype=np.int64)
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        texts_with += np.bincount(
            (words[start : start + TEXTS_AT_ONCE] @ runs).indices, minlength=runs.shape[1]
        )
    scale = tools.TfidfTransformer(sublinear_tf=True)
    # What its fit would give, without all texts in memory together.
    scale.idf_ = (np.log((1 + len(texts)) / (1 + texts_with)) + 1).astype(np.float32)
    return CharacterRuns(words=words, runs=runs, scale=scale)


def _words(texts: Sequence[str]) -> csr_array:
    tools = _text_tools()
    counter = tools.CountVectorizer(max_features=MAX_FEATURES, dtype=np.float32)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:
        return _nothing(texts)
    weighted: csr_array = tools.TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    return weighted


def _nothing(texts: Sequence[str]) -> csr_array:
    """Return a view without features: no text has a word, which scikit-learn calls an error."""
    from scipy.sparse import csr_array

    return csr_array((len(texts), 1), dtype=np.float32)


def _surface(conversation: Conversation) -> list[int]:
    text = assistant_text(conversation)
    return [len(text), *(len(re.findall(pattern, text)) for pattern in _SURFACE_PATTERNS)]


def _messages(conversation: Conversation) -> list[int]:
    messages = conversation.messages
    roles = [message.role for message in messages]
    turns = sum(one != other for one, other in pairwise(roles))
    return [
        *(roles.count(role) for role in ("system", "user", "assistant", "tool")),
        sum(len(message.tool_calls) for message in messages),
        turns,
    ]


def _standardised(counts: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    values = np.log1p(np.array(counts, dtype=np.float64))
    spread = values.std(axis=0)
    standardised: NDArray[np.float64] = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return standardised
