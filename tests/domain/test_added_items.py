"""Items that an amendment adds to a manifest: after all others, in no byte of what was fixed at seeding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from protocol.amendment_words import notice_of, summary_of
from protocol.canonical_json import Json
from protocol.chain.amendment import (
    Amendment,
    AmendmentKind,
    fault_of_reassignment,
    told_first,
    told_to,
    with_added,
)
from protocol.chain.manifest import AssignedItem, AssignmentManifest
from protocol.rubric import Rubric


def item(place: int, task: int) -> AssignedItem:
    return AssignedItem(item_id=f"{place:016x}", task_id=f"{task:016x}", shown_sha256=f"{place:064x}")


def manifest(rater: str, *items: AssignedItem, asked: tuple[str, ...] = ()) -> AssignmentManifest:
    return AssignmentManifest(
        id=rater * 16,
        study_id="study",
        rater=rater,
        items=items,
        dimensions=("D1",),
        asked=asked,
        rubric_sha256="77" * 32,
        protocol_sha256="88" * 32,
        key=None,
    )


FIRST, SECOND, THIRD, FOURTH = item(1, 1), item(2, 2), item(3, 3), item(4, 3)
TAKER = manifest("R1", SECOND, asked=(SECOND.item_id,))
GIVER = manifest("R3", FIRST, FOURTH, THIRD, asked=(FOURTH.item_id,))
GIVEN = Amendment(
    number=1,
    day="2026-11-24",
    kind=AmendmentKind.REASSIGN,
    reason="R3 has left.",
    giver="R3",
    taker="R1",
    tasks=(THIRD.task_id,),
    items=(THIRD, FOURTH),
    asked=(FOURTH.item_id,),
)


def test_what_is_added_comes_last_and_changes_no_byte() -> None:
    """Places, hash and bytes of the manifest stay; the items asked about stay sorted."""
    later = with_added(TAKER, [GIVEN])
    assert later.items == (SECOND, THIRD, FOURTH)
    assert later.seeded_items == TAKER.items
    assert later.asked == (SECOND.item_id, FOURTH.item_id)
    assert (later.body(), later.sha256) == (TAKER.body(), TAKER.sha256)
    assert with_added(GIVER, [GIVEN]) == GIVER


def test_giver_and_taker_are_told_and_the_taker_before_the_items() -> None:
    """Nobody else is; only what was added waits for the notice."""
    assert told_to([GIVEN], TAKER) == told_to([GIVEN], GIVER) == (GIVEN,)
    assert told_to([GIVEN], manifest("R2", FIRST)) == ()
    assert told_first([GIVEN], TAKER) == dict.fromkeys((THIRD.item_id, FOURTH.item_id), GIVEN.sha256)
    assert told_first([GIVEN], GIVER) == {}


def test_an_amendment_with_items_is_read_back_as_it_was_written() -> None:
    """Its body gives the same values; a manifest in place of items is the other shape, both are none."""
    assert Amendment.from_body(GIVEN.body()) == GIVEN
    joined = replace(GIVEN, items=(), asked=(), manifest="aa" * 32)
    assert Amendment.from_json(joined.to_json()) == joined
    with pytest.raises(ValueError, match="more or other"):
        Amendment.from_json(replace(GIVEN, manifest="aa" * 32).to_json())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("items", [THIRD.to_json(), THIRD.to_json()]),
        ("items", [["a", "b"]]),
        ("items", {}),
        ("asked", [FIRST.item_id]),
        ("asked", [1]),
        ("asked", [FOURTH.item_id, THIRD.item_id]),
        ("dimension", "D1"),
    ],
)
def test_an_amendment_that_adds_oddly_is_none(name: str, value: Json) -> None:
    """An item twice or of another shape, questions on items that are not added, a field of another kind."""
    with pytest.raises((ValueError, TypeError)):
        Amendment.from_json({**GIVEN.to_json(), name: value})


def test_what_was_added_was_the_givers() -> None:
    """Each item, not its task alone."""
    taker = with_added(TAKER, [GIVEN])
    assert fault_of_reassignment(GIVEN, [taker, GIVER]) is None
    forged = replace(GIVEN, items=(replace(THIRD, shown_sha256="00" * 32), FOURTH))
    assert fault_of_reassignment(forged, [taker, GIVER]) == "the rater who left did not have these items"
    assert fault_of_reassignment(replace(GIVEN, tasks=(FIRST.task_id,)), [taker, GIVER]) is not None
    assert fault_of_reassignment(GIVEN, [taker]) is not None


def test_the_words_say_where_it_begins() -> None:
    """The taker reads places among all items, the giver what goes; a single item has no range."""
    rubric = Rubric(id="r", version=1, title="", source="", dimensions=(), rules=(), not_ratable=())
    later = with_added(TAKER, [GIVEN])
    assert notice_of(GIVEN, later, rubric).title == "Added on 2026-11-24: items 2 to 3"
    assert notice_of(GIVEN, GIVER, rubric).title == "Given to another rater on 2026-11-24: items 2 and 3"
    alone = replace(GIVEN, items=(THIRD,), asked=())
    assert notice_of(alone, with_added(TAKER, [alone]), rubric).title == "Added on 2026-11-24: item 2"
    assert summary_of(GIVEN) == "1 task of R3 given to R1"
