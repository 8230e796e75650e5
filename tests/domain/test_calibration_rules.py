"""The table [calibration] of study.toml: what it takes and what it must mean."""

from __future__ import annotations

import pytest

from protocol.errors import InvalidInputError
from protocol.study import Calibration
from protocol.study_file import read_study
from tests.services.small_studies import protocol_text


def read(*lines: str) -> Calibration | None:
    """Return the table of a small study."""
    text = "\n".join([protocol_text(), "[calibration]", *lines])
    return read_study(text, where="study.toml").calibration


def test_a_file_is_all_it_needs() -> None:
    """Thresholds and repeats have the values of the methods."""
    found = read('file = "training.jsonl"')
    assert found == Calibration(file="training.jsonl", kappa=0.7, agreement=0.7, repeats=2)
    assert read_study(protocol_text(), where="study.toml").calibration is None


def test_raters_see_thresholds_and_no_file() -> None:
    """Numbers are texts, because what is hashed holds no floats."""
    found = read('file = "secret.jsonl"', "kappa = 0.667", 'gold = "gold.jsonl"')
    assert found is not None
    assert found.visible().kappa == "0.667"
    assert "jsonl" not in str(found.visible())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kappa = 0", "above 0, at most 1"),
        ("agreement = 1.2", "above 0, at most 1"),
        ("kappa = nan", "above 0, at most 1"),
        ("repeats = -1", "from 0 to 20"),
        ("refresher_after_days = 0", "from 1 to 3650"),
        ("gold_share = 0.5", "no gold_share"),
        ('gold = "../gold.jsonl"', "without a path"),
        ('gold = ""', "not empty"),
        ("thresholds = 1", "unknown key"),
    ],
)
def test_mistakes_are_named_with_their_key(line: str, said: str) -> None:
    """What was found, and what was expected."""
    with pytest.raises(InvalidInputError) as caught:
        read('file = "training.jsonl"', line)
    assert said in str(caught.value)
    assert "calibration." in str(caught.value)


def test_the_file_is_needed() -> None:
    """A table without it trains nobody."""
    with pytest.raises(InvalidInputError, match=r"calibration\.file"):
        read("repeats = 1")


def test_the_example_of_a_new_study_is_one() -> None:
    """Its signs removed, the commented table is a valid one."""
    from rater.services.seeding.starting import study_text

    head, _, rest = study_text().partition("# [calibration]\n")
    lines = rest.split("\n\n")[0].splitlines()
    table = "\n".join(line.removeprefix("# ") for line in lines)
    text = f"{head}[calibration]\n{table}\n\n{rest.partition(chr(10) * 2)[2]}"
    found = read_study(text, where="study.toml").calibration
    assert found == Calibration(
        file="training.jsonl", refresher_after_days=14, gold="gold.jsonl", gold_share=0.05
    )
