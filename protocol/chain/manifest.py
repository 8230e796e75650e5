"""Assignment manifests: what one rater is to be shown, in which order, fixed at seeding.

The manifest's id is the id of the rater's event chain, and its hash is the chain's genesis, so
ratings cannot be moved to another rater or study. What a rater was given later, by amendments, comes
after what was fixed at seeding and is in no byte of the manifest: the amendments hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self, cast

from protocol.canonical_json import Json, canonical_bytes, parse_canonical, sha256_hex
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedItem:
    """One place in a rater's order."""

    item_id: str
    task_id: str
    shown_sha256: str
    """Hash of the exact text the rater will be shown."""

    def to_json(self) -> Json:
        """Return the form that is hashed."""
        return [self.item_id, self.task_id, self.shown_sha256]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBinding:
    """What binds a study to its sealed allocation key from the first day."""

    sealed_sha256: str
    allocation_commitment: str
    redaction_commitment: str

    def to_json(self) -> Json:
        """Return the form that is hashed."""
        return {**self.texts()}

    def texts(self) -> dict[str, str]:
        """Return every part by name."""
        return {
            "sealed_sha256": self.sealed_sha256,
            "allocation_commitment": self.allocation_commitment,
            "redaction_commitment": self.redaction_commitment,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentManifest:
    """One rater's share of a study."""

    id: str
    study_id: str
    rater: str
    items: tuple[AssignedItem, ...]
    dimensions: tuple[str, ...]
    """Dimension ids in the order this rater meets them, drawn once."""
    asked: tuple[str, ...] = ()
    """Items that carry the guess questions, in id order."""
    rubric_sha256: str
    protocol_sha256: str
    key: KeyBinding | None
    """None in a benchmark audit, where nothing is sealed."""
    added: int = 0
    """How many of the last items were added by amendments."""

    @property
    def seeded_items(self) -> tuple[AssignedItem, ...]:
        """The items that were fixed with the manifest; those that were added come after them."""
        return self.items[: len(self.items) - self.added]

    def with_added(self, items: Sequence[AssignedItem], asked: Sequence[str]) -> Self:
        """Return the manifest with items that an amendment adds at the end; its bytes stay."""
        return replace(
            self,
            items=(*self.items, *items),
            asked=tuple(sorted((*self.asked, *asked))),
            added=self.added + len(items),
        )

    def body(self) -> bytes:
        """Return the bytes whose hash starts the rater's event chain."""
        seeded = self.seeded_items
        later = {item.item_id for item in self.items[len(seeded) :]}
        return canonical_bytes(
            {
                "v": 1,
                "manifest": self.id,
                "study": self.study_id,
                "rater": self.rater,
                "items": [item.to_json() for item in seeded],
                "dimensions": list(self.dimensions),
                "asked": [item for item in self.asked if item not in later],
                "rubric": self.rubric_sha256,
                "protocol": self.protocol_sha256,
                **({} if self.key is None else {"key": self.key.to_json()}),
            }
        )

    @property
    def sha256(self) -> str:
        """Hash of `body`."""
        return sha256_hex(self.body())

    @classmethod
    def from_body(cls, body: bytes) -> AssignmentManifest:
        """Read a stored manifest.

        Raises:
            CheckFailedError: The bytes are no manifest.
        """
        try:
            value = parse_canonical(body)
            items = cast("Sequence[Sequence[str]]", value["items"])
            manifest = cls(
                id=cast("str", value["manifest"]),
                study_id=cast("str", value["study"]),
                rater=cast("str", value["rater"]),
                items=tuple(
                    AssignedItem(item_id=item_id, task_id=task_id, shown_sha256=shown)
                    for item_id, task_id, shown in items
                ),
                dimensions=tuple(cast("Sequence[str]", value["dimensions"])),
                asked=tuple(cast("Sequence[str]", value["asked"])),
                rubric_sha256=cast("str", value["rubric"]),
                protocol_sha256=cast("str", value["protocol"]),
                key=_binding(cast("dict[str, str] | None", value.get("key"))),
            )
        except (KeyError, ValueError, TypeError) as fault:
            raise CheckFailedError(
                "An assignment manifest cannot be read.",
                next_step=RESTORE_A_BACKUP,
            ) from fault
        if manifest.body() != body or not _holds_texts(manifest):
            raise CheckFailedError(
                "An assignment manifest holds more or other than it should.",
                next_step=RESTORE_A_BACKUP,
            )
        return manifest


def _binding(key: dict[str, str] | None) -> KeyBinding | None:
    if key is None:
        return None
    return KeyBinding(
        sealed_sha256=key["sealed_sha256"],
        allocation_commitment=key["allocation_commitment"],
        redaction_commitment=key["redaction_commitment"],
    )


def _holds_texts(manifest: AssignmentManifest) -> bool:
    """Whether every code and hash is a text: JSON would take numbers too."""
    found: list[object] = [manifest.id, manifest.study_id, manifest.rater, *manifest.dimensions]
    found += [
        manifest.rubric_sha256,
        manifest.protocol_sha256,
        *manifest.asked,
        *(asdict(manifest.key).values() if manifest.key else ()),
    ]
    for item in manifest.items:
        found += [item.item_id, item.task_id, item.shown_sha256]
    return all(isinstance(one, str) for one in found)
