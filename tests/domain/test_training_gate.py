"""The gate in exact numbers, against the measures of the analysis and by hand."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.rubric import Dimension, Level, NotRatableReason, Rubric, Scale
from protocol.session import ItemProgress, Mark
from protocol.stats.cohen_kappa import cohen_kappa
from protocol.stats.rating_matrix import RatingMatrix
from protocol.training.gate import DimensionFigures, decimals, judge
from protocol.training.reference import Reference
from protocol.visible import TrainingGate

LEVELS = (0, 1, 2, 3)
Pairs = Sequence[tuple[int | None, int | None]]


def _reason(level: int | None) -> str | None:
    return "nr" if level is None else None


def figures(
    pairs: Pairs, *, scale: Scale = Scale.ORDINAL, kappa: str = "0.7", agreement: str = "0.7"
) -> DimensionFigures:
    """Judge pairs of (given, reference); None is not ratable."""
    rubric = Rubric(
        id="r",
        title="r",
        source="ours",
        dimensions=(
            Dimension(
                id="D",
                name="D",
                question="?",
                scale=scale,
                levels=tuple(Level(value=value, label="", anchor="") for value in LEVELS),
            ),
        ),
        not_ratable=(NotRatableReason(code="nr", label=""),),
    )
    progress = [
        ItemProgress(
            item_id=str(number), marks={"D": Mark(level=one, reason=None if one is not None else "nr")}
        )
        for number, (one, _) in enumerate(pairs)
    ]
    references = {
        str(number): {"D": Reference(level=one, reason=_reason(one), why="")}
        for number, (_, one) in enumerate(pairs)
    }
    gate = TrainingGate(kappa=kappa, agreement=agreement, repeats=0)
    return judge(progress, references, rubric, gate).figures[0]


def test_a_case_by_hand() -> None:
    """Given 0 1 2 3 3, reference 0 1 2 3 2: one item is one level apart, so observed is 1, n is 5.

    Expected, each given level against all of the reference: 0 gives 0+1+4+9+4 = 18, 1 gives 1+0+1+4+1 = 7,
    2 gives 4+1+0+1+0 = 6, 3 gives 9+4+1+0+1 = 15 and stands twice: 61. Kappa = 1 - 5 * 1 / 61 = 56/61.
    """
    found = figures([(0, 0), (1, 1), (2, 2), (3, 3), (3, 2)])
    assert found.kappa == Fraction(56, 61)
    assert (found.agreed, found.items) == (4, 5)
    assert found.passed


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)), min_size=1, max_size=12))
def test_kappa_is_that_of_the_analysis(pairs: list[tuple[int, int]]) -> None:
    """Quadratic and unweighted, defined and undefined, as `protocol.stats` has them."""
    matrix = RatingMatrix.from_values([list(pair) for pair in pairs], levels=LEVELS)
    for scale, weights in ((Scale.ORDINAL, "quadratic"), (Scale.NOMINAL, "unweighted")):
        found = figures(list(pairs), scale=scale)
        other = cohen_kappa(
            matrix, 0, 1, "quadratic" if weights == "quadratic" else "unweighted"
        ).estimate.value
        if found.kappa is None:
            assert other is None
        else:
            assert other == pytest.approx(float(found.kappa), abs=1e-12)
    assert figures(list(pairs), scale=Scale.NOMINAL).weights == "unweighted"


def test_a_threshold_that_is_met_exactly_is_met() -> None:
    """7 of 10 is .7, which no float is."""
    pairs: list[tuple[int | None, int | None]] = [(1, 0), (2, 3), (2, 3)]
    pairs += [(0, 0)] * 3
    pairs += [(3, 3)] * 4
    assert figures(pairs, kappa="0.1").passed
    assert not figures(pairs, kappa="0.1", agreement="0.7001").passed


def test_an_undefined_kappa_does_not_pass() -> None:
    """One level from both on the items that have one: agreement is whole, and nothing was shown by it."""
    found = figures([(2, 2), (2, 2), (None, 3)])
    assert found.kappa is None
    assert found.undefined == "no variation: both gave 2 on all 2 items"
    assert not found.passed
    assert figures([(None, 1)]).undefined == "no item has a level from both"


def test_not_ratable_agrees_with_not_ratable_alone() -> None:
    """It is never a number, and a level where the reference has none is no agreement."""
    found = figures([(None, None), (None, 1), (1, None), (0, 0), (3, 3)])
    assert (found.agreed, found.items, found.both) == (3, 5, 2)


def test_figures_are_cut_and_never_rounded_up() -> None:
    """.6996 is not .700: a rater who did not pass must not read the threshold."""
    assert decimals(Fraction(6996, 10000)) == "0.699"
    assert decimals(Fraction(1)) == "1.000"
    assert decimals(Fraction(-1, 3)) == "-0.334"
    assert decimals(Fraction(0)) == "0.000"
