"""What goes to the adjudicator: the cells of item and dimension in which the raters' answers part.

The rule is one function, so that the queue, the check of a finished adjudication and the consensus of a
public copy cannot part. Nobody is named here: an opinion knows the chain it stands in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from protocol.rubric import Rubric, Scale
from protocol.session import Mark, Quote, RaterSession

Level = int | float


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CellId:
    """One dimension of one item."""

    item_id: str
    dimension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one rater said of a cell: a level, or why there is none."""

    level: Level | None
    not_ratable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """A rater's answer with what the rater gave for it."""

    chain: str
    """Id of the chain it stands in."""
    answer: Answer
    quotes: tuple[Quote, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A disagreement with its opinions."""

    id: CellId
    opinions: tuple[Opinion, ...]


def is_disagreement(
    answers: Sequence[Answer],
    *,
    levels: Sequence[Level],
    scale: Scale,
    difference: int,
    unsure_is_queued: bool,
) -> bool:
    """Whether a cell goes to the adjudicator.

    Args:
        answers: What the raters said; those who did not complete the item are not among them.
        levels: The dimension's levels, lowest first.
        scale: On a nominal one any two levels disagree.
        difference: So many places apart is a disagreement.
        unsure_is_queued: A not-ratable code goes to the adjudicator even where all gave one, as the U of a
            benchmark audit does.

    Example:
        >>> pair = [Answer(level=1), Answer(level=2)]
        >>> rule = dict(levels=(0, 1, 2, 3), scale=Scale.ORDINAL, unsure_is_queued=False)
        >>> is_disagreement(pair, difference=1, **rule), is_disagreement(pair, difference=2, **rule)
        (True, False)
    """
    given = [answer.level for answer in answers if answer.level is not None]
    if len(given) < len(answers) and (given or unsure_is_queued):
        return True
    if len(set(given)) < 2:
        return False
    places = [levels.index(level) for level in given]
    return scale is Scale.NOMINAL or max(places) - min(places) >= difference


def disagreements(
    sessions: Mapping[str, RaterSession],
    rubric: Rubric,
    *,
    left_out: Collection[str],
    difference: int,
    unsure_is_queued: bool,
) -> list[Cell]:
    """Return the cells that go to the adjudicator, by item and in the rubric's order.

    Args:
        sessions: What each chain comes to.
        rubric: What was rated by, as it was seeded.
        left_out: Items nobody adjudicates: hidden repeats, gold items, withdrawn ones.
        difference: As `is_disagreement`.
        unsure_is_queued: As `is_disagreement`.
    """
    items = sorted({item for session in sessions.values() for item in session.items} - set(left_out))
    cells: list[Cell] = []
    for item in items:
        for dimension in rubric.dimensions:
            opinions = tuple(
                opinion
                for chain in sorted(sessions)
                if (opinion := _opinion(chain, sessions[chain], item, dimension.id, rubric)) is not None
            )
            parted = is_disagreement(
                [one.answer for one in opinions],
                levels=dimension.values,
                scale=dimension.scale,
                difference=difference,
                unsure_is_queued=unsure_is_queued,
            )
            if parted:
                cells.append(Cell(id=CellId(item_id=item, dimension=dimension.id), opinions=opinions))
    return cells


def _opinion(chain: str, session: RaterSession, item: str, dimension: str, rubric: Rubric) -> Opinion | None:
    """Return what a chain says of a cell, counted as the rating table counts it."""
    progress = session.of(item)
    whole = progress.reason if progress.completed else None
    mark = progress.mark(dimension) if progress.counts(dimension, rubric) else Mark()
    if item not in session.positions or (whole or mark.reason or mark.level) is None:
        return None
    return Opinion(
        chain=chain,
        answer=Answer(level=None if whole else mark.level, not_ratable=whole or mark.reason),
        quotes=() if whole else mark.quotes,
        note=mark.note or progress.note,
    )
