"""The one byte form of everything that is hashed.

UTF-8 JSON with sorted keys, no spaces, no floats: other writers agree on these bytes,
which they do not on floats. What is hashed is stored as these bytes and never re-serialised.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import cast

from protocol.errors import InvalidInputError

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def _refuse_unhashable(value: object) -> None:
    """Raise for what has no canonical form; only then is it worked out where it stands."""
    if not _is_hashable(value):
        _raise_for(value, "$")


def _is_hashable(value: object) -> bool:
    if type(value) is dict:  # nearly always: this loop takes a third of the time of what follows
        for key, inner in value.items():
            if type(key) is not str or not (key.isascii() or _has_utf8(key)):
                return False
            if type(inner) is str:
                if not (inner.isascii() or _has_utf8(inner)):
                    return False
            elif type(inner) is not int and not _is_hashable(inner):
                return False
        return True
    if isinstance(value, str):
        return value.isascii() or _has_utf8(value)
    if value is None or isinstance(value, int):
        return True
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_hashable(key) and _is_hashable(value[key]) for key in value)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return all(map(_is_hashable, value))
    return False


def _has_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")  # a loop over the characters takes 40 times as long
    except UnicodeEncodeError:
        return False
    return True


def _raise_for(value: object, path: str) -> None:
    if value is None or isinstance(value, (bool, int)):
        return
    if isinstance(value, str):
        if not _has_utf8(value):
            raise InvalidInputError("A text holds half a surrogate pair: it has no UTF-8 form.", where=path)
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{path}: keys of hashed JSON are strings, found {type(key).__name__}")
            _raise_for(key, path)
            _raise_for(inner, f"{path}.{key}")
        return
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        for position, inner in enumerate(value):
            _raise_for(inner, f"{path}[{position}]")
        return
    raise TypeError(
        f"{path}: a {type(value).__name__} has no canonical form; "
        "hashed JSON holds strings, whole numbers, booleans, null, lists and objects"
    )


def canonical_bytes(value: Json) -> bytes:
    """Return the canonical bytes of a value.

    Raises:
        TypeError: The value holds a float or another type without one byte form.
        InvalidInputError: A string holds a lone surrogate.
    """
    _refuse_unhashable(value)
    return _WRITER.encode(value).encode("utf-8")


def _object_without_doubles(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found.clear()
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _refuse_float(literal: str) -> Json:
    raise ValueError(f"{literal} is no whole number")


# Made once: making them takes as long as an event.
_WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_READER = json.JSONDecoder(
    object_pairs_hook=_object_without_doubles, parse_float=_refuse_float, parse_constant=_refuse_float
)


def parse_canonical(body: bytes) -> dict[str, Json]:
    """Read one canonical object back.

    Raises:
        ValueError: Not UTF-8 JSON, not an object, a float, half a surrogate pair, a key that stands
            twice, or nesting without end.
    """
    try:
        value = _READER.decode(body.decode("utf-8"))
        if not isinstance(value, dict):
            raise ValueError("the body is no JSON object")
        # JSON can escape half a surrogate pair; our writer never does, and nothing could store it.
        if rb"\u" in body:
            _refuse_unhashable(value)
    except InvalidInputError as fault:
        raise ValueError(str(fault)) from None
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    return cast("dict[str, Json]", value)


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def tagged_sha256(tag: str, *parts: bytes) -> str:
    """Return SHA-256 over `blindrater/`, the tag, a line feed and the parts, as hexadecimal digits.

    The tag keeps hashes of one purpose from being used for another. Parts of varying length
    come last, so that no two lists of parts give the same bytes.
    """
    digest = hashlib.sha256(f"blindrater/{tag}\n".encode())
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
