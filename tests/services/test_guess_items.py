"""Items that carry guess questions: drawn late, closed at completion, answered afterwards."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.chain.events import EventDraft, EventKind, Span
from protocol.chain.manifest import AssignmentManifest
from protocol.errors import CheckFailedError, InvalidInputError, WrongStateError
from protocol.event_rules import impossible_event
from protocol.rating_moves import pending_guess
from protocol.session import GuessAnswer
from protocol.study import Guess, GuessQuestion, StudyProtocol
from protocol.study_file import read_study
from rater.services.packs.merging import merge_files
from rater.services.packs.packs import write_pack
from rater.services.progress.rater_states import read_share
from rater.services.seeding.seeding_plan import _draw_asked
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.submitting import submit
from tests.services.small_studies import (
    ADMIN,
    APP,
    PLAIN,
    SmallStudy,
    clock,
    desk_of,
    protocol_text,
    rate_item,
    seeded_study,
)

SHARE = 0.5
"""Of 8 items, 4 carry the question; the first two never do."""


def guess_of(item: str, option: int | None = 1) -> EventDraft:
    return EventDraft(kind=EventKind.GUESS, item_id=item, question="family", option=option)


def score(item: str, level: int = 3) -> EventDraft:
    return EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D1", level=level)


def asked_desk(tmp_path: Path) -> RatingDesk:
    return seeded_study(tmp_path, guess_share=SHARE).desk("R1")


def asked_position(desk: RatingDesk) -> int:
    return next(place for place, item in enumerate(desk.session.items) if item in desk.session.asked)


def plain_position(desk: RatingDesk) -> int:
    return next(place for place, item in enumerate(desk.session.items) if item not in desk.session.asked)


@cache
def plain_protocol() -> StudyProtocol:
    return read_study(protocol_text(), where="t")


def protocol_with(share: float, *, questions: bool = True) -> StudyProtocol:
    question = GuessQuestion(id="q", about="model", text="?", options=("a", "b", "c"), meaning={"a": "m"})
    guess = Guess(share=share, questions=(question,) if questions else ())
    return replace(plain_protocol(), guess=guess)


@settings(max_examples=200, deadline=None)
@given(share=st.floats(0, 1), count=st.integers(0, 60), seed=st.integers(0, 10**6))
def test_asked_items_are_the_share_and_none_of_the_first_quarter(share: float, count: int, seed: int) -> None:
    """As many as the share says, as far as the last three quarters hold them; each once, in id order."""
    items = [f"{number:016x}" for number in random.Random(seed).sample(range(10**6), count)]
    asked = _draw_asked(protocol_with(share), items, random.Random(seed))
    first_quarter = items[: -(-count // 4)]
    assert len(asked) == len(set(asked)) == min(round(share * count), count - len(first_quarter))
    assert list(asked) == sorted(asked)
    assert not set(asked) & set(first_quarter)
    assert set(asked) <= set(items)


def test_every_later_item_is_drawn_alike() -> None:
    """Over many draws each of the last six of eight carries the question equally often."""
    items = [f"{number:016x}" for number in range(8)]
    entropy = random.Random(3)
    draws = 3000
    counts = dict.fromkeys(items, 0)
    for _ in range(draws):
        for item in _draw_asked(protocol_with(0.25), items, entropy):
            counts[item] += 1
    assert [counts[item] for item in items[:2]] == [0, 0]
    expected = draws * 2 / 6
    # The standard deviation of each count is about 26; five of them.
    assert all(abs(counts[item] - expected) < 130 for item in items[2:])


def test_without_questions_nothing_is_drawn_and_nothing_closes(tmp_path: Path) -> None:
    """A study without [guess] leaves every item open until it is handed in or locked."""
    assert _draw_asked(protocol_with(1.0, questions=False), ["a", "b"], random.Random(1)) == ()
    desk = seeded_study(tmp_path).desk("R1")
    assert desk.session.asked == frozenset()
    rate_item(desk, 0, levels=PLAIN)
    assert desk.record(score(desk.session.items[0])).of(desk.session.items[0]).mark("D1").level == 3
    desk.close()


def test_the_manifest_fixes_which_items_are_asked(tmp_path: Path) -> None:
    """Four of eight, none of the first two, bound by the hash that starts the chain; same in the pack."""
    small = seeded_study(tmp_path, guess_share=SHARE)
    desk = small.desk("R1")
    items, asked = desk.session.items, desk.session.asked
    assert len(asked) == 4
    assert not asked & set(items[:2])
    body = json.loads(desk.manifest.body())
    assert body["asked"] == sorted(asked)
    other = AssignmentManifest.from_body(
        json.dumps(body | {"asked": []}, sort_keys=True, separators=(",", ":")).encode()
    )
    assert other.sha256 != desk.manifest.sha256
    desk.close()
    write_pack(small.study, "R1", tmp_path / "p.db")
    pack = desk_of(tmp_path / "p.db")
    assert pack.session.asked == asked
    pack.close()


def test_a_pack_knows_the_labels_and_not_their_meaning(tmp_path: Path) -> None:
    """Display labels and decoys are there; what they stand for is not."""
    small = seeded_study(tmp_path, guess_share=SHARE)
    write_pack(small.study, "R1", tmp_path / "p.db")
    data = (tmp_path / "p.db").read_bytes()
    assert b"Family A" in data
    assert b"Family D" in data
    assert b"canary" not in data
    assert b"meaning" not in data


def test_an_asked_item_closes_at_completion(tmp_path: Path) -> None:
    """Until then it changes freely; afterwards no score, note, quote or undo is taken."""
    desk = asked_desk(tmp_path)
    position = asked_position(desk)
    item = desk.session.items[position]
    desk.record(score(item, 1))
    desk.record(score(item, 2))
    assert not desk.session.is_closed(item)
    rate_item(desk, position, levels=PLAIN)
    assert desk.session.is_closed(item)
    before = desk.session
    count = len(desk.events)
    for draft in (
        score(item),
        EventDraft(kind=EventKind.CLEAR, item_id=item, dimension="D1"),
        EventDraft(kind=EventKind.NOT_RATABLE, item_id=item, reason="refusal"),
        EventDraft(kind=EventKind.NOTE, item_id=item, texts={"note": "x"}),
        EventDraft(kind=EventKind.FLAG, item_id=item, texts={"note": "x"}),
        EventDraft(kind=EventKind.QUOTE, item_id=item, dimension="D1", span=Span(message=1, start=0, end=1)),
        EventDraft(kind=EventKind.COMPLETE, item_id=item),
        EventDraft(kind=EventKind.RETRACT, item_id=item, target=count),
        EventDraft(kind=EventKind.RETRACT, item_id=item, target=1),
    ):
        with pytest.raises(WrongStateError, match="closed"):
            desk.record(draft)
    assert desk.session == before
    assert len(desk.events) == count
    desk.close()


def test_an_item_without_questions_stays_open(tmp_path: Path) -> None:
    """Its neighbours in the same study close; it does not."""
    desk = asked_desk(tmp_path)
    position = plain_position(desk)
    rate_item(desk, position, levels=PLAIN)
    item = desk.session.items[position]
    assert desk.record(score(item, 0)).of(item).mark("D1").level == 0
    desk.close()


def test_undo_skips_what_is_closed(tmp_path: Path) -> None:
    """After an item closed, undo takes back the step before it, on another item, and redo brings it back."""
    desk = asked_desk(tmp_path)
    plain, asked = plain_position(desk), asked_position(desk)
    first = desk.session.items[plain]
    desk.show(plain)
    desk.record(score(first, 1))
    rate_item(desk, asked, levels=PLAIN)
    undo = desk.session.undo_draft()
    assert undo is not None
    assert undo.item_id == first
    assert desk.record(undo).of(first).mark("D1").level is None
    assert desk.session.undo_draft() is None
    redo = desk.session.redo_draft()
    assert redo is not None
    assert desk.record(redo).of(first).mark("D1").level == 1
    desk.close()


def test_that_one_was_told_can_be_said_and_taken_back_on_a_closed_item(tmp_path: Path) -> None:
    """A slip of the finger is no lasting mark, and undo does not get stuck on it."""
    desk = asked_desk(tmp_path)
    position = asked_position(desk)
    item = desk.session.items[position]
    rate_item(desk, position, levels=PLAIN)
    assert desk.record(EventDraft(kind=EventKind.TOLD, item_id=item)).of(item).told
    undo = desk.session.undo_draft()
    assert undo is not None
    assert not desk.record(undo).of(item).told
    redo = desk.session.redo_draft()
    assert redo is not None
    assert desk.record(redo).of(item).told
    again = desk.session.undo_draft()
    assert again is not None
    assert not desk.record(again).of(item).told
    assert desk.session.of(item).completed
    assert desk.session.undo_draft() is None
    desk.close()


def test_the_answer_is_taken_after_completion_and_a_later_one_counts(tmp_path: Path) -> None:
    """Option, don't know, sureness, cue and words; the scores are as before."""
    small = seeded_study(tmp_path, guess_share=SHARE)
    desk = small.desk("R1")
    position = asked_position(desk)
    item = desk.session.items[position]
    assert pending_guess(desk.session, desk.visible.questions) is None
    rate_item(desk, position, levels=PLAIN)
    marks = desk.session.of(item).marks
    pending = pending_guess(desk.session, desk.visible.questions)
    assert pending is not None
    assert (pending.item_id, pending.question.id) == (item, "family")
    desk.record(guess_of(item, None))
    assert desk.session.of(item).guesses["family"] == GuessAnswer(question="family", option=None)
    desk.record(replace(guess_of(item, 2), sure=3, cue="style", texts={"cue": "said hello"}))
    assert desk.session.of(item).guesses["family"] == GuessAnswer(
        question="family", option=2, sure=3, cue="style", words="said hello"
    )
    assert desk.session.of(item).marks == marks
    assert pending_guess(desk.session, desk.visible.questions) is None
    desk.close()


def rate_at_random(desk: RatingDesk, rng: random.Random, steps: int) -> None:
    """Do what a rater can do, in any order, as far as the desk takes it."""
    items = desk.session.items
    for _ in range(steps):
        item = rng.choice(items)
        undo, redo = desk.session.undo_draft(), desk.session.redo_draft()
        turn = rng.randrange(6)
        if turn == 0 and undo:
            desk.record(undo)  # never refused: undo skips what is closed
            continue
        if turn == 1 and redo:
            desk.record(redo)
            continue
        ready = not desk.session.of(item).gaps(desk.session.rubric)
        drafts = [
            score(item, rng.randrange(4)),
            EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D2", level=rng.randrange(4)),
            *([EventDraft(kind=EventKind.COMPLETE, item_id=item)] if ready else []),
            EventDraft(kind=EventKind.NOT_RATABLE, item_id=item, dimension="D1", reason="refusal"),
            EventDraft(kind=EventKind.NOT_RATABLE, item_id=item, reason="refusal"),
            EventDraft(kind=EventKind.CLEAR, item_id=item),
            EventDraft(kind=EventKind.TOLD, item_id=item),
            EventDraft(kind=EventKind.NOTE, item_id=item, dimension="D2", texts={"note": "n"}),
            EventDraft(
                kind=EventKind.QUOTE, item_id=item, dimension="D1", span=Span(message=1, start=0, end=2)
            ),
            *([guess_of(item, rng.choice([None, 0, 3]))] if desk.session.is_closed(item) else []),
        ]
        try:
            desk.record(rng.choice(drafts))
        except WrongStateError:
            assert desk.session.asked


@pytest.mark.parametrize("seed", range(6))
def test_what_a_rater_did_is_the_same_after_reopening(tmp_path: Path, seed: int) -> None:
    """Folding step by step and folding the stored chain agree, closed items, undo and guesses included."""
    small = seeded_study(tmp_path, guess_share=SHARE)
    desk = small.desk("R1")
    rate_at_random(desk, random.Random(seed), 150)
    live, undo, redo = desk.session, desk.session.undo_draft(), desk.session.redo_draft()
    desk.close()
    again = small.desk("R1")
    assert again.session == live
    assert (again.session.undo_draft(), again.session.redo_draft()) == (undo, redo)
    assert any(again.session.is_closed(item) for item in again.session.items)
    again.close()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_desk_takes_is_taken_when_it_comes_back(tmp_path: Path, seed: int) -> None:
    """The rules on returned files never refuse what a rater did in the app."""
    from db.connection import close, open_for_reading
    from db.study_store import read_study as read_study_row

    small = seeded_study(tmp_path, guess_share=SHARE)
    there = SmallStudy(folder=tmp_path / "there")
    there.folder.mkdir()
    there.study.write_bytes(small.study.read_bytes())
    desk = there.desk("R1")
    rate_at_random(desk, random.Random(100 + seed), 150)
    events, manifest = desk.events, desk.manifest
    desk.close()
    connection = open_for_reading(there.study)
    share = read_share(connection, read_study_row(connection), manifest)
    assert impossible_event(events, share) is None
    close(connection)
    done = submit(there.study, rater="R1", output=tmp_path / "F", interim=True, app=APP)
    (merged,) = merge_files(small.study, [done.path], who=ADMIN, clock=clock)
    assert merged.new_events == len(events)


IMPOSSIBLE = {
    "an unknown question": {"question": "other"},
    "an option that was not offered": {"option": 4},
    "a negative option": {"option": -1},
    "too sure": {"sure": 4},
    "not sure at all": {"sure": 0},
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_answer_that_was_not_offered_is_refused_when_it_comes_back(tmp_path: Path, name: str) -> None:
    """A chain made by hand cannot bring an answer that the analysis would trip over."""
    small = seeded_study(tmp_path, guess_share=SHARE)
    there = SmallStudy(folder=tmp_path / "there")
    there.folder.mkdir()
    there.study.write_bytes(small.study.read_bytes())
    desk = there.desk("R1")
    position = asked_position(desk)
    rate_item(desk, position, levels=PLAIN)
    draft = replace(guess_of(desk.session.items[position]), **IMPOSSIBLE[name])  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="cannot be recorded"):
        desk.record(draft)
    with patch("protocol.event_rules.why_not_next", return_value=None):
        desk.record(draft)  # as a program that was altered does
    desk.close()
    done = submit(there.study, rater="R1", output=tmp_path / "F", interim=True, app=APP)
    with pytest.raises(CheckFailedError, match="guess"):
        merge_files(small.study, [done.path], who=ADMIN, clock=clock)


def test_a_change_after_closing_is_refused_when_it_comes_back(tmp_path: Path) -> None:
    """An app that was altered to write past the close is found at the merge."""
    from protocol.session import RaterSession

    small = seeded_study(tmp_path, guess_share=SHARE)
    there = SmallStudy(folder=tmp_path / "there")
    there.folder.mkdir()
    there.study.write_bytes(small.study.read_bytes())
    desk = there.desk("R1")
    position = asked_position(desk)
    rate_item(desk, position, levels=PLAIN)
    with patch.object(RaterSession, "is_closed_for", return_value=False):
        desk.record(score(desk.session.items[position]))
    desk.close()
    done = submit(there.study, rater="R1", output=tmp_path / "F", interim=True, app=APP)
    with pytest.raises(CheckFailedError, match="closed"):
        merge_files(small.study, [done.path], who=ADMIN, clock=clock)
