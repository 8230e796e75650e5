"""Filled, missing and doubled cells of the design."""

from __future__ import annotations

from protocol.conversation import Conversation
from protocol.sources.factorial import Cell, check_cells
from protocol.study_file import read_study
from protocol.transcript import Origin, Transcript
from rater.services.seeding.starting import study_text


def _transcript(model: str, scaffold: str, task: str, replicate: int = 1, line: int = 1) -> Transcript:
    return Transcript(
        origin=Origin(model=model, scaffold=scaffold, task=task, replicate=replicate),
        conversation=Conversation(messages=()),
        read_from=f"f, line {line}",
    )


FULL = [_transcript(model, scaffold, task) for model in "AB" for scaffold in "ST" for task in "12"]


def test_a_full_crossing_is_complete() -> None:
    """Every cell once, in any order, is complete; a second replicate is no doubling."""
    check = check_cells([*reversed(FULL), _transcript("A", "S", "1", replicate=2)])
    assert check.complete
    assert (check.models, check.scaffolds, check.tasks) == (("A", "B"), ("S", "T"), ("1", "2"))


def test_missing_cells_are_named() -> None:
    """Without a study, what one model or task has is expected of all."""
    check = check_cells([one for one in FULL if one.origin != FULL[3].origin])
    assert check.missing == (Cell(model="A", scaffold="T", task="2"),)
    assert not check.complete


def test_doubled_cells_name_their_places() -> None:
    """The same replicate of a cell twice is told with every file and line."""
    check = check_cells([*FULL, _transcript("B", "S", "2", line=99)])
    assert [(one.cell, one.replicate, one.read_from) for one in check.doubled] == [
        (Cell(model="B", scaffold="S", task="2"), 1, ("f, line 1", "f, line 99"))
    ]


def test_a_study_says_what_should_be_there() -> None:
    """Scaffolds and tasks come from the study; what it does not have is told apart."""
    study = read_study(study_text(), where="s")
    check = check_cells(
        [_transcript("A", "S0", "phone-contracts"), _transcript("A", "S9", "other-task")], study
    )
    assert check.unknown_scaffolds == ("S9",)
    assert check.tasks_without_card == ("other-task",)
    assert len(check.missing) == 4 * len(study.tasks) - 1
    assert Cell(model="A", scaffold="S9", task="other-task") not in check.missing
