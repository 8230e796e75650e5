"""The rating desk: every event on disk, the state after reopening the state before."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from db.connection import FileKind
from protocol.chain.events import EventDraft, EventKind, Span
from protocol.errors import InvalidInputError, NotFoundError, StorageError, UsageError
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from tests.conftest import BuildStudy, make_rubric


def desk_of(path: Path, rater: str | None = None) -> RatingDesk:
    return open_desk(path, rater=rater, app="0", clock=lambda: "2026-11-23T13:00:00.000Z")


def score(item_id: str, dimension: str, level: int) -> EventDraft:
    return EventDraft(kind=EventKind.SCORE, item_id=item_id, dimension=dimension, level=level)


@pytest.mark.parametrize("kind", list(FileKind))
def test_a_score_is_there_after_reopening(build_study: BuildStudy, kind: FileKind) -> None:
    """What was recorded is folded again from the file, at the item that was shown last."""
    study = build_study(kind=kind)
    desk = desk_of(study.path)
    desk.start_sitting()
    desk.show(2)
    desk.record(score(study.items[2].id, "D1", 3))
    before = desk.session
    desk.close()
    again = desk_of(study.path)
    assert again.session == before
    assert again.session.position == 2
    assert again.session.current.mark("D1").level == 3
    again.close()
    assert [path.name for path in study.path.parent.iterdir()] == ["study.db"]


def test_undo_and_redo_are_events_and_survive_reopening(build_study: BuildStudy) -> None:
    """Undo takes back the last step, redo brings it back; the chain only grows."""
    study = build_study()
    desk = desk_of(study.path)
    item = study.items[0].id
    desk.show(0)
    desk.record(score(item, "D1", 1))
    desk.record(score(item, "D1", 2))
    undo = desk.session.undo_draft()
    assert undo is not None
    assert desk.record(undo).of(item).mark("D1").level == 1
    redo = desk.session.redo_draft()
    assert redo is not None
    assert desk.record(redo).of(item).mark("D1").level == 2
    undo_again = desk.session.undo_draft()
    assert undo_again is not None
    desk.record(undo_again)
    state = desk.session
    desk.close()
    again = desk_of(study.path)
    assert again.session == state
    assert again.session.of(item).mark("D1").level == 1
    assert again.session.redo_draft() is not None
    again.close()


def test_a_level_that_needs_a_quote_leaves_a_gap_until_it_has_one(build_study: BuildStudy) -> None:
    """Completion counts only while every dimension has what the rubric asks."""
    study = build_study(rubric=make_rubric(quote_from=1, read_to_end=True))
    desk = desk_of(study.path)
    item = study.items[0].id
    desk.show(0)
    desk.record(score(item, "D1", 1))
    desk.record(score(item, "D2", 0))
    gaps = desk.session.of(item).gaps(study.rubric)
    assert [gap.dimension for gap in gaps] == ["D1", "D2"]
    span = Span(message=1, start=0, end=9)
    desk.record(
        EventDraft(
            kind=EventKind.QUOTE, item_id=item, dimension="D1", span=span, texts={"quote": "Paragraph"}
        )
    )
    desk.record(EventDraft(kind=EventKind.READ_TO_END, item_id=item))
    assert desk.session.of(item).gaps(study.rubric) == ()
    desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item))
    assert desk.session.of(item).completed
    desk.record(EventDraft(kind=EventKind.CLEAR, item_id=item, dimension="D1"))
    assert not desk.session.of(item).completed
    desk.close()


def test_two_windows_of_one_rater_cannot_both_write(build_study: BuildStudy) -> None:
    """The second window is told, and what the first saved stays."""
    study = build_study()
    first, second = desk_of(study.path), desk_of(study.path)
    first.record(score(study.items[0].id, "D1", 1))
    with pytest.raises(StorageError, match="another window"):
        second.record(score(study.items[0].id, "D1", 2))
    second.close()
    first.close()
    assert desk_of(study.path).session.of(study.items[0].id).mark("D1").level == 1


def test_a_file_of_several_raters_asks_who_it_is(build_study: BuildStudy) -> None:
    """Without a code, and with one that does not exist, the codes of the file are named."""
    study = build_study(raters=("R1", "R2"))
    with pytest.raises(UsageError, match="R1, R2"):
        desk_of(study.path)
    with pytest.raises(NotFoundError, match="R1, R2"):
        desk_of(study.path, "R9")


IMPOSSIBLE = {
    "an item that was not assigned": EventDraft(
        kind=EventKind.SCORE, item_id="f" * 16, dimension="D1", level=1
    ),
    "no item": EventDraft(kind=EventKind.SCORE, dimension="D1", level=1),
    "a level that does not exist": score(f"{1:016x}", "D1", 4),
    "no level": EventDraft(kind=EventKind.SCORE, item_id=f"{1:016x}", dimension="D1"),
    "a dimension that does not exist": score(f"{1:016x}", "D9", 1),
    "a code that does not exist": EventDraft(
        kind=EventKind.NOT_RATABLE, item_id=f"{1:016x}", dimension="D1", reason="bored"
    ),
    "a quote behind the end": EventDraft(
        kind=EventKind.QUOTE,
        item_id=f"{1:016x}",
        dimension="D1",
        span=Span(message=1, start=0, end=10**6),
        texts={"quote": "x"},
    ),
    "a retraction of nothing": EventDraft(kind=EventKind.RETRACT, item_id=f"{1:016x}", target=1),
    "an answer to no question": EventDraft(kind=EventKind.GUESS, item_id=f"{1:016x}", question="q"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_no_reader_could_understand_is_never_written(build_study: BuildStudy, name: str) -> None:
    """Nothing is ever deleted from a chain, so a fault of the app must not get into it."""
    study = build_study()
    desk = desk_of(study.path)
    desk.start_sitting()
    before = desk.session
    with pytest.raises(InvalidInputError, match="cannot be recorded"):
        desk.record(IMPOSSIBLE[name])
    assert desk.session == before
    assert desk.head.seq == 1
    desk.record(score(study.items[0].id, "D1", 1))
    desk.close()


def test_random_steps_fold_alike_one_by_one_and_at_once(build_study: BuildStudy) -> None:
    """Folding event by event and folding the stored chain give the same session."""
    study = build_study()
    rng = random.Random(3)
    desk = desk_of(study.path)
    for _ in range(300):
        item = rng.choice(study.items).id
        step = rng.randrange(6)
        if step == 0:
            desk.show(rng.randrange(len(study.items)))
        elif step == 1 and (undo := desk.session.undo_draft()):
            desk.record(undo)
        elif step == 2 and (redo := desk.session.redo_draft()):
            desk.record(redo)
        elif step == 3:
            desk.record(EventDraft(kind=EventKind.NOT_RATABLE, item_id=item, reason="refusal"))
        else:
            desk.record(score(item, rng.choice(["D1", "D2"]), rng.randrange(4)))
    live = desk.session
    desk.close()
    assert desk_of(study.path).session == live
