"""James' and Bang's indices: published tables, cases by hand, and what must not change them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.stats.bang_index import ArmAnswers, BangIndex, bang_index
from protocol.stats.estimate import IntervalEstimate
from protocol.stats.james_index import JamesIndex, james_index

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "blinding_index.json"
CLOSE = 1e-8

Case = dict[str, Any]


def _cases(*kinds: str) -> list[Case]:
    if not REFERENCE.exists():
        return []
    loaded = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return [case for kind in kinds for case in loaded[kind]]


ALL = _cases("two_arm", "k_arm", "edge")


def _bang(counts: list[list[int]], arm: int) -> BangIndex:
    column = [row[arm] for row in counts]
    correct, dont_know = column[arm], column[-1]
    answers = ArmAnswers(correct=correct, wrong=sum(column) - correct - dont_know, dont_know=dont_know)
    return bang_index(answers, n_arms=len(counts[0]))


def _james(counts: list[list[int]]) -> JamesIndex:
    return james_index(np.array(counts, dtype=np.int64))


def _ends(found: IntervalEstimate) -> list[float]:
    assert found.interval is not None
    return [found.interval.lower, found.interval.upper]


@pytest.mark.skipif(not ALL, reason="the reference values are not beside the repository")
@pytest.mark.parametrize("case", ALL, ids=lambda case: str(case["id"]))
def test_james_equals_the_reference(case: Case) -> None:
    """Value, standard error and interval; a zero-width interval is a reason with us."""
    found, wanted = _james(case["counts"]), case["james"]
    assert found.estimate.value == pytest.approx(wanted["estimate"], abs=CLOSE)
    if "se" in wanted:
        assert found.estimate.se == pytest.approx(wanted["se"], abs=CLOSE)
    if wanted.get("se") == 0:
        assert found.ci95.interval is None
        assert found.only_dont_know
    elif "ci95" in wanted:
        assert _ends(found.ci95) == pytest.approx(wanted["ci95"], abs=CLOSE)


@pytest.mark.skipif(not ALL, reason="the reference values are not beside the repository")
@pytest.mark.parametrize("case", ALL, ids=lambda case: str(case["id"]))
def test_bang_equals_the_reference(case: Case) -> None:
    """Every arm: value, standard error, two-sided interval and one-sided limits."""
    for arm, wanted in enumerate(case.get("bang") or case["bang_k"]):
        found = _bang(case["counts"], arm)
        assert found.estimate.value == pytest.approx(wanted["estimate"], abs=CLOSE)
        assert found.estimate.se == pytest.approx(wanted["se"], abs=CLOSE)
        if "ci95" in wanted:
            assert _ends(found.ci95) == pytest.approx(wanted["ci95"], abs=CLOSE)
        if "one_sided95" in wanted:
            limits = [wanted["one_sided95"]["lower"], wanted["one_sided95"]["upper"]]
            assert _ends(found.one_sided95) == pytest.approx(limits, abs=CLOSE)


@pytest.mark.parametrize(
    ("counts", "james", "first", "second"),
    [
        ([[48, 22], [4, 30], [330, 319]], (0.8964, 0.0109), (0.1152, 0.0179), (0.0216, 0.0194)),
        ([[94, 52], [11, 44], [289, 284]], (0.8234, 0.0133), (0.2107, 0.0237), (-0.0211, 0.0258)),
    ],
    ids=["investigators", "coordinators"],
)
def test_tables_of_houweling(
    counts: list[list[int]],
    james: tuple[float, float],
    first: tuple[float, float],
    second: tuple[float, float],
) -> None:
    """Houweling et al. (2014), to the four digits that are tabled."""
    found = [_james(counts).estimate, _bang(counts, 0).estimate, _bang(counts, 1).estimate]
    for estimate, (value, se) in zip(found, (james, first, second), strict=True):
        assert estimate.value == pytest.approx(value, abs=5e-5)
        assert estimate.se == pytest.approx(se, abs=5e-5)


def test_bang_by_hand_with_three_arms_and_a_decoy() -> None:
    """6 right, 4 wrong, 3 decoy, 7 don't know of 20: (6 - 4/2) / 20 = 0.2; var (0.3 + 0.2/4 - 0.04) / 20."""
    found = bang_index(ArmAnswers(correct=6, wrong=4, decoy=3, dont_know=7), n_arms=3)
    assert found.estimate.value == pytest.approx(0.2)
    assert found.estimate.se == pytest.approx(math.sqrt((0.3 + 0.05 - 0.04) / 20))


def test_guessing_evenly_is_zero_with_and_without_decoys() -> None:
    """Evenly among 3 arms and 2 decoys, or among the 3 arms alone: no knowledge either way."""
    everything = bang_index(ArmAnswers(correct=10, wrong=20, decoy=20), n_arms=3)
    arms_alone = bang_index(ArmAnswers(correct=10, wrong=20), n_arms=3)
    assert everything.estimate.value == arms_alone.estimate.value == 0.0


def test_only_dont_know_is_zero_with_a_flag() -> None:
    """The factored form gives 0/0 here; the definition gives 0, and no interval."""
    found = bang_index(ArmAnswers(correct=0, wrong=0, dont_know=50), n_arms=2)
    assert (found.estimate.value, found.estimate.se) == (0.0, 0.0)
    assert found.no_arm_named
    assert found.ci95.interval is None
    assert found.one_sided95.interval is None


def test_an_arm_without_answers_is_undefined() -> None:
    """Nobody was asked about it: no number."""
    found = bang_index(ArmAnswers(correct=0, wrong=0), n_arms=2)
    assert found.estimate.value is None
    assert found.estimate.undefined == "no answer on an item of this arm"


def test_james_needs_guesses_that_could_disagree() -> None:
    """No answer, and all guesses and items in one arm: undefined, each with its reason."""
    assert _james([[0, 0], [0, 0], [0, 0]]).estimate.undefined == "nobody was asked"
    alone = _james([[9, 0], [0, 0], [3, 4]])
    assert alone.estimate.undefined == "all guesses and all items guessed on are of one arm"


def test_james_anchors() -> None:
    """All right is 0, all wrong is 1."""
    assert _james([[30, 0], [0, 30], [0, 0]]).estimate.value == pytest.approx(0.0)
    assert _james([[0, 30], [30, 0], [0, 0]]).estimate.value == pytest.approx(1.0)


def test_james_says_when_it_is_our_generalisation() -> None:
    """Two arms without decoys are the paper's; three arms, or a decoy, are ours."""
    assert _james([[4, 2], [1, 3], [5, 5]]).form == "two-arm"
    assert _james([[4, 2], [1, 3], [2, 2], [5, 5]]).form == "k-arm"
    assert _james([[4, 2, 1], [1, 3, 1], [1, 1, 4], [5, 5, 5]]).form == "k-arm"


def test_a_decoy_is_an_arm_that_no_item_has() -> None:
    """A row for a decoy gives what a further arm without items gives."""
    with_row = _james([[14, 6], [3, 12], [4, 2], [5, 5]])
    as_arm = _james([[14, 6, 0], [3, 12, 0], [4, 2, 0], [5, 5, 0]])
    assert with_row.estimate.value == pytest.approx(as_arm.estimate.value)
    assert with_row.estimate.se == pytest.approx(as_arm.estimate.se)


COUNTS = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 30), min_size=k, max_size=k), min_size=k + 1, max_size=k + 1)
)


@given(counts=COUNTS, shift=st.integers(1, 3))
def test_naming_the_arms_in_another_order_changes_nothing(counts: list[list[int]], shift: int) -> None:
    """Arms and their guesses moved together: the same index and standard error."""
    k = len(counts[0])
    order = [(index + shift) % k for index in range(k)]
    moved = [[counts[row][column] for column in order] for row in (*order, k)]
    first, second = _james(counts).estimate, _james(moved).estimate
    assert (first.value is None) == (second.value is None)
    if first.value is not None:
        assert second.value == pytest.approx(first.value, abs=1e-9)
        assert second.se == pytest.approx(first.se, abs=1e-6)


@given(counts=COUNTS)
def test_values_and_intervals_stay_in_range(counts: list[list[int]]) -> None:
    """James in 0 to 1, Bang in -1 / (K - 1) to 1; intervals never leave the range nor have no width."""
    k = len(counts[0])
    james = _james(counts)
    if james.estimate.value is not None:
        assert -1e-9 <= james.estimate.value <= 1 + 1e-9
    for arm in range(k):
        found = _bang(counts, arm)
        if found.estimate.value is not None:
            assert -1 / (k - 1) - 1e-12 <= found.estimate.value <= 1
        if found.ci95.interval is not None:
            assert -1 / (k - 1) <= found.ci95.interval.lower < found.ci95.interval.upper <= 1


def test_standard_error_of_james_agrees_with_resampling() -> None:
    """Three arms and a decoy: the formula within 6% of 4,000 multinomial resamples."""
    counts = np.array([[40, 20, 15], [10, 30, 12], [8, 9, 33], [6, 7, 5], [22, 21, 30]])
    generator = np.random.default_rng(3)
    drawn = generator.multinomial(counts.sum(), counts.ravel() / counts.sum(), size=4_000)
    values = [james_index(one.reshape(counts.shape)).estimate.value for one in drawn]
    spread = float(np.std([value for value in values if value is not None]))
    assert james_index(counts).estimate.se == pytest.approx(spread, rel=0.06)
