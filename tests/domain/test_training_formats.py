"""The bytes of training, which verify for ever: manifest, references, orders, ratings file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from protocol.chain.events import Event, EventDraft, EventKind, Head, genesis, make_event
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.chain.ratings_file import (
    TrainingChain,
    parse_ratings_text,
    ratings_text,
    verify_events,
    verify_training_events,
)
from protocol.errors import CheckFailedError, InvalidInputError
from protocol.training.attempts import order_of
from protocol.training.reference import Reference, read_references, references_body
from protocol.training.training_manifest import TrainingManifest, admission_sha256
from protocol.visible import TrainingGate

GOLDEN = Path(__file__).parent / "golden"
KEY = KeyBinding(sealed_sha256="11" * 32, allocation_commitment="22" * 32, redaction_commitment="33" * 32)
ITEMS = tuple(
    AssignedItem(item_id=f"{number:016x}", task_id=f"{16 + number:016x}", shown_sha256=f"{number:02x}" * 32)
    for number in range(1, 5)
)
ASSIGNMENT = AssignmentManifest(
    id="a" * 16,
    study_id="5" * 16,
    rater="R1",
    items=ITEMS[:1],
    dimensions=("D2", "D1"),
    rubric_sha256="44" * 32,
    protocol_sha256="55" * 32,
    key=KEY,
)
TRAINING = TrainingManifest(
    id="b" * 16,
    study_id="5" * 16,
    rater="R1",
    items=ITEMS,
    asked=tuple(item.item_id for item in ITEMS),
    dimensions=("D2", "D1"),
    assignment_sha256=ASSIGNMENT.sha256,
    references=tuple(f"{number:02x}" * 32 for number in range(5, 9)),
    gate=TrainingGate(kappa="0.7", agreement="0.7", repeats=2, refresher_after_days=None),
    admission_sha256=admission_sha256("b" * 16, "AAAA-BBBB-CCCC-DDDD"),
    rubric_sha256="44" * 32,
    protocol_sha256="55" * 32,
    key=KEY,
)


def chain(manifest: AssignmentManifest, *drafts: EventDraft) -> list[Event]:
    head = Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    events = []
    for draft in drafts:
        event = make_event(
            draft,
            head=head,
            rubric_sha256=manifest.rubric_sha256,
            app="0",
            at="2026-11-23T13:00:00.000Z",
            entropy=random.Random(head.seq),
        )
        head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
        events.append(event)
    return events


def ratings() -> str:
    """Return a ratings file with two events of training and one of the study."""
    trained = chain(
        TRAINING, EventDraft(kind=EventKind.ATTEMPT), EventDraft(kind=EventKind.ADMIT, reason="AAAA-BBBB")
    )
    rated = chain(ASSIGNMENT, EventDraft(kind=EventKind.SITTING))
    training = TrainingChain(manifest=TRAINING, events=trained)
    return ratings_text(ASSIGNMENT, rated, interim=True, app="0", training=training)


def test_the_bytes_are_the_golden_ones() -> None:
    """Manifest, references, the orders of three attempts, a ratings file: a change is one of the format."""
    references = {"D1": Reference(level=2, why="für sich"), "D2": Reference(reason="refusal", why="x")}
    found = "\n".join(
        [
            TRAINING.body().decode(),
            TRAINING.sha256,
            TRAINING.admission_sha256,
            references_body(references).decode(),
            *(" ".join(order_of(TRAINING, number)) for number in (1, 2, 3)),
            ratings(),
        ]
    )
    assert found == (GOLDEN / "training.txt").read_text(encoding="utf-8"), found


def test_everything_is_read_back_as_it_was_written() -> None:
    """And nothing that holds more or other."""
    assert TrainingManifest.from_body(TRAINING.body()) == TRAINING
    for old, new in ((b'"repeats":2', b'"repeats":true'), (b'"v":1', b'"v":1,"w":1'), (b'"0.7"', b'"9"')):
        with pytest.raises(CheckFailedError):
            TrainingManifest.from_body(TRAINING.body().replace(old, new))
    references = {"D1": Reference(level=2, why="x")}
    assert read_references(references_body(references)) == references
    for body in (b"{}x", b'{"D1":{"level":true,"why":"x"}}', b'{"D1":{"level":1}}', b'{"D1":[]}'):
        with pytest.raises(CheckFailedError):
            read_references(body)


def test_a_ratings_file_with_training_is_read_back() -> None:
    """Both chains verify; without the training manifest it is not of this study."""
    file = parse_ratings_text(ratings().encode(), where="f")
    assert len(verify_events(file, ASSIGNMENT, where="f")) == 1
    assert len(verify_training_events(file, TRAINING, where="f")) == 2
    with pytest.raises(CheckFailedError, match="not that of this study"):
        verify_training_events(file, None, where="f")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"training_events":2', '"training_events":3', "counts 3 events of training"),
        ('"training":true', '"training":1', "the field training is not true"),
        ('"training_events":2,', "", "training_events is missing"),
        (f'"training":"{"b" * 16}",', "", "fields that no ratings file has"),
    ],
)
def test_a_malformed_training_part_is_no_ratings_file(old: str, new: str, said: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(InvalidInputError, match=said):
        parse_ratings_text(ratings().replace(old, new).encode(), where="f")


def test_a_training_event_is_no_rating_event() -> None:
    """Moved out of its lines it breaks the study's chain."""
    text = ratings().replace('"training":true,', "")
    with pytest.raises(InvalidInputError, match="counts"):
        parse_ratings_text(text.encode(), where="f")


def test_no_order_is_that_of_the_attempt_before() -> None:
    """Nor is an item lost in one."""
    for number in range(1, 60):
        assert order_of(TRAINING, number) != order_of(TRAINING, number + 1)
        assert sorted(order_of(TRAINING, number)) == sorted(TRAINING.asked)
