"""Chains made by hand: every hash fits, and what they say decides whether they are merged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from protocol.chain.events import EventDraft, EventKind, Span
from protocol.chain.manifest import AssignmentManifest
from protocol.errors import (
    CheckFailedError,
)
from rater.services.progress.progress import read_progress
from tests.services.returned_files import contents, forged, manifest_of, merge, write
from tests.services.small_studies import (
    seeded_study,
)

Draft = Callable[[AssignmentManifest], Sequence[EventDraft]]


def _one(**fields: object) -> Draft:
    def make(manifest: AssignmentManifest) -> list[EventDraft]:
        given = {"item_id": manifest.items[0].item_id, **fields}
        return [EventDraft(**given)]  # type: ignore[arg-type]  # a mistake is the point

    return make


def _after_submit(manifest: AssignmentManifest) -> list[EventDraft]:
    score = EventDraft(kind=EventKind.SCORE, item_id=manifest.items[0].item_id, dimension="D1", level=1)
    return [EventDraft(kind=EventKind.SUBMIT), score]


IMPOSSIBLE: dict[str, Draft] = {
    "an item of somebody else": _one(kind=EventKind.SHOW, item_id="f" * 16),
    "a score of an unknown item": _one(kind=EventKind.SCORE, item_id="f" * 16, dimension="D1", level=1),
    "a score without an item": _one(kind=EventKind.SCORE, item_id=None, dimension="D1", level=1),
    "another text than was assigned": _one(kind=EventKind.SHOW, shown_sha256="00" * 32),
    "an unknown dimension": _one(kind=EventKind.SCORE, dimension="D9", level=1),
    "a score without a dimension": _one(kind=EventKind.SCORE, level=1),
    "a level that does not exist": _one(kind=EventKind.SCORE, dimension="D1", level=99),
    "a score without a level": _one(kind=EventKind.SCORE, dimension="D1"),
    "an unknown reason": _one(kind=EventKind.NOT_RATABLE, dimension="D1", reason="tired"),
    "no reason": _one(kind=EventKind.NOT_RATABLE, dimension="D1"),
    "a quote of nothing": _one(kind=EventKind.QUOTE, dimension="D1"),
    "a quote of a message that is not there": _one(
        kind=EventKind.QUOTE, dimension="D1", span=Span(message=9, start=0, end=1)
    ),
    "a retraction of what is still to come": _one(kind=EventKind.RETRACT, target=7),
    "a retraction of nothing": _one(kind=EventKind.RETRACT),
    "a guess that was not asked": _one(kind=EventKind.GUESS, question="family", option=0),
    "an event after the hand-in": _after_submit,
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_chain_made_by_hand_that_says_what_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    """Its hashes are right; merged, it would stop the study for ever, because events only grow."""
    small = seeded_study(tmp_path)
    data = forged(small, IMPOSSIBLE[name](manifest_of(small, "R1")))
    before = contents(small)
    with pytest.raises(CheckFailedError, match="event") as caught:
        merge(small, write(tmp_path, "F", data))
    assert str(tmp_path / "F") in str(caught.value)
    assert contents(small) == before
    read_progress(small.study)


def test_events_under_another_rubric_are_refused(tmp_path: Path) -> None:
    """The rubric in view is part of what was rated."""
    small = seeded_study(tmp_path)
    data = forged(small, [EventDraft(kind=EventKind.SITTING)], rubric="00" * 32)
    with pytest.raises(CheckFailedError, match="rubric"):
        merge(small, write(tmp_path, "F", data))


def test_a_chain_made_by_hand_of_possible_events_is_a_chain(tmp_path: Path) -> None:
    """Nothing but the receipt tells who made it: the threat model says so."""
    small = seeded_study(tmp_path)
    manifest = manifest_of(small, "R1")
    item = manifest.items[0]
    drafts = [
        EventDraft(kind=EventKind.SITTING),
        EventDraft(kind=EventKind.SHOW, item_id=item.item_id, shown_sha256=item.shown_sha256),
        EventDraft(kind=EventKind.SCORE, item_id=item.item_id, dimension="D1", level=3),
        EventDraft(kind=EventKind.NOT_RATABLE, item_id=item.item_id, dimension="D2", reason="refusal"),
        EventDraft(kind=EventKind.NOT_RATABLE, item_id=item.item_id, reason="refusal"),
        EventDraft(kind=EventKind.CLEAR, item_id=item.item_id),
        EventDraft(
            kind=EventKind.QUOTE,
            item_id=item.item_id,
            dimension="D1",
            span=Span(message=1, start=0, end=2),
            texts={"quote": "It"},
        ),
        EventDraft(kind=EventKind.UNQUOTE, item_id=item.item_id, dimension="D1", target=7),
        EventDraft(kind=EventKind.NOTE, item_id=item.item_id, texts={"note": "n"}),
        EventDraft(kind=EventKind.FLAG, item_id=item.item_id, texts={"note": "f"}),
        EventDraft(kind=EventKind.TOLD, item_id=item.item_id),
        EventDraft(kind=EventKind.READ_TO_END, item_id=item.item_id),
        EventDraft(kind=EventKind.COMPLETE, item_id=item.item_id),
        EventDraft(kind=EventKind.RETRACT, item_id=item.item_id, target=13),
        EventDraft(kind=EventKind.RETRACT, item_id=item.item_id, target=14),
    ]
    (merged,) = merge(small, write(tmp_path, "F", forged(small, drafts)))
    assert merged.new_events == len(drafts)
    assert read_progress(small.study).raters[0].completed == 1


def test_a_very_long_chain_on_one_item_is_merged_in_reasonable_time(tmp_path: Path) -> None:
    """The work grows with the events, not with their square: four thousand on one item took minutes."""
    small = seeded_study(tmp_path)
    item = manifest_of(small, "R1").items[0].item_id
    drafts = [
        EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D1", level=number % 4)
        for number in range(4000)
    ]
    path = write(tmp_path, "F", forged(small, drafts))
    start = time.process_time()
    (merged,) = merge(small, path)
    assert time.process_time() - start < 20
    assert merged.new_events == 4000
