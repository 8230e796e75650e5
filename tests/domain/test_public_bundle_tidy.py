"""Tidy data of a bundle: what is written is read back, and figures leave gold items out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from protocol.analysis.rating_table import RatingRow, RatingTable, specs_of
from protocol.errors import InvalidInputError
from protocol.public_bundle.comparing import differences
from protocol.public_bundle.matching import rows_by_rater, unmatched
from protocol.public_bundle.tidy import (
    TidyGuess,
    TidyRatings,
    guesses_text,
    ratings_text,
    read_guesses,
    read_ratings,
)
from protocol.study_file import read_study
from tests.services.small_studies import protocol_text

PROTOCOL = read_study(protocol_text(guess_share=0.5), where="study.toml")


def row(unit: str, rater: str, value: int | None, **more: Any) -> RatingRow:
    plain = RatingRow(
        unit=unit,
        rater=rater,
        dimension="D1",
        value=value,
        model="=m",
        scaffold="plain",
        task="t",
        position=1,
    )
    return replace(plain, **more)


TIDY = TidyRatings(
    table=RatingTable(
        rows=(
            row("a", "P1", 0),
            row("a", "P1", 1, occasion=2, position=3),
            row("a", "P2", None, not_ratable="refusal"),
            row("b", "P1", 3, confidence=2),
        ),
        dimensions=specs_of(PROTOCOL.rubric)[:1],
    ),
    told=frozenset({("P1", "a", 2)}),
    after_incident=frozenset({("P1", "b", 1)}),
    gold=frozenset({"b"}),
)


def test_ratings_come_back_as_they_were() -> None:
    """Names that a spreadsheet would run, missing values, occasions, confidence and every mark."""
    assert read_ratings(ratings_text(TIDY, simulated=True), PROTOCOL.rubric) == TIDY


def test_no_figure_counts_a_gold_item() -> None:
    """It stands in the table, and not in what is counted."""
    assert {one.unit for one in TIDY.counted().rows} == {"a"}


def test_times_go_with_the_codes() -> None:
    """Other labels, and no pace."""
    timed = replace(
        TIDY, table=replace(TIDY.table, rows=tuple(replace(one, elapsed_ms=5) for one in TIDY.table.rows))
    )
    found = timed.renamed({"P1": "P2", "P2": "P1"})
    assert {one.elapsed_ms for one in found.table.rows} == {None}
    assert (found.told, found.gold) == (frozenset({("P2", "a", 2)}), TIDY.gold)


@pytest.mark.parametrize("text", ["2", "", "yes"])
def test_a_mark_that_is_none_is_an_error(text: str) -> None:
    """The columns of marks hold 0 or 1 and nothing else."""
    written = ratings_text(TIDY, simulated=False).replace(",0,0,0\n", f",0,0,{text}\n")
    with pytest.raises(InvalidInputError, match=r"gold .* ratings\.csv|ratings\.csv, row"):
        read_ratings(written, PROTOCOL.rubric)


def test_guesses_come_back_as_they_were() -> None:
    """Don't know is an empty option, and an answer that is no number is an error."""
    guesses = [
        TidyGuess(unit="a", rater="P1", question="family", option=None, sure=None, cue=None),
        TidyGuess(unit="b", rater="P1", question="family", option=2, sure=3, cue="style"),
    ]
    assert read_guesses(guesses_text(reversed(guesses))) == guesses
    with pytest.raises(InvalidInputError, match="row 2"):
        read_guesses("unit,rater,question,option,sure,cue\na,P1,family,x,1,\n")
    with pytest.raises(InvalidInputError, match="header"):
        read_guesses("unit,rater\n")


def test_labels_are_matched_to_chains_by_what_they_hold() -> None:
    """The same under other names is no difference; one level other, a row too many or a rater missing is."""
    published = rows_by_rater(TIDY, [])
    chains = rows_by_rater(TIDY.renamed({"P1": "R7", "P2": "R4"}), [])
    assert unmatched(published, list(chains.values())) == []
    other = replace(TIDY, table=replace(TIDY.table, rows=(row("a", "P1", 2), *TIDY.table.rows[1:])))
    wrong = unmatched(rows_by_rater(other, []), list(chains.values()))
    assert wrong[0].startswith("ratings.csv, P1, item a: dimension D1, value 2")
    assert wrong[0].endswith("which the chains do not give")
    assert wrong[1].endswith("is what the chains give")
    assert unmatched({"P1": published["P1"]}, list(chains.values())) == ["the ratings of a rater are missing"]
    assert "P3 has no chain" in unmatched({**published, "P3": published["P1"]}, list(chains.values()))


def test_a_difference_is_named_by_its_path() -> None:
    """Fields that are missing, added, of another kind or another number; the last digits do not count."""
    should = {"dims": [{"dimension": "D1", "x": 1.0, "y": [1, 2], "z": None, "ok": True}]}
    is_now = {"dims": [{"dimension": "D1", "x": 1.0 + 1e-13, "y": [1, 3], "z": 0, "ok": 1, "w": "new"}]}
    assert [str(one) for one in differences("F", is_now, should)] == [
        "F, dims[D1].y[1]: published 3, recomputed 2",
        "F, dims[D1].z: published 0, recomputed None",
        "F, dims[D1].ok: published 1, recomputed True",
        "F, dims[D1].w: published 'new', recomputed nothing",
    ]
    assert list(differences("F", should, should)) == []
    assert len(list(differences("F", {"dims": []}, should))) == 1
