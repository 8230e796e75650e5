"""The jackknife interval, and when there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protocol.stats.jackknife import LeaveOneOut, jackknife_interval


def _without(values: list[float], defined: list[bool] | None = None) -> LeaveOneOut:
    flags = defined if defined is not None else [True] * len(values)
    return LeaveOneOut(values=np.array(values), defined=np.array(flags))


def test_interval_of_a_mean_is_the_t_interval() -> None:
    """For a mean the jackknife SE is s / sqrt(n): here 1, 2, 3, 4, 5 and t(4) = 2.7764."""
    found = jackknife_interval(3.0, _without([3.5, 3.25, 3.0, 2.75, 2.5]), group="task", highest=math.inf)
    assert found.interval is not None
    assert found.interval.se == pytest.approx(math.sqrt(2.5 / 5))
    assert found.interval.upper - 3.0 == pytest.approx(2.7764451051977934 * math.sqrt(0.5))
    assert found.interval.method == "delete-one-task jackknife, t with 4 df"


def test_ends_stay_inside_the_measure() -> None:
    """An agreement above 1 is not printed."""
    found = jackknife_interval(0.98, _without([0.9, 0.99, 1.0, 1.0, 0.99]), group="unit", lowest=0.97)
    assert found.interval is not None
    assert (found.interval.lower, found.interval.upper) == (0.97, 1.0)


def test_fewer_than_five_groups_give_no_interval() -> None:
    """Four tasks are too few to say how tasks vary."""
    found = jackknife_interval(0.5, _without([0.4, 0.5, 0.5, 0.6]), group="task")
    assert found.interval is None
    assert found.undefined == "interval not estimable: 4 tasks with two ratings, fewer than 5"


def test_an_undefined_leave_one_out_value_gives_no_interval() -> None:
    """An interval of the rest would hide that everything hangs on one task."""
    found = jackknife_interval(0.5, _without([0.5, 0.5, 0.6, 0.4, 0.0], [True] * 4 + [False]), group="task")
    assert found.interval is None
    assert found.undefined is not None
    assert "1 of 5" in found.undefined


def test_zero_width_is_not_printed() -> None:
    """Equal values, up to floating point, give a reason and no interval."""
    found = jackknife_interval(1.0, _without([1.0, 1.0, 1.0 - 1e-16, 1.0, 1.0]), group="unit")
    assert found.interval is None
    assert found.undefined is not None
    assert "zero width" in found.undefined
