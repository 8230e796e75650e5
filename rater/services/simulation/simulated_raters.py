"""Raters played by a program: one reads the text, one is told a latent level.

`TextReadingRater` fills `rater-admin demo` and sees what a rater sees. `LatentRater` fills
`rater-admin simulate`, where the truth is known. Both draw from a random source that the caller
passes in. What they give is never a finding, and every output says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from protocol.chain.events import Span
from protocol.conversation import Conversation
from protocol.errors import InvalidInputError
from protocol.rubric import Dimension, Rubric
from protocol.visible import TaskCard
from rater.services.simulation.simulated_readings import (
    Passage,
    Reading,
    answers_nothing,
    assistant_passages,
    final_reply_is_cut,
    read_checks,
    read_handles,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedQuote:
    """The words a simulated rater points at."""

    span: Span
    text: str
    """Exactly the characters of the span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedRating:
    """What a simulated rater says on one dimension: a level or a not-ratable code, never both."""

    dimension: str
    level: int | None = None
    not_ratable: str | None = None
    quote: SimulatedQuote | None = None
    note: str = ""


def random_for(seed: int, *names: str) -> Random:
    """Return a random source of its own for a rater, an item or a task.

    What it draws depends on the seed and the names alone, not on what was drawn before.
    """
    # A string seed is hashed with SHA-512 by the standard library, the same on every machine.
    return Random("\x1f".join((str(seed), *names)))  # noqa: S311 - a simulation, no secret


_RUBRIC_READ = "vss"
_READERS: Mapping[str, Callable[[Conversation, TaskCard], Reading]] = {"D1": read_checks, "D2": read_handles}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReadingRater:
    """Scores D1 and D2 of rubric `vss` by keyword and shape rules."""

    code: str
    severity: float = 0.0
    """Added to every depth; positive gives higher levels, as in the agreement tables."""
    noise_sd: float = 0.4
    cut_share: float = 0.4
    """How often a reply that is cut off before anything was found is called not ratable."""

    def rate(
        self, *, conversation: Conversation, card: TaskCard, rubric: Rubric, random: Random
    ) -> tuple[SimulatedRating, ...]:
        """Score every dimension of the rubric, in its order.

        Args:
            conversation: The item's de-identified conversation.
            card: Its task card.
            rubric: The rubric `vss`, with no other dimensions than D1 and D2.
            random: Source of this rater's noise for this item, as of `random_for`.

        Raises:
            InvalidInputError: There are no reading rules for the rubric or a dimension of it.
        """
        unread = [dimension.id for dimension in rubric.dimensions if dimension.id not in _READERS]
        if rubric.id != _RUBRIC_READ or unread:
            raise InvalidInputError(
                f"The simulated raters have no reading rules for {', '.join(unread) or 'this rubric'}.",
                where=f"rubric {rubric.id}",
                next_step=f"They read {' and '.join(_READERS)} of the rubric {_RUBRIC_READ}.",
            )
        return tuple(
            self._rate_one(dimension, conversation, card, rubric, random) for dimension in rubric.dimensions
        )

    def _rate_one(
        self,
        dimension: Dimension,
        conversation: Conversation,
        card: TaskCard,
        rubric: Rubric,
        random: Random,
    ) -> SimulatedRating:
        reading = _READERS[dimension.id](conversation, card)
        # Drawn before anything is decided, so that one decision does not shift the noise of the next.
        noise, gives_up = random.gauss(0.0, self.noise_sd), random.random() < self.cut_share
        if not reading.passages:
            cut = gives_up and dimension.id == "D1" and final_reply_is_cut(conversation)
            code = "no-claim" if answers_nothing(conversation) else "truncated" if cut else None
            if code is not None and _may_mark(rubric, code):
                return SimulatedRating(
                    dimension=dimension.id, not_ratable=code, note="Simulated rating: nothing here to score."
                )
        rank = min(max(round(reading.depth + self.severity + noise), 0), len(dimension.levels) - 1)
        always_quotes = dimension.needs_quote(dimension.levels[0].value)
        passages = reading.passages or (_first_sentences(conversation) if always_quotes else ())
        return _with_quote(dimension, rank, passages)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentRater:
    """Turns a known latent value into a level, with severity and noise of known size.

    The latent scale is that of the level positions: 0.0 is the middle of the lowest level, 1.0 of
    the next, and a value is cut at the thresholds.
    """

    code: str
    severity: float = 0.0
    """Added to every latent value; positive gives higher levels, as in the agreement tables."""
    noise_sd: float = 0.3
    thresholds: tuple[float, ...] | None = None
    """Ascending cuts between the levels; None puts them half way: 0.5, 1.5, 2.5 ..."""

    def cuts(self, dimension: Dimension) -> tuple[float, ...]:
        """Return the cuts between the levels of a dimension.

        Raises:
            InvalidInputError: The number of thresholds does not fit the levels.
        """
        wanted = len(dimension.levels) - 1
        if self.thresholds is None:
            return tuple(position + 0.5 for position in range(wanted))
        if len(self.thresholds) != wanted or list(self.thresholds) != sorted(self.thresholds):
            raise InvalidInputError(
                f'Dimension "{dimension.id}" needs {wanted} ascending thresholds.',
                where=f"simulated rater {self.code}",
                next_step="Give one threshold between each two levels, lowest first.",
            )
        return self.thresholds

    def level(self, latent: float, dimension: Dimension, random: Random) -> int:
        """Return the level this rater sees in a latent value."""
        return dimension.levels[self._rank(latent, dimension, random)].value

    def rate(
        self, *, latents: Mapping[str, float], conversation: Conversation, rubric: Rubric, random: Random
    ) -> tuple[SimulatedRating, ...]:
        """Score every dimension of the rubric, in its order.

        Args:
            latents: The latent value of the transcript on each dimension.
            conversation: Only where the quote is taken from: the first sentence of some reply.
            rubric: The rubric.
            random: Source of this rater's noise for this item, as of `random_for`.

        Raises:
            InvalidInputError: A dimension has no latent value, or the thresholds do not fit it.
        """
        firsts = _first_sentences(conversation)
        ratings: list[SimulatedRating] = []
        for dimension in rubric.dimensions:
            if dimension.id not in latents:
                raise InvalidInputError(
                    f'There is no latent value for dimension "{dimension.id}".',
                    where=f"simulated rater {self.code}",
                    next_step="Give one for every dimension of the rubric.",
                )
            rank = self._rank(latents[dimension.id], dimension, random)
            chosen = (random.choice(firsts),) if firsts else ()
            ratings.append(_with_quote(dimension, rank, chosen))
        return tuple(ratings)

    def _rank(self, latent: float, dimension: Dimension, random: Random) -> int:
        seen = latent + self.severity + random.gauss(0.0, self.noise_sd)
        return sum(seen >= cut for cut in self.cuts(dimension))


def _with_quote(dimension: Dimension, rank: int, passages: tuple[Passage, ...]) -> SimulatedRating:
    """Return the rating, lowered to what can be quoted where a level counts only with a quote."""
    needs_quote = [dimension.needs_quote(level.value) for level in dimension.levels]
    while rank > 0 and needs_quote[rank] and not passages:
        rank -= 1
    level = dimension.levels[rank].value
    if not needs_quote[rank]:
        return SimulatedRating(dimension=dimension.id, level=level)
    if not passages:
        raise InvalidInputError(
            f'Every level of dimension "{dimension.id}" needs a quote, and there is nothing to quote.',
            where="simulated raters",
            next_step="Leave out conversations without a reply.",
        )
    return SimulatedRating(
        dimension=dimension.id,
        level=level,
        quote=SimulatedQuote(span=passages[0].span, text=passages[0].text),
        note=f"Simulated rating: {len(passages)} passage{'s' if len(passages) > 1 else ''} found.",
    )


def _first_sentences(conversation: Conversation) -> tuple[Passage, ...]:
    firsts: dict[int, Passage] = {}
    for passage in assistant_passages(conversation):
        firsts.setdefault(passage.span.message, passage)
    return tuple(firsts.values())


def _may_mark(rubric: Rubric, code: str) -> bool:
    return any(reason.code == code and reason.scope in ("dimension", "both") for reason in rubric.not_ratable)
