"""Rating events: the one record of what a rater did.

An event's body holds codes and hashes and is what the chain hashes. Free text and exact times are
withheld parts: they stand beside the body, which binds each by a salted hash, so a public copy can
leave them out and the chain still verifies. This format is fixed: `docs/formats.md` describes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from protocol.canonical_json import Json, canonical_bytes, parse_canonical, tagged_sha256
from protocol.chain.identifiers import SALT_BYTES, Entropy
from protocol.errors import CheckFailedError, InvalidInputError

FORMAT = 1
BODY_LIMIT = 64 * 1024
PART_LIMIT = 1024 * 1024
TIMES = ("at", "elapsed_ms", "active_ms")
"""Withheld parts that are times, not texts."""
INSTALLATION = "installation"
"""Part of a sitting: on which installation of the program it was, as `installation_mark` says."""
_SALT = re.compile(rf"[0-9a-f]{{{2 * SALT_BYTES}}}")


class EventKind(StrEnum):
    """What happened."""

    SITTING = "sitting"
    """The rater opened the app."""
    SHOW = "show"
    """An item came on the screen."""
    SCORE = "score"
    CLEAR = "clear"
    """The score or not-ratable mark of a dimension, or of the whole item, was taken back."""
    NOT_RATABLE = "not_ratable"
    """Of one dimension, or without a dimension of the whole item."""
    NOTE = "note"
    """The note of a dimension or item is now this text; an empty one removes it."""
    CONFIDENCE = "confidence"
    """How sure the rater is of the score, in `sure`; another score takes it away."""
    QUOTE = "quote"
    UNQUOTE = "unquote"
    READ_TO_END = "read_to_end"
    TOLD = "told"
    """The rater knows or was told which condition this is."""
    FLAG = "flag"
    COMPLETE = "complete"
    GUESS = "guess"
    """The answer to one question on the condition, after the item was completed."""
    SUBMIT = "submit"
    """The rater handed the file in; nothing is added after it."""
    RETRACT = "retract"
    """Undo: the event with number `target` no longer counts; retracting a retraction is redo."""
    NOTICE = "notice"
    """The rater read the amendment whose hash stands in `shown`."""
    ATTEMPT = "attempt"
    """Of training chains alone: an attempt at the gate began."""
    REFRESHER = "refresher"
    """Of training chains alone: a refresher after a pause began."""
    ADMIT = "admit"
    """Of training chains alone: the admin let the rater in; `reason` is the admit code."""
    WHY = "why"
    """Of adjudication chains alone: why a cell was decided so; `reason` is a code of the plan's list."""


UNDOABLE = frozenset(
    {
        EventKind.SCORE,
        EventKind.CLEAR,
        EventKind.NOT_RATABLE,
        EventKind.NOTE,
        EventKind.CONFIDENCE,
        EventKind.QUOTE,
        EventKind.UNQUOTE,
        EventKind.TOLD,
        EventKind.FLAG,
        EventKind.COMPLETE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of one message, in code points of the stored text."""

    message: int
    """Index of the message in the conversation."""
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """What the rater did, before it has a number, a time and a place in the chain."""

    kind: EventKind
    item_id: str | None = None
    dimension: str | None = None
    level: int | None = None
    reason: str | None = None
    """Not-ratable code; with `admit` the admit code; with `why` the adjudicator's reason."""
    span: Span | None = None
    target: int | None = None
    """Number of the event that is retracted, or of the quote that is removed."""
    shown_sha256: str | None = None
    """Hash of the item's text; with `notice` of the amendment."""
    question: str | None = None
    """Id of the question a guess answers."""
    option: int | None = None
    """Position of the chosen option; None with a guess is "don't know"."""
    sure: int | None = None
    """1 to 3, of a guess or of a score."""
    cue: str | None = None
    """Code of what gave it away."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Withheld texts by name: note, quote, cue, and of a sitting the installation."""
    elapsed_ms: int | None = None
    """Time since the item came on the screen, from a monotonic clock."""
    active_ms: int | None = None
    """The same without the time the rater was idle; None where they were not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldPart:
    """A text or time that is bound by a salted hash and can be left out of a public copy."""

    salt: str
    value: str

    def binding(self, name: str) -> str:
        """Return the hash that stands in the event's body."""
        return tagged_sha256("part/v1", bytes.fromhex(self.salt), canonical_bytes([name, self.value]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as it is stored."""

    chain_id: str
    seq: int
    """1, 2, 3 ... without gaps."""
    body: bytes
    """The exact bytes that were hashed."""
    hash: str
    draft: EventDraft
    """The content of the body, with the withheld texts where they are at hand."""
    withheld: Mapping[str, WithheldPart]

    @property
    def at(self) -> str | None:
        """Wall-clock time, or None where it was withheld."""
        part = self.withheld.get("at")
        return part.value if part else None

    def withheld_bytes(self) -> bytes:
        """Return the withheld parts as they are stored beside the body."""
        return canonical_bytes(
            {name: {"salt": part.salt, "value": part.value} for name, part in self.withheld.items()}
        )


def genesis(manifest_sha256: str, chain_id: str) -> str:
    """Return the hash a chain starts from; it binds the chain to one assignment manifest."""
    return tagged_sha256("genesis/v1", bytes.fromhex(manifest_sha256), chain_id.encode())


def link(previous_hash: str, body: bytes) -> str:
    """Return the hash of an event: over the hash before it and its body."""
    return tagged_sha256("event/v1", bytes.fromhex(previous_hash), body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain."""

    chain_id: str
    seq: int
    hash: str


def installation_mark(secret: bytes, chain_id: str) -> str:
    """Return what a sitting says of the installation it was on.

    Two sittings of one chain can be compared by it; marks of other raters and studies cannot be joined.

    Args:
        secret: What the installation drew for itself and tells nobody.
        chain_id: The rater's chain.
    """
    return tagged_sha256("installation/v1", secret, chain_id.encode())[:32]


def make_event(
    draft: EventDraft, *, head: Head, rubric_sha256: str, app: str, at: str | None, entropy: Entropy
) -> Event:
    """Give a draft its number, time and place in the chain.

    Args:
        draft: What the rater did.
        head: The end of the chain so far.
        rubric_sha256: Hash of the rubric the rater had in view.
        app: Version of the program.
        at: Wall-clock time, ISO 8601 UTC, or None where the study records none.
        entropy: Source of the salts.

    Raises:
        InvalidInputError: A text is too long or cannot be stored.
    """
    values = {**({} if at is None else {"at": at}), **draft.texts}
    if draft.elapsed_ms is not None:
        values["elapsed_ms"] = str(draft.elapsed_ms)
    if draft.active_ms is not None:
        values["active_ms"] = str(draft.active_ms)
    for name, value in values.items():
        if len(value.encode("utf-8", "replace")) > PART_LIMIT:
            raise InvalidInputError(
                f"The {name} is longer than {PART_LIMIT // 1024} KiB.", next_step="Shorten it."
            )
    withheld = {
        name: WithheldPart(salt=entropy.randbytes(SALT_BYTES).hex(), value=value)
        for name, value in values.items()
    }
    seq = head.seq + 1
    body = canonical_bytes(
        event_body(
            draft,
            chain_id=head.chain_id,
            seq=seq,
            rubric_sha256=rubric_sha256,
            app=app,
            parts={name: part.binding(name) for name, part in withheld.items()},
        )
    )
    if len(body) > BODY_LIMIT:
        raise InvalidInputError("The event is too large to record.", next_step="Shorten the text.")
    return Event(
        chain_id=head.chain_id,
        seq=seq,
        body=body,
        hash=link(head.hash, body),
        draft=draft,
        withheld=withheld,
    )


def event_body(
    draft: EventDraft,
    *,
    chain_id: str,
    seq: int,
    rubric_sha256: str,
    app: str,
    parts: Mapping[str, str],
) -> Json:
    """Return what a chain hashes of an event.

    Args:
        draft: What the rater did.
        chain_id: The chain it stands in.
        seq: Its number there.
        rubric_sha256: Hash of the rubric the rater had in view.
        app: Version of the program.
        parts: The binding of every withheld part, by name.
    """
    body: dict[str, Json] = {
        "v": FORMAT,
        "chain": chain_id,
        "seq": seq,
        "kind": draft.kind.value,
        "app": app,
        "rubric": rubric_sha256,
        "parts": dict(parts),
    }
    optional: dict[str, Json] = {
        "item": draft.item_id,
        "dimension": draft.dimension,
        "level": draft.level,
        "reason": draft.reason,
        "target": draft.target,
        "shown": draft.shown_sha256,
        "question": draft.question,
        "option": draft.option,
        "sure": draft.sure,
        "cue": draft.cue,
        "span": [draft.span.message, draft.span.start, draft.span.end] if draft.span else None,
    }
    return body | {key: value for key, value in optional.items() if value is not None}


def read_event(*, body: bytes, withheld: bytes, previous: Head, whole: bool = False) -> Event:
    """Read a stored event and check its number, its bindings and its place in the chain.

    Args:
        body: The exact bytes that were hashed.
        withheld: The parts beside the body, as they were written.
        previous: The end of the chain before it.
        whole: Nothing may be left out, as it may in a public copy.

    Returns:
        The event; its hash is computed, and the caller compares it with the stored one.

    Raises:
        CheckFailedError: A number, chain id or withheld part does not fit the body, or is missing.
    """
    seq = previous.seq + 1
    place = f"event {seq} of chain {previous.chain_id}"
    try:
        value = parse_canonical(body)
        parts = cast("dict[str, str]", value["parts"])
        kept = {name: _part(part) for name, part in parse_canonical(withheld).items()}
        draft = _draft(value, kept)
        fits = (_text(value, "chain"), _whole(value, "seq"), _whole(value, "v")) == (
            previous.chain_id,
            seq,
            FORMAT,
        )
        bound = all(name in parts and part.binding(name) == parts[name] for name, part in kept.items())
    except (KeyError, ValueError, TypeError) as fault:
        raise CheckFailedError("The event cannot be read.", where=place) from fault
    if not fits:
        raise CheckFailedError("The event's number, chain or format is not what its place asks.", where=place)
    if not bound:
        raise CheckFailedError("A note, quote or time is not the one that was recorded.", where=place)
    if whole and len(kept) < len(parts):
        raise CheckFailedError("A note, quote or time was left out.", where=place)
    event = Event(
        chain_id=previous.chain_id,
        seq=seq,
        body=body,
        hash=link(previous.hash, body),
        draft=draft,
        withheld=kept,
    )
    if event.withheld_bytes() != withheld:  # the same parts in other bytes: not what the program wrote
        raise CheckFailedError("The parts beside the event were written anew.", where=place)
    return event


def _draft(value: Mapping[str, Json], withheld: Mapping[str, WithheldPart]) -> EventDraft:
    elapsed, active = withheld.get("elapsed_ms"), withheld.get("active_ms")
    return EventDraft(
        kind=EventKind(cast("str", value["kind"])),
        item_id=_text(value, "item"),
        dimension=_text(value, "dimension"),
        level=_whole(value, "level"),
        reason=_text(value, "reason"),
        span=_span(value),
        target=_whole(value, "target"),
        shown_sha256=_text(value, "shown"),
        question=_text(value, "question"),
        option=_whole(value, "option"),
        sure=_whole(value, "sure"),
        cue=_text(value, "cue"),
        texts={name: part.value for name, part in withheld.items() if name not in TIMES},
        elapsed_ms=int(elapsed.value) if elapsed else None,
        active_ms=int(active.value) if active else None,
    )


def _part(stored: Json) -> WithheldPart:
    if isinstance(stored, dict):
        salt, value = stored["salt"], stored["value"]
        # bytes.fromhex() takes capitals and blanks too: the same hash from other bytes.
        if isinstance(salt, str) and isinstance(value, str) and _SALT.fullmatch(salt):
            return WithheldPart(salt=salt, value=value)
    raise TypeError("a withheld part is no salt and text")


def _text(value: Mapping[str, Json], name: str) -> str | None:
    found = value.get(name)
    if found is None or isinstance(found, str):
        return found
    raise TypeError(f"{name} is no text")


def _whole(value: Mapping[str, Json], name: str) -> int | None:
    found = value.get(name)
    if found is None or (isinstance(found, int) and not isinstance(found, bool)):
        return found
    raise TypeError(f"{name} is no whole number")


def _span(value: Mapping[str, Json]) -> Span | None:
    found = value.get("span")
    if found is None:
        return None
    if isinstance(found, list) and len(found) == 3 and all(type(place) is int for place in found):
        message, start, end = cast("list[int]", found)
        return Span(message=message, start=start, end=end)
    raise TypeError("span is no list of three whole numbers")
