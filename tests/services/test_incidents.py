"""Incidents: what was said outside the app is on record, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.audit_store import read_audit
from db.connection import close, open_for_reading
from db.study_store import read_study
from protocol.errors import (
    BlindError,
    BlindraterError,
    InvalidInputError,
    NotFoundError,
    UsageError,
    WrongStateError,
)
from rater.services.amending.incidents import Incident, incidents_of, record_incident
from rater.services.doors.doors import unlock_study
from tests.services.small_studies import (
    ADMIN,
    AT,
    SmallStudy,
    clock,
    locked_study,
    pack_of_r1,
    seeded_study,
    unblinded_study,
)


def record(
    small: SmallStudy, *, rater: str = "R1", items: tuple[str, ...] = (), text: str = "Overheard it."
) -> Incident:
    return record_incident(small.study, rater=rater, items=items, text=text, who=ADMIN, clock=clock)


def recorded(small: SmallStudy) -> list[Incident]:
    connection = open_for_reading(small.study)
    try:
        return incidents_of(read_audit(connection, study_id=read_study(connection).study_id))
    finally:
        close(connection)


def items_of(small: SmallStudy, rater: str) -> tuple[str, ...]:
    desk = small.desk(rater)
    desk.close()
    return desk.session.items


def test_an_incident_is_read_back_from_the_log(tmp_path: Path) -> None:
    """Of all items of a rater, and of two of them; in the order they were recorded."""
    small = seeded_study(tmp_path)
    two = items_of(small, "R2")[:2]
    first, second = record(small), record(small, rater="R2", items=two, text="A mail named it.\nTwice.")
    assert recorded(small) == [first, second]
    assert first == Incident(at=AT, rater="R1", items=(), text="Overheard it.")
    assert (second.items, second.text) == (two, "A mail named it.\nTwice.")
    assert small.actions() == ["seeded", "incident", "incident"]


def test_who_may_know_must_be_a_rater_of_the_study(tmp_path: Path) -> None:
    """The codes there are stand in the sentence; nothing is recorded."""
    small = seeded_study(tmp_path)
    with pytest.raises(NotFoundError, match="no rater R9") as caught:
        record(small, rater="R9")
    assert "R1, R2, R3" in caught.value.next_step
    assert recorded(small) == []


def test_an_item_must_be_one_of_the_raters(tmp_path: Path) -> None:
    """An unknown id, half an id, and an item that only others have."""
    small = seeded_study(tmp_path)
    own = items_of(small, "R1")
    foreign = next(item for item in items_of(small, "R2") if item not in own)
    for wrong in ("f" * 16, own[0][:8], "", foreign):
        with pytest.raises(NotFoundError, match="no item"):
            record(small, items=(own[0], wrong))
    assert recorded(small) == []


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_an_incident_needs_a_description(tmp_path: Path, text: str) -> None:
    """A blank one says nothing to whoever reads the report."""
    small = seeded_study(tmp_path)
    with pytest.raises(UsageError, match="description"):
        record(small, text=text)
    assert recorded(small) == []


def test_a_text_that_cannot_be_stored_is_invalid_input(tmp_path: Path) -> None:
    """Half a surrogate pair, as a terminal with another encoding gives it."""
    small = seeded_study(tmp_path)
    with pytest.raises(InvalidInputError):
        record(small, text="caf\udce9")
    assert recorded(small) == []


def test_incidents_are_recorded_while_the_study_is_open(tmp_path: Path) -> None:
    """Refused when locked and when unblinded, taken again after unlock."""
    past = locked_study(tmp_path)
    with pytest.raises(WrongStateError, match="locked"):
        record(past.small)
    unlock_study(past.small.study, who=ADMIN, clock=clock)
    record(past.small)
    (tmp_path / "u").mkdir()
    opened = unblinded_study(tmp_path / "u").small
    with pytest.raises(WrongStateError, match="unblinded"):
        record(opened)
    assert recorded(opened) == []


def test_a_pack_keeps_no_record(tmp_path: Path) -> None:
    """The sentence says what the file is."""
    pack = pack_of_r1(tmp_path, rated=0)
    with pytest.raises(InvalidInputError, match="pack"):
        record_incident(pack, rater="R1", items=(), text="x", who=ADMIN, clock=clock)


def test_an_incident_reaches_no_rater(tmp_path: Path) -> None:
    """Packs made afterwards hold no word of it."""
    from rater.services.packs.packs import write_pack

    small = seeded_study(tmp_path)
    record(small, text="overheard-at-the-coffee-machine")
    write_pack(small.study, "R1", tmp_path / "p.db")
    assert b"overheard-at-the-coffee-machine" not in (tmp_path / "p.db").read_bytes()
    assert b"overheard-at-the-coffee-machine" in small.study.read_bytes()


def test_a_file_that_is_no_study_is_a_sentence(tmp_path: Path) -> None:
    """Nothing there; a text file."""
    (tmp_path / "x.db").write_text("hello")
    for path in (tmp_path / "nowhere.db", tmp_path / "x.db"):
        with pytest.raises(BlindraterError):
            record_incident(path, rater="R1", items=(), text="x", who=ADMIN, clock=clock)


@pytest.mark.parametrize("text", ["Saw a slide about Qwen2-7B.", "It said: as an AI language model."])
def test_a_description_that_names_a_model_is_refused(tmp_path: Path, text: str) -> None:
    """The audit log is in a file that raters rate in."""
    small = seeded_study(tmp_path)
    with pytest.raises(BlindError, match="names a model"):
        record(small, text=text)
    assert recorded(small) == []
