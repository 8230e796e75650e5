"""Small studies whose plan has an adjudication: rated so that raters part, locked, decided."""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from functools import cache
from pathlib import Path

from protocol.chain.events import EventDraft, EventKind, Span
from rater.services.adjudication.adjudicating import Reissued, finish_adjudication, open_adjudication
from rater.services.adjudication.adjudication_desk import AdjudicationDesk
from rater.services.doors.key_files import open_key
from tests.services.small_studies import (
    ADMIN,
    RATERS,
    SmallStudy,
    clock,
    lock_small,
    protocol_text,
    seed_small,
    write_sources,
)

PLAN = '[adjudication]\nwho = "A1"\n'
SECRET_NOTE = "a note nobody but its rater should see"


def adjudicated_protocol(plan: str = PLAN) -> str:
    """Return the study.toml of a small study with an adjudication."""
    return f"{protocol_text()}\n{plan}"


def seed_adjudicated(folder: Path, plan: str = PLAN) -> SmallStudy:
    """Seed a small study with an adjudication."""
    return seed_small(write_sources(folder, protocol=adjudicated_protocol(plan)))


def rate_apart(small: SmallStudy) -> None:
    """Rate everything: R2 goes higher in D1 under checks; R3 cannot rate D2 of canary-two's plain task-c."""
    allocation = open_key(small.key.read_bytes(), small.secrets).allocation
    for rater in RATERS:
        desk = small.desk(rater)
        desk.start_sitting()
        for position, item in enumerate(desk.session.items):
            origin = allocation[item]
            desk.show(position)
            higher = rater == "R2" and origin.scaffold == "checks"
            desk.record(
                EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D1", level=3 if higher else 1)
            )
            text = desk.item(position).conversation.messages[1].text
            desk.record(
                EventDraft(
                    kind=EventKind.QUOTE,
                    item_id=item,
                    dimension="D1",
                    span=Span(message=1, start=0, end=5),
                    texts={"quote": text[:5]},
                )
            )
            desk.record(
                EventDraft(kind=EventKind.NOTE, item_id=item, dimension="D1", texts={"note": SECRET_NOTE})
            )
            unsure = (origin.model, origin.scaffold, origin.task) == ("canary-two", "plain", "task-c")
            if rater == "R3" and unsure:
                draft = EventDraft(kind=EventKind.NOT_RATABLE, item_id=item, dimension="D2", reason="refusal")
            else:
                draft = EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D2", level=2)
            desk.record(draft)
            desk.record(EventDraft(kind=EventKind.COMPLETE, item_id=item))
        desk.record(EventDraft(kind=EventKind.SUBMIT))
        desk.close()


def open_adjudicator(small: SmallStudy, *, seed: int = 7) -> AdjudicationDesk:
    """Open a locked study for A1, orders and salts drawn from a seed."""
    return open_adjudication(
        small.study, adjudicator="A1", who=ADMIN, clock=clock, entropy=random.Random(seed)
    )


def decide(desk: AdjudicationDesk, place: int, *, level: int = 2, why: str = "overlooked") -> None:
    """Decide one disagreement."""
    cell = desk.cell(place)
    for draft in (
        EventDraft(kind=EventKind.SCORE, item_id=cell.item_id, dimension=cell.dimension, level=level),
        EventDraft(kind=EventKind.WHY, item_id=cell.item_id, dimension=cell.dimension, reason=why),
    ):
        desk.record(draft)


def decide_all(small: SmallStudy) -> None:
    """Decide every disagreement for level 2."""
    desk = open_adjudicator(small)
    try:
        desk.start_sitting()
        for place in range(desk.places):
            decide(desk, place)
    finally:
        desk.close()


def finish(small: SmallStudy) -> Reissued:
    """End the adjudication."""
    return finish_adjudication(small.study, who=ADMIN, clock=clock)


@cache
def _templates() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="adjudicated-studies-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _locked() -> SmallStudy:
    small = seed_adjudicated(_templates() / "locked")
    rate_apart(small)
    lock_small(small)
    return small


@cache
def _finished() -> SmallStudy:
    small = _copy(_locked(), _templates() / "finished")
    decide_all(small)
    finish(small)
    return small


def _copy(small: SmallStudy, folder: Path) -> SmallStudy:
    shutil.copytree(small.folder, folder)
    return SmallStudy(folder=folder)


def locked_apart(folder: Path) -> SmallStudy:
    """Return a copy of a locked study with disagreements that nobody has looked at."""
    return _copy(_locked(), folder / "small")


def finished_apart(folder: Path) -> SmallStudy:
    """Return a copy of a locked study whose disagreements are all decided for level 2."""
    return _copy(_finished(), folder / "small")


def code_of(small: SmallStudy) -> str:
    """Return the lock code that holds."""
    with small.raw() as connection:
        return str(connection.execute("SELECT lock_code FROM study").fetchone()[0])
