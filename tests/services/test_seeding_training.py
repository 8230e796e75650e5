"""Seeding a study with training: what is refused, what is replaced, what is drawn."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from db.connection import close, open_for_reading
from db.training_store import read_gold, read_training_items
from protocol.errors import BlindError, InvalidInputError, NotFoundError, UsageError, WrongStateError
from protocol.sources.source_plan import SourceOverrides
from protocol.training.reference import TrainingItem
from rater.services.leaks.leaks import find_leaks
from rater.services.seeding.preparing import prepare
from tests.services.small_studies import MODELS, SmallStudy, desk_of, seed_small
from tests.services.trained_studies import (
    CALIBRATION,
    GOLD,
    gold_text,
    room_of,
    seed_trained,
    trained_study,
    training_line,
    training_text,
    write_trained,
)

REPLY = {"role": "assistant", "content": "It is 3 in all."}
"""What the study's fourth transcript says."""


def items_of(small: SmallStudy) -> list[TrainingItem]:
    connection = open_for_reading(small.study)
    try:
        return read_training_items(connection)
    finally:
        close(connection)


def test_a_study_with_training_is_seeded_like_one_without(tmp_path: Path) -> None:
    """Training is drawn last: items, orders and ids of the study are the same for the same draws."""
    with_training = write_trained(tmp_path / "with")
    seed_trained(with_training, entropy=random.Random(4))
    without = write_trained(tmp_path / "without", calibration="")
    seed_trained(without, entropy=random.Random(4))
    with with_training.raw() as one, without.raw() as other:
        query = "SELECT item_id, task_id, body FROM item"
        assert one.execute(query).fetchall() == other.execute(query).fetchall()


@pytest.mark.parametrize(
    "more",
    [
        {"id": f"{MODELS[0]}-plain-task-a"},
        {"messages": [{"role": "assistant", "content": "it  is 3 IN all."}]},
    ],
    ids=["by id", "by text"],
)
def test_a_study_item_in_the_training_stops_the_seeding(tmp_path: Path, more: dict[str, object]) -> None:
    """Case, blanks and the question do not hide it; nothing is written."""
    small = write_trained(tmp_path, training=training_text(**more))
    with pytest.raises(InvalidInputError, match="A study item stands in the training") as caught:
        seed_trained(small)
    assert "training.jsonl, line 1" in str(caught.value)
    assert not small.study.exists()
    assert not small.key.exists()


def test_one_long_reply_in_common_stops_the_seeding(tmp_path: Path) -> None:
    """A training text that shares a whole long reply gives the item away, whatever else it says."""
    small = write_trained(tmp_path)
    reply = "This reply is long enough to be recognised. " * 6
    lines = [json.loads(line) for line in small.transcripts.read_text(encoding="utf-8").splitlines()]
    lines[0]["messages"] += [
        {"role": "user", "content": "And now?"},
        {"role": "assistant", "content": reply},
    ]
    small.transcripts.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    shared = [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": reply}]
    (tmp_path / "training.jsonl").write_text(training_text(messages=shared), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="A study item stands in the training"):
        seed_trained(small)


def test_training_texts_are_de_identified(tmp_path: Path) -> None:
    """Names of the study's models and of the training's own are replaced, as everywhere."""
    text = f"I am {MODELS[0]} and not house-model-9, says GPT-4."
    messages = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": text}]
    small = write_trained(tmp_path, training=training_text(messages=messages, model="house-model-9"))
    seed_trained(small)
    data = small.study.read_bytes()
    for word in (MODELS[0].encode(), b"house-model-9", b"GPT-4"):
        assert word not in data
    assert any("[redacted]" in one.item.conversation.messages[1].text for one in items_of(small))


@pytest.mark.parametrize(
    "more",
    [
        {"reference": {"D1": {"level": 0, "why": f"{MODELS[1]} does this"}, "D2": {"level": 3, "why": "x"}}},
        {"card": {"brief": f"Ask {MODELS[1]} this."}},
    ],
    ids=["explanation", "card"],
)
def test_what_the_admin_wrote_is_never_changed(tmp_path: Path, more: dict[str, object]) -> None:
    """A name in an explanation or card stops the seeding, and `leaks` shows it before."""
    small = write_trained(tmp_path, training=training_text(**more))
    with pytest.raises(BlindError, match="the training, "):
        seed_trained(small)
    report = find_leaks(small.protocol, [small.transcripts], overrides=SourceOverrides(), decisions={})
    assert any("the training, " in leak.where for leak in report.own_texts)


def test_the_words_of_a_scaffold_in_a_gold_explanation_stop_the_seeding(tmp_path: Path) -> None:
    """Gold stays in the study file, which tells no condition either."""
    gold = gold_text().replace(
        "because the reply is of level 0",
        "It was told: always offer the person three independent ways of checking each figure.",
    )
    small = write_trained(tmp_path, calibration=CALIBRATION + GOLD, gold=gold)
    with pytest.raises(BlindError, match="the gold references"):
        seed_trained(small)


def test_hits_in_training_texts_are_decided_like_others(tmp_path: Path) -> None:
    """With "ask" they wait, under the name of their transcript."""
    messages = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Ask GPT-4 then."}]
    small = write_trained(tmp_path, training=training_text(messages=messages))
    text = small.protocol.read_text(encoding="utf-8") + '\n[redaction]\nnames = "ask"\n'
    small.protocol.write_text(text, encoding="utf-8")
    with pytest.raises(BlindError, match="in training texts wait for a decision"):
        seed_trained(small)
    report = find_leaks(small.protocol, [small.transcripts], overrides=SourceOverrides(), decisions={})
    assert [hit.place.origin.task for hit in report.hits] == ["training example-0"]
    assert report.undecided == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reference": None}, "reference: found nothing"),
        ({"reference": {"D1": {"level": 1, "why": "x"}}}, "reference.D2"),
        (
            {"reference": {"D1": {"level": 7, "why": "x"}, "D2": {"level": 1, "why": "x"}}},
            "one of the levels",
        ),
        ({"reference": {"D1": {"level": 1, "why": " "}, "D2": {"level": 1, "why": "x"}}}, "the explanation"),
        ({"reference": {"D1": {"reason": "no", "why": "x"}, "D2": {"level": 1, "why": "x"}}}, "refusal"),
        (
            {"reference": {"D1": {"level": True, "why": "x"}, "D2": {"level": 1, "why": "x"}}},
            "a level or a reason",
        ),
        (
            {
                "reference": {
                    "D1": {"level": 1, "why": "x"},
                    "D2": {"level": 1, "why": "x"},
                    "D9": {"level": 1, "why": "x"},
                }
            },
            "no dimension of the rubric",
        ),
        ({"card": None}, "a task card, or the id of a task"),
        ({"card": {"brief": "x", "claim": []}}, "an unknown key"),
        ({"messages": []}, "a list of messages"),
        ({"id": "example-1"}, "an id of its own"),
    ],
)
def test_mistakes_of_the_training_file_are_named(tmp_path: Path, more: dict[str, object], said: str) -> None:
    """With file, line and field; nothing is read."""
    small = write_trained(tmp_path, training=training_text(**more))
    with pytest.raises(InvalidInputError, match="The training transcripts have") as caught:
        prepare(small.protocol, [small.transcripts])
    assert said in str(caught.value)
    assert "training.jsonl, line" in str(caught.value)


def test_one_level_throughout_is_no_training(tmp_path: Path) -> None:
    """On it no kappa is defined, so nobody could pass."""
    lines = [training_line(number) for number in range(3)]
    for line in lines:
        line["reference"] = {"D1": {"level": 2, "why": "x"}, "D2": {"level": 1, "why": "x"}}
    small = write_trained(tmp_path, training="".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InvalidInputError, match="at least two different levels"):
        prepare(small.protocol, [small.transcripts])


def test_a_training_file_that_is_not_there(tmp_path: Path) -> None:
    """It lies beside study.toml."""
    small = write_trained(tmp_path)
    (tmp_path / "training.jsonl").unlink()
    with pytest.raises(NotFoundError):
        prepare(small.protocol, [small.transcripts])


def test_a_share_of_gold_items_is_drawn(tmp_path: Path) -> None:
    """gold_share of all items, from those that have references; more than there are is refused."""
    small = write_trained(tmp_path, calibration=f"{CALIBRATION}{GOLD}gold_share = 0.16\n", gold=gold_text())
    assert seed_trained(small).gold_items == 2  # of twelve items
    connection = open_for_reading(small.study)
    assert len(read_gold(connection)) == 2
    close(connection)
    more = write_trained(
        tmp_path / "more", calibration=f"{CALIBRATION}{GOLD}gold_share = 0.5\n", gold=gold_text()
    )
    with pytest.raises(InvalidInputError, match="asks for 6 gold items"):
        seed_trained(more)


def test_a_share_of_no_item_is_no_share(tmp_path: Path) -> None:
    """A study whose plan says gold items has some."""
    small = write_trained(tmp_path, calibration=f"{CALIBRATION}{GOLD}gold_share = 0.01\n", gold=gold_text())
    with pytest.raises(InvalidInputError, match="less than half of one of 12 items"):
        seed_trained(small)


def test_gold_of_nothing_in_the_study(tmp_path: Path) -> None:
    """A reference names a transcript of the study."""
    gold = gold_text().replace(f"{MODELS[0]}-plain-task-a", "somewhere-else")
    small = write_trained(tmp_path, calibration=CALIBRATION + GOLD, gold=gold)
    with pytest.raises(InvalidInputError, match="A gold reference is not of one study item"):
        seed_trained(small)


def test_begun_training_is_never_replaced(tmp_path: Path) -> None:
    """As ratings: nothing that somebody did is lost by seeding anew."""
    small = trained_study(tmp_path)
    desk = desk_of(small.study, "R1")
    room_of(desk).begin_attempt()
    desk.close()
    small.key.rename(tmp_path / "old.key")
    with pytest.raises(WrongStateError, match="training that was begun"):
        seed_trained(small, replace=True)


def test_material_and_protocol_belong_together(tmp_path: Path) -> None:
    """A caller that forgets the material does not seed a study without training."""
    with pytest.raises(UsageError, match="do not belong together"):
        seed_small(write_trained(tmp_path))
