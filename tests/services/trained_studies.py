"""A small study with training, gold items and a refresher, seeded once and copied for every test."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from protocol.chain.events import EventDraft, EventKind
from protocol.chain.identifiers import Entropy
from rater.services.seeding.preparing import prepare
from rater.services.seeding.seeding import Seeded, SeedRequest, seed_study
from rater.services.sitting.opening import open_desk
from rater.services.sitting.rating import RatingDesk
from rater.services.sitting.training_desk import TrainingDesk
from tests.services.small_studies import (
    ADMIN,
    APP,
    AT,
    MODELS,
    SmallStudy,
    _templates,
    clock,
    protocol_text,
    rate_item,
    recipient_of,
    write_sources,
)

WHY = "because the reply"
"""Every explanation begins with it."""
CALIBRATION = '[calibration]\nfile = "training.jsonl"\nrepeats = 1\nrefresher_after_days = 14\n'
GOLD = 'gold = "gold.jsonl"\n'
TRAINING_ITEMS = 4
REFERENCES = {"D1": (0, 1, 2, 3), "D2": (3, 2, 1, 0)}
"""Levels by dimension, one for each training item in the order of the file."""


def reference(levels: Mapping[str, int]) -> dict[str, object]:
    """Return the field `reference` of a line."""
    return {name: {"level": level, "why": f"{WHY} is of level {level}"} for name, level in levels.items()}


def training_line(number: int, **more: object) -> dict[str, object]:
    """Return one line of the training file, counted from 0."""
    return {
        "id": f"example-{number}",
        "card": {"brief": f"Answer practice question {number}."},
        "messages": [
            {"role": "user", "content": f"What about practice {number}?"},
            {"role": "assistant", "content": f"Practice answer {number}, as long as it has to be."},
        ],
        "reference": reference({name: levels[number] for name, levels in REFERENCES.items()}),
        **more,
    }


def training_text(**more: object) -> str:
    """Return a training file; `more` goes into the first line."""
    lines = [training_line(number, **(more if number == 0 else {})) for number in range(TRAINING_ITEMS)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def gold_text() -> str:
    """Return references of three study items."""
    names = [f"{MODELS[0]}-plain-task-a", f"{MODELS[0]}-checks-task-b", f"{MODELS[1]}-plain-task-c"]
    lines = [{"id": name, "reference": reference({"D1": place, "D2": 2})} for place, name in enumerate(names)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def write_trained(
    folder: Path, *, calibration: str = CALIBRATION, training: str | None = None, gold: str | None = None
) -> SmallStudy:
    """Write the sources of a study with training."""
    small = write_sources(folder, protocol=f"{protocol_text()}\n{calibration}")
    (folder / "training.jsonl").write_text(training or training_text(), encoding="utf-8")
    if gold is not None:
        (folder / "gold.jsonl").write_text(gold, encoding="utf-8")
    return small


def seed_trained(small: SmallStudy, *, entropy: Entropy | None = None, replace: bool = False) -> Seeded:
    """Seed a study from its sources."""
    prepared = prepare(small.protocol, [small.transcripts])
    return seed_study(
        prepared.protocol,
        prepared.study_toml,
        prepared.transcripts,
        SeedRequest(
            study_path=small.study,
            key_path=small.key,
            recipients=(recipient_of(small),),
            decisions=prepared.decisions,
            replace=replace,
            who=ADMIN.name,
            app=APP,
        ),
        entropy=entropy or random.Random(1),
        clock=clock,
        training=prepared.training,
    )


@cache
def _seeded() -> SmallStudy:
    small = write_trained(_templates() / "trained", calibration=CALIBRATION + GOLD, gold=gold_text())
    seed_trained(small)
    return small


def trained_study(folder: Path) -> SmallStudy:
    """Return a copy of a study with training in which nobody has begun."""
    shutil.copytree(_seeded().folder, folder / "small")
    return SmallStudy(folder=folder / "small")


def room_of(desk: RatingDesk) -> TrainingDesk:
    """Return the training at a desk."""
    if desk.training is None:
        raise LookupError("the study has no training")
    return desk.training


def right(room: TrainingDesk, item: str, dimension: str) -> int:
    """Return the reference's level."""
    level = room.references(item)[dimension].level
    if level is None:
        raise LookupError("the reference has no level")
    return level


def wrong(room: TrainingDesk, item: str, dimension: str) -> int:
    """Return the level at the other end."""
    return 3 - right(room, item, dimension)


def score_all(room: TrainingDesk, level_of: Callable[[TrainingDesk, str, str], int] = right) -> None:
    """Score and complete what is left of the current attempt."""
    for position, item in enumerate(room.session.items):
        if room.session.of(item).completed:
            continue
        rate_item(room, position, levels={name: level_of(room, item, name) for name in ("D1", "D2")})


def go_through(room: TrainingDesk, *results: Callable[[TrainingDesk, str, str], int]) -> None:
    """Make attempts with these results, one after the other."""
    for level_of in results:
        room.begin_attempt()
        score_all(room, level_of)


def pass_training(path: Path, rater: str, *, at: str = AT) -> None:
    """Let a rater pass at the first attempt."""
    desk = open_desk(path, rater=rater, app=APP, entropy=random.Random(rater), clock=lambda: at)
    go_through(room_of(desk), right)
    desk.close()


def rate_everything(path: Path, rater: str, *, hand_in: bool = True) -> None:
    """Let a trained rater complete every study item of theirs."""
    desk = open_desk(path, rater=rater, app=APP, entropy=random.Random(f"{rater} 2"), clock=clock)
    desk.start_sitting()
    for position in range(len(desk.session.items)):
        rate_item(desk, position, levels={"D1": 1, "D2": 2})
    if hand_in:
        desk.record(EventDraft(kind=EventKind.SUBMIT))
    desk.close()


def admit_code(small: SmallStudy, rater: str) -> str:
    """Return the code with which a rater can be let in."""
    with small.raw() as connection:
        row = connection.execute(
            "SELECT code FROM training_admission JOIN training_manifest USING (manifest_id) WHERE rater = ?",
            (rater,),
        ).fetchone()
    return str(row[0])
