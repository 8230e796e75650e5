"""The gate of training: a rater against the reference, in exact numbers.

Apart from `protocol.stats`, which the rating app must not load: whole numbers and fractions are
enough here, and a threshold that is met exactly is met. A test compares the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

from protocol.rubric import Dimension, Rubric, Scale
from protocol.session import ItemProgress
from protocol.training.reference import Reference, References
from protocol.visible import TrainingGate


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionFigures:
    """How far a rater and the reference agree in one dimension."""

    dimension: str
    items: int
    """Items of the attempt."""
    agreed: int
    """Items with the reference's level, or not ratable where the reference is."""
    weights: Literal["quadratic", "unweighted"]
    """Quadratic weights on the level values; unweighted where levels have no order."""
    both: int
    """Items to which rater and reference gave a level: kappa is of these."""
    kappa: Fraction | None
    undefined: str | None
    """Why there is no kappa."""
    passed: bool

    @property
    def agreement(self) -> Fraction | None:
        """Share of items agreed on; None where there is no item."""
        return Fraction(self.agreed, self.items) if self.items else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What one attempt came to."""

    figures: tuple[DimensionFigures, ...]

    @property
    def passed(self) -> bool:
        """Whether every dimension reached both thresholds."""
        return all(figure.passed for figure in self.figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    given: int | None
    reference: int | None


def judge(
    progress: Sequence[ItemProgress], references: Mapping[str, References], rubric: Rubric, gate: TrainingGate
) -> GateResult:
    """Compare completed items with their references.

    Args:
        progress: The items of an attempt.
        references: By item id.
        rubric: The rubric.
        gate: The thresholds, in every dimension; a kappa that is undefined does not reach one.
    """
    return GateResult(
        figures=tuple(
            _figures(
                dimension,
                [_pair(item, references[item.item_id][dimension.id], dimension) for item in progress],
                gate,
            )
            for dimension in rubric.dimensions
        )
    )


def _pair(item: ItemProgress, reference: Reference, dimension: Dimension) -> _Pair:
    given = None if item.reason is not None else item.mark(dimension.id).level
    return _Pair(given=given, reference=reference.level)


def _figures(dimension: Dimension, pairs: Sequence[_Pair], gate: TrainingGate) -> DimensionFigures:
    agreed = sum(pair.given == pair.reference for pair in pairs)
    both = [pair for pair in pairs if pair.given is not None and pair.reference is not None]
    undefined = _why_undefined(both)
    kappa = None if undefined else _kappa(both, nominal=dimension.scale is Scale.NOMINAL)
    enough = bool(pairs) and Fraction(agreed, len(pairs)) >= Fraction(gate.agreement)
    return DimensionFigures(
        dimension=dimension.id,
        items=len(pairs),
        agreed=agreed,
        weights="unweighted" if dimension.scale is Scale.NOMINAL else "quadratic",
        both=len(both),
        kappa=kappa,
        undefined=undefined,
        passed=enough and kappa is not None and kappa >= Fraction(gate.kappa),
    )


def _why_undefined(both: Sequence[_Pair]) -> str | None:
    if not both:
        return "no item has a level from both"
    levels = {pair.given for pair in both} | {pair.reference for pair in both}
    if len(levels) == 1:
        return f"no variation: both gave {next(iter(levels))} on all {len(both)} items"
    return None


def _kappa(both: Sequence[_Pair], *, nominal: bool) -> Fraction:
    """Return Cohen's weighted kappa: 1 - observed over expected disagreement.

    References:
        Cohen, J. (1968). Weighted kappa. Psychological Bulletin 70, 213-220.
    """

    def apart(one: int | None, other: int | None) -> int:
        return int(one != other) if nominal else ((one or 0) - (other or 0)) ** 2

    given = Counter(pair.given for pair in both)
    reference = Counter(pair.reference for pair in both)
    observed = sum(apart(pair.given, pair.reference) for pair in both)
    expected = sum(
        apart(one, other) * times * others
        for one, times in given.items()
        for other, others in reference.items()
    )
    return 1 - Fraction(observed * len(both), expected)


def decimals(value: Fraction, places: int = 3) -> str:
    """Return a fraction with a few decimals, cut and never rounded up: .6996 is not .700."""
    scaled = floor(value * 10**places)
    sign = "-" if scaled < 0 else ""
    whole, rest = divmod(abs(scaled), 10**places)
    return f"{sign}{whole}.{rest:0{places}d}"
