"""Events that verify and that this program would not have written.

Apart from reading: the rating app reads its own chain, and only who takes one in or verifies it asks this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from protocol.canonical_json import canonical_bytes, parse_canonical
from protocol.chain.events import INSTALLATION, TIMES, Event, EventKind, event_body

_PARTS = frozenset({*TIMES, "note", "quote", "cue", INSTALLATION})
_TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{3}Z")
_DURATION = re.compile(r"-?[0-9]{1,12}")
_BINDING = re.compile(r"[0-9a-f]{64}")
_MARK = re.compile(r"[0-9a-f]{32}")


def odd_form(event: Event) -> str | None:
    """Return what this program would have written differently in an event, or None.

    A chain made by hand can hold fields that nobody reads, or a time that is none, and verify.
    """
    parts = parse_canonical(event.body).get("parts")
    if not isinstance(parts, dict) or set(parts) != set(event.withheld):
        return "holds more or other than an event does"
    # read_event() saw that each part beside the body is the one that is bound.
    odd = _odd_body(event, cast("dict[str, str]", parts))
    if odd:
        return odd
    if event.at is not None and not _TIME.fullmatch(event.at):
        return "has no time that this program writes"
    mark = event.withheld.get(INSTALLATION)
    if mark is not None and not _MARK.fullmatch(mark.value):
        return "names an installation in a way that this program does not"
    durations = [event.withheld[name] for name in ("elapsed_ms", "active_ms") if name in event.withheld]
    if not all(_DURATION.fullmatch(duration.value) for duration in durations):
        return "has a duration that this program does not write"
    return None


def odd_public_form(event: Event) -> str | None:
    """Return the same as `odd_form` for an event whose texts and times were all withheld."""
    parts = parse_canonical(event.body).get("parts")
    if not isinstance(parts, dict):
        return "is bound to nothing"
    bindings = {name: hash_ for name, hash_ in parts.items() if isinstance(hash_, str)}
    if not all(_BINDING.fullmatch(hash_) for hash_ in bindings.values()):
        return "is bound to something that is no hash"
    return _odd_body(event, bindings)


def _odd_body(event: Event, parts: Mapping[str, str]) -> str | None:
    """Return what is odd in the hashed body of an event that is bound to these parts, or None."""
    value = parse_canonical(event.body)
    rubric, app = value.get("rubric"), value.get("app")
    if not isinstance(rubric, str) or not isinstance(app, str):
        return "names no rubric or no version of the program"
    alike = event_body(
        event.draft,
        chain_id=event.chain_id,
        seq=event.seq,
        rubric_sha256=rubric,
        app=app,
        parts=parts,
    )
    if canonical_bytes(alike) != event.body:
        return "holds more or other than an event does"
    if set(parts) - _PARTS:
        return "holds a text that no event has"
    if INSTALLATION in parts and event.draft.kind is not EventKind.SITTING:
        return "names an installation, which only the start of a sitting does"
    return None
