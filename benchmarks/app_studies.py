"""Files for the benchmarks of the app: packs with texts of a given size, studies with very many items."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from db.connection import FileKind
from db.creation import create_file
from db.item_store import insert_items
from db.manifest_store import insert_manifests
from db.study_store import StudyRecord, StudyState, insert_study
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.conversation import Conversation, Message
from protocol.item import Item
from protocol.rubric import Dimension, Level, NotRatableReason, Rubric, Scale
from protocol.visible import StudyKind, TaskCard, VisibleProtocol

ITEMS = 40
SHARE = 180
"""Items of one rater in a wide study."""

_PARAGRAPH = (
    "The second contract costs less in the first year and more after that: 12 x 19 + 30 is 258, and\n"
    "6 x 10 + 6 x 26 is 216. Look at line 3 of your paste before you rely on it.\n\n"
    "- the fee at the end is not in the list\n- both run for 24 months\n\n"
    "```python\ntotal = 30 + 24 * 19\nassert total == 486\n```\n\n"
)
_LEVELS = tuple(Level(value=value, label=f"level {value}", anchor="An anchor.") for value in range(4))
_RUBRIC = Rubric(
    id="bench",
    version=1,
    title="Benchmark",
    source="ours",
    dimensions=tuple(
        Dimension(
            id=name,
            name=name,
            question="How far?",
            scale=Scale.ORDINAL,
            levels=_LEVELS,
        )
        for name in ("D1", "D2")
    ),
    rules=("Lower unless quoted.",),
    not_ratable=(NotRatableReason(code="refusal", label="no work in any turn"),),
)
_CARD = TaskCard(brief="Compare two phone contracts.")


def build_pack(path: Path, *, characters: int) -> Path:
    """Write a pack of items that are each about so long."""
    items = [_item(number, characters) for number in range(1, ITEMS + 1)]
    return _write(path, FileKind.PACK, iter(items), [_manifest(1, items)])


def build_wide_study(path: Path, *, raters: int) -> Path:
    """Write a study in which each rater has as many items as in a small one, all of them their own."""

    def share(rater: int) -> list[Item]:
        return [_item((rater - 1) * SHARE + number, 200) for number in range(1, SHARE + 1)]

    manifests = [_manifest(rater, share(rater)) for rater in range(1, raters + 1)]
    items = (item for rater in range(1, raters + 1) for item in share(rater))
    return _write(path, FileKind.STUDY, items, manifests)


def _item(number: int, characters: int) -> Item:
    turns = max(1, characters // 4096)
    text = _PARAGRAPH * max(1, characters // turns // len(_PARAGRAPH))
    said = []
    for turn in range(turns):
        said += [Message(role="user", text=f"Question {turn}?"), Message(role="assistant", text=text)]
    return Item(
        id=f"{number:016x}",
        task_id=f"{0xA0 + number % 7:016x}",
        conversation=Conversation(messages=tuple(said)),
        card=_CARD,
    )


def _manifest(rater: int, items: list[Item]) -> AssignmentManifest:
    return AssignmentManifest(
        id=f"{rater:032x}",
        study_id="5" * 16,
        rater=f"R{rater}",
        items=tuple(
            AssignedItem(item_id=item.id, task_id=item.task_id, shown_sha256=item.shown_sha256)
            for item in items
        ),
        dimensions=("D1", "D2"),
        asked=(),
        rubric_sha256=_RUBRIC.sha256,
        protocol_sha256="44" * 32,
        key=_KEY,
    )


_KEY = KeyBinding(sealed_sha256="11" * 32, allocation_commitment="22" * 32, redaction_commitment="33" * 32)


def _write(path: Path, kind: FileKind, items: Iterator[Item], manifests: list[AssignmentManifest]) -> Path:
    record = StudyRecord(
        file=kind,
        study_id="5" * 16,
        kind=StudyKind.STRESS_TEST,
        state=StudyState.OPEN,
        lock_code=None,
        visible=VisibleProtocol(name="Benchmark", rubric=_RUBRIC),
        protocol_sha256="44" * 32,
        key=_KEY,
        app="0",
    )

    def fill(connection: sqlite3.Connection) -> None:
        insert_study(connection, record)
        insert_items(connection, items)
        insert_manifests(connection, manifests)

    create_file(path, kind, fill)
    return path
