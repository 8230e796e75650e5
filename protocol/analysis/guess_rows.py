"""Answers to guess questions as an analysis reads them: what was named against what it was.

Separate from the analysis because every mistake in the rows is told here, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from protocol.errors import InvalidInputError
from protocol.stats.bang_index import ArmAnswers
from protocol.wording import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessRow:
    """One rater's answer on one item."""

    rater: str
    item: str
    task: str
    arm: str
    """The true model or scaffold."""
    guess: str | None
    """Canonical name of the arm that was named, or the label of a decoy; None is "don't know"."""
    sure: int | None = None
    cue: str | None = None
    """Code of what gave it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """A guess question with all answers, in the names of the opened allocation."""

    id: str
    about: Literal["model", "scaffold"]
    arms: tuple[str, ...]
    """The models or scaffolds of the study, in the order of display."""
    options: tuple[str, ...]
    """What could be answered beside "don't know": names of arms, and labels of decoys."""
    rows: tuple[GuessRow, ...]

    @property
    def decoys(self) -> tuple[str, ...]:
        """Answers that are no arm of the study."""
        return tuple(option for option in self.options if option not in self.arms)

    @property
    def nameable(self) -> tuple[str, ...]:
        """Arms that could be answered."""
        return tuple(arm for arm in self.arms if arm in self.options)

    def require_sound(self) -> None:
        """Check that the rows fit the arms and answers.

        Raises:
            InvalidInputError: A row names an unknown arm or answer, or a rater answered twice on an item.
        """
        for row in self.rows:
            where = f"question {quoted(self.id)}, rater {quoted(row.rater)}, item {quoted(row.item)}"
            if row.arm not in self.arms:
                raise InvalidInputError(
                    f"The {self.about} {quoted(row.arm)} is not one of the study's.", where=where
                )
            if row.guess is not None and row.guess not in self.options:
                raise InvalidInputError(
                    f"The answer {quoted(row.guess)} was not among those offered.", where=where
                )
        answers = Counter((row.rater, row.item) for row in self.rows)
        for (rater, item), times in answers.items():
            if times > 1:
                raise InvalidInputError(
                    f"Rater {quoted(rater)} has {times} answers on item {quoted(item)}; one was asked for.",
                    where=f"question {quoted(self.id)}",
                )


def count_table(asked: AskedQuestion, rows: Sequence[GuessRow]) -> NDArray[np.int64]:
    """Return the counts, shape (arms + decoys + 1, arms): rows are answers, the last is don't know."""
    place = {name: index for index, name in enumerate((*asked.arms, *asked.decoys))}
    counts = np.zeros((len(place) + 1, len(asked.arms)), dtype=np.int64)
    for row in rows:
        counts[-1 if row.guess is None else place[row.guess], place[row.arm]] += 1
    return counts


def answers_on(asked: AskedQuestion, rows: Sequence[GuessRow], arm: str) -> ArmAnswers:
    """Return the answers on the items of one arm."""
    named = [row.guess for row in rows if row.arm == arm]
    return ArmAnswers(
        correct=named.count(arm),
        wrong=sum(guess in asked.arms and guess != arm for guess in named),
        decoy=sum(guess in asked.decoys for guess in named),
        dont_know=named.count(None),
    )
