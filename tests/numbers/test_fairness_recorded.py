"""Fairness of a study with batches: the worst answer of all, and none where one was not asked."""

from __future__ import annotations

import pytest

from protocol.fairness.recorded import fairness_of_all, recorded_fairness

SECOND = {"batch.2.sealed": "a" * 64}


@pytest.mark.parametrize(
    ("details", "answer"),
    [
        ({}, ""),
        ({"fairness": "comparable"}, "comparable"),
        ({"fairness": "comparable", **SECOND}, ""),
        ({"fairness": "comparable", **SECOND, "batch.2.fairness": "comparable"}, "comparable"),
        ({"fairness": "comparable", **SECOND, "batch.2.fairness": "not comparable"}, "not comparable"),
        ({**SECOND, "batch.2.fairness": "not comparable"}, "not comparable"),
        (
            {"fairness": "not shown to be comparable", **SECOND, "batch.2.fairness": "comparable"},
            "not shown to be comparable",
        ),
        ({"fairness": "not shown to be comparable", **SECOND}, ""),
    ],
)
def test_the_answer_for_a_study_is_the_worst_of_its_batches(details: dict[str, str], answer: str) -> None:
    """A batch that came without a manifest leaves the whole study without an answer."""
    assert fairness_of_all(details) == answer


def test_every_batch_has_its_own_answer_and_rules() -> None:
    """In the order of their numbers, ten after two."""
    found = recorded_fairness(
        {
            "fairness": "comparable",
            "batch.10.sealed": "b" * 64,
            **SECOND,
            "batch.2.fairness": "not comparable",
            "batch.2.rules_broken": "7",
        }
    )
    assert [(one.batch, one.answer, one.broken) for one in found] == [
        (1, "comparable", ""),
        (2, "not comparable", "7"),
        (10, "", ""),
    ]
