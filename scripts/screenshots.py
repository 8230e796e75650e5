"""Draw the pictures in docs/images from the real app on a fixed study: `make screenshots`."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.connection import FileKind
from db.creation import create_file
from db.item_store import insert_items
from db.manifest_store import insert_manifests
from db.study_store import StudyRecord, StudyState, insert_study
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.conversation import Conversation, Message, ToolCall
from protocol.item import Item
from protocol.study_file import read_study
from protocol.visible import StudyKind, TaskCard, VisibleProtocol
from rater.services.sitting.opening import open_desk
from rater.settings import Settings
from rater.tui.app import RaterApp

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
ITEM_COUNT = 60
DONE = 11

CARD = TaskCard(
    brief="A user pastes two phone contracts and asks which is cheaper over 24 months.",
    user_has="Both contracts as pasted; the providers' web pages.",
    claims=("Contract A costs 486 over 24 months.", "Contract B costs 528.", "Neither has an exit fee."),
    decision_points=("Over how many months to compare.", "Whether to count the price of the handset."),
)

CONVERSATION = Conversation(
    messages=(
        Message(
            role="user",
            text="Here are two phone contracts. Which one is cheaper over two years? A: 19 a month, 30 to"
            " start. B: 10 a month for half a year, then 26.",
        ),
        Message(
            role="assistant",
            text="Over 24 months:\n\n    A: 24 x 19 + 30      = 486\n    B: 6 x 10 + 18 x 26 = 528\n\nA is"
            " cheaper by 42. If your total differs, I have misread a price: check the line with the six "
            "months first, it moves the answer most.\n\nI took 24 months because that is the shorter"
            " term of the two. Say so if you plan to leave earlier, then B wins.",
            tool_calls=(ToolCall(id="t1", name="sum", arguments='{"terms": [486, 528]}'),),
        ),
        Message(role="tool", text="1014", tool_call_id="t1"),
        Message(role="user", text="Thanks. And is there a fee for leaving early?"),
        Message(
            role="assistant",
            text="None is given in what you pasted, so I assumed none. The early-termination clause of each"
            " contract settles it.",
        ),
    )
)


def study_file(path: Path) -> None:
    """Write a study with one rater, the rubric of the sample, and one conversation many times."""
    sample = (ROOT / "rater" / "sample" / "study.toml").read_text(encoding="utf-8")
    rubric = read_study(sample, where="study.toml").rubric
    items = [
        Item(id=f"{number:016x}", task_id=f"{0xA0 + number:016x}", conversation=CONVERSATION, card=CARD)
        for number in range(ITEM_COUNT)
    ]
    key = KeyBinding(sealed_sha256="11" * 32, allocation_commitment="22" * 32, redaction_commitment="33" * 32)
    manifest = AssignmentManifest(
        id="1" * 32,
        study_id="5" * 16,
        rater="R1",
        items=tuple(
            AssignedItem(item_id=item.id, task_id=item.task_id, shown_sha256=item.shown_sha256)
            for item in items
        ),
        dimensions=tuple(dimension.id for dimension in rubric.dimensions),
        rubric_sha256=rubric.sha256,
        protocol_sha256="44" * 32,
        key=key,
    )
    record = StudyRecord(
        file=FileKind.STUDY,
        study_id="5" * 16,
        kind=StudyKind.STRESS_TEST,
        state=StudyState.OPEN,
        lock_code=None,
        visible=VisibleProtocol(name="Phone contracts pilot", rubric=rubric),
        protocol_sha256="44" * 32,
        key=key,
        app="0",
    )

    def fill(connection: sqlite3.Connection) -> None:
        insert_study(connection, record)
        insert_items(connection, [replace(item) for item in items])
        insert_manifests(connection, [manifest])

    create_file(path, FileKind.STUDY, fill)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: how large, in which theme, and what was pressed."""

    name: str
    size: tuple[int, int]
    theme: str
    keys: Sequence[str]


BEFORE = ["enter", *["X", "2", "enter"] * DONE]
RATED = ["2", "right_square_bracket", *"jjjjje", "enter", "1"]
FLAGGED = ["n", "2", "f", *"odd", "enter", "i"]
PICTURES = (
    Picture(name="rating-100x30.svg", size=(100, 30), theme="dark", keys=RATED),
    Picture(name="rating-80x24-light.svg", size=(80, 24), theme="light", keys=RATED),
    Picture(name="rating-140x45-colour-blind.svg", size=(140, 45), theme="colour-blind", keys=RATED),
    Picture(name="items-100x30-high-contrast.svg", size=(100, 30), theme="high-contrast", keys=FLAGGED),
)
"""Three sizes and four themes in a handful of pictures."""


async def draw(picture: Picture, folder: Path) -> None:
    """Press keys in the real app and save what it shows."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "study.db"
        study_file(path)
        seconds = itertools.count(0.0, 31.0)
        desk = open_desk(
            path,
            rater="R1",
            app="0",
            clock=lambda: "2026-03-02T12:04:31.000Z",
            monotonic=lambda: next(seconds),
        )
        app = RaterApp(desk, settings=Settings(theme=picture.theme))
        async with app.run_test(size=picture.size) as pilot:
            for key in [*BEFORE, *picture.keys]:
                await pilot.press(key)
            await pilot.pause()
            svg = app.export_screenshot(title="rater rate study.db --as R1")
        desk.close()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / picture.name).write_text(svg, encoding="utf-8")


def main() -> None:
    """Draw all pictures."""
    os.environ["TZ"] = "UTC"
    for picture in PICTURES:
        asyncio.run(draw(picture, IMAGES))


if __name__ == "__main__":
    main()
