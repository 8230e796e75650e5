"""The area under the curve and the hypergeometric tail, against enumeration and known values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.stats.auc import auc, auc_without_groups
from protocol.stats.hypergeometric import hypergeometric_upper_tail


def _tail(found: int, drawn: int, marked: int, total: int) -> float:
    return float(
        hypergeometric_upper_tail(
            np.array([found]), np.array([drawn]), marked=np.array([marked]), total=total
        )[0]
    )


@given(
    total=st.integers(1, 40),
    data=st.data(),
)
def test_tail_equals_exact_counting(total: int, data: st.DataObject) -> None:
    """Binomial coefficients as whole numbers give the same."""
    drawn = data.draw(st.integers(0, total))
    marked = data.draw(st.integers(0, total))
    found = data.draw(st.integers(0, min(drawn, marked)))
    ways = sum(
        math.comb(marked, hits) * math.comb(total - marked, drawn - hits)
        for hits in range(found, min(drawn, marked) + 1)
        if drawn - hits <= total - marked
    )
    assert _tail(found, drawn, marked, total) == pytest.approx(ways / math.comb(total, drawn), rel=1e-9)


def test_many_tables_keep_their_order() -> None:
    """Equal tables share one computation, and every answer stands at its table."""
    found, drawn, marked = np.array([4, 0, 4, 3]), np.array([4, 4, 4, 4]), np.array([4, 4, 4, 4])
    tails = hypergeometric_upper_tail(found, drawn, marked=marked, total=8)
    assert tails.tolist() == pytest.approx([1 / 70, 1.0, 1 / 70, 17 / 70])


@given(
    scores=st.lists(st.integers(0, 5), min_size=2, max_size=20),
    data=st.data(),
)
def test_area_equals_all_pairs(scores: list[int], data: st.DataObject) -> None:
    """Counting every pair, ties half, gives the same; so does leaving out each group."""
    n = len(scores)
    member = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    groups = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), dtype=np.int64)
    values = np.array(scores, dtype=np.float64)

    def by_pairs(kept: np.ndarray) -> float | None:
        won = [
            1.0 if values[i] > values[j] else 0.5 if values[i] == values[j] else 0.0
            for i in range(n)
            for j in range(n)
            if kept[i] and kept[j] and member[i] and not member[j]
        ]
        return sum(won) / len(won) if won else None

    found = auc(values, member).value
    assert (found is None) == (by_pairs(np.ones(n, dtype=bool)) is None)
    if found is not None:
        assert found == pytest.approx(by_pairs(np.ones(n, dtype=bool)))
    without = auc_without_groups(values, member, groups)
    for group in range(int(groups.max()) + 1):
        wanted = by_pairs(groups != group)
        assert bool(without.defined[group]) == (wanted is not None)
        if wanted is not None:
            assert without.values[group] == pytest.approx(wanted)


def test_area_without_a_pair_is_undefined() -> None:
    """Nothing but members: a reason."""
    assert auc(np.array([1.0, 2.0]), np.array([True, True])).undefined is not None
