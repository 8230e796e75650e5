"""What somebody with sqlite3 and our source can do to a study file: the tools of the manipulations.

Nothing here goes through the program's doors. Guards are dropped, and put back word for word where
the forger is careful; hashes are computed anew where that is what the forger would do.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from protocol.canonical_json import Json, canonical_bytes, sha256_hex
from protocol.chain.audit import audit_genesis, audit_link
from protocol.chain.events import EventDraft, Head, genesis, make_event, read_event
from protocol.chain.manifest import AssignmentManifest
from tests.services.small_studies import AT, SmallStudy

Body = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forger:
    """A study file open past the program, its guards dropped."""

    db: sqlite3.Connection
    guards: tuple[str, ...]
    """The triggers that were dropped, word for word."""

    def manifest(self, rater: str = "R1") -> AssignmentManifest:
        """Return a rater's manifest."""
        (body,) = self.db.execute("SELECT body FROM manifest WHERE rater = ?", (rater,)).fetchone()
        return AssignmentManifest.from_body(body.encode())

    def drafts(self, rater: str = "R1") -> list[EventDraft]:
        """Return what a rater did, event by event."""
        manifest = self.manifest(rater)
        head = Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
        drafts = []
        for body, withheld in self.db.execute(
            "SELECT body, withheld FROM event WHERE chain_id = ? ORDER BY seq", (manifest.id,)
        ).fetchall():
            event = read_event(body=body.encode(), withheld=withheld.encode(), previous=head)
            head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
            drafts.append(event.draft)
        return drafts

    def write_chain(self, drafts: Sequence[EventDraft], rater: str = "R1", *, at: str = AT) -> None:
        """Put another chain in the place of a rater's, every hash computed anew."""
        manifest = self.manifest(rater)
        self.db.execute("DELETE FROM event WHERE chain_id = ?", (manifest.id,))
        head = Head(chain_id=manifest.id, seq=0, hash=genesis(manifest.sha256, manifest.id))
        entropy = random.Random(13)
        for draft in drafts:
            event = make_event(
                draft, head=head, rubric_sha256=manifest.rubric_sha256, app="0", at=at, entropy=entropy
            )
            head = Head(chain_id=manifest.id, seq=event.seq, hash=event.hash)
            self.db.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
                (event.chain_id, event.seq, event.hash, event.body.decode(), event.withheld_bytes().decode()),
            )

    def events(self, rater: str = "R1") -> list[tuple[int, str]]:
        """Return number and hash of a rater's events."""
        return self.db.execute(
            "SELECT seq, hash FROM event WHERE chain_id = ? ORDER BY seq", (self.manifest(rater).id,)
        ).fetchall()

    def change_json(self, table: str, column: str, change: Callable[[Body], None], where: str = "1") -> None:
        """Change a canonical JSON object in place."""
        (text,) = self.db.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
        value = json.loads(text)
        change(value)
        self.db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (canonical(value),))

    def write_audit(self, change: Callable[[list[Body]], None]) -> None:
        """Change the audit log and compute its chain anew."""
        entries = [json.loads(body) for (body,) in self.db.execute("SELECT body FROM audit ORDER BY seq")]
        change(entries)
        (study_id,) = self.db.execute("SELECT study_id FROM study").fetchone()
        self.db.execute("DELETE FROM audit")
        previous = audit_genesis(study_id)
        for seq, entry in enumerate(entries, start=1):
            entry["seq"] = seq
            body = canonical(entry)
            previous = audit_link(previous, body.encode())
            self.db.execute("INSERT INTO audit VALUES (?, ?, ?)", (seq, previous, body))

    def audit_hash_before(self, action: str) -> str:
        """Return the hash of the entry before the first with an action."""
        rows = self.db.execute("SELECT hash, body FROM audit ORDER BY seq").fetchall()
        at = next(place for place, (_, body) in enumerate(rows) if json.loads(body)["action"] == action)
        return str(rows[at - 1][0])

    def lock_anew(self) -> str:
        """Make a lock manifest of what is there now, with its code wherever the old one stood."""
        (old,) = self.db.execute("SELECT lock_code FROM study").fetchone()
        (text,) = self.db.execute("SELECT body FROM lock_manifest WHERE lock_code = ?", (old,)).fetchone()
        body = json.loads(text)
        for entry in body["raters"]:
            events = self.events(entry["rater"])
            entry["manifest"] = self.manifest(entry["rater"]).sha256
            entry["chain"] = self.manifest(entry["rater"]).id
            entry["events"], entry["head"] = events[-1] if events else (0, "")
        body["audit"] = self.audit_hash_before("locked")
        code = sha256_hex(canonical(body).encode())
        self.db.execute("UPDATE lock_manifest SET body = ?, lock_code = ?", (canonical(body), code))
        self.db.execute("UPDATE study SET lock_code = ?", (code,))

        def rename(entries: list[Body]) -> None:
            for entry in entries:
                details = entry["details"]
                assert isinstance(details, dict)
                if "lock_code" in details:
                    details["lock_code"] = code

        self.write_audit(rename)
        return code


def canonical(value: Mapping[str, object]) -> str:
    """Return an object as the program writes it."""
    plain: Json = json.loads(json.dumps(value))
    return canonical_bytes(plain).decode()


@contextmanager
def forging(small: SmallStudy, *, restore: bool) -> Iterator[Forger]:
    """Open a study past its guards.

    Args:
        small: The study.
        restore: Whether the forger puts the guards back word for word.
    """
    with small.raw() as db:
        db.execute("PRAGMA foreign_keys = OFF")
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield Forger(db=db, guards=tuple(sql for _, sql in triggers))
        if restore:
            for _, sql in triggers:
                db.execute(sql)
