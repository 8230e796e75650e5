"""The bundle's stand-alone verifier folds chains as the program does, dimensions asked again among them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.chain.events import EventDraft, EventKind, Span
from protocol.rubric import Rubric
from protocol.session import ItemProgress, fold_session
from rater.services.results.public_bundle import shipped_text
from tests.conftest import make_rubric
from tests.domain.test_session import ITEMS, chain, score, step

FIRST = ITEMS[0]
RERATES = {"ab" * 32: frozenset({"D1"}), "cd" * 32: frozenset({"D1", "D2"})}
RUBRIC = make_rubric(quote_from=2, read_to_end=True, confidence=True)
QUOTE = Span(message=0, start=0, end=1)
STEPS = [
    *(score(level, name) for level in (0, 2) for name in ("D1", "D2")),
    *(step(EventKind.QUOTE, name, span=QUOTE) for name in ("D1", "D2")),
    *(step(EventKind.CONFIDENCE, name, sure=2) for name in ("D1", "D2")),
    *(step(EventKind.CLEAR, name) for name in ("D1", None)),
    *(step(EventKind.NOT_RATABLE, name, reason="refusal") for name in ("D1", "D2", None)),
    step(EventKind.READ_TO_END),
    step(EventKind.COMPLETE),
    step(EventKind.COMPLETE),
]
NOTICES = [EventDraft(kind=EventKind.NOTICE, shown_sha256=sha256) for sha256 in RERATES]
FULL = [
    *(one for name in ("D1", "D2") for one in (score(0, name), step(EventKind.CONFIDENCE, name, sure=1))),
    step(EventKind.READ_TO_END),
    step(EventKind.COMPLETE),
]


@cache
def verifier() -> Callable[..., Any]:
    """Return the verifier's `fold`, without what runs when it is called as a script."""
    source = shipped_text("verify.py").partition("(parser := ")[0]
    names: dict[str, Any] = {"__file__": "/bundle/verify.py"}
    exec(compile(source, "verify.py", "exec"), names)
    found: Callable[..., Any] = names["fold"]
    return found


def by_program(item: ItemProgress, rubric: Rubric, dimension: str) -> tuple[str, str, str]:
    """Return level, reason and confidence as the tidy data have them."""
    whole = item.reason if item.completed else None
    mark = item.mark(dimension)
    if not item.counts(dimension, rubric):
        return "", "", ""
    given = (None, whole, None) if whole else (mark.level, mark.reason, mark.sure)
    level, reason, sure = ("" if one is None else str(one) for one in given)
    return level, reason, sure


def possible(drafts: list[EventDraft]) -> list[EventDraft]:
    """Leave out what the program never writes: a confidence in a score that was not given."""
    kept: list[EventDraft] = []
    for draft in drafts:
        item = fold_session(rubric=RUBRIC, items=ITEMS, events=chain(kept), rerates=RERATES).of(FIRST)
        unsure = draft.kind is EventKind.CONFIDENCE and item.mark(draft.dimension or "").level is None
        kept += [] if unsure else [draft]
    return kept


@settings(max_examples=150, deadline=None)
@given(
    full=st.booleans(),
    parts=st.lists(st.lists(st.sampled_from(STEPS), max_size=8), min_size=3, max_size=3),
    read=st.integers(min_value=0, max_value=2),
    ends=st.booleans(),
)
def test_the_verifier_folds_like_the_program(
    full: bool, parts: list[list[EventDraft]], read: int, ends: bool
) -> None:
    """Levels, reasons and confidences of every dimension, whatever was read, undone or left out."""
    drafts = [*(FULL if full else []), *parts[0]]
    for notice, more in zip(NOTICES[:read], parts[1:], strict=False):
        drafts += [notice, *more]
    drafts += [EventDraft(kind=EventKind.SUBMIT)] if ends else []
    events = chain(possible(drafts))
    session = fold_session(rubric=RUBRIC, items=ITEMS, events=events, rerates=RERATES, waits_unread=True)
    bodies = [json.loads(event.body) for event in events if event.draft.item_id == FIRST]
    again: dict[str, int] = {}
    for sha256, asked in RERATES.items():
        seq = session.read_at.get(sha256, 0 if ends else 2**62)
        again |= dict.fromkeys(asked, seq) if seq else {}
    dimensions = [dict(asdict(one)) for one in RUBRIC.dimensions]
    item = session.of(FIRST)
    expected = [(one.id, *by_program(item, RUBRIC, one.id), "0") for one in RUBRIC.dimensions]
    assert list(verifier()(bodies, dimensions, again)) == expected
