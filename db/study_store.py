"""The one row that describes a study or pack: what it is, what it is bound to, its state."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from db.connection import FileKind
from protocol.adjudication.plan import AdjudicationPlan, AdjudicationReason, Notes
from protocol.canonical_json import Json, canonical_bytes
from protocol.chain.manifest import KeyBinding
from protocol.errors import InvalidInputError, WrongStateError
from protocol.rubric import Dimension, Level, NotRatableReason, NotRatableScope, Rubric, Scale
from protocol.timing import Timing
from protocol.visible import StudyKind, TrainingGate, VisibleProtocol, VisibleQuestion

if TYPE_CHECKING:
    from protocol.chain.amendment import WithdrawRule

_NO_KEY = ""
"""What stands in the columns of the key where nothing is sealed; it leaves this module as None."""


class StudyState(StrEnum):
    """Where a study stands in its life."""

    OPEN = "open"
    LOCKED = "locked"
    UNBLINDED = "unblinded"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecord:
    """What a study file says about itself."""

    file: FileKind
    study_id: str
    kind: StudyKind
    state: StudyState
    lock_code: str | None
    visible: VisibleProtocol
    protocol_sha256: str
    key: KeyBinding | None
    """None in a benchmark audit, where nothing is sealed."""
    app: str

    @property
    def sealed_key(self) -> KeyBinding:
        """What binds the study to its key.

        Raises:
            WrongStateError: It is a benchmark audit.
        """
        if self.key is None:
            raise no_conditions()
        return self.key


def no_conditions(where: str = "") -> WrongStateError:
    """Return the error for a step that only a study with sealed conditions has."""
    return WrongStateError(
        "This is a benchmark audit: its items are documents, nothing is blinded and there are no conditions "
        "to open or compare.",
        where=where,
        next_step="Its numbers are those of `rater-admin agreement`, `coverage`, `report` and `export`.",
    )


def insert_study(connection: sqlite3.Connection, record: StudyRecord) -> None:
    """Write the description of a new file."""
    connection.execute(
        "INSERT INTO study (row, file, study_id, kind, state, lock_code, visible, protocol_sha256,"
        " sealed_sha256, allocation_commitment, redaction_commitment, app)"
        " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.file.value,
            record.study_id,
            record.kind.value,
            record.state.value,
            record.lock_code,
            visible_bytes(record.visible).decode(),
            record.protocol_sha256,
            record.key.sealed_sha256 if record.key else _NO_KEY,
            record.key.allocation_commitment if record.key else _NO_KEY,
            record.key.redaction_commitment if record.key else _NO_KEY,
            record.app,
        ),
    )


def visible_bytes(visible: VisibleProtocol) -> bytes:
    """Return the rater-visible part of a protocol as stored; what is not used is left out."""
    value = asdict(visible)
    if not visible.rendered_view:
        del value["rendered_view"]
    if visible.training is None:
        del value["training"]
    if visible.withdraw == "task":
        del value["withdraw"]
    if visible.timing == "full":
        del value["timing"]
    if visible.installation:
        del value["installation"]
    if visible.adjudication is None:
        del value["adjudication"]
    return canonical_bytes(cast("Json", value))


def read_study(connection: sqlite3.Connection) -> StudyRecord:
    """Return the description of an open file.

    Raises:
        InvalidInputError: The description cannot be read.
    """
    row = connection.execute(
        "SELECT file, study_id, kind, state, lock_code, visible, protocol_sha256,"
        " sealed_sha256, allocation_commitment, redaction_commitment, app FROM study"
    ).fetchone()
    if row is None:
        raise InvalidInputError("The file describes no study.", next_step="Restore it from a backup.")
    file, study_id, kind, state, lock_code, visible, protocol_sha256, sealed, allocation, redaction, app = row
    try:
        return StudyRecord(
            file=FileKind(file),
            study_id=study_id,
            kind=StudyKind(kind),
            state=StudyState(state),
            lock_code=lock_code,
            visible=_visible(json.loads(visible)),
            protocol_sha256=protocol_sha256,
            key=_binding(StudyKind(kind), sealed, allocation, redaction),
            app=app,
        )
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as fault:
        raise InvalidInputError(
            "The file's description of the study cannot be read.", next_step="Restore it from a backup."
        ) from fault


def _binding(kind: StudyKind, sealed: str, allocation: str, redaction: str) -> KeyBinding | None:
    """Return what binds to a key; an audit has none, and no other study is without."""
    held = {sealed, allocation, redaction}
    if (kind is StudyKind.BENCHMARK_AUDIT) != (held == {_NO_KEY}):
        raise ValueError("a key where there is none, or none where there is one")
    if kind is StudyKind.BENCHMARK_AUDIT:
        return None
    return KeyBinding(sealed_sha256=sealed, allocation_commitment=allocation, redaction_commitment=redaction)


def visible_is_exact(connection: sqlite3.Connection) -> bool:
    """Whether the stored rater-visible protocol holds what is read from it, and not a byte more."""
    stored = str(connection.execute("SELECT visible FROM study").fetchone()[0])
    return visible_bytes(_visible(json.loads(stored))).decode() == stored


def require_study_file(study: StudyRecord) -> None:
    """Refuse a pack where only the study itself will do.

    Raises:
        InvalidInputError: It is a pack.
    """
    if study.file is not FileKind.STUDY:
        raise InvalidInputError(
            "This is a pack, one rater's share of a study.", next_step="Name the study file it was made from."
        )


def read_state(connection: sqlite3.Connection) -> StudyState:
    """Return the state alone."""
    return StudyState(connection.execute("SELECT state FROM study").fetchone()[0])


def set_state(connection: sqlite3.Connection, state: StudyState, *, lock_code: str | None) -> None:
    """Move the study to another state; a trigger refuses a step that does not exist."""
    connection.execute("UPDATE study SET state = ?, lock_code = ?", (state.value, lock_code))


def _visible(value: dict[str, Any]) -> VisibleProtocol:
    return VisibleProtocol(
        name=value["name"],
        contact=value["contact"],
        simulated=value["simulated"],
        rendered_view=value.get("rendered_view", False),
        rubric=_rubric(value["rubric"]),
        questions=tuple(
            VisibleQuestion(id=raw["id"], text=raw["text"], options=tuple(raw["options"]))
            for raw in value["questions"]
        ),
        training=TrainingGate(**value["training"]) if "training" in value else None,
        withdraw=cast("WithdrawRule", value.get("withdraw", "task")),
        timing=cast("Timing", value.get("timing", "full")),
        installation=value.get("installation", True),
        adjudication=_adjudication(value["adjudication"]) if "adjudication" in value else None,
    )


def _adjudication(value: dict[str, Any]) -> AdjudicationPlan:
    return AdjudicationPlan(
        who=value["who"],
        difference=value["difference"],
        notes=cast("Notes", value["notes"]),
        reasons=tuple(AdjudicationReason(**raw) for raw in value["reasons"]),
    )


def _rubric(value: dict[str, Any]) -> Rubric:
    return Rubric(
        id=value["id"],
        version=value["version"],
        title=value["title"],
        source=value["source"],
        dimensions=tuple(
            Dimension(
                id=raw["id"],
                name=raw["name"],
                question=raw["question"],
                scale=Scale(raw["scale"]),
                levels=tuple(Level(**level) for level in raw["levels"]),
                quote_from=raw["quote_from"],
                read_to_end=raw["read_to_end"],
                confidence=raw.get("confidence", False),
            )
            for raw in value["dimensions"]
        ),
        rules=tuple(value["rules"]),
        not_ratable=tuple(
            NotRatableReason(
                code=raw["code"], label=raw["label"], scope=cast("NotRatableScope", raw["scope"])
            )
            for raw in value["not_ratable"]
        ),
    )
