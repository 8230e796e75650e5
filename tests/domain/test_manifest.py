"""Assignment manifests and items: what a chain starts from, and what a rater is shown."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from protocol.canonical_json import canonical_bytes, sha256_hex
from protocol.chain.manifest import AssignedItem, AssignmentManifest, KeyBinding
from protocol.conversation import Conversation, Message, ToolCall
from protocol.errors import CheckFailedError
from protocol.item import Item, card_from_json, card_to_json
from protocol.visible import TaskCard

KEY = KeyBinding(sealed_sha256="99" * 32, allocation_commitment="aa" * 32, redaction_commitment="bb" * 32)
MANIFEST = AssignmentManifest(
    id="aa" * 16,
    study_id="bb" * 8,
    rater="R1",
    items=(
        AssignedItem(item_id="11" * 8, task_id="22" * 8, shown_sha256="33" * 32),
        AssignedItem(item_id="44" * 8, task_id="55" * 8, shown_sha256="66" * 32),
    ),
    dimensions=("D2", "D1"),
    asked=("44" * 8,),
    rubric_sha256="77" * 32,
    protocol_sha256="88" * 32,
    key=KEY,
)

ITEM = Item(
    id="11" * 8,
    task_id="22" * 8,
    conversation=Conversation(
        messages=(
            Message(role="user", text="Prüfe €\x00\x1b[31m"),
            Message(
                role="assistant", text="", tool_calls=(ToolCall(id="t1", name="search", arguments="{}"),)
            ),
            Message(role="tool", text="[]", tool_call_id="t1"),
            Message(role="assistant", text="Done."),
        )
    ),
    card=TaskCard(brief="Check.", claims=("one", "two"), prompted=True),
)


def test_a_manifest_is_read_back_as_it_was_written() -> None:
    """Its body gives the same values and the same hash."""
    assert AssignmentManifest.from_body(MANIFEST.body()) == MANIFEST
    assert MANIFEST.sha256 == sha256_hex(MANIFEST.body())


@pytest.mark.parametrize(
    "other",
    [
        replace(MANIFEST, id="00" * 16),
        replace(MANIFEST, study_id="00" * 8),
        replace(MANIFEST, rater="R2"),
        replace(MANIFEST, items=MANIFEST.items[::-1]),
        replace(MANIFEST, items=(replace(MANIFEST.items[0], shown_sha256="00" * 32), MANIFEST.items[1])),
        replace(MANIFEST, items=(replace(MANIFEST.items[0], task_id="00" * 8), MANIFEST.items[1])),
        replace(MANIFEST, dimensions=("D1", "D2")),
        replace(MANIFEST, asked=()),
        replace(MANIFEST, rubric_sha256="00" * 32),
        replace(MANIFEST, protocol_sha256="00" * 32),
        *(replace(MANIFEST, key=replace(KEY, **{field.name: "00" * 32})) for field in fields(KeyBinding)),
    ],
)
def test_every_field_of_a_manifest_is_in_its_hash(other: AssignmentManifest) -> None:
    """Nothing a rater was promised can be exchanged without another genesis."""
    assert other.sha256 != MANIFEST.sha256


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 50_000,
        canonical_bytes(json.loads(MANIFEST.body()) | {"model": "slipped in"}),
        canonical_bytes(json.loads(MANIFEST.body()) | {"items": [["11", "22"]]}),
        canonical_bytes(json.loads(MANIFEST.body()) | {"items": 7}),
        canonical_bytes(json.loads(MANIFEST.body()) | {"v": 2}),
        canonical_bytes(json.loads(MANIFEST.body()) | {"key": []}),
        canonical_bytes(json.loads(MANIFEST.body()) | {"rater": 1}),
        canonical_bytes(json.loads(MANIFEST.body()) | {"dimensions": [1]}),
        json.dumps(json.loads(MANIFEST.body())).encode(),
    ],
)
def test_a_body_that_holds_more_or_other_is_refused(body: bytes) -> None:
    """Only the exact form is a manifest: nothing can ride along in one."""
    with pytest.raises(CheckFailedError, match="manifest"):
        AssignmentManifest.from_body(body)


def test_the_body_of_an_item_has_no_place_for_an_origin() -> None:
    """Exactly the keys a rater may see: a golden list."""
    body = json.loads(ITEM.body())
    assert sorted(body) == ["card", "messages"]
    assert sorted(body["card"]) == [
        "brief",
        "claims",
        "content_note",
        "decision_points",
        "keep",
        "prompted",
        "steers",
        "user_has",
    ]
    assert {key for message in body["messages"] for key in message} == {
        "role",
        "text",
        "tool_calls",
        "tool_call_id",
    }
    assert sorted(body["messages"][1]["tool_calls"][0]) == ["arguments", "id", "name"]


def test_an_item_comes_back_from_its_body_to_the_character() -> None:
    """Conversation and card, control characters included, and the same hash again."""
    body = json.loads(ITEM.body())
    again = Item(
        id=ITEM.id,
        task_id=ITEM.task_id,
        conversation=Conversation.from_json(body),
        card=card_from_json(body["card"]),
    )
    assert again == ITEM
    assert again.shown_sha256 == ITEM.shown_sha256
    assert card_from_json(json.loads(json.dumps(card_to_json(ITEM.card)))) == ITEM.card


def test_the_hash_of_an_item_covers_every_shown_character() -> None:
    """One character more in a text, a call or the card gives another hash."""
    first = replace(ITEM.conversation.messages[0], text="Prüfe €\x00\x1b[32m")
    changed = replace(ITEM, conversation=Conversation(messages=(first, *ITEM.conversation.messages[1:])))
    assert changed.shown_sha256 != ITEM.shown_sha256
    assert replace(ITEM, card=replace(ITEM.card, prompted=False)).shown_sha256 != ITEM.shown_sha256
    assert replace(ITEM, id="00" * 8).shown_sha256 == ITEM.shown_sha256
