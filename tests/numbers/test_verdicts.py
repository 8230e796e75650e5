"""The verdict: every word, its order and its thresholds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from protocol.analysis.cells import TaskDifference
from protocol.analysis.paired_figures import PairedFigures, paired_figures
from protocol.analysis.verdicts import LevelCounts, Verdict, decide
from protocol.stats.clopper_pearson import Proportion
from protocol.study import AnalysisPlan

PLAN = AnalysisPlan(headline=())


def _figures(*differences: float) -> PairedFigures:
    pairs = [
        TaskDifference(task=f"t{index:02d}", own=(Fraction(str(value)),))
        for index, value in enumerate(differences)
    ]
    return paired_figures(pairs, delta=PLAN.equivalence_margin, seed=1)


def _levels(n: int, *, base_top: int = 0, top: int = 0, up: int = 0, down: int = 0) -> LevelCounts:
    return LevelCounts(
        baseline_at_top=Proportion(k=base_top, n=n), scaffold_at_top=Proportion(k=top, n=n), up=up, down=down
    )


UP = _figures(*[1.0] * 12, 2.0, 1.0, 1.0)
DOWN = _figures(*[-1.0] * 14, -2.0)
STILL = _figures(*[0.0] * 15)
WIGGLE = _figures(*[0.0] * 11, 1.0, -1.0, 1.0, -1.0)
WIDE = _figures(*[2.0, -2.0] * 7, 1.0)


@pytest.mark.parametrize(
    ("figures", "levels", "holm_p", "verdict"),
    [
        (DOWN, _levels(15, base_top=15, down=15), 0.001, Verdict.LOWERED),
        (STILL, _levels(15, base_top=14, top=14), 1.0, Verdict.NO_HEADROOM),
        (UP, _levels(15, base_top=14, top=15), 0.001, Verdict.NO_HEADROOM),
        (UP, _levels(15, top=14, up=14), 0.001, Verdict.RAISED_TO_CEILING),
        (UP, _levels(15, top=13, up=13), 0.001, Verdict.RAISED),
        (UP, _levels(15, top=15, up=15), 0.06, Verdict.INCONCLUSIVE),
        (STILL, _levels(15), 1.0, Verdict.UNCHANGED),
        (WIGGLE, _levels(15), 1.0, Verdict.UNCHANGED),
        (WIGGLE, _levels(15, up=1), 1.0, Verdict.EQUIVALENT),
        (WIGGLE, _levels(15, up=2, down=2), 1.0, Verdict.EQUIVALENT),
        (WIDE, _levels(15, up=8, down=7), 1.0, Verdict.INCONCLUSIVE),
    ],
)
def test_order_and_thresholds(
    figures: PairedFigures, levels: LevelCounts, holm_p: float, verdict: Verdict
) -> None:
    """Lowered before no headroom before raised; unchanged needs both rules, equivalent one."""
    found = decide(figures, levels, holm_p=holm_p, plan=PLAN)
    assert found.verdict is verdict
    assert found.reason


def test_five_equal_differences_prove_little() -> None:
    """Nothing moved on 5 tasks: the exact bound is .45, so no "unchanged", and no interval to print."""
    found = decide(_figures(*[0.0] * 5), _levels(5), holm_p=1.0, plan=PLAN)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "exact upper bound 0.45" in found.reason


def test_equal_shifts_at_the_margin_are_not_unchanged() -> None:
    """All differences equal half a level, consensus unchanged: the shift itself forbids it."""
    found = decide(_figures(*[0.5] * 15), _levels(15), holm_p=1.0, plan=PLAN)
    assert found.verdict is Verdict.INCONCLUSIVE


def test_fewer_than_five_tasks_have_no_verdict() -> None:
    """None, with the count."""
    found = decide(_figures(1, 1, 1, 1), _levels(4, up=4), holm_p=0.001, plan=PLAN)
    assert found.verdict is None
    assert "4 tasks" in found.reason


def test_a_small_rise_is_called_small() -> None:
    """A significant shift inside the margin is raised, but small."""
    small = _figures(*[0.25] * 14, 0.5)
    found = decide(small, _levels(15, up=1), holm_p=0.001, plan=PLAN)
    assert found.verdict is Verdict.RAISED
    assert found.reason.startswith("Raised, but small:")


def test_inconclusive_says_what_is_still_possible() -> None:
    """The 90% interval stands in the sentence."""
    found = decide(WIDE, _levels(15, up=8, down=7), holm_p=1.0, plan=PLAN)
    interval = WIDE.ci90.interval
    assert interval is not None
    assert f"{interval.lower:+.2f} to {interval.upper:+.2f}" in found.reason


def test_thresholds_come_from_the_plan() -> None:
    """A stricter alpha, a wider margin and another ceiling change the verdict."""
    levels = _levels(15, top=13, up=13)
    strict = replace(PLAN, alpha=0.0001)
    assert decide(UP, levels, holm_p=0.001, plan=strict).verdict is Verdict.INCONCLUSIVE
    lenient = replace(PLAN, ceiling=replace(PLAN.ceiling, share_at_top=0.8, lower_bound=0.6))
    assert decide(UP, levels, holm_p=0.001, plan=lenient).verdict is Verdict.RAISED_TO_CEILING
    forgiving = replace(PLAN, max_changed_share=0.6)
    assert decide(WIGGLE, _levels(15, up=2, down=2), holm_p=1.0, plan=forgiving).verdict is Verdict.UNCHANGED
