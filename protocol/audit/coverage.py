"""What an audit found: which benchmark covers which dimension, and at which level it speaks.

Codes stand as the coders gave them; where they differ, both are shown and nothing is averaged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protocol.adjudication.consensus import ConsensusCell
from protocol.analysis.rating_table import Number, RatingTable
from protocol.audit.audit_protocol import AuditProtocol
from protocol.rubric import Dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What one coder said of one cell."""

    coder: str
    level: Number | None
    reason: str | None = None
    """Why there is no level, where the coder said so; without both, the cell was not completed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One dimension of one benchmark, with the codes in the order of the coders."""

    benchmark: str
    dimension: str
    codes: tuple[Code, ...]
    consensus: ConsensusCell | None = None
    """What an adjudication came to, where one ended."""

    @property
    def agreed(self) -> Number | None:
        """The level all coders gave; None where they differ or one gave none."""
        levels = {code.level for code in self.codes}
        return next(iter(levels)) if len(levels) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkLevels:
    """Evidence and claim of one benchmark by one coder."""

    coder: str
    evidence: str | None
    """The level's label; None where none was given."""
    claim: str | None
    distance: int | None
    """Levels from evidence up to claim; None where one of the two is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkFindings:
    """One row of the matrix and of the map."""

    benchmark: str
    title: str
    coders: tuple[str, ...]
    """Who was to code it; differs from the others' where a coder's work was reassigned."""
    cells: tuple[Cell, ...]
    levels: tuple[BenchmarkLevels, ...]
    """Empty where the plan names no such dimensions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Everything an audit says about its benchmarks, in its protocol's order without those withdrawn."""

    dimensions: tuple[Dimension, ...]
    coders: tuple[str, ...]
    benchmarks: tuple[BenchmarkFindings, ...]
    steps: tuple[str, ...]
    """Levels between which distance is counted, lowest first."""


def coverage(
    table: RatingTable, protocol: AuditProtocol, *, consensus: Iterable[ConsensusCell] | None = None
) -> Coverage:
    """Return the coverage matrix and the level map of an audit.

    Args:
        table: The codes; the task of a row is its benchmark.
        protocol: Names benchmarks, dimensions and coders in their order.
        consensus: Of an adjudication that ended, where there is one.
    """
    benchmark_of = {row.unit: row.task for row in table.rows}
    settled = {(benchmark_of.get(cell.unit), cell.dimension): cell for cell in consensus or ()}
    given = {
        (row.task, row.dimension, row.rater): Code(coder=row.rater, level=row.value, reason=row.not_ratable)
        for row in table.rows
        if row.occasion == 1
    }

    joined = sorted({row.rater for row in table.rows} - set(protocol.coders))
    coders = (*protocol.coders, *joined)
    assigned = {(row.task, row.rater) for row in table.rows}

    def codes(benchmark: str, dimension: str) -> tuple[Code, ...]:
        return tuple(
            given.get((benchmark, dimension, coder), Code(coder=coder, level=None))
            for coder in coders
            if (benchmark, coder) in assigned
        )

    plan, rubric = protocol.plan, protocol.rubric
    evidence = rubric.dimension(plan.evidence_level) if plan.evidence_level else None
    claim = rubric.dimension(plan.claim_level) if plan.claim_level else None
    steps = _steps(evidence)
    return Coverage(
        dimensions=tuple(rubric.dimension(name) for name in plan.headline),
        coders=coders,
        benchmarks=tuple(
            BenchmarkFindings(
                benchmark=one.id,
                title=one.title,
                coders=tuple(coder for coder in coders if (one.id, coder) in assigned),
                cells=tuple(
                    Cell(
                        benchmark=one.id,
                        dimension=name,
                        codes=codes(one.id, name),
                        consensus=settled.get((one.id, name)),
                    )
                    for name in plan.headline
                ),
                levels=()
                if evidence is None or claim is None
                else tuple(
                    _levels(scored, claimed, evidence, claim, steps)
                    for scored, claimed in zip(
                        codes(one.id, evidence.id), codes(one.id, claim.id), strict=True
                    )
                ),
            )
            for one in protocol.benchmarks
            if any((one.id, coder) in assigned for coder in coders)
        ),
        steps=steps,
    )


def step_of(label: str) -> str:
    """Return the level a label belongs to: what stands before a comma is a level, after it a sub-tag.

    Example:
        >>> step_of("interaction, scripted")
        'interaction'
    """
    return label.partition(",")[0].strip()


def _steps(dimension: Dimension | None) -> tuple[str, ...]:
    labels = () if dimension is None else dimension.levels
    return tuple(dict.fromkeys(step_of(level.label) for level in labels))


def _levels(
    scored: Code, claimed: Code, evidence: Dimension, claim: Dimension, steps: tuple[str, ...]
) -> BenchmarkLevels:
    from_label, to_label = _label(evidence, scored), _label(claim, claimed)
    places = [
        steps.index(step_of(label)) if label is not None and step_of(label) in steps else None
        for label in (from_label, to_label)
    ]
    low, high = places
    return BenchmarkLevels(
        coder=scored.coder,
        evidence=from_label,
        claim=to_label,
        distance=None if low is None or high is None else high - low,
    )


def _label(dimension: Dimension, code: Code) -> str | None:
    return None if code.level is None else dimension.level(int(code.level)).label
