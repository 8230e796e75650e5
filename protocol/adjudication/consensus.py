"""The consensus of a study with adjudication: one answer for each unit and dimension, with where it is from.

A reported column and a sensitivity line, never the main analysis: agreement and effects are computed from
the raters' own ratings, which adjudication leaves as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import median_low

from protocol.adjudication.plan import AdjudicationPlan
from protocol.adjudication.queue import Answer, CellId, is_disagreement
from protocol.adjudication.session import Decision
from protocol.analysis.rating_table import DimensionSpec, Number, RatingRow, RatingTable

CONSENSUS = "consensus"
"""Stands in the place of a rater where the consensus is analysed."""


class ConsensusBy(StrEnum):
    """Where a consensus is from."""

    AGREED = "agreed"
    """All raters gave the same answer."""
    MEDIAN = "lower-median"
    """Their levels lie nearer than what counts as a disagreement."""
    SINGLE = "one-rater"
    ADJUDICATED = "adjudicated"
    UNRESOLVED = "unresolved"
    """A disagreement that was not decided."""
    NOT_RATED = "not-rated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusCell:
    """The consensus on one dimension of one unit."""

    unit: str
    dimension: str
    value: Number | None
    not_ratable: str | None
    by: ConsensusBy
    reason: str | None = None
    """The adjudicator's reason, where there is one."""


def consensus_cells(
    table: RatingTable,
    plan: AdjudicationPlan,
    decisions: Mapping[CellId, Decision],
    *,
    unsure_is_queued: bool,
) -> list[ConsensusCell]:
    """Return the consensus of every unit and dimension, sorted.

    Args:
        table: The raters' ratings; second occasions are not looked at.
        plan: What counts as a disagreement.
        decisions: What the adjudicator decided.
        unsure_is_queued: As in `is_disagreement`.
    """
    specs = {spec.id: spec for spec in table.dimensions}
    given: defaultdict[CellId, list[Answer]] = defaultdict(list)
    for row in table.rows:
        answers = given[CellId(item_id=row.unit, dimension=row.dimension)]
        if row.occasion == 1 and (row.value is not None or row.not_ratable is not None):
            answers.append(Answer(level=row.value, not_ratable=row.not_ratable))
    return [
        _cell(
            cell,
            answers,
            specs[cell.dimension],
            difference=plan.difference,
            decision=decisions.get(cell),
            unsure_is_queued=unsure_is_queued,
        )
        for cell, answers in sorted(given.items())
    ]


def _cell(
    cell: CellId,
    answers: Sequence[Answer],
    spec: DimensionSpec,
    *,
    difference: int,
    decision: Decision | None,
    unsure_is_queued: bool,
) -> ConsensusCell:
    parted = is_disagreement(
        answers,
        levels=spec.levels,
        scale=spec.scale,
        difference=difference,
        unsure_is_queued=unsure_is_queued,
    )
    found = ConsensusCell(
        unit=cell.item_id, dimension=cell.dimension, value=None, not_ratable=None, by=ConsensusBy.UNRESOLVED
    )
    if parted:
        if decision is None or not decision.whole:
            return found
        return replace(
            found,
            value=decision.level,
            not_ratable=decision.not_ratable,
            by=ConsensusBy.ADJUDICATED,
            reason=decision.why,
        )
    levels = [answer.level for answer in answers if answer.level is not None]
    codes = sorted({answer.not_ratable for answer in answers if answer.not_ratable is not None})
    return replace(
        found,
        value=median_low(levels) if levels else None,
        not_ratable=" / ".join(codes) or None,
        by=_by(answers, levels),
    )


def _by(answers: Sequence[Answer], levels: Sequence[Number]) -> ConsensusBy:
    if not answers:
        return ConsensusBy.NOT_RATED
    if len(answers) == 1:
        return ConsensusBy.SINGLE
    return ConsensusBy.MEDIAN if len(set(levels)) > 1 else ConsensusBy.AGREED


def counts_by(cells: Iterable[ConsensusCell]) -> dict[str, int]:
    """Return how many cells have their consensus from where, in the order of `ConsensusBy`."""
    found = [cell.by for cell in cells]
    return {by.value: found.count(by) for by in ConsensusBy if by in found}


def consensus_table(table: RatingTable, cells: Iterable[ConsensusCell]) -> RatingTable:
    """Return the rating table of a single rater who gave the consensus; units keep their origins."""
    rated = {spec.id for spec in table.dimensions}
    origins: dict[str, RatingRow] = {}
    for row in table.rows:
        if row.occasion == 1:
            origins.setdefault(row.unit, row)
    return replace(
        table,
        rows=tuple(
            replace(
                origins[cell.unit],
                rater=CONSENSUS,
                dimension=cell.dimension,
                value=cell.value,
                not_ratable=cell.not_ratable,
                position=None,
                elapsed_ms=None,
                confidence=None,
            )
            for cell in cells
            if cell.unit in origins and cell.dimension in rated
        ),
    )
