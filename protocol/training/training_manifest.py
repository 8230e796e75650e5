"""Training manifests: what one rater is trained on, fixed at seeding, the start of a chain of its own.

A training manifest is an assignment manifest of other bytes: its id and hash start the rater's
training chain, so that nothing said in training can be moved into the study, and nothing of the
study into training. It names the rater's assignment manifest, and so the study, key and share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from protocol.canonical_json import Json, canonical_bytes, parse_canonical, tagged_sha256
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError
from protocol.visible import TrainingGate


def admission_sha256(manifest_id: str, code: str) -> str:
    """Return the hash by which an admit code is known before anybody has it."""
    return tagged_sha256("admission/v1", manifest_id.encode(), b"\n", code.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingManifest(AssignmentManifest):
    """One rater's training. Every item closes when it is completed: `asked` names all of them."""

    assignment_sha256: str
    """Hash of the rater's assignment manifest."""
    references: tuple[str, ...]
    """Hash of the references of each item, in the order of the items."""
    gate: TrainingGate
    admission_sha256: str
    """Hash of the code with which the admin can let the rater in."""

    def body(self) -> bytes:
        """Return the bytes whose hash starts the rater's training chain."""
        gate = self.gate
        return canonical_bytes(
            {
                "v": 1,
                "training": self.id,
                "study": self.study_id,
                "rater": self.rater,
                "assignment": self.assignment_sha256,
                "items": [
                    [item.item_id, item.task_id, item.shown_sha256, reference]
                    for item, reference in zip(self.items, self.references, strict=True)
                ],
                "dimensions": list(self.dimensions),
                "gate": {
                    "kappa": gate.kappa,
                    "agreement": gate.agreement,
                    "repeats": gate.repeats,
                    "refresher_after_days": gate.refresher_after_days,
                },
                "admission": self.admission_sha256,
                "rubric": self.rubric_sha256,
                "protocol": self.protocol_sha256,
                "key": None if self.key is None else self.key.to_json(),
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> TrainingManifest:
        """Read a stored training manifest.

        Raises:
            CheckFailedError: The bytes are none.
        """
        try:
            value = parse_canonical(body)
            rows = cast("Sequence[Sequence[str]]", value["items"])
            key = cast("Mapping[str, str]", value["key"])
            items = tuple(
                AssignedItem(item_id=_text(item_id), task_id=_text(task_id), shown_sha256=_text(shown))
                for item_id, task_id, shown, _ in rows
            )
            manifest = cls(
                id=_text(value["training"]),
                study_id=_text(value["study"]),
                rater=_text(value["rater"]),
                assignment_sha256=_text(value["assignment"]),
                items=items,
                references=tuple(_text(row[3]) for row in rows),
                asked=tuple(item.item_id for item in items),
                dimensions=tuple(_text(one) for one in cast("Sequence[Json]", value["dimensions"])),
                gate=_gate(cast("Mapping[str, Json]", value["gate"])),
                admission_sha256=_text(value["admission"]),
                rubric_sha256=_text(value["rubric"]),
                protocol_sha256=_text(value["protocol"]),
                key=KeyBinding(
                    sealed_sha256=_text(key["sealed_sha256"]),
                    allocation_commitment=_text(key["allocation_commitment"]),
                    redaction_commitment=_text(key["redaction_commitment"]),
                ),
            )
            exact = manifest.body() == body
        except (KeyError, ValueError, TypeError, IndexError, ZeroDivisionError) as fault:
            raise _unreadable() from fault
        if not exact:
            raise _unreadable()
        return manifest


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _gate(raw: Mapping[str, Json]) -> TrainingGate:
    repeats, days = raw["repeats"], raw["refresher_after_days"]
    if type(repeats) is not int or (days is not None and type(days) is not int):
        raise TypeError("no number")
    gate = TrainingGate(
        kappa=_text(raw["kappa"]),
        agreement=_text(raw["agreement"]),
        repeats=repeats,
        refresher_after_days=days if isinstance(days, int) else None,
    )
    if not (0 < Fraction(gate.kappa) <= 1 and 0 < Fraction(gate.agreement) <= 1):
        raise ValueError("no threshold")
    return gate


def _unreadable() -> CheckFailedError:
    return CheckFailedError(
        "A training manifest cannot be read, or holds more or other than it should.",
        next_step=RESTORE_A_BACKUP,
    )
