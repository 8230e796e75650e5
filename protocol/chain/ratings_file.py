"""What a rater hands in: text, never a database.

A returned database could answer differently at every read; text cannot. Header, the events as the
exact bytes that were hashed, footer. The receipt code is the rater's own proof of what was in it.
Where a study has training, its chain travels in the same file, in lines of their own.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from protocol.canonical_json import Json, canonical_bytes, parse_canonical
from protocol.chain.events import BODY_LIMIT, PART_LIMIT, Event, EventKind, Head, genesis, read_event
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.odd_events import odd_form
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
    training: TrainingName | None = None
    """The training chain that is in the file, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingName:
    """Which training manifest a training chain starts from."""

    manifest_id: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingChain:
    """A training manifest and the events of its chain."""

    manifest: AssignmentManifest
    events: Sequence[Event]


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
    training_events: tuple[StoredEvent, ...] = ()
    training_head: str | None = None

    @property
    def receipt(self) -> str:
        """The receipt code of the file."""
        return receipt_code(self.head)


def ratings_text(
    manifest: AssignmentManifest,
    events: Sequence[Event],
    *,
    interim: bool,
    app: str,
    training: TrainingChain | None = None,
) -> str:
    """Return the text of a ratings file."""
    head = _end(manifest, events)
    header: dict[str, Json] = {
        "schema": SCHEMA,
        "study": manifest.study_id,
        "rater": manifest.rater,
        "manifest": manifest.id,
        "manifest_sha256": manifest.sha256,
        "interim": interim,
        "app": app,
    }
    footer: dict[str, Json] = {"events": len(events), "head": head, "receipt": receipt_code(head)}
    trained: list[Json] = []
    if training is not None:
        header |= {"training": training.manifest.id, "training_sha256": training.manifest.sha256}
        footer |= {
            "training_events": len(training.events),
            "training_head": _end(training.manifest, training.events),
        }
        trained = [{"training": True, **_line(event)} for event in training.events]
    lines: list[Json] = [header, *trained, *map(_line, events), footer]
    return "".join(canonical_bytes(line).decode() + "\n" for line in lines)


def _end(manifest: AssignmentManifest, events: Sequence[Event]) -> str:
    return events[-1].hash if events else genesis(manifest.sha256, manifest.id)


def _line(event: Event) -> dict[str, Json]:
    return {"body": event.body.decode(), "withheld": event.withheld_bytes().decode(), "hash": event.hash}


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
    inner = lines[1:-1]
    trained = list(takewhile(lambda line: "training" in line.value, inner)) if header.training else []
    training_events = tuple(_stored_event(line, in_training=True) for line in trained)
    events = tuple(_stored_event(line) for line in inner[len(trained) :])
    training_head = _training_head(last, len(trained)) if header.training else None
    return RatingsFile(
        header=header,
        events=events,
        head=_head(last, len(events), has_training=header.training is not None),
        training_events=training_events,
        training_head=training_head,
    )


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
    first = 2 + len(file.training_events)
    start = chain_start(manifest.id, manifest.sha256)
    events = linked_events(file.events, start, head=file.head, where=where, first_line=first)
    handed_in = any(event.draft.kind is EventKind.SUBMIT for event in events)
    if header.interim is handed_in:
        raise _altered(
            "The header says interim, but the ratings were handed in."
            if handed_in
            else "The header does not say interim, but the ratings were not handed in.",
            where,
        )
    return events


def verify_training_events(
    file: RatingsFile, manifest: AssignmentManifest | None, *, where: str
) -> list[Event]:
    """Check a file's training chain against the training manifest it must start from.

    Args:
        file: The parsed file.
        manifest: The rater's training manifest, or None where the study has no training.
        where: The file's name, for messages.

    Raises:
        CheckFailedError: The chain is broken, of another training, or one of the two is missing.
    """
    named = file.header.training
    expected = TrainingName(manifest_id=manifest.id, manifest_sha256=manifest.sha256) if manifest else None
    if named != expected:
        raise CheckFailedError(
            f"The training of {file.header.rater} in the file is not that of this study.",
            where=where,
            next_step="Ask the rater for the file of this study's pack.",
        )
    if manifest is None or file.training_head is None:
        return []
    start = chain_start(manifest.id, manifest.sha256)
    return linked_events(file.training_events, start, head=file.training_head, where=where, first_line=2)


def chain_start(manifest_id: str, manifest_sha256: str) -> Head:
    """Return the head of a chain in which nothing was recorded yet."""
    return Head(chain_id=manifest_id, seq=0, hash=genesis(manifest_sha256, manifest_id))


def linked_events(
    stored_events: Sequence[StoredEvent],
    start: Head,
    *,
    head: str,
    where: str,
    first_line: int,
) -> list[Event]:
    """Return the events of a chain, each checked, that ends as the footer says.

    Raises:
        CheckFailedError: The chain is broken.
    """
    end = start
    events: list[Event] = []
    for number, stored in enumerate(stored_events, start=first_line):
        try:
            event = read_event(
                body=stored.body.encode(), withheld=stored.withheld.encode(), previous=end, whole=True
            )
        except CheckFailedError as fault:
            raise _altered(fault.what, f"{where}, line {number}") from None
        odd = odd_form(event)
        if odd:
            raise _altered(f"Event {event.seq} {odd}.", f"{where}, line {number}")
        if event.hash != stored.hash:
            raise _altered(f"Event {event.seq} is not the one that was recorded.", f"{where}, line {number}")
        end = Head(chain_id=start.chain_id, seq=event.seq, hash=event.hash)
        events.append(event)
    if end.hash != head:
        raise _altered("The chain does not end where the footer says.", where)
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
    has_training = "training" in line.value
    more = ("training", "training_sha256") if has_training else ()
    line.only("schema", "study", "rater", "manifest", "manifest_sha256", "interim", "app", *more)
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
        training=TrainingName(manifest_id=line.text("training"), manifest_sha256=line.text("training_sha256"))
        if has_training
        else None,
    )


def _stored_event(line: _Line, *, in_training: bool = False) -> StoredEvent:
    line.only("body", "withheld", "hash", *(("training",) if in_training else ()))
    if in_training and line.value["training"] is not True:
        raise line.malformed("the field training is not true")
    return StoredEvent(body=line.text("body"), withheld=line.text("withheld"), hash=line.text("hash"))


def _training_head(line: _Line, events: int) -> str:
    """Return the hash of the training chain that the footer names."""
    for name in ("training_events", "training_head"):
        if name not in line.value:
            raise line.malformed(f"the field {name} is missing")
    head = line.text("training_head")
    if not _HASH.fullmatch(head):
        raise line.malformed("the head of the training is no hash")
    counted = line.value["training_events"]
    if isinstance(counted, bool) or counted != events:
        raise line.malformed(f"the footer counts {counted} events of training, the file has {events}")
    return head


def _head(line: _Line, events: int, *, has_training: bool) -> str:
    """Return the hash the footer names, after its own words are checked."""
    more = ("training_events", "training_head") if has_training else ()
    line.only("events", "head", "receipt", *more)
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
