"""Confidence where the rubric asks: how it is folded, what it needs, and that other rubrics do not change."""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from pathlib import Path
from typing import Any, cast

import pytest

from protocol.chain.events import EventDraft, EventKind, Head, make_event
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.event_rules import Share, why_not_next
from protocol.rating_moves import Lack, dimension_after, lack_of
from protocol.rating_words import step
from protocol.rubric import Rubric
from protocol.session import Mark, RaterSession, fold_session
from tests.conftest import make_rubric

ITEM = "a" * 16
ASKING = make_rubric(confidence=True)


def score(level: int) -> EventDraft:
    """Return a score on the first dimension."""
    return EventDraft(kind=EventKind.SCORE, item_id=ITEM, dimension="D1", level=level)


def sure(value: int) -> EventDraft:
    """Return a confidence in the score on the first dimension."""
    return EventDraft(kind=EventKind.CONFIDENCE, item_id=ITEM, dimension="D1", sure=value)


def session_of(*drafts: EventDraft, rubric: Rubric = ASKING) -> RaterSession:
    """Return the session after these steps."""
    head = Head(chain_id="0" * 32, seq=0, hash="0" * 64)
    session = fold_session(rubric=rubric, items=(ITEM,), events=())
    for draft in drafts:
        event = make_event(
            draft, head=head, rubric_sha256=rubric.sha256, app="0", at="t", entropy=random.Random(1)
        )
        head = Head(chain_id=head.chain_id, seq=event.seq, hash=event.hash)
        session = session.with_event(event)
    return session


def test_a_rubric_that_does_not_ask_has_the_form_it_had() -> None:
    """No word of confidence in what is stored and hashed; where it is asked, it stands there."""
    assert "confidence" not in str(make_rubric().to_json())
    assert "confidence" in str(ASKING.to_json())
    assert make_rubric().sha256 != ASKING.sha256


def test_a_score_counts_only_with_its_confidence() -> None:
    """The dimension stays active until it is given; then the next one comes."""
    before = session_of(score(2)).current
    assert lack_of(before, ASKING.dimensions[0]) is Lack.CONFIDENCE
    assert dimension_after(before, ASKING.dimensions, "D1") == "D1"
    after = session_of(score(2), sure(3)).current
    assert lack_of(after, ASKING.dimensions[0]) is None
    assert dimension_after(after, ASKING.dimensions, "D1") == "D2"


@pytest.mark.parametrize(
    "later",
    [
        score(1),
        EventDraft(kind=EventKind.CLEAR, item_id=ITEM, dimension="D1"),
        EventDraft(kind=EventKind.NOT_RATABLE, item_id=ITEM, dimension="D1", reason="refusal"),
    ],
)
def test_another_mark_takes_the_confidence_away(later: EventDraft) -> None:
    """It was about the score before; taking the other mark back brings both back."""
    assert session_of(score(2), sure(3), later).current.mark("D1").sure is None
    back = EventDraft(kind=EventKind.RETRACT, item_id=ITEM, target=3)
    mark = session_of(score(2), sure(3), later, back).current.mark("D1")
    assert (mark.level, mark.sure) == (2, 3)


def test_without_its_score_a_confidence_says_nothing() -> None:
    """Undoing the score leaves no confidence behind."""
    undone = EventDraft(kind=EventKind.RETRACT, item_id=ITEM, target=1)
    assert not session_of(score(2), sure(3), undone).current.marks


def test_a_confidence_can_be_undone() -> None:
    """It is a step like the others, with a name."""
    session = session_of(score(2), sure(1))
    draft = session.undo_draft()
    assert draft is not None
    assert draft.target == 2
    assert step(sure(1), ASKING) == "confidence 1 for Verification support"


@pytest.mark.parametrize(
    ("rubric", "before", "draft", "words"),
    [
        (make_rubric(), [score(2)], sure(1), "does not ask"),
        (ASKING, [], sure(1), "not given"),
        (ASKING, [score(2)], sure(4), "not offered"),
        (ASKING, [score(2)], sure(0), "not offered"),
        (ASKING, [score(2)], EventDraft(kind=EventKind.CONFIDENCE, item_id=ITEM, sure=1), "no dimension"),
        (ASKING, [score(2)], sure(2), None),
    ],
)
def test_which_confidences_are_possible(
    rubric: Rubric, before: list[EventDraft], draft: EventDraft, words: str | None
) -> None:
    """Asked for, of a score that was given, 1 to 3; a chain made by hand with others is refused."""
    key = KeyBinding(sealed_sha256="1" * 64, allocation_commitment="2" * 64, redaction_commitment="3" * 64)
    manifest = AssignmentManifest(
        id="0" * 32,
        study_id="5" * 16,
        rater="R1",
        items=(AssignedItem(item_id=ITEM, task_id="b" * 16, shown_sha256="c" * 64),),
        dimensions=("D1", "D2"),
        rubric_sha256=rubric.sha256,
        protocol_sha256="4" * 64,
        key=key,
    )
    event = make_event(
        draft,
        head=Head(chain_id="0" * 32, seq=len(before), hash="0" * 64),
        rubric_sha256=rubric.sha256,
        app="0",
        at="t",
        entropy=random.Random(1),
    )
    share = Share(manifest=manifest, rubric=rubric, questions=(), conversations={})
    why = why_not_next(event, session_of(*before, rubric=rubric), share)
    assert why is None if words is None else words in str(why)


def folded_by_a_stranger(*drafts: EventDraft) -> list[tuple[str, ...]]:
    """Return what the verifier in the public bundle makes of these steps; it knows only bodies."""
    source = (Path(__file__).parents[2] / "rater" / "public" / "verify.py").read_text(encoding="utf-8")
    found = next(one for one in ast.parse(source).body if getattr(one, "name", "") == "fold")
    namespace: dict[str, Any] = {"defaultdict": defaultdict}
    exec(compile(ast.Module([found], []), "verify.py", "exec"), namespace)
    names = ("dimension", "level", "reason", "target", "sure")
    events = [
        {"seq": seq, "kind": draft.kind.value}
        | {name: getattr(draft, name) for name in names if getattr(draft, name) is not None}
        for seq, draft in enumerate(drafts, start=1)
    ]
    dimensions = cast("dict[str, Any]", make_rubric(confidence=True, dimensions=1).to_json())["dimensions"]
    return list(namespace["fold"](events, dimensions, {}))


COMPLETE = EventDraft(kind=EventKind.COMPLETE, item_id=ITEM)
CLEAR = EventDraft(kind=EventKind.CLEAR, item_id=ITEM, dimension="D1")


@pytest.mark.parametrize(
    "drafts",
    [
        (score(2), COMPLETE),
        (score(2), sure(3), COMPLETE),
        (score(2), sure(3), score(1), COMPLETE),
        (score(2), sure(3), score(1), sure(1), COMPLETE),
        (score(2), sure(3), score(1), COMPLETE, EventDraft(kind=EventKind.RETRACT, item_id=ITEM, target=3)),
        (score(2), sure(3), CLEAR, score(2), COMPLETE),
        (EventDraft(kind=EventKind.NOT_RATABLE, item_id=ITEM, dimension="D1", reason="refusal"), COMPLETE),
    ],
)
def test_the_verifier_of_the_public_bundle_counts_the_same(drafts: tuple[EventDraft, ...]) -> None:
    """A score without its confidence is no rating there either."""
    item = session_of(*drafts, rubric=make_rubric(confidence=True, dimensions=1)).current
    mark = item.mark("D1") if item.completed else Mark()
    level, given = ("" if one is None else str(one) for one in (mark.level, mark.sure))
    assert folded_by_a_stranger(*drafts) == [("D1", level, mark.reason or "", given, "0")]
