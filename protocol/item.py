"""An item: a transcript as a rater meets it. No type here has a field for an origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast

from protocol.canonical_json import Json, canonical_bytes, sha256_hex
from protocol.conversation import Conversation
from protocol.visible import TaskCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """De-identified text under a random id, with the card of its task."""

    id: str
    task_id: str
    """Opaque; the same for all items of one task."""
    conversation: Conversation
    card: TaskCard

    def body(self) -> bytes:
        """Return the exact bytes a rater is shown; their hash stands in manifests and events."""
        return canonical_bytes({"card": card_to_json(self.card), **as_mapping(self.conversation.to_json())})

    @property
    def shown_sha256(self) -> str:
        """Hash of `body`."""
        return sha256_hex(self.body())


def as_mapping(value: Json) -> Mapping[str, Json]:
    """Narrow a JSON value that is known to be an object."""
    return cast("Mapping[str, Json]", value)


def card_to_json(card: TaskCard) -> Json:
    """Return the form of a task card that is stored and hashed."""
    return cast("Json", asdict(card))


def card_from_json(value: Mapping[str, Json]) -> TaskCard:
    """Read what `card_to_json` wrote."""
    return TaskCard(
        brief=cast("str", value["brief"]),
        user_has=cast("str", value["user_has"]),
        claims=_texts(value["claims"]),
        decision_points=_texts(value["decision_points"]),
        steers=_texts(value["steers"]),
        keep=_texts(value["keep"]),
        prompted=cast("bool", value["prompted"]),
        content_note=cast("str", value["content_note"]),
    )


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(cast("Sequence[str]", value))
