"""What a rater hands in: text, never a database.

A returned database could answer differently at every read; text cannot. Header, the events as the
exact bytes that were hashed, footer. The receipt code is the rater's own proof of what was in it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from protocol.canonical_json import Json, canonical_bytes, parse_canonical
from protocol.chain.events import (
    BODY_LIMIT,
    PART_LIMIT,
    Event,
    EventKind,
    Head,
    genesis,
    odd_form,
    read_event,
)
from protocol.chain.manifest import AssignmentManifest
from protocol.errors import CheckFailedError, InvalidInputError

SCHEMA = "ratings/1"
LINE_LIMIT = 2 * BODY_LIMIT + 8 * PART_LIMIT
EVENT_LIMIT = 1_000_000
RECEIPT_BYTES = 10
_HASH = re.compile(r"[0-9a-f]{64}")


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
    lines = list(_objects(data, where))
    first = lines[0] if lines else _Line(number=1, value={}, where=where)
    if first.value.get("schema") != SCHEMA:
        raise first.malformed("no header of a ratings file")
    header = _header(first)
    last = lines[-1]
    if "receipt" not in last.value:
        raise last.malformed("no footer: the file was cut off")
    events = tuple(_stored_event(line) for line in lines[1:-1])
    return RatingsFile(header=header, events=events, head=_head(last, len(events)))


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
    for number, stored in enumerate(file.events, start=2):
        try:
            event = read_event(
                body=stored.body.encode(), withheld=stored.withheld.encode(), previous=head, whole=True
            )
        except CheckFailedError as fault:
            raise _altered(fault.what, f"{where}, line {number}") from None
        odd = odd_form(event)
        if odd:
            raise _altered(f"Event {event.seq} {odd}.", f"{where}, line {number}")
        if event.hash != stored.hash:
            raise _altered(f"Event {event.seq} is not the one that was recorded.", f"{where}, line {number}")
        head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
        events.append(event)
    if head.hash != file.head:
        raise _altered("The chain does not end where the footer says.", where)
    handed_in = any(event.draft.kind is EventKind.SUBMIT for event in events)
    if header.interim is handed_in:
        raise _altered(
            "The header says interim, but the ratings were handed in."
            if handed_in
            else "The header does not say interim, but the ratings were not handed in.",
            where,
        )
    return events


def _altered(what: str, where: str) -> CheckFailedError:
    return CheckFailedError(
        what,
        where=where,
        next_step="Ask the rater to run `rater submit` again and send that file unchanged.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line as it was read, with its place for messages."""

    number: int
    value: dict[str, Json]
    where: str

    def only(self, *names: str) -> None:
        """Refuse fields that are missing, and fields that no line of this kind has."""
        for name in names:
            if name not in self.value:
                raise self.malformed(f"the field {name} is missing")
        if len(self.value) > len(names):
            raise self.malformed("there are fields that no ratings file has")

    def text(self, name: str) -> str:
        """Return a text."""
        value = self.value[name]
        if not isinstance(value, str):
            raise self.malformed(f"the field {name} is no text")
        return value

    def malformed(self, what: str) -> InvalidInputError:
        """Return the error for this line."""
        return _malformed(self.where, self.number, what)


def _header(line: _Line) -> RatingsHeader:
    line.only("schema", "study", "rater", "manifest", "manifest_sha256", "interim", "app")
    interim = line.value["interim"]
    if not isinstance(interim, bool):
        raise line.malformed("the field interim is neither true nor false")
    return RatingsHeader(
        study_id=line.text("study"),
        rater=line.text("rater"),
        manifest_id=line.text("manifest"),
        manifest_sha256=line.text("manifest_sha256"),
        interim=interim,
        app=line.text("app"),
    )


def _stored_event(line: _Line) -> StoredEvent:
    line.only("body", "withheld", "hash")
    return StoredEvent(body=line.text("body"), withheld=line.text("withheld"), hash=line.text("hash"))


def _head(line: _Line, events: int) -> str:
    """Return the hash the footer names, after its own words are checked."""
    line.only("events", "head", "receipt")
    head = line.text("head")
    if not _HASH.fullmatch(head):
        raise line.malformed("the head is no hash")
    if line.text("receipt") != receipt_code(head):
        raise line.malformed("the receipt does not belong to the head")
    counted = line.value["events"]
    if isinstance(counted, bool) or counted != events:
        raise line.malformed(f"the footer counts {counted} events, the file has {events}")
    return head


def _objects(data: bytes, where: str) -> Iterator[_Line]:
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) > EVENT_LIMIT:
        raise _malformed(where, None, f"more than {EVENT_LIMIT} lines")
    for number, written in enumerate(lines, start=1):
        line = written.removesuffix(b"\r")  # some mail programs change the ends of lines
        if len(line) > LINE_LIMIT:
            raise _malformed(where, number, "the line is too long")
        try:
            value = parse_canonical(line)
            same = canonical_bytes(value) == line
        except (ValueError, RecursionError):
            same = False
        if not same:
            raise _malformed(where, number, "no line of a ratings file")
        yield _Line(number=number, value=value, where=where)


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
