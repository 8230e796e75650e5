"""Sentences of the program in the words of each kind of study."""

from __future__ import annotations

import pytest

from protocol.kind_words import OF_BENCHMARKS, OF_TRANSCRIPTS, words_of
from protocol.visible import StudyKind


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("about 3 min an item, 2 h left", "about 3 min a benchmark, 2 h left"),
        ("No other rater sees it while you rate.", "No other coder sees it while you code."),
        ("Items of this study", "Benchmarks of this audit"),
        ("a study", "an audit"),
        ("print the task card", "print the card"),
        ("itemised studying", "itemised studying"),
    ],
)
def test_an_audit_has_its_own_words(sentence: str, said: str) -> None:
    """Whole words alone change, with their article, their plural and their capital."""
    assert OF_BENCHMARKS.of(sentence) == said
    assert OF_TRANSCRIPTS.of(sentence) == sentence


def test_the_words_follow_the_kind() -> None:
    """Only a study with conditions asks whether somebody knows one."""
    assert words_of(StudyKind.BENCHMARK_AUDIT).asks_told is False
    assert words_of(StudyKind.STRESS_TEST).asks_told is True
