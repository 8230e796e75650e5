"""What is worth a question to a rater: sittings at once, installations, forks, pace."""

from __future__ import annotations

import random

import pytest

from protocol.chain.events import INSTALLATION, Event, EventDraft, EventKind, Head, make_event
from protocol.conversation import Conversation, Message
from protocol.odd_work import (
    ItemTime,
    OddKind,
    odd_fork,
    odd_pace,
    odd_sittings,
    others_medians,
    which_installation,
    words_of,
)

HERE, THERE = "aa" * 16, "bb" * 16


def chain(*steps: str) -> list[Event]:
    """Return a chain of steps such as "sit 09:00" or "sit 09:00 aa..." and "do 09:05"; no time is "-"."""
    head = Head(chain_id="00" * 8, seq=0, hash="00" * 32)
    events = []
    for step in steps:
        what, at, *mark = step.split()
        texts = {INSTALLATION: mark[0]} if mark else {}
        event = make_event(
            EventDraft(kind=EventKind.SITTING, texts=texts)
            if what == "sit"
            else EventDraft(kind=EventKind.COMPLETE, item_id="i"),
            head=head,
            rubric_sha256="00" * 32,
            app="0",
            at=None if at == "-" else f"2026-01-05T{at}:00.000Z",
            entropy=random.Random(1),
        )
        head = Head(chain_id=head.chain_id, seq=event.seq, hash=event.hash)
        events.append(event)
    return events


def test_a_sitting_that_begins_before_an_earlier_one_ended_is_told() -> None:
    """Also where a short one lies in between, and with how far they overlap."""
    events = chain("sit 09:00", "do 10:30", "sit 09:10", "do 09:20", "sit 10:00", "do 11:00")
    found = [(one.kind, one.text) for one in odd_sittings(events)]
    assert [kind for kind, _ in found] == [OddKind.OVERLAP, OddKind.OVERLAP]
    assert "sitting 2 began at 2026-01-05T09:10:00.000Z, 10 min before sitting 1 ended" in found[0][1]
    assert "sitting 3 began at 2026-01-05T10:00:00.000Z, 30 min before sitting 1 ended" in found[1][1]


@pytest.mark.parametrize(
    "steps",
    [
        ("sit 09:00", "do 09:10", "sit 09:10", "do 09:30"),
        ("sit 09:00", "do 09:10", "sit 09:09", "do 09:30"),
        ("sit -", "do -", "sit -", "do -"),
        ("do 09:00",),
        (),
    ],
)
def test_sittings_after_each_other_and_without_times_are_not_odd(steps: tuple[str, ...]) -> None:
    """A minute is what a corrected clock may be off, and minutes are what some studies record."""
    assert list(odd_sittings(chain(*steps))) == []


def test_two_installations_are_told_with_the_sittings_on_each() -> None:
    """In order, so that going to and fro is seen; sittings without a mark say nothing."""
    events = chain(
        f"sit 09:00 {HERE}", f"sit 10:00 {HERE}", "sit 11:00", f"sit 12:00 {THERE}", f"sit 13:00 {HERE}"
    )
    (found,) = odd_sittings(events)
    assert found.kind is OddKind.INSTALLATIONS
    assert found.text == (
        "worked on 2 installations of the program: sittings 1 to 2 on installation 1, sitting 4 on "
        "installation 2, sitting 5 on installation 1"
    )
    assert list(odd_sittings(chain(f"sit 09:00 {HERE}", "sit 10:00", f"sit 11:00 {HERE}"))) == []


@pytest.mark.parametrize(
    ("there", "known"), [(f" {THERE}", "another"), (f" {HERE}", "same"), ("", "unknown")]
)
def test_a_fork_is_told_with_its_installation_and_the_time_both_were_at_work(there: str, known: str) -> None:
    """The marks are those of the sittings in which the copies part."""
    begun = (f"sit 09:00 {HERE}", "do 09:10")
    ours = chain(*begun, f"sit 10:00 {HERE}", "do 11:00")
    theirs = chain(*begun, f"sit 10:30{there}", "do 12:00", "do 12:05")
    assert which_installation(ours, theirs, 3) == known
    fork, overlap = odd_fork(ours, theirs, 3)
    assert (fork.kind, overlap.kind) == (OddKind.FORK, OddKind.OVERLAP)
    assert "parts from the study at event 3" in fork.text
    assert "3 events of it are in no result" in fork.text
    assert ("another installation" in fork.text) == (known == "another")
    assert "overlap by 30 min from 2026-01-05T10:30:00.000Z on" in overlap.text


def times(seconds: float, count: int = 10, words: int = 0) -> list[ItemTime]:
    return [ItemTime(active_ms=round(1000 * seconds), words=words)] * count


def test_a_pace_under_a_third_of_the_others_is_told() -> None:
    """At a third it is not; nor with fewer than ten timed items, nor where nobody else was timed."""
    (found,) = odd_pace(times(19), 60.0)
    assert found.kind is OddKind.PACE
    assert found.text == "takes 19 s for an item (median of 10), less than a third of the others' 60 s"
    assert list(odd_pace(times(20), 60.0)) == []
    assert list(odd_pace(times(1, count=9), 60.0)) == []
    assert list(odd_pace(times(1), None)) == []


def test_items_done_sooner_than_they_can_be_read_are_told() -> None:
    """714 words take a minute at three times the usual 238; half of the items is where it begins."""
    slow, fast = times(61, count=6, words=714), times(59, count=5, words=714)
    assert list(odd_pace([*slow, *fast], None)) == []
    (found,) = odd_pace([*slow, *fast, *times(59, count=1, words=714)], None)
    assert found.kind is OddKind.READING
    assert "completed 6 of 12 items sooner than they can be read at 714 words a minute" in found.text


def test_the_others_are_everybody_else() -> None:
    """A rater is never compared with the own median."""
    assert others_medians({"R1": 10.0, "R2": 20.0, "R3": 60.0}) == {"R1": 40.0, "R2": 35.0, "R3": 15.0}
    assert others_medians({"R1": 10.0}) == {"R1": None}


def test_words_are_those_of_user_and_assistant() -> None:
    """Texts of tools are folded, and nobody has to read them."""
    said = (("user", "one two"), ("assistant", "three"), ("tool", "not counted at all"))
    messages = tuple(Message(role=role, text=text) for role, text in said)  # type: ignore[arg-type]  # literals
    assert words_of(Conversation(messages=messages)) == 3
