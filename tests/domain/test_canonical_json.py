"""The one byte form of hashed JSON: fixed bytes, no floats, nothing twice."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.canonical_json import Json, canonical_bytes, parse_canonical, sha256_hex, tagged_sha256
from protocol.errors import InvalidInputError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def test_the_bytes_are_those_that_were_fixed() -> None:
    """Sorted keys, no blanks, characters as themselves, control characters escaped."""
    value: Json = {
        "b": [1, -2, True, None],
        "ä": "ü€😀",
        "a": {"y": "\n\x1b\x7f\u2028", "x": ""},
        "A": '/\\"',
    }
    assert canonical_bytes(value) == (
        '{"A":"/\\\\\\"","a":{"x":"","y":"\\n\\u001b\x7f\u2028"},"b":[1,-2,true,null],"ä":"ü€😀"}'.encode()
    )


@given(JSON)
def test_what_is_written_is_read_back(value: Json) -> None:
    """Every value without floats comes back equal, and its bytes again are the same."""
    body = canonical_bytes({"value": value})
    assert parse_canonical(body) == {"value": value}
    assert canonical_bytes(parse_canonical(body)) == body


@given(st.dictionaries(TEXT, JSON, max_size=6))
def test_the_order_of_keys_does_not_reach_the_bytes(value: dict[str, Json]) -> None:
    """Two objects with the same content have the same bytes."""
    assert canonical_bytes(value) == canonical_bytes(dict(reversed(value.items())))


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", {1: "x"}, {"x": [0.5]}, {"x": {1, 2}}])
def test_values_without_one_byte_form_are_refused(value: object) -> None:
    """Floats, bytes, sets and keys that are no strings are a fault of the caller."""
    with pytest.raises(TypeError, match=r"\$"):
        canonical_bytes(value)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("value", [{"a": "x\ud800"}, {"\udfff": 1}, ["ok", "\udc80"]])
def test_half_a_surrogate_pair_is_refused(value: Json) -> None:
    """It has no UTF-8 form; the place in the value is named."""
    with pytest.raises(InvalidInputError, match=r"^\$"):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b"[1]",
        b'"a"',
        b"",
        b"{",
        b'{"a":"\xff"}',
        b'{"a":1} x',
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"a":' + b"9" * 5_000 + b"}",
    ],
)
def test_what_was_never_written_is_not_read(body: bytes) -> None:
    """Doubled keys, floats, broken text, half surrogates and endless nesting give one kind of error."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_canonical(body)


def test_a_tag_keeps_hashes_of_one_purpose_from_another() -> None:
    """The hash is SHA-256 over program name, tag, line feed and parts, as the formats page says."""
    expected = hashlib.sha256(b"blindrater/event/v1\nab" + b"\x00c").hexdigest()
    assert tagged_sha256("event/v1", b"ab", b"\x00c") == expected
    assert tagged_sha256("event/v2", b"ab", b"\x00c") != expected
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
