"""Which tokens stand in the texts of one arm and not of the others: finds rare leaks a classifier misses.

Counts texts, not occurrences. Two readings of every text keep memory bounded: the first counts
into a fixed table by hash and drops what is in fewer than three texts, the second counts exactly.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from protocol.deidentify.guessability.audit_item import About, AuditItem
from protocol.deidentify.guessability.tokens import tokens
from protocol.stats.benjamini_hochberg import benjamini_hochberg
from protocol.stats.hypergeometric import hypergeometric_upper_tail

MIN_TEXTS = 3
"""A token in fewer texts is too rare to stand out; leaving it out looks at no label."""
SIGNIFICANT = 0.05
EXAMPLES = 3
TOKENS_SHOWN = 3
SHOWN = 15
_BUCKETS = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """In how many texts of each condition every frequent token stands."""

    tokens: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]
    """Model and scaffold."""
    counts: NDArray[np.int64]
    """Shape (tokens, conditions)."""
    texts: NDArray[np.int64]
    """Texts of each condition."""
    same_texts: NDArray[np.uint64]
    """Equal for tokens that stand in exactly the same texts."""
    examples: NDArray[np.int64]
    """Position of the first texts with the token, shape (tokens, 3), -1 where there are fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Tokens that stand in the same texts, and how far these lean to one arm."""

    tokens: tuple[str, ...]
    """At most three of them: the two longest words, then the shortest of the others."""
    n_tokens: int
    arm: str
    n_in_arm: int
    """Texts of the arm with the token."""
    n_arm: int
    n_elsewhere: int
    n_others: int
    p: float
    """Fisher's one-sided p: so many or more of the texts with the token in this arm by chance."""
    q: float
    """Benjamini and Hochberg over all tokens and arms of the question."""
    examples: tuple[str, ...]
    """Names of up to three texts with the token."""

    @property
    def exclusive(self) -> bool:
        """Whether no other arm has the token at all."""
        return self.n_elsewhere == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusivity:
    """The tables of one question, best first inside each arm."""

    leaning: tuple[Telling, ...]
    """The most telling tokens of each arm, q at most .05."""
    exclusive: tuple[Telling, ...]
    """The best tokens that only one arm has, whatever their q."""
    n_tested: int
    """Distinct sets of texts times arms."""
    n_significant: int


def count_tokens(items: Sequence[AuditItem]) -> TokenCounts:
    """Return in how many texts of each condition every token stands that is in three texts or more."""
    frequent = _frequent_buckets(items)
    conditions = sorted({(item.model, item.scaffold) for item in items})
    place = {condition: number for number, condition in enumerate(conditions)}
    numbers: dict[str, int] = {}
    counts = np.zeros((0, len(conditions)), dtype=np.int32)
    examples = np.full((0, EXAMPLES), -1, dtype=np.int64)
    same_texts = np.zeros(0, dtype=np.uint64)
    texts = np.zeros(len(conditions), dtype=np.int64)
    # The seed is fixed: a signature only says which tokens share their texts.
    signatures = np.random.default_rng(0).integers(1, 2**63, len(items)).astype(np.uint64)
    for position, item in enumerate(items):
        found = tokens(item.conversation)
        # Sorted, because the order of a set differs between runs of Python.
        own = sorted(token for token, kept in zip(found, frequent[_buckets(found)], strict=True) if kept)
        rows = np.array([numbers.setdefault(token, len(numbers)) for token in own], dtype=np.int64)
        if len(numbers) > len(counts):
            more = len(numbers) - len(counts) + len(counts) // 2
            counts = np.pad(counts, ((0, more), (0, 0)))
            examples = np.pad(examples, ((0, more), (0, 0)), constant_values=-1)
            same_texts = np.pad(same_texts, (0, more))
        before = counts[rows].sum(axis=1)
        room = before < EXAMPLES
        examples[rows[room], before[room]] = position
        condition = place[item.model, item.scaffold]
        counts[rows, condition] += 1
        texts[condition] += 1
        same_texts[rows] ^= signatures[position]
    kept_rows = np.flatnonzero(counts.sum(axis=1) >= MIN_TEXTS)
    names = list(numbers)
    return TokenCounts(
        tokens=tuple(names[row] for row in kept_rows.tolist()),
        conditions=tuple(conditions),
        counts=counts[kept_rows].astype(np.int64),
        texts=texts,
        same_texts=same_texts[kept_rows],
        examples=examples[kept_rows],
    )


def _buckets(found: set[str]) -> NDArray[np.int64]:
    """Place of every token in the table of the first reading; crc32 is the same in every run."""
    hashes = (zlib.crc32(token.encode("utf-8", "surrogatepass")) for token in found)
    return np.fromiter(hashes, dtype=np.int64, count=len(found)) & (_BUCKETS - 1)


def _frequent_buckets(items: Sequence[AuditItem]) -> NDArray[np.bool_]:
    """Return which buckets hold a token that may be in three texts: none that is gets lost."""
    filled = np.zeros(_BUCKETS, dtype=np.int32)
    for item in items:
        np.add.at(filled, _buckets(tokens(item.conversation)), 1)
    return filled >= MIN_TEXTS


def exclusivity(
    counted: TokenCounts, items: Sequence[AuditItem], *, about: About, shown: int = SHOWN
) -> Exclusivity:
    """Return the tokens that lean to one arm, or stand in no other.

    Fisher's test takes texts as independent. Where every arm has the same tasks this is careful:
    a token that belongs to a task stands in all arms alike.

    Args:
        counted: From `count_tokens`.
        items: The same items in the same order.
        about: Models or scaffolds.
        shown: So many tokens of each arm are listed in each table.
    """
    side = 0 if about == "model" else 1
    arms = sorted({condition[side] for condition in counted.conditions})
    member = np.array([[condition[side] == arm for arm in arms] for condition in counted.conditions])
    families = _families(counted)
    first = np.array([family[0] for family in families], dtype=np.int64)
    by_arm = counted.counts[first] @ member.astype(np.int64)
    texts = counted.texts @ member.astype(np.int64)
    marked = by_arm.sum(axis=1)
    p = np.empty(by_arm.shape)
    for arm, n_arm in enumerate(texts.tolist()):
        drawn = np.full(len(first), n_arm)
        p[:, arm] = hypergeometric_upper_tail(by_arm[:, arm], drawn, marked=marked, total=int(texts.sum()))
    q = np.array(benjamini_hochberg(p.ravel().tolist())).reshape(p.shape)

    def telling(row: int, arm: int) -> Telling:
        return Telling(
            tokens=tuple(counted.tokens[token] for token in families[row][:TOKENS_SHOWN]),
            n_tokens=len(families[row]),
            arm=arms[arm],
            n_in_arm=int(by_arm[row, arm]),
            n_arm=int(texts[arm]),
            n_elsewhere=int(marked[row] - by_arm[row, arm]),
            n_others=int(texts.sum() - texts[arm]),
            p=float(p[row, arm]),
            q=float(q[row, arm]),
            examples=tuple(
                items[position].id for position in counted.examples[first[row]].tolist() if position >= 0
            ),
        )

    leaning: list[Telling] = []
    exclusive: list[Telling] = []
    for arm in range(len(arms)):
        # Ties in p are broken by the token, so that the list never depends on the order of texts.
        best = sorted(range(len(first)), key=lambda row: (p[row, arm], counted.tokens[first[row]]))
        leaning += [telling(row, arm) for row in best[:shown] if q[row, arm] <= SIGNIFICANT]
        alone = (row for row in best if by_arm[row, arm] == marked[row])
        exclusive += [telling(row, arm) for row in islice(alone, shown)]
    return Exclusivity(
        leaning=tuple(leaning),
        exclusive=tuple(exclusive),
        n_tested=int(p.size),
        n_significant=int(np.count_nonzero(q <= SIGNIFICANT)),
    )


def _families(counted: TokenCounts) -> list[list[int]]:
    """Return the tokens that share all their texts, the most readable of each family first."""
    members: dict[int, list[int]] = {}
    for token, same in enumerate(counted.same_texts.tolist()):
        members.setdefault(same, []).append(token)
    families = [_readable_first(family, counted.tokens) for family in members.values()]
    return sorted(families, key=lambda family: counted.tokens[family[0]])


def _readable_first(family: Sequence[int], names: Sequence[str]) -> list[int]:
    """Two longest words, which say most, then the shortest of all others."""
    words = sorted((token for token in family if " " not in names[token]), key=_by_length(names, -1))
    others = sorted(set(family) - set(words[:2]), key=_by_length(names, 1))
    return [*words[:2], *others]


def _by_length(names: Sequence[str], sign: int) -> Callable[[int], tuple[int, str]]:
    return lambda token: (sign * len(names[token]), names[token])
