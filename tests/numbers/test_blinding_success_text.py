"""Blinding success in words: what may be said, and the three traps."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.analysis.blinding_success import blinding_success
from protocol.analysis.guess_rows import AskedQuestion, GuessRow
from protocol.report.blinding_text import blinding_blocks
from protocol.report.markdown import markdown_blocks
from protocol.report.text_block import Sentences, TextTable

ARMS = ("A", "B", "C")


def _text(rows: Sequence[GuessRow]) -> str:
    asked = AskedQuestion(id="q1", about="scaffold", arms=ARMS, options=(*ARMS, "d1", "d2"), rows=tuple(rows))
    blocks = blinding_blocks(blinding_success([asked], seed=1, replicates=499))
    lines = [line for block in blocks if isinstance(block, Sentences) for line in block.lines]
    titles = [block.title for block in blocks if isinstance(block, TextTable)]
    assert markdown_blocks(blocks)
    return "\n".join([*lines, *titles])


def _rows(knowing: Sequence[int]) -> list[GuessRow]:
    """Raters who are right on so many of 4 tasks, and else name the next arm."""
    return [
        GuessRow(
            rater=f"R{rater}",
            item=f"{task}{arm}",
            task=f"t{task}",
            arm=arm,
            guess=arm if task < right else ARMS[(ARMS.index(arm) + 1) % 3],
            sure=3,
            cue="quality",
        )
        for rater, right in enumerate(knowing)
        for task in range(4)
        for arm in ARMS
    ]


def test_knowing_raters_are_told_as_a_blind_that_did_not_hold() -> None:
    """The lower end is above 0."""
    text = _text(_rows([4, 4, 3, 4, 4]))
    assert "Raters told the scaffolds apart better than at random: the blind did not fully hold." in text
    assert "which trials read as unblinded" in text


def test_an_interval_round_zero_is_not_told_as_a_blind_that_held() -> None:
    """No unblinding found, and how large an index stays possible."""
    text = _text(_rows([0, 3, 2, 1, 2]))
    assert "No unblinding found with these raters and answers; an index up to" in text
    assert "cannot be excluded" in text


def test_misled_raters_are_not_unblinded() -> None:
    """An interval below 0 is said to be the wrong way."""
    assert "they were misled, not unblinded" in _text(_rows([0, 0, 1, 0, 0, 0]))


def test_a_favourite_answer_is_pointed_out() -> None:
    """One arm up beside another down."""
    rows = [
        GuessRow(rater=f"R{rater}", item=f"{task}{arm}", task=f"t{task}", arm=arm, guess="A")
        for rater in range(3)
        for task in range(4)
        for arm in ARMS
    ]
    assert "a favourite answer gives this without any knowledge" in _text(rows)


def test_the_three_traps_and_the_generalisation_are_explained() -> None:
    """Clustering, favourite answers, quality as a clue; more than two arms is ours."""
    text = _text(_rows([2, 2, 2, 1]))
    assert "one rater's guesses resemble each other" in text
    assert "Do not read one arm alone" in text
    assert "a hunch about how good the work is, not a leak" in text
    assert "both indices are our generalisation" in text
    assert "printed for comparison with trials only" in text


def test_one_guess_is_one_guess() -> None:
    """The noun follows the count."""
    text = _text([GuessRow(rater="R1", item="i", task="t", arm="A", guess="A")])
    assert "Of 1 guess, 1 were right" not in text
    assert "Of 1 guess, 1 was right" in text


def test_no_question_and_no_answer_are_said() -> None:
    """Nothing measured is not a blind that held."""
    blocks = blinding_blocks(blinding_success([], seed=1))
    assert isinstance(blocks[0], Sentences)
    assert "was not measured" in blocks[0].lines[0]
    assert "Undefined: nobody answered this question." in _text([])
