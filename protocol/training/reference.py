"""What the people who made the training material hold to be right, dimension by dimension, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from protocol.canonical_json import Json, canonical_bytes, parse_canonical, sha256_hex
from protocol.errors import RESTORE_A_BACKUP, CheckFailedError
from protocol.item import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The reference for one dimension of one item: a level, or a code where none can be given."""

    level: int | None = None
    reason: str | None = None
    """Not-ratable code."""
    why: str
    """The explanation raters see beside their own score."""


References = Mapping[str, Reference]
"""By dimension; every dimension of the rubric has one."""


def references_body(references: References) -> bytes:
    """Return the bytes that are stored and hashed."""
    value: Json = {
        dimension: {
            "why": one.why,
            **({"level": one.level} if one.level is not None else {}),
            **({"reason": one.reason} if one.reason is not None else {}),
        }
        for dimension, one in references.items()
    }
    return canonical_bytes(value)


def read_references(body: bytes) -> References:
    """Read what `references_body` wrote.

    Raises:
        CheckFailedError: The bytes are something else.
    """
    try:
        found = {
            dimension: _reference(cast("Mapping[str, Json]", raw))
            for dimension, raw in parse_canonical(body).items()
        }
        exact = references_body(found) == body
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise _not_seeded() from fault
    if not exact:
        raise _not_seeded()
    return found


def _reference(raw: Mapping[str, Json]) -> Reference:
    level, reason, why = raw.get("level"), raw.get("reason"), raw["why"]
    if not isinstance(why, str) or isinstance(level, bool):
        raise TypeError("no reference")
    if not isinstance(level, int | None) or not isinstance(reason, str | None):
        raise TypeError("no reference")
    return Reference(level=level, reason=reason, why=why)


def _not_seeded() -> CheckFailedError:
    return CheckFailedError(
        "The reference of a training item is not the one that was seeded.",
        next_step=RESTORE_A_BACKUP,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingItem:
    """A training text as raters meet it, with its references."""

    item: Item
    references: References

    @property
    def references_sha256(self) -> str:
        """Hash of the references; stands in training manifests."""
        return sha256_hex(references_body(self.references))
