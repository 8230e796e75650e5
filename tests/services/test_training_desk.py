"""Training before rating at the desk: what opens the study's items, and where it is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from protocol.chain.events import EventDraft, EventKind
from protocol.errors import InvalidInputError, UsageError, WrongStateError
from protocol.training.attempts import TrainingState
from protocol.training.steps import TrainingStep
from rater.services.sitting.opening import open_desk
from tests.services.small_studies import APP, PLAIN, desk_of, rate_item
from tests.services.trained_studies import (
    TRAINING_ITEMS,
    admit_code,
    go_through,
    pass_training,
    right,
    room_of,
    score_all,
    trained_study,
    wrong,
)


def test_study_items_open_once_the_gate_is_passed(tmp_path: Path) -> None:
    """Before, nothing can be recorded in the study's chain, whatever writes."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    assert desk.next_step == "begin the training"
    with pytest.raises(WrongStateError, match="the training is not begun"):
        desk.start_sitting()
    go_through(room_of(desk), right)
    assert desk.next_step == "rate the study's items"
    desk.start_sitting()
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    assert small.desk("R1").session.completed_count == 1


def test_training_never_stands_among_the_ratings(tmp_path: Path) -> None:
    """Every score of every attempt is in the training chain, and the study's chain stays empty."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    go_through(room_of(desk), wrong, right)
    desk.close()
    with small.raw() as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (0,)
        kinds = [body for (body,) in connection.execute("SELECT body FROM training_event")]
    assert sum('"kind":"attempt"' in body for body in kinds) == 2
    assert sum('"kind":"score"' in body for body in kinds) == 2 * 2 * TRAINING_ITEMS


def test_a_failed_gate_may_be_repeated_as_often_as_the_study_says(tmp_path: Path) -> None:
    """One repeat here; the third attempt is refused and the admin has to decide."""
    room = room_of(trained_study(tmp_path).desk("R1"))
    room.begin_attempt()
    score_all(room, wrong)
    assert room.progress.state == "not passed, may repeat"
    first = room.session.items
    room.begin_attempt()
    assert set(room.session.items) == set(first)
    assert room.session.items != first
    score_all(room, wrong)
    assert room.progress.state == "not passed"
    with pytest.raises(InvalidInputError, match="not allowed"):
        room.begin_attempt()


def test_an_attempt_goes_on_where_the_rater_left_off(tmp_path: Path) -> None:
    """The attempt is in the file, not in the program."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    room = room_of(desk)
    room.begin_attempt()
    rate_item(room, 0, levels=PLAIN)
    order = room.session.items
    desk.close()
    again = room_of(small.desk("R1"))
    assert again.session.items == order
    assert again.session.completed_count == 1
    assert again.progress.state is TrainingState.UNDER_WAY


def test_a_completed_training_item_is_closed(tmp_path: Path) -> None:
    """Its reference was shown: a score after that would be no score."""
    room = room_of(trained_study(tmp_path).desk("R1"))
    room.begin_attempt()
    rate_item(room, 0, levels=PLAIN)
    with pytest.raises(WrongStateError, match="reference was shown"):
        room.record(EventDraft(kind=EventKind.SCORE, item_id=room.session.items[0], dimension="D1", level=3))


def test_references_of_items_to_come_are_not_shown(tmp_path: Path) -> None:
    """While an attempt runs, the completed items of it can be reread; between attempts all of them."""
    room = room_of(trained_study(tmp_path).desk("R1"))
    assert room.open_references() == ()
    room.begin_attempt()
    rate_item(room, 0, levels=PLAIN)
    assert [one.item.id for one in room.open_references()] == [room.session.items[0]]
    for position in range(1, TRAINING_ITEMS):
        rate_item(room, position, levels=PLAIN)
    assert len(room.open_references()) == TRAINING_ITEMS


def test_the_admit_code_opens_and_another_one_does_not(tmp_path: Path) -> None:
    """The code is known to the file by its hash alone, so that a pack does not hold it."""
    small = trained_study(tmp_path)
    code = admit_code(small, "R2")
    room = room_of(small.desk("R2"))
    go_through(room, wrong, wrong)
    with pytest.raises(UsageError, match="not the admit code"):
        room.admit("AAAA-AAAA-AAAA-AAAA")
    room.admit(code.lower())
    assert room.progress.state is TrainingState.ADMITTED
    desk = small.desk("R2")
    desk.start_sitting()
    assert desk.next_step is TrainingStep.RATE


@pytest.mark.parametrize("begun", [False, True])
def test_who_was_let_in_early_can_read_all_references(tmp_path: Path, begun: bool) -> None:
    """Before or amid an attempt, which is not gone on with; the study's items come."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    room = room_of(desk)
    if begun:
        room.begin_attempt()
        rate_item(room, 0, levels=PLAIN)
    room.admit(admit_code(small, "R1"))
    assert len(room.open_references()) == TRAINING_ITEMS
    assert desk.next_step == "rate the study's items"


def test_training_takes_no_hand_in_and_no_guess(tmp_path: Path) -> None:
    """These belong to the study's chain."""
    room = room_of(trained_study(tmp_path).desk("R1"))
    room.begin_attempt()
    with pytest.raises(InvalidInputError, match="does not belong to a training"):
        room.record(EventDraft(kind=EventKind.SUBMIT))
    with pytest.raises(InvalidInputError, match="does not belong to a training"):
        room.record(EventDraft(kind=EventKind.GUESS, item_id=room.session.items[0], question="family"))


@pytest.mark.parametrize("kind", [EventKind.ATTEMPT, EventKind.REFRESHER, EventKind.ADMIT])
def test_events_of_training_never_get_into_the_study_chain(tmp_path: Path, kind: EventKind) -> None:
    """The study's chain refuses them, so that merge and verify do."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1")
    with pytest.raises(InvalidInputError, match="about no item"):
        small.desk("R1").record(EventDraft(kind=kind))


def test_a_refresher_comes_first_after_the_pause(tmp_path: Path) -> None:
    """Three items, recorded, not gating: whatever the scores, rating goes on."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1", at="2026-11-01T09:00:00.000Z")

    def opened(at: str) -> TrainingStep:
        desk = open_desk(small.study, rater="R1", app=APP, clock=lambda: at)
        try:
            return desk.next_step
        finally:
            desk.close()

    assert opened("2026-11-15T08:59:59.000Z") is TrainingStep.RATE
    assert opened("2026-11-15T09:00:00.000Z") is TrainingStep.BEGIN_REFRESHER
    desk = open_desk(small.study, rater="R1", app=APP, clock=lambda: "2026-11-16T09:00:00.000Z")
    room = room_of(desk)
    room.begin_refresher()
    assert len(room.session.items) == 3
    rate_item(room, 0, levels=PLAIN)
    desk.close()
    assert opened("2026-11-16T09:00:00.000Z") is TrainingStep.SCORE
    desk = desk_of(small.study, "R1")
    score_all(room_of(desk), wrong)
    assert desk.next_step is TrainingStep.RATE
    assert room_of(desk).progress.state is TrainingState.PASSED


def test_a_study_without_training_is_as_before(tmp_path: Path) -> None:
    """No desk of training, and the rater-visible protocol has no word of it."""
    from tests.services.small_studies import seeded_study

    small = seeded_study(tmp_path)
    desk = small.desk("R1")
    assert desk.training is None
    assert desk.next_step is TrainingStep.RATE
    with small.raw() as connection:
        assert "training" not in connection.execute("SELECT visible FROM study").fetchone()[0]
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name LIKE '%training%'").fetchall()
    assert replace(desk.visible, training=None) == desk.visible
