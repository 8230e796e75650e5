"""The allocation key: what it commits to, and what it refuses to be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from protocol.allocation.allocation_key import PAD_TO, AllocationKey
from protocol.errors import CheckFailedError
from protocol.transcript import Origin

KEY = AllocationKey(
    study_id="5" * 16,
    allocation={
        "a" * 16: Origin(model="Zephyrion", scaffold="none", task="t1", replicate=1, source="z-none-t1"),
        "b" * 16: Origin(model="Quolm", scaffold="check", task="t1", replicate=2, source="q-check-t1"),
    },
    tasks={"c" * 16: "t1"},
    redaction_log={"a" * 16: {"replacements": [], "hidden": ["Prüfe."], "call_ids": {}}},
    study_toml="format = 1\n# größe\n",
    allocation_salt="0a" * 32,
    redaction_salt="0b" * 32,
)
SWAPPED = {"a" * 16: KEY.allocation["b" * 16], "b" * 16: KEY.allocation["a" * 16]}


def test_the_key_is_read_back_as_it_was_written() -> None:
    """Padding included: the plaintext is a multiple of 64 KiB and gives the same values."""
    plaintext = KEY.to_bytes()
    assert len(plaintext) == PAD_TO == 65536
    assert AllocationKey.from_bytes(plaintext) == KEY


def test_the_size_tells_little() -> None:
    """A log ten times as long gives the same size as long as it fits one block, then two blocks."""
    longer = replace(KEY, study_toml="x" * 10_000)
    assert len(longer.to_bytes()) == len(KEY.to_bytes())
    assert len(replace(KEY, study_toml="x" * 70_000).to_bytes()) == 2 * PAD_TO
    exact = replace(KEY, study_toml="x" * (len(KEY.study_toml) + PAD_TO - len(KEY.to_bytes().rstrip()) - 9))
    assert len(exact.to_bytes()) % PAD_TO == 0


def test_the_commitments_follow_from_the_formats_page() -> None:
    """Computed here with hashlib and json alone."""
    value = json.loads(KEY.to_bytes())

    def commitment(tag: str, salt: str, part: object) -> str:
        body = json.dumps(part, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        return hashlib.sha256(f"blindrater/{tag}\n".encode() + bytes.fromhex(salt) + body).hexdigest()

    assert KEY.allocation_commitment == commitment("alloc/v1", KEY.allocation_salt, value["allocation"])
    assert KEY.redaction_commitment == commitment("redaction/v1", KEY.redaction_salt, value["redaction"])


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, study_id="6" * 16),
        replace(KEY, allocation=SWAPPED),
        replace(KEY, allocation={"a" * 16: KEY.allocation["a" * 16]}),
        *(
            replace(KEY, allocation={**KEY.allocation, "a" * 16: replace(KEY.allocation["a" * 16], **field)})
            for field in (
                {"model": "Quolm"},
                {"scaffold": "check"},
                {"task": "t2"},
                {"replicate": 9},
                {"source": "other"},
            )
        ),
        replace(KEY, tasks={"c" * 16: "t2"}),
        replace(KEY, allocation_salt="0c" * 32),
    ],
)
def test_every_field_of_the_allocation_is_committed_to(other: AllocationKey) -> None:
    """Swapped arms, another task, another source id: another commitment."""
    assert other.allocation_commitment != KEY.allocation_commitment
    assert other.redaction_commitment == KEY.redaction_commitment


def test_the_log_has_a_commitment_of_its_own() -> None:
    """It can be opened without the allocation, and the other way round."""
    other = replace(KEY, redaction_log={})
    assert other.redaction_commitment != KEY.redaction_commitment
    assert other.allocation_commitment == KEY.allocation_commitment
    assert replace(KEY, redaction_salt="0c" * 32).redaction_commitment != KEY.redaction_commitment


def test_a_commitment_cannot_be_found_by_trying() -> None:
    """Without the salt, which is sealed, the right allocation gives no matching hash."""
    body = json.loads(KEY.to_bytes())["allocation"]
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert KEY.allocation_commitment != hashlib.sha256(text).hexdigest()
    assert KEY.allocation_commitment != hashlib.sha256(b"blindrater/alloc/v1\n" + text).hexdigest()


def _without(name: str) -> bytes:
    value = json.loads(KEY.to_bytes())
    del value[name]
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "plaintext",
    [
        b"",
        b"   ",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        b"[" * 90_000,
        KEY.to_bytes()[:-70_000] or b"{",
        KEY.to_bytes().replace(b'"items":{', b'"items":[').replace(b"}},", b"]},"),
        KEY.to_bytes().replace(b'"replicate":1', b'"replicate":1.0'),
        *(_without(name) for name in ("allocation", "redaction", "study_toml", "allocation_salt")),
    ],
)
def test_what_is_no_key_is_refused_without_showing_any_of_it(plaintext: bytes) -> None:
    """One sentence, and no cause that a traceback could print."""
    with pytest.raises(CheckFailedError, match="no allocation key") as caught:
        AllocationKey.from_bytes(plaintext)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
