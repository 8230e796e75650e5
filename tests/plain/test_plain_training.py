"""Training in the plain mode: answers from a script, and what is on disk afterwards."""

from __future__ import annotations

import io
from pathlib import Path

from rater.plain.dialogue import Dialogue
from rater.plain.loop import hold_sitting
from rater.services.packs.merging import merge_files
from rater.services.packs.packs import write_pack
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.submitting import submit
from tests.services.small_studies import ADMIN, APP, AT, clock, rate_item
from tests.services.trained_studies import (
    TRAINING_ITEMS,
    WHY,
    admit_code,
    go_through,
    pass_training,
    right,
    room_of,
    trained_study,
    wrong,
)


def said(path: Path, *answers: str, rater: str | None = "R1", at: str = AT) -> str:
    """Hold one sitting with these answers, past the first prompt, and return what was printed."""
    sink = io.StringIO()
    desk = open_desk(path, rater=rater, app=APP, clock=lambda: at)
    try:
        hold_sitting(desk, Dialogue(io.StringIO("".join(f"{one}\n" for one in ("", *answers))), sink))
    finally:
        desk.close()
    return sink.getvalue().replace("\n  ", " ")


def levels(path: Path, attempt: int, *, correct: bool, rater: str | None = "R1") -> list[str]:
    """Return the answers that score an attempt: one line a dimension, and Enter to complete."""
    from protocol.training.attempts import order_of

    desk = open_desk(path, rater=rater, app=APP)
    room = room_of(desk)
    answers: list[str] = []
    for item in order_of(room.progress.material.manifest, attempt):
        for dimension in room.dimensions:
            level_of = right if correct else wrong
            answers.append(str(level_of(room, item, dimension.id)))
        answers.append("")
    desk.close()
    return answers


def test_training_to_the_end_of_the_study_in_a_pack(tmp_path: Path) -> None:
    """Failed, repeated, passed, rated, handed in, merged: line by line."""
    small = trained_study(tmp_path)
    pack = tmp_path / "R1.pack.db"
    write_pack(small.study, "R1", pack)
    first, second = levels(pack, 1, correct=False), levels(pack, 2, correct=True)
    desk = open_desk(pack, rater=None, app=APP)
    count, steps = len(desk.session.items), len(desk.dimensions)
    desk.close()
    answers = ["", *first, "", *second, *([*["1"] * steps, ""] * count)]
    text = said(pack, *answers, rater=None)
    assert "Training first" in text
    assert text.count("Your scores and the reference") == 2 * TRAINING_ITEMS
    assert "Training, attempt 1: not passed" in text
    assert "Training, attempt 2: passed" in text
    assert f"All {count} items are complete" in text
    done = submit(pack, rater=None, output=None, interim=False, app=APP)
    assert merge_files(small.study, [done.path], who=ADMIN, clock=clock)[0].outcome == "merged"


def test_the_reference_is_printed_beside_the_own_score(tmp_path: Path) -> None:
    """With its explanation, after the item is completed."""
    small = trained_study(tmp_path)
    text = said(small.study, "", *levels(small.study, 1, correct=False)[:3])
    assert ": not the same." in text
    assert WHY in text
    assert "Your training is under way." in text


def test_the_admin_is_asked_and_the_code_lets_in(tmp_path: Path) -> None:
    """Enter begins nothing more; another code is refused, the right one opens the items."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    go_through(room_of(desk), wrong, wrong)
    desk.close()
    text = said(small.study, "", "AAAA-BBBB", admit_code(small, "R1"), "1")
    assert "Please ask the person who runs the study" in text
    assert "This is not the admit code" in text
    assert "let you in" in text
    assert "Item 1 of" in text


def test_training_is_read_again_in_the_middle_of_rating(tmp_path: Path) -> None:
    """R lists, R 2 prints one with text, own scores and references."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1")
    text = said(small.study, "R", "R 2", "R 9")
    assert "Answer practice question" in text
    assert "Training item 2" in text
    assert WHY in text
    assert "Name a training item by its number" in text


def test_a_refresher_comes_after_the_pause(tmp_path: Path) -> None:
    """Three items, then the study's."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1", at="2026-10-01T09:00:00.000Z")
    text = said(small.study, "", *levels(small.study, 2, correct=False)[:9])
    assert "A refresher first" in text
    assert "The refresher is finished." in text
    assert "Item 1 of 8" in text


def test_a_study_without_training_has_no_word_of_it(tmp_path: Path) -> None:
    """R says so, and nothing comes before the items."""
    from tests.services.small_studies import PLAIN, seeded_study

    small = seeded_study(tmp_path)
    desk: RatingDesk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    text = said(small.study, "R")
    assert "This study has no training." in text
    assert "Training first" not in text
