"""Rating events: a format that was fixed for ever, bindings that find every change."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.canonical_json import canonical_bytes
from protocol.chain.events import (
    PART_LIMIT,
    Event,
    EventDraft,
    EventKind,
    Head,
    Span,
    genesis,
    link,
    make_event,
    read_event,
)
from protocol.errors import CheckFailedError, InvalidInputError

CHAIN = "00112233445566778899aabbccddeeff"
MANIFEST = "ab" * 32
RUBRIC = "cd" * 32
START = Head(chain_id=CHAIN, seq=0, hash=genesis(MANIFEST, CHAIN))


class CountingEntropy:
    """Salts 00..., 01..., 02...: the same on every Python."""

    def __init__(self) -> None:
        self.drawn = 0

    def randbytes(self, n: int, /) -> bytes:
        self.drawn += 1
        return bytes([self.drawn - 1]) * n

    def randrange(self, stop: int, /) -> int:
        raise NotImplementedError


def made(draft: EventDraft, head: Head = START, *, seed: int = 1) -> Event:
    return make_event(
        draft,
        head=head,
        rubric_sha256=RUBRIC,
        app="0.1.0",
        at="2026-11-23T13:00:00.123Z",
        entropy=random.Random(seed),
    )


def again(
    event: Event, head: Head = START, *, body: bytes | None = None, withheld: bytes | None = None
) -> Event:
    """Read an event back, with some of its stored bytes exchanged."""
    return read_event(
        body=event.body if body is None else body,
        withheld=event.withheld_bytes() if withheld is None else withheld,
        previous=head,
    )


FULL = EventDraft(
    kind=EventKind.QUOTE,
    item_id="1f2e3d4c5b6a7988",
    dimension="D1",
    level=2,
    reason="refusal",
    span=Span(message=3, start=10, end=25),
    target=7,
    shown_sha256="ef" * 32,
    texts={"quote": "Prüfe Zeile 3 €", "note": ""},
    elapsed_ms=5123,
)

GOLDEN_BODY = (
    '{"app":"0.1.0","chain":"00112233445566778899aabbccddeeff","dimension":"D1","item":"1f2e3d4c5b6a7988",'
    '"kind":"quote","level":2,"parts":{'
    '"at":"c8a966c569b9a245f150d0dbe9e10e5c2d71619843c81e31d9ac54730d4b695c","elapsed_ms":"3ac04f58a7faf891b48f34a0ec6481966b86e5c5d4f4176fde2e78011f60f581","note":"40488c4e91d6282360bb7213bca6eb33eab6e17fbd0d20dee2e880670e9f7492","quote":"5e2f6ec0c2dccfbd9083cc3f7a8a791cda3edcf08fef74a053b43643516e5c98"},'
    '"reason":"refusal","rubric":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","seq":1,'
    '"shown":"efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef","span":[3,10,25],"target":7,"v":1}'
)
GOLDEN_WITHHELD = (
    '{"at":{"salt":"00000000000000000000000000000000","value":"2026-11-23T13:00:00.123Z"},'
    '"elapsed_ms":{"salt":"03030303030303030303030303030303","value":"5123"},'
    '"note":{"salt":"02020202020202020202020202020202","value":""},'
    '"quote":{"salt":"01010101010101010101010101010101","value":"Prüfe Zeile 3 €"}}'
)
GOLDEN_GENESIS = "244fa9494499e936e5e0652b0ab39616f540af27d46f19c8152eaa5cab626113"
GOLDEN_HASH = "3584281100b42f7574bd043851ddd7f4c80c0d2d5738fdd66e1e080b518b0358"


def golden() -> Event:
    return make_event(
        FULL,
        head=START,
        rubric_sha256=RUBRIC,
        app="0.1.0",
        at="2026-11-23T13:00:00.123Z",
        entropy=CountingEntropy(),
    )


def test_the_format_is_the_one_that_was_fixed() -> None:
    """Body, withheld parts, genesis and hash are frozen: a chain once written must verify for ever.

    A failure here is never mended by new figures: it means that old studies no longer verify.
    """
    event = golden()
    assert START.hash == GOLDEN_GENESIS
    assert event.body.decode() == GOLDEN_BODY
    assert event.withheld_bytes().decode() == GOLDEN_WITHHELD
    assert event.hash == GOLDEN_HASH


def test_the_hashes_follow_from_the_formats_page_alone() -> None:
    """Genesis, part binding and link, computed here with hashlib and json only."""

    def sha(*parts: bytes) -> str:
        return hashlib.sha256(b"".join(parts)).hexdigest()

    start = sha(b"blindrater/genesis/v1\n", bytes.fromhex(MANIFEST), CHAIN.encode())
    event = golden()
    body = json.loads(event.body)
    for name, part in json.loads(event.withheld_bytes()).items():
        pair = json.dumps([name, part["value"]], ensure_ascii=False, separators=(",", ":"))
        assert body["parts"][name] == sha(b"blindrater/part/v1\n", bytes.fromhex(part["salt"]), pair.encode())
    assert event.hash == sha(b"blindrater/event/v1\n", bytes.fromhex(start), event.body)


def test_a_chain_starts_from_its_manifest_and_id() -> None:
    """Another manifest or another id gives another genesis, so ratings cannot be moved."""
    assert genesis("00" * 32, CHAIN) != START.hash
    assert genesis(MANIFEST, CHAIN[::-1]) != START.hash
    assert link(START.hash, b"{}") != link("00" * 32, b"{}")


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_is_read_back_as_it_was_made(kind: EventKind) -> None:
    """The draft, the time and the hash survive the way through the stored bytes."""
    draft = replace(FULL, kind=kind)
    event = made(draft)
    assert again(event) == event
    assert again(event).draft == draft
    assert again(event).at == "2026-11-23T13:00:00.123Z"


def test_absent_fields_are_not_in_the_body() -> None:
    """An event says nothing about what does not belong to it."""
    event = made(EventDraft(kind=EventKind.SITTING))
    assert sorted(json.loads(event.body)) == ["app", "chain", "kind", "parts", "rubric", "seq", "v"]
    assert sorted(json.loads(event.body)["parts"]) == ["at"]


def test_a_level_of_zero_is_recorded() -> None:
    """Zero is a level; only what is absent is left out."""
    event = made(EventDraft(kind=EventKind.SCORE, item_id="i", dimension="D1", level=0))
    assert again(event).draft.level == 0


def test_withheld_parts_can_be_left_out_without_breaking_the_chain() -> None:
    """The hash is over the body alone: a public copy without notes and times still verifies."""
    event = golden()
    for kept in ([], ["at"], ["note", "quote"]):
        parts = {name: part for name, part in json.loads(event.withheld_bytes()).items() if name in kept}
        public = again(event, withheld=canonical_bytes(parts))
        assert public.hash == event.hash
        assert sorted(public.withheld) == kept
    assert again(event, withheld=b"{}").at is None


def test_the_body_shows_neither_text_nor_time() -> None:
    """What is withheld stands in the body as a salted hash alone, and equal texts differ."""
    event = golden()
    assert "Pr" not in event.body.decode()
    assert "2026" not in event.body.decode()
    assert "5123" not in event.body.decode()
    other = made(FULL, seed=2)
    assert json.loads(other.body)["parts"]["note"] != json.loads(event.body)["parts"]["note"]


def _exchange(name: str, part: str, value: str) -> Callable[[Event], dict[str, bytes]]:
    def change(event: Event) -> dict[str, bytes]:
        parts = json.loads(event.withheld_bytes())
        parts[name][part] = value
        return {"withheld": canonical_bytes(parts)}

    return change


def _renamed(event: Event) -> dict[str, bytes]:
    parts = json.loads(event.withheld_bytes())
    parts["note"], parts["quote"] = parts["quote"], parts["note"]
    return {"withheld": canonical_bytes(parts)}


def _added(event: Event) -> dict[str, bytes]:
    parts = json.loads(event.withheld_bytes())
    parts["cue"] = {"salt": "00" * 16, "value": "slipped in"}
    return {"withheld": canonical_bytes(parts)}


def _body(**fields: object) -> Callable[[Event], dict[str, bytes]]:
    return lambda event: {"body": canonical_bytes(json.loads(event.body) | fields)}


@pytest.mark.parametrize(
    "change",
    [
        _exchange("note", "value", "another note"),
        _exchange("at", "value", "2026-11-23T13:00:00.124Z"),
        _exchange("at", "salt", "ff" * 16),
        _exchange("elapsed_ms", "value", "5124"),
        _exchange("elapsed_ms", "value", "soon"),
        _exchange("at", "salt", "no hex"),
        lambda event: {"withheld": event.withheld_bytes().replace(b'"value":""', b'"value":"\\ud800"')},
        _renamed,
        _added,
        lambda _: {"withheld": b"[]"},
        lambda _: {"withheld": b'{"at":"x"}'},
        lambda _: {"withheld": b'{"at":{"salt":1,"value":2}}'},
        lambda _: {"withheld": b"no json"},
        _body(seq=2),
        _body(seq="1"),
        _body(chain="0" * 32),
        _body(v=2),
        _body(kind="praise"),
        _body(parts=[]),
        _body(parts=None),
        _body(span=[1]),
        _body(span="abc"),
        _body(level="2"),
        _body(level=True),
        _body(item=7),
        _body(target="1"),
        lambda _: {"body": b"{}"},
        lambda _: {"body": b"\xff"},
        lambda _: {"body": b"[" * 60_000},
    ],
)
def test_a_changed_event_is_found(change: Callable[[Event], dict[str, bytes]]) -> None:
    """A note, time, number or type that was exchanged is an error that names the event."""
    event = golden()
    with pytest.raises(CheckFailedError, match=f"event 1 of chain {CHAIN}"):
        again(event, **change(event))  # type: ignore[arg-type]  # only bodies and withheld parts


@given(st.data())
def test_any_flipped_byte_of_the_body_is_found(data: st.DataObject) -> None:
    """Either the event cannot be read any more, or its hash is another."""
    event = golden()
    place = data.draw(st.integers(0, len(event.body) - 1))
    flip = data.draw(st.integers(1, 255))
    body = bytearray(event.body)
    body[place] ^= flip
    try:
        found = again(event, body=bytes(body)).hash
    except CheckFailedError:
        return
    assert found != event.hash


def test_an_event_fits_only_behind_its_predecessor() -> None:
    """In another place of the chain, or behind another hash, it does not verify."""
    first = made(EventDraft(kind=EventKind.SITTING))
    head = Head(chain_id=CHAIN, seq=1, hash=first.hash)
    second = made(EventDraft(kind=EventKind.SITTING), head)
    assert again(second, head).hash == second.hash
    assert again(second, replace(head, hash="00" * 32)).hash != second.hash
    with pytest.raises(CheckFailedError):
        again(second, START)
    with pytest.raises(CheckFailedError):
        again(second, replace(head, chain_id="0" * 32))


def test_a_text_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    """The limit counts bytes of UTF-8 and names the part."""
    fits = "x" * (PART_LIMIT - 2) + "é"
    draft = EventDraft(kind=EventKind.NOTE, item_id="i", texts={"note": fits})
    assert again(made(draft)).draft.texts["note"] == fits
    with pytest.raises(InvalidInputError, match="The note is longer than 1024 KiB"):
        made(replace(draft, texts={"note": fits + "x"}))


def test_a_body_over_the_limit_is_refused() -> None:
    """Codes are short; an event that is not would not be read back by others."""
    with pytest.raises(InvalidInputError, match="too large"):
        made(EventDraft(kind=EventKind.SCORE, item_id="i" * 70_000))


def test_a_text_that_has_no_bytes_is_refused() -> None:
    """Half a surrogate pair from a terminal is an error, not a broken chain."""
    with pytest.raises(InvalidInputError, match="surrogate"):
        made(EventDraft(kind=EventKind.NOTE, item_id="i", texts={"note": "\ud800"}))
