"""Which parts of names tell: those that are said under their own name alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from protocol.deidentify.telling_parts import SaidUnder, name_parts, telling_parts

SIERRA, FULL, OTHER = "ft:gpt-4.1-sierra", "tau2-full-sft", "canary-one"


def telling(*said: tuple[str, str], scaffold: str = "plain") -> frozenset[str]:
    """Return the telling parts of a study of three models and two scaffolds."""
    return telling_parts(
        ((SIERRA, FULL, OTHER), ("plain", "checking-steps")),
        lambda: (SaidUnder(names=(model, scaffold), folded=text) for model, text in said),
    )


def test_names_fall_into_words_of_four_letters_or_more() -> None:
    """Numbers and short parts would hit everywhere."""
    assert name_parts([SIERRA, FULL, "o3", "Org/2024-Model_x"]) == {"sierra", "tau2", "full", "model"}


def test_a_word_that_is_said_under_its_own_name_alone_tells() -> None:
    """In any case, and beside digits."""
    assert telling((SIERRA, "I am SIERRA2"), (OTHER, "hello")) == {"sierra"}


def test_a_word_that_is_said_under_another_name_too_tells_nothing() -> None:
    """The word "full" is said everywhere."""
    assert telling((FULL, "the full sum"), (OTHER, "in full")) == frozenset()


def test_a_word_that_nobody_says_is_no_hit() -> None:
    """There is nothing to decide."""
    assert telling((SIERRA, "hello"), (OTHER, "hello")) == frozenset()


def test_a_longer_word_is_another_word() -> None:
    """Borders are letters."""
    assert telling((FULL, "fully"), (FULL, "playful")) == frozenset()


@pytest.mark.parametrize(("scaffold", "expected"), [("checking-steps", {"steps"}), ("plain", set())])
def test_scaffolds_have_telling_parts_too(scaffold: str, expected: set[str]) -> None:
    """Said under the scaffold of that name, whatever the model."""
    assert telling((OTHER, "three steps"), (SIERRA, "no"), scaffold=scaffold) == expected


def test_a_part_of_every_name_tells_nothing() -> None:
    """Where all models are of one maker, its name parts none from another."""
    found = telling_parts(
        [("kestrel-small", "kestrel-large")],
        lambda: [SaidUnder(names=("kestrel-small",), folded="kestrel, small")],
    )
    assert found == {"small"}


def test_a_text_of_no_model_speaks_for_no_name() -> None:
    """Training texts written by hand show that a word is ordinary."""
    found = telling_parts(
        [(SIERRA, OTHER)],
        lambda: [SaidUnder(names=(SIERRA,), folded="Sierra"), SaidUnder(names=("", ""), folded="Sierra")],
    )
    assert found == frozenset()


def test_reading_ends_once_nothing_can_tell_any_more() -> None:
    """A study of a million texts is read to the end only where it has to be."""
    read: list[int] = []

    def texts() -> Iterator[SaidUnder]:
        for number in range(100):
            read.append(number)
            yield SaidUnder(names=("another",), folded="sierra and canary")

    assert telling_parts([(SIERRA, OTHER)], texts) == frozenset()
    assert read == [0]


def test_without_names_no_text_is_read() -> None:
    """Nothing to look for."""
    read: list[int] = []

    def texts() -> list[SaidUnder]:
        read.append(1)
        return []

    assert telling_parts([("a", "b")], texts) == frozenset()
    assert read == []
