"""JSON values in the words of messages to the admin."""

from __future__ import annotations

from protocol.wording import describe


def in_json(value: object) -> str:
    """Return what a JSON value is, such as: the text "x", an object, nothing."""
    return "an object" if isinstance(value, dict) else describe(value)
