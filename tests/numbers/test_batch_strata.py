"""Batches as a column of outside ratings, and the sentence where they are unlike."""

from __future__ import annotations

from protocol.analysis.level_declaration import LevelDeclaration
from protocol.analysis.rating_table import RatingTable
from protocol.analysis.tidy_ratings import parse_tidy
from protocol.analysis.unlike_batches import unlike_batches

HEAD = "unit,rater,dimension,value,model,scaffold,task,batch\n"


def table_of(*rows: str) -> RatingTable:
    text = HEAD + "".join(f"{row}\n" for row in rows)
    declaration = LevelDeclaration.from_texts(["0,1,2,3"], ["ordinal"])
    return parse_tidy(text, source="ratings.csv", declaration=declaration).table


def test_a_batch_is_a_small_whole_number_and_nothing_else() -> None:
    """What another program calls a batch is no error and no stratum."""
    cells = {"1": 1, "2": 2, "": None, "pilot": None, "-1": None, "20261124": None, "1.5": None}
    for text, batch in cells.items():
        (row,) = table_of(f"u1,R1,D,1,m,plain,t1,{text}").rows
        assert row.batch == batch


def test_one_batch_is_no_stratum() -> None:
    """Only from two on."""
    first, second = "u1,R1,D,1,m,plain,t1,1", "u2,R1,D,1,m,plain,t2,2"
    assert table_of(first).batches == ()
    assert table_of(first, second).batches == (1, 2)


def test_batches_of_unlike_models_are_said() -> None:
    """With the models of each; alike or unknown models say nothing."""
    first, same = "u1,R1,D,1,m,plain,t1,1", "u2,R1,D,1,m,plain,t2,2"
    assert unlike_batches(table_of(first, same)) == ()
    assert unlike_batches(table_of("u1,R1,D,1,,,t1,1", "u2,R1,D,1,,,t2,2")) == ()
    (told,) = unlike_batches(table_of(first, "u2,R1,D,1,n,plain,t2,2"))
    assert told.endswith("batch 1: m; batch 2: n.")
