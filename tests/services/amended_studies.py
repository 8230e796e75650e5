"""Studies that were amended, under either rule of withdrawal."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from db.amendment_store import insert_amendments
from db.connection import close, open_for_writing, writing
from protocol.chain.amendment import Amendment, AmendmentKind
from rater.services.amending.amendments import Amended, clarify, withdraw
from rater.services.who import Who
from tests.conftest import StudyFile
from tests.services.small_studies import (
    APP,
    PLAIN,
    RATERS,
    SmallStudy,
    _copy,
    _templates,
    clock,
    desk_of,
    protocol_text,
    rate_item,
    seed_small,
    write_sources,
)

WHY = Who(name="admin", app=APP, reason="The answer was cut off.")
RULE = '[amendments]\nwithdraw = "task-for-model"'


@cache
def _begun(rule: str) -> SmallStudy:
    text = f"{protocol_text()}\n{rule}\n"
    small = seed_small(write_sources(_templates() / f"begun-{len(rule)}", protocol=text))
    for rater in RATERS:
        desk = small.desk(rater)
        desk.start_sitting()
        rate_item(desk, 0, levels=PLAIN)
        desk.close()
    return small


def begun_study(folder: Path, *, rule: str = "") -> SmallStudy:
    """Return a copy of an open study in which every rater completed the first item."""
    return _copy(_begun(rule), folder / "small")


def items_of(small: SmallStudy, rater: str = "R1") -> tuple[str, ...]:
    """Return the ids of a rater's items in their order."""
    desk = small.desk(rater)
    desk.close()
    return desk.session.items


def ruling(small: SmallStudy, text: str = "A link alone is no check.") -> Amended:
    """Record a ruling on D1."""
    return clarify(small.study, dimension="D1", text=text, who=WHY, clock=clock)


def withdrawal(small: SmallStudy, item: str) -> Amended:
    """Withdraw an item."""
    return withdraw(small.study, item=item, who=WHY, clock=clock)


def rate_rest(path: Path, rater: str | None = None) -> int:
    """Let a rater read every notice and complete what still needs a rating; return how many items."""
    desk = desk_of(path, rater)
    desk.start_sitting()
    for amendment in desk.unread:
        desk.mark_read(amendment)
    rated = 0
    while (position := desk.session.next_open(0)) is not None:
        rate_item(desk, position, levels=PLAIN)
        rated += 1
    desk.close()
    return rated


RULING = Amendment(
    number=1,
    day="2026-11-24",
    kind=AmendmentKind.CLARIFY,
    reason="Two raters asked.",
    dimension="D1",
    text="A link alone is no check.",
)


def amended(study: StudyFile, *amendments: Amendment) -> StudyFile:
    """Write amendments into a study file as if commands had made them."""
    connection = open_for_writing(study.path)
    try:
        with writing(connection):
            insert_amendments(connection, amendments)
    finally:
        close(connection)
    return study


def withdrawal_of(study: StudyFile, number: int, *, place: int) -> Amendment:
    """Return the withdrawal of the item at a place."""
    item = study.items[place]
    return Amendment(
        number=number,
        day="2026-11-24",
        kind=AmendmentKind.WITHDRAW,
        reason="It was cut off.",
        item=item.id,
        task=item.task_id,
        rule="task-for-model",
    )
