"""What a rater hands in: text, never a database.

A returned database could answer differently at every read; text cannot. Header, the events as the
exact bytes that were hashed, footer. The receipt code is the rater's own proof of what was in it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocol.canonical_json import Json, canonical_bytes, parse_canonical
from protocol.chain.events import BODY_LIMIT, PART_LIMIT, Event, Head, genesis, read_event
from protocol.chain.manifest import AssignmentManifest
from protocol.errors import CheckFailedError, InvalidInputError

SCHEMA = "ratings/1"
LINE_LIMIT = 2 * BODY_LIMIT + 8 * PART_LIMIT
EVENT_LIMIT = 1_000_000
RECEIPT_BYTES = 10


def receipt_code(head_hash: str) -> str:
    """Return the receipt of a chain: its first 80 bits in base32, four groups of four."""
    code = base64.b32encode(bytes.fromhex(head_hash)[:RECEIPT_BYTES]).decode("ascii")
    return "-".join(code[start : start + 4] for start in range(0, 16, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingsHeader:
    """Whose ratings a file holds, and of what."""

    study_id: str
    rater: str
    manifest_id: str
    manifest_sha256: str
    interim: bool
    """A copy in between; the rater goes on."""
    app: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One event as the texts that were hashed and bound."""

    body: str
    withheld: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingsFile:
    """A parsed file; `verify_events` checks its chain."""

    header: RatingsHeader
    events: tuple[StoredEvent, ...]
    head: str

    @property
    def receipt(self) -> str:
        """The receipt code of the file."""
        return receipt_code(self.head)


def ratings_text(manifest: AssignmentManifest, events: Sequence[Event], *, interim: bool, app: str) -> str:
    """Return the text of a ratings file."""
    head = events[-1].hash if events else genesis(manifest.sha256, manifest.id)
    header: Json = {
        "schema": SCHEMA,
        "study": manifest.study_id,
        "rater": manifest.rater,
        "manifest": manifest.id,
        "manifest_sha256": manifest.sha256,
        "interim": interim,
        "app": app,
    }
    lines: list[Json] = [
        header,
        *(
            {"body": event.body.decode(), "withheld": event.withheld_bytes().decode(), "hash": event.hash}
            for event in events
        ),
        {"events": len(events), "head": head, "receipt": receipt_code(head)},
    ]
    return "".join(canonical_bytes(line).decode() + "\n" for line in lines)


def parse_ratings_text(data: bytes, *, where: str) -> RatingsFile:
    """Read a ratings file.

    Args:
        data: The file's bytes.
        where: Its name, for messages.

    Raises:
        InvalidInputError: It is no ratings file, cut off, or a line is malformed.
    """
    objects = list(_objects(data, where))
    if len(objects) < 2 or objects[0].get("schema") != SCHEMA:
        raise _malformed(where, 1, "no header of a ratings file")
    if "receipt" not in objects[-1]:
        raise _malformed(where, len(objects), "no footer: the file was cut off")
    try:
        raw = objects[0]
        header = RatingsHeader(
            study_id=_text(raw, "study"),
            rater=_text(raw, "rater"),
            manifest_id=_text(raw, "manifest"),
            manifest_sha256=_text(raw, "manifest_sha256"),
            interim=raw["interim"] is True,
            app=_text(raw, "app"),
        )
        events = tuple(
            StoredEvent(body=_text(line, "body"), withheld=_text(line, "withheld"), hash=_text(line, "hash"))
            for line in objects[1:-1]
        )
        head = _text(objects[-1], "head")
        counted = objects[-1]["events"]
    except KeyError as fault:
        raise _malformed(where, None, f"the field {fault.args[0]} is missing or no text") from None
    if counted != len(events):
        raise _malformed(where, None, f"the footer counts {counted} events, the file has {len(events)}")
    return RatingsFile(header=header, events=events, head=head)


def verify_events(file: RatingsFile, manifest: AssignmentManifest, *, where: str) -> list[Event]:
    """Check a file's chain against the manifest it must start from.

    Raises:
        CheckFailedError: The file is of another study or rater, or its chain is broken.
    """
    header = file.header
    if (header.manifest_id, header.manifest_sha256, header.study_id, header.rater) != (
        manifest.id,
        manifest.sha256,
        manifest.study_id,
        manifest.rater,
    ):
        raise CheckFailedError(
            f"The file holds ratings of {header.rater} for another study or another seeding of it.",
            where=where,
            next_step="Ask the rater for the file of this study's pack.",
        )
    head = Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    events: list[Event] = []
    for stored in file.events:
        event = read_event(body=stored.body.encode(), withheld=stored.withheld.encode(), previous=head)
        if event.hash != stored.hash:
            raise CheckFailedError(
                f"Event {event.seq} is not the one that was recorded.",
                where=where,
                next_step="Ask the rater to run `rater submit` again and send that file unchanged.",
            )
        head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
        events.append(event)
    if head.hash != file.head:
        raise CheckFailedError(
            "The chain does not end where the footer says.",
            where=where,
            next_step="Ask the rater to run `rater submit` again and send that file unchanged.",
        )
    return events


def _objects(data: bytes, where: str) -> Iterator[dict[str, Json]]:
    lines = data.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    if len(lines) > EVENT_LIMIT:
        raise _malformed(where, None, f"more than {EVENT_LIMIT} lines")
    for number, line in enumerate(lines, start=1):
        if len(line) > LINE_LIMIT:
            raise _malformed(where, number, "the line is too long")
        try:
            yield parse_canonical(line)
        except (ValueError, RecursionError):
            raise _malformed(where, number, "no line of a ratings file") from None


def _text(line: dict[str, Json], name: str) -> str:
    value = line[name]
    if not isinstance(value, str):
        raise KeyError(name)
    return value


def _malformed(where: str, line: int | None, what: str) -> InvalidInputError:
    place = where if line is None else f"{where}, line {line}"
    return InvalidInputError(
        f"This is no complete ratings file: {what}.",
        where=place,
        next_step="Name the .ratings.jsonl file that `rater submit` wrote.",
    )


def first_difference(ours: Sequence[str], theirs: Sequence[str]) -> int | None:
    """Return the number of the first event in which two chains differ, or None where one goes on.

    Args:
        ours: Event hashes of one chain, in order.
        theirs: Event hashes of the other.
    """
    pairs = zip(ours, theirs, strict=False)
    return next((number for number, (one, other) in enumerate(pairs, start=1) if one != other), None)
