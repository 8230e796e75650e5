"""The files of a public bundle by name, and the shape of its simplest ones.

`docs/public-bundle.md` describes every file to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from protocol.allocation.allocation_key import AllocationKey
from protocol.canonical_json import Json, canonical_bytes, parse_canonical
from protocol.chain.audit import AuditEntry
from protocol.chain.events import Event, Head, genesis, read_event
from protocol.errors import CheckFailedError

SCHEMA = "public-bundle/1"
INDEX = "bundle.json"
PROTOCOL = "study.toml"
VISIBLE = "visible.json"
MANIFESTS = "manifests.jsonl"
CHAINS = "chains.jsonl"
LOCK = "lock.json"
ALLOCATION = "allocation.json"
RECORD = "record.json"
RATINGS = "ratings.csv"
GUESSES = "guesses.csv"
AGREEMENT = "agreement.json"
EFFECTS = "effects.json"
BLINDING = "blinding.json"
CODER_AGREEMENT = "coder_agreement.json"
COVERAGE = "coverage.json"
ADJUDICATION = "adjudication.json"
DECISIONS = "decisions.jsonl"
CONSENSUS = "consensus.csv"
VERIFIER = "verify.py"
README = "README.md"

README_OF_AUDIT = "README-audit.md"
"""The description of an audit's bundle as the package has it; in a bundle it is the README."""

_OF_BOTH = (PROTOCOL, VISIBLE, MANIFESTS, CHAINS, LOCK, RECORD, RATINGS, VERIFIER, README)
FIGURES = (AGREEMENT, EFFECTS, BLINDING)
LISTED = (*_OF_BOTH, ALLOCATION, GUESSES, *FIGURES)
"""Every file but the index, which lists them."""
ADJUDICATED = (ADJUDICATION, DECISIONS, CONSENSUS)
"""What comes with them where an adjudication was finished or waived."""
AUDIT_FIGURES = (AGREEMENT, CODER_AGREEMENT, COVERAGE)
AUDIT_LISTED = (*_OF_BOTH, *AUDIT_FIGURES)
"""The files of an audit: nothing was allocated, and nobody asked to guess."""

WITHHELD = (
    "notes, quotes' texts, flags and cues in words",
    "times of rating events and the pace of raters",
    "who did a step of the record, at what hour and why; of the lock alone time and reason are public",
    "what was redacted from the texts, and the texts themselves; their hashes are in the manifests",
    "which rater has which label in tidy data and results",
)
"""What the bundle leaves out, for its index."""
WITHHELD_OF_AUDIT = (
    *WITHHELD[:3],
    "the documents that were coded; their hashes are in the manifests",
    WITHHELD[-1],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEvent:
    """One event as it stands in the bundle: the hashed body and its hash."""

    body: str
    hash: str


def chain_lines(events: Sequence[Event]) -> str:
    """Return a chain's part of the file of chains, nothing but hashed bodies and hashes."""
    lines = (canonical_bytes({"body": event.body.decode(), "hash": event.hash}) for event in events)
    return "".join(line.decode() + "\n" for line in lines)


def read_chain_lines(text: bytes, *, where: str = CHAINS) -> dict[str, list[PublicEvent]]:
    """Return the events of every chain, in the order of the file, none of them checked.

    Raises:
        CheckFailedError: A line is none of such a file.
    """
    chains: dict[str, list[PublicEvent]] = {}
    for number, line in enumerate(lines_of(text, where=where), start=1):
        try:
            stored = parse_canonical(line)
            body, hash_ = stored["body"], stored["hash"]
            if not isinstance(body, str) or not isinstance(hash_, str) or set(stored) != {"body", "hash"}:
                raise TypeError("no texts")
            chain = parse_canonical(body.encode())["chain"]
        except (KeyError, ValueError, TypeError):
            raise CheckFailedError(
                "A line holds no event of a chain.", where=f"{where}, line {number}"
            ) from None
        chains.setdefault(str(chain), []).append(PublicEvent(body=body, hash=hash_))
    return chains


class StartsChain(Protocol):
    """A manifest by which a chain begins."""

    @property
    def id(self) -> str:
        """Id of the manifest and the chain."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of the manifest."""
        ...


def public_events(stored: Iterable[PublicEvent], manifest: StartsChain, *, where: str) -> list[Event]:
    """Return a chain, every hash and number checked from its genesis on.

    Raises:
        CheckFailedError: An event is not what its place asks, or was changed.
    """
    head = Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
    events: list[Event] = []
    for one in stored:
        number = head.seq + 1
        try:
            event = read_event(body=one.body.encode(), withheld=b"{}", previous=head)
        except CheckFailedError as fault:
            raise CheckFailedError(f"Event {number}: {fault.what}", where=where) from None
        if event.hash != one.hash:
            raise CheckFailedError(
                f"Event {number} was changed, or one before it was taken out.", where=where
            )
        head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
        events.append(event)
    return events


def lines_of(text: bytes, *, where: str) -> list[bytes]:
    """Return the lines of a file whose every line ends with a line feed.

    Raises:
        CheckFailedError: The last line was cut off.
    """
    lines = text.split(b"\n")
    if lines.pop():
        raise CheckFailedError("The last line was cut off.", where=where)
    return lines


def allocation_json(opened: Sequence[AllocationKey]) -> dict[str, Json]:
    """Return the opened allocation as it is published.

    Args:
        opened: The key of seeding, then those of batches; of these the plan goes along.
    """
    first, *later = opened
    batches: list[Json] = [
        {"allocation": one.allocation_json(), "salt": one.allocation_salt, "study_toml": one.study_toml}
        for one in later
    ]
    return {
        "allocation": first.allocation_json(),
        "salt": first.allocation_salt,
        **({"batches": batches} if batches else {}),
    }


def record_json(entries: Sequence[tuple[AuditEntry, str]], labels: Mapping[str, str], *, bound: str) -> str:
    """Return the public part of the audit log: what was done on which day, without who, when and why.

    Entries have no salts: with the hash before it, name and time of a step could be found by trying. So one
    hash alone is told, that of the entry the lock is bound to, which is in the lock manifest anyway.

    Args:
        entries: Audit entries with their hashes.
        labels: Public label by rater code, for incidents.
        bound: Hash of the entry the lock is bound to.
    """
    return pretty(
        {
            "schema": "public-record/1",
            "entries": [
                {
                    "seq": entry.seq,
                    "day": entry.at[:10],
                    "action": entry.action,
                    **(_incident(entry, labels) if entry.action == "incident" else {}),
                    **_amendment(entry),
                    **({"hash": hash_} if hash_ == bound else {}),
                }
                for entry, hash_ in entries
            ],
        }
    )


def _amendment(entry: AuditEntry) -> dict[str, object]:
    """Return the number of the amendment that a step is, if it is one; its text is in the lock manifest."""
    number = entry.details.get("amendment")
    return {} if number is None else {"amendment": int(number)}


def _incident(entry: AuditEntry, labels: Mapping[str, str]) -> dict[str, object]:
    rater, items = entry.details.get("rater", ""), entry.details.get("items", "")
    return {"rater": labels.get(rater, ""), "items": items.split()}


def pretty(value: Mapping[str, object]) -> str:
    """Return JSON for readers: indented, in the order it was made."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
