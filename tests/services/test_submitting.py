"""Handing in: what is written, what is frozen, and what is never overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from protocol.chain.events import EventDraft, EventKind
from protocol.chain.ratings_file import parse_ratings_text
from protocol.errors import StorageError, UsageError, WrongStateError
from rater.services.packs.packs import write_pack
from rater.services.sitting.submitting import Submission, submit
from tests.services.small_studies import (
    APP,
    PLAIN,
    desk_of,
    pack_of_r1,
    rate_item,
    seed_small,
    seeded_study,
    write_sources,
)


def hand_in(pack: Path, *, interim: bool = False, output: Path | None = None) -> Submission:
    return submit(pack, rater=None, output=output, interim=interim, app=APP)


def test_a_file_is_not_handed_in_before_every_item_is_completed(tmp_path: Path) -> None:
    """The gap is counted, the way on is named, nothing is written and nothing is closed."""
    pack = pack_of_r1(tmp_path, rated=3)
    with pytest.raises(WrongStateError, match="5 of 8 items are not completed") as caught:
        hand_in(pack)
    assert "--interim" in caught.value.next_step
    assert not (tmp_path / "R1.ratings.jsonl").exists()
    desk = desk_of(pack)
    assert not desk.session.submitted
    desk.close()


def test_an_interim_copy_is_written_at_any_time_and_closes_nothing(tmp_path: Path) -> None:
    """The rater goes on afterwards."""
    pack = pack_of_r1(tmp_path, rated=3)
    done = hand_in(pack, interim=True)
    assert (done.completed, done.items, done.interim) == (3, 8, True)
    file = parse_ratings_text(done.path.read_bytes(), where="F")
    assert file.header.interim
    assert file.receipt == done.receipt
    desk = desk_of(pack)
    rate_item(desk, 3, levels=PLAIN)
    assert desk.session.completed_count == 4
    desk.close()


def test_handing_in_ends_the_chain_and_freezes_the_ratings(tmp_path: Path) -> None:
    """The last event is the hand-in; the desk takes nothing after it."""
    pack = pack_of_r1(tmp_path, rated=8)
    done = hand_in(pack)
    desk = desk_of(pack)
    assert desk.events[-1].draft.kind is EventKind.SUBMIT
    assert len(desk.events) == done.events
    item = desk.session.items[0]
    for draft in (
        EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D1", level=3),
        EventDraft(kind=EventKind.SITTING),
        EventDraft(kind=EventKind.SUBMIT),
        EventDraft(kind=EventKind.RETRACT, target=done.events),
    ):
        with pytest.raises(WrongStateError, match="handed in"):
            desk.record(draft)
    assert len(desk.events) == done.events
    desk.close()


@pytest.mark.parametrize("again_as_interim", [False, True])
def test_handing_in_again_writes_the_same_bytes(tmp_path: Path, again_as_interim: bool) -> None:
    """A lost file can be written anew, and stays final even where an interim copy is asked for."""
    pack = pack_of_r1(tmp_path, rated=8)
    first = hand_in(pack)
    data = first.path.read_bytes()
    again = hand_in(pack, interim=again_as_interim)
    assert first.path.read_bytes() == data
    assert again == first
    assert not again.interim


def test_a_later_copy_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    """Interim, interim again, then final, under one name; each holds the one before it."""
    pack = pack_of_r1(tmp_path, rated=2)
    target = hand_in(pack, interim=True).path
    sizes = [len(parse_ratings_text(target.read_bytes(), where="F").events)]
    for count, interim in ((3, True), (8, False)):
        desk = desk_of(pack)
        for position in range(desk.session.completed_count, count):
            rate_item(desk, position, levels=PLAIN)
        desk.close()
        hand_in(pack, interim=interim)
        sizes.append(len(parse_ratings_text(target.read_bytes(), where="F").events))
    assert sizes == sorted(set(sizes))
    assert not parse_ratings_text(target.read_bytes(), where="F").header.interim
    assert sorted(path.name for path in tmp_path.iterdir()) == ["R1.pack.db", "R1.ratings.jsonl"]


def foreign_text(tmp_path: Path) -> bytes:
    """Return the ratings file of the same rater in another study."""
    other = tmp_path / "other"
    other.mkdir()
    return hand_in(pack_of_other_seed(other), interim=True).path.read_bytes()


def pack_of_other_seed(folder: Path) -> Path:
    small = seed_small(write_sources(folder / "study"), seed=99)
    pack = folder / "R1.pack.db"
    write_pack(small.study, "R1", pack)
    return pack


@pytest.mark.parametrize("what", ["text", "empty", "another study's", "a longer copy", "a folder"])
def test_a_file_that_is_no_earlier_copy_is_never_overwritten(tmp_path: Path, what: str) -> None:
    """What is in the way stays byte for byte, and nothing is closed."""
    pack = pack_of_r1(tmp_path, rated=8)
    target = tmp_path / "R1.ratings.jsonl"
    if what == "a longer copy":
        # The same pack was copied, and the copy went on.
        copy = tmp_path / "copy.db"
        copy.write_bytes(pack.read_bytes())
        hand_in(copy, output=target)
    elif what == "a folder":
        target.mkdir()
    else:
        content = {"text": b"my notes\n", "empty": b""}.get(what)
        target.write_bytes(foreign_text(tmp_path) if content is None else content)
    before = None if target.is_dir() else target.read_bytes()
    with pytest.raises(UsageError, match="no earlier copy") as caught:
        hand_in(pack, interim=True)
    assert "-o" in caught.value.next_step
    if before is not None:
        assert target.read_bytes() == before
    with pytest.raises(UsageError):
        hand_in(pack)
    desk = desk_of(pack)
    assert not desk.session.submitted
    desk.close()


def test_the_file_belongs_to_its_writer_alone(tmp_path: Path) -> None:
    """Mode 0600, also where it took the place of one that others could read."""
    pack = pack_of_r1(tmp_path, rated=1)
    target = hand_in(pack, interim=True).path
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    target.chmod(0o644)
    hand_in(pack, interim=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_folder_that_does_not_exist_is_said_before_the_ratings_are_closed(tmp_path: Path) -> None:
    """A mistyped folder must not close the ratings with nothing to send."""
    pack = pack_of_r1(tmp_path, rated=8)
    with pytest.raises(StorageError):
        hand_in(pack, output=tmp_path / "nowhere" / "R1.ratings.jsonl")
    desk = desk_of(pack)
    assert not desk.session.submitted
    desk.close()


def test_ratings_made_in_the_study_file_can_be_handed_in(tmp_path: Path) -> None:
    """A rater who works in the study file has a receipt too."""
    small = seeded_study(tmp_path)
    desk = small.desk("R2")
    for position in range(len(desk.session.items)):
        rate_item(desk, position, levels=PLAIN)
    desk.close()
    done = submit(small.study, rater="R2", output=tmp_path / "mine.jsonl", interim=False, app=APP)
    assert small.receipts()["R2"] == done.receipt
