"""Fixtures that build real files: a small rubric, items, a study file."""

from __future__ import annotations

import gc
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from db.connection import FileKind
from db.creation import create_file
from db.item_store import insert_items
from db.manifest_store import insert_manifests
from db.study_store import StudyRecord, StudyState, insert_study
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.conversation import Conversation, Message
from protocol.item import Item
from protocol.rubric import Dimension, Level, NotRatableReason, Rubric
from protocol.visible import StudyKind, TaskCard, VisibleProtocol, VisibleQuestion

MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30:
    # Every file we write is synced to disk, which costs a test up to a second; in memory it costs nothing.
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None

# With this setting every worker, and each of the hundreds of processes that tests start, would compile
# the whole program anew: a third of the suite's time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

SHARED = Path(__file__).parents[2] / "shared"
"""Material beside the repository; tests that need it skip where it is absent."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Let two workers more run than there are processors: apps in tests wait more than they work."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every later garbage collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


NAMES = (("D1", "Verification support"), ("D2", "Process steerability"), ("D3", "Steer uptake"))


def make_rubric(
    *,
    quote_from: int | None = None,
    read_to_end: bool = False,
    dimensions: int = 2,
    confidence: bool = False,
    item_only_reason: str | None = None,
) -> Rubric:
    """Return a rubric of up to three ordinal dimensions with levels 0 to 3."""
    return Rubric(
        id="test",
        title="Test rubric",
        source="ours",
        dimensions=tuple(
            Dimension(
                id=dimension_id,
                name=name,
                question=f"How much {name.lower()}?",
                levels=tuple(
                    Level(value=value, label=f"level {value}", anchor=f"Anchor {value} of {name}.")
                    for value in range(4)
                ),
                quote_from=quote_from,
                read_to_end=read_to_end,
                confidence=confidence,
            )
            for dimension_id, name in NAMES[:dimensions]
        ),
        rules=("Lower unless quoted.",),
        not_ratable=(
            NotRatableReason(code="refusal", label="no substantive work in any turn"),
            NotRatableReason(code="truncated", label="a final reply cut off"),
            *([NotRatableReason(code=item_only_reason, label="", scope="item")] if item_only_reason else []),
        ),
    )


def make_items(count: int, *, tasks: int = 2, lines: int = 12) -> list[Item]:
    """Return items of several tasks with ids that sort in their order."""
    return [
        Item(
            id=f"{number:016x}",
            task_id=f"{0xA0 + number % tasks:016x}",
            conversation=Conversation(
                messages=(
                    Message(role="user", text=f"Question {number}: which contract is cheaper?"),
                    Message(
                        role="assistant",
                        text="\n\n".join(
                            f"Paragraph {line} of answer {number}. Check line {line} of your bill."
                            for line in range(lines)
                        ),
                    ),
                )
            ),
            card=TaskCard(
                brief="Compare two phone contracts.",
                user_has="Both price lists.",
                claims=("A is cheaper.", "B has an exit fee."),
                decision_points=("Which period counts.",),
            ),
        )
        for number in range(1, count + 1)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """A study file made for a test."""

    path: Path
    items: tuple[Item, ...]
    manifests: tuple[AssignmentManifest, ...]
    rubric: Rubric


BuildStudy = Callable[..., StudyFile]


@pytest.fixture
def build_study(tmp_path: Path) -> BuildStudy:
    """Return a function that writes a study file or pack with given items, raters and rubric."""

    def build(
        *,
        name: str = "study.db",
        items: Sequence[Item] | None = None,
        raters: Sequence[str] = ("R1",),
        rubric: Rubric | None = None,
        kind: FileKind = FileKind.STUDY,
        simulated: bool = False,
        rendered_view: bool = False,
        study_name: str = "Test study",
        dimension_order: Sequence[str] = (),
        questions: Sequence[VisibleQuestion] = (),
        asked: Sequence[str] = (),
    ) -> StudyFile:
        items = tuple(items if items is not None else make_items(4))
        rubric = rubric or make_rubric()
        key = KeyBinding(
            sealed_sha256="11" * 32, allocation_commitment="22" * 32, redaction_commitment="33" * 32
        )
        manifests = tuple(
            AssignmentManifest(
                id=f"{number:032x}",
                study_id="5" * 16,
                rater=rater,
                items=tuple(
                    AssignedItem(item_id=item.id, task_id=item.task_id, shown_sha256=item.shown_sha256)
                    for item in items
                ),
                dimensions=tuple(dimension_order) or tuple(dimension.id for dimension in rubric.dimensions),
                asked=tuple(asked),
                rubric_sha256=rubric.sha256,
                protocol_sha256="44" * 32,
                key=key,
            )
            for number, rater in enumerate(raters, start=1)
        )
        record = StudyRecord(
            file=kind,
            study_id="5" * 16,
            kind=StudyKind.STRESS_TEST,
            state=StudyState.OPEN,
            lock_code=None,
            visible=VisibleProtocol(
                name=study_name,
                rubric=rubric,
                simulated=simulated,
                rendered_view=rendered_view,
                questions=tuple(questions),
            ),
            protocol_sha256="44" * 32,
            key=key,
            app="0",
        )

        def fill(connection: sqlite3.Connection) -> None:
            insert_study(connection, record)
            insert_items(connection, items)
            insert_manifests(connection, manifests)

        path = tmp_path / name
        create_file(path, kind, fill)
        return StudyFile(path=path, items=items, manifests=manifests, rubric=rubric)

    return build


@pytest.fixture
def entropy() -> random.Random:
    """Return a seeded source of randomness."""
    return random.Random(7)
