"""What an admin sees of the training, and letting a rater in."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from protocol.errors import BlindError, InvalidInputError, NotFoundError, UsageError, WrongStateError
from protocol.training.wording import figures
from rater.services.packs.handing_out import issue_packs, recall_packs
from rater.services.progress.admissions import Admission, admit_rater
from rater.services.progress.calibration import read_calibration
from rater.services.progress.progress import read_progress
from rater.services.results.study_ratings import read_study_ratings
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from rater.services.who import Who
from tests.services.small_studies import ADMIN, APP, SmallStudy, clock, desk_of, seeded_study
from tests.services.trained_studies import (
    admit_code,
    go_through,
    pass_training,
    rate_everything,
    right,
    room_of,
    trained_study,
    wrong,
)


def admit(small: SmallStudy, rater: str, *, reason: str = "talked it through") -> Admission:
    who = Who(name="admin", app=APP, reason=reason)
    return admit_rater(small.study, rater, who=who, clock=clock, entropy=random.Random(1))


def test_figures_are_those_of_the_attempts(tmp_path: Path) -> None:
    """All wrong is agreement 0 and kappa -1 on levels 0 to 3 once each; all right is 1 and 1."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    go_through(room_of(desk), wrong, right)
    desk.close()
    review = read_calibration(small.study)
    first, second = review.raters[0].attempts
    none, everything = (
        "0 of 4 as the reference (0.000), quadratic kappa -1.000",
        "4 of 4 as the reference (1.000), quadratic kappa 1.000",
    )
    assert [figures(one) for one in first.result.figures] == [none] * 2
    assert [figures(one) for one in second.result.figures] == [everything] * 2
    assert [rater.state for rater in review.raters] == ["passed", "not begun", "not begun"]


def test_a_rater_is_let_in_in_the_study(tmp_path: Path) -> None:
    """The chain in the study file says so, the log says why, and a pack made later carries it."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    go_through(room_of(desk), wrong, wrong)
    desk.close()
    assert admit(small, "R1").is_in_study
    assert small.audit()[-1]["action"] == "admitted"
    assert small.audit()[-1]["reason"] == "talked it through"
    assert admit_code(small, "R1") not in str(small.audit())
    issue_packs(small.study, ["R1"], every=False, folder=tmp_path / "out", who=ADMIN, clock=clock)
    assert room_of(desk_of(tmp_path / "out" / "R1.pack.db", "R1")).progress.state == "admitted"
    with pytest.raises(WrongStateError, match="is in already"):
        admit(small, "R1")


def test_with_a_pack_out_the_code_is_given_and_the_study_chain_stays(tmp_path: Path) -> None:
    """Else the pack would come back as a fork."""
    small = trained_study(tmp_path)
    issue_packs(small.study, ["R2"], every=False, folder=tmp_path / "out", who=ADMIN, clock=clock)
    admission = admit(small, "R2")
    assert not admission.is_in_study
    assert admission.code == admit_code(small, "R2")
    with small.raw() as connection:
        assert connection.execute("SELECT count(*) FROM training_event").fetchone() == (0,)
    recall_packs(small.study, ["R2"], every=False, who=ADMIN, clock=clock)
    assert admit(small, "R2").is_in_study


def test_an_admission_that_is_not_on_record_is_found(tmp_path: Path) -> None:
    """Somebody took the code out of the study file."""
    small = trained_study(tmp_path)
    room_of(small.desk("R3")).admit(admit_code(small, "R3"))
    failed = [check.why for check in verify_study(small.study, Anchors()) if check.answer is Answer.FAILED]
    assert failed == ["R3 was let in, and the log has no entry of it"]


def test_who_cannot_be_let_in(tmp_path: Path) -> None:
    """No reason, a reason that names a model, nobody of that name, passed already, no training."""
    small = trained_study(tmp_path)
    with pytest.raises(UsageError, match="reason"):
        admit(small, "R1", reason=" ")
    with pytest.raises(BlindError):
        admit(small, "R1", reason="she said it was Claude anyway")
    with pytest.raises(NotFoundError, match="R9"):
        admit(small, "R9")
    pass_training(small.study, "R1")
    with pytest.raises(WrongStateError, match="passed"):
        admit(small, "R1")
    (tmp_path / "other").mkdir()
    without = seeded_study(tmp_path / "other")
    with pytest.raises(WrongStateError, match="has no training"):
        admit(without, "R1")
    with pytest.raises(WrongStateError, match="has no training"):
        read_calibration(without.study)


def test_a_pack_has_no_calibration_to_look_at(tmp_path: Path) -> None:
    """It is one rater's share."""
    small = trained_study(tmp_path)
    issue_packs(small.study, ["R2"], every=False, folder=tmp_path / "out", who=ADMIN, clock=clock)
    with pytest.raises(InvalidInputError, match="This is a pack"):
        read_calibration(tmp_path / "out" / "R2.pack.db")


def test_training_counts_nowhere_else(tmp_path: Path) -> None:
    """Progress and the rating table know nothing of it."""
    small = trained_study(tmp_path)
    copy = Path(shutil.copy(small.study, tmp_path / "before.db"))
    for rater in ("R1", "R2", "R3"):
        pass_training(small.study, rater)
    assert read_progress(small.study).raters == read_progress(copy).raters
    assert read_study_ratings(small.study).table == read_study_ratings(copy).table


def test_gold_items_are_left_out_unless_asked(tmp_path: Path) -> None:
    """Their ratings stay in the file; the calibration shows them beside their references."""
    small = trained_study(tmp_path)
    for rater in ("R1", "R2", "R3"):
        pass_training(small.study, rater)
        rate_everything(small.study, rater)
    left, whole = read_study_ratings(small.study), read_study_ratings(small.study, with_gold=True)
    review = read_calibration(small.study)
    gold = set(review.gold_references)
    assert len(gold) == 3
    assert {row.unit for row in whole.table.rows} - {row.unit for row in left.table.rows} == gold
    assert any("3 gold items" in notice for notice in left.notices)
    assert not any("gold" in notice for notice in whole.notices)
    assert sum(one.assigned for one in review.gold) == 2 * 3
    for one in review.gold:
        levels = [review.gold_references[item.item_id]["D1"].level for item in one.items]
        assert one.result.figures[0].agreed == levels.count(1)
        assert one.result.figures[1].agreed == len(levels)
