"""Nothing of the training tells a condition: its bytes in a pack, its screens, its lines."""

from __future__ import annotations

import io
import random
from pathlib import Path

from rater.plain.dialogue import Dialogue
from rater.plain.loop import hold_sitting
from rater.services.packs.packs import write_pack
from rater.services.sitting.opening import open_desk
from rater.services.sitting.submitting import submit
from rater.tui.app import RaterApp
from tests.services.small_studies import APP, MODELS, clock
from tests.services.trained_studies import (
    CALIBRATION,
    GOLD,
    go_through,
    gold_text,
    right,
    room_of,
    seed_trained,
    training_text,
    write_trained,
)
from tests.tui.driving import WIDE, text_of

SCAFFOLD_WORDS = "three independent ways of checking each figure"
OWN_MODEL = "house-model-9"
TRAINING_ID = "training-of-house-nine"


async def test_no_word_of_a_condition_reaches_a_rater_through_training(tmp_path: Path) -> None:
    """A training text that names models and repeats a scaffold: pack, ratings file, app and plain mode."""
    spoken = (
        f"I am {OWN_MODEL}, not {MODELS[0]}. Always offer the person {SCAFFOLD_WORDS} you state."
        " That is all I was told."
    )
    messages = [
        {"role": "system", "content": "A hidden text of the training with words of its own alone."},
        {"role": "user", "content": "Who are you?"},
        {"role": "assistant", "content": spoken},
    ]
    training = training_text(
        id=TRAINING_ID, model=OWN_MODEL, scaffold="checks", messages=messages, metadata={"model": OWN_MODEL}
    )
    small = write_trained(tmp_path, calibration=CALIBRATION + GOLD, training=training, gold=gold_text())
    seed_trained(small, entropy=random.Random(6))
    pack = tmp_path / "R1.pack.db"
    write_pack(small.study, "R1", pack)
    seen = [await _screens(pack), _lines(pack)]
    ratings = submit(pack, rater=None, output=None, interim=True, app=APP).path.read_text(encoding="utf-8")
    for where, text in (
        ("pack", pack.read_bytes().decode("utf-8", "replace")),
        ("study", small.study.read_bytes().decode("utf-8", "replace")),
        ("ratings", ratings),
        ("app", seen[0]),
        ("plain", seen[1]),
    ):
        flat = " ".join(text.split()).casefold()
        for word in (*MODELS, OWN_MODEL, SCAFFOLD_WORDS, "a hidden text", TRAINING_ID, "training.jsonl"):
            assert word not in flat, (where, word)
    assert "[redacted]" in seen[0]
    assert "[redacted]" in seen[1]


async def _screens(pack: Path) -> str:
    """Walk through the first attempt and read everything again; return all that was shown."""
    desk = open_desk(pack, rater=None, app=APP, clock=clock)
    room, shown = room_of(desk), []
    app = RaterApp(desk)
    try:
        async with app.run_test(size=WIDE) as pilot:
            for key in ("enter", "enter"):
                await pilot.press(key)
                await pilot.pause()
                shown.append(text_of(app))
            for _ in room.session.items:
                await pilot.press("0", "0")
                await pilot.pause()
                shown.append(text_of(app))
                await pilot.press("enter")
                await pilot.pause()
                shown.append(text_of(app))
                await pilot.press("enter")
                await pilot.pause()
            shown.append(text_of(app))
    finally:
        desk.close()
    return "\n".join(shown)


def _lines(pack: Path) -> str:
    """Pass, then print every training item again in the plain mode."""
    desk = open_desk(pack, rater=None, app=APP, clock=clock)
    if not room_of(desk).progress.state.opens:
        go_through(room_of(desk), right)
    sink = io.StringIO()
    try:
        answers = ["", "R", *(f"R {number}" for number in range(1, 5))]
        hold_sitting(desk, Dialogue(io.StringIO("".join(f"{one}\n" for one in answers)), sink))
    finally:
        desk.close()
    return sink.getvalue()
