"""Dimensions that an amendment of the rubric asks again: what counts, what is open, what is hidden."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.chain.events import EventDraft, EventKind
from protocol.session import RaterSession, fold_session
from tests.conftest import make_rubric
from tests.domain.test_session import ITEMS, chain, retract, score, step

AMENDED = "ab" * 32
RERATES = {AMENDED: frozenset({"D1"})}
READ = EventDraft(kind=EventKind.NOTICE, shown_sha256=AMENDED)
SUBMIT = EventDraft(kind=EventKind.SUBMIT)
DONE = (score(1), score(2, "D2"), step(EventKind.COMPLETE))
FIRST = ITEMS[0]


def fold(*drafts: EventDraft, asked: tuple[str, ...] = (), unread: bool = True) -> RaterSession:
    return fold_session(
        rubric=make_rubric(),
        items=ITEMS,
        events=chain(drafts),
        asked=asked,
        rerates=RERATES,
        waits_unread=unread,
    )


def test_a_completed_item_is_asked_again_for_that_dimension_alone() -> None:
    """The earlier score is out of view; the other dimension stands and counts."""
    for session in (fold(*DONE, READ), fold(*DONE)):
        item = session.of(FIRST)
        assert (item.mark("D1").level, item.mark("D2").level) == (None, 2)
        assert [gap.dimension for gap in item.gaps(session.rubric)] == ["D1"]
        assert not item.completed
        assert [item.counts(name, session.rubric) for name in ("D1", "D2")] == [False, True]
        assert session.completed_count == 0


def test_what_is_scored_after_the_notice_counts_once_completed() -> None:
    """A new score alone does not complete the item: nothing closes without the key for it."""
    scored = fold(*DONE, READ, score(3))
    assert not scored.of(FIRST).completed
    assert not scored.of(FIRST).counts("D1", scored.rubric)
    again = fold(*DONE, READ, score(3), step(EventKind.COMPLETE))
    assert again.of(FIRST).completed
    assert again.of(FIRST).mark("D1").level == 3
    assert again.completed_count == 1


def test_nobody_asks_again_after_the_hand_in() -> None:
    """A chain that ended before the amendment was read keeps what it has."""
    assert fold(*DONE, SUBMIT).completed_count == 1
    assert fold(*DONE, SUBMIT).of(FIRST).mark("D1").level == 1
    assert fold(*DONE, READ, SUBMIT).completed_count == 0


def test_an_item_that_was_not_scored_on_it_is_as_before() -> None:
    """Begun on another dimension, or not ratable as a whole."""
    begun = fold(score(2, "D2"), READ)
    assert not begun.of(FIRST).counts("D2", begun.rubric)
    assert begun.of(FIRST).mark("D2").level == 2
    refused = fold(step(EventKind.NOT_RATABLE, reason="refusal"), step(EventKind.COMPLETE), READ)
    assert refused.of(FIRST).completed


def test_a_whole_item_that_is_not_ratable_stays_complete_and_hides_the_score_below() -> None:
    """A code for the item answers for every dimension; taken back, the dimension is asked."""
    session = fold(
        score(1),
        step(EventKind.NOT_RATABLE, reason="refusal"),
        step(EventKind.COMPLETE),
        READ,
        step(EventKind.CLEAR),
    )
    assert session.of(FIRST).mark("D1").level is None
    assert not session.of(FIRST).completed


def test_a_closed_item_is_open_for_that_dimension_alone() -> None:
    """A score on it and the completion are taken; another dimension, a note and a flag are not."""
    session = fold(*DONE, READ, asked=(FIRST,))
    assert session.open_again(FIRST) == {"D1"}
    for taken in (score(3), step(EventKind.NOTE, "D1"), step(EventKind.COMPLETE), step(EventKind.SHOW)):
        assert not session.is_closed_for(taken)
    for refused in (score(3, "D2"), step(EventKind.NOTE), step(EventKind.NOT_RATABLE), retract(2)):
        assert session.is_closed_for(refused)
    closed = fold(*DONE, READ, score(3), step(EventKind.COMPLETE), asked=(FIRST,))
    assert closed.is_closed(FIRST)
    assert closed.is_closed_for(score(2))
    assert closed.open_again(FIRST) == frozenset()


def test_nothing_from_before_the_notice_can_be_undone() -> None:
    """An undo would bring back a score by other anchors."""
    assert fold(*DONE, READ).undo_draft() is None
    undo = fold(*DONE, READ, score(3)).undo_draft()
    assert undo is not None
    assert undo.target == 5


STEPS = st.lists(
    st.sampled_from(
        [
            *(score(level, name, item) for level in (0, 2) for name in ("D1", "D2") for item in ITEMS[:2]),
            *(step(kind, item=item) for kind in (EventKind.COMPLETE, EventKind.SHOW) for item in ITEMS[:2]),
            step(EventKind.NOT_RATABLE, reason="refusal"),
            step(EventKind.NOT_RATABLE, "D1", reason="refusal"),
            step(EventKind.CLEAR, "D1"),
            "undo",
            "redo",
        ]
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(before=STEPS, after=STEPS, asked=st.booleans(), unread=st.booleans())
def test_folding_at_once_is_adding_one_by_one(
    before: list[EventDraft | str], after: list[EventDraft | str], asked: bool, unread: bool
) -> None:
    """With a notice in the middle, undone steps on either side, and items that close."""
    drafts: list[EventDraft] = []
    closing = (FIRST,) if asked else ()
    for one in [*before, READ, *after]:
        session = fold(*drafts, asked=closing, unread=unread)
        draft = one if isinstance(one, EventDraft) else _taken_back(session, one)
        if draft is not None:
            drafts.append(draft)
    session = fold(asked=closing, unread=unread)
    for event in chain(drafts):
        session = session.with_event(event)
    assert session == fold(*drafts, asked=closing, unread=unread)


def _taken_back(session: RaterSession, which: str) -> EventDraft | None:
    return session.undo_draft() if which == "undo" else session.redo_draft()
