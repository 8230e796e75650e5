"""Every hash and chain of a study file, answered one by one.

A chain alone proves nothing against whoever holds the tool: it can be computed anew. What leaves the
admin's hands does: the lock code, published before the key was opened, and the raters' receipts.
Without them the answer is "cannot be excluded", never "ok".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from db.audit_store import read_audit
from db.connection import FileKind, close, open_for_reading, sentences
from db.event_store import read_events
from db.item_store import read_items
from db.lock_store import read_lock
from db.manifest_store import read_manifests
from db.schema import compare_schema
from db.study_store import StudyRecord, StudyState, read_study
from protocol.allocation.allocation_key import AllocationKey
from protocol.canonical_json import sha256_hex
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.ratings_file import receipt_code
from protocol.errors import BlindraterError, InvalidInputError
from rater.services.doors import check_lock
from rater.services.key_files import Secrets, open_key


class Answer(StrEnum):
    """What a check came to."""

    OK = "ok"
    FAILED = "FAILED"
    OPEN = "cannot be excluded"
    """Nothing contradicts it, and nothing outside the admin's hands proves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question and its answer."""

    question: str
    answer: Answer
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What the verifier brings from outside the study file."""

    lock_code: str | None = None
    """As it was published."""
    receipts: Mapping[str, str] | None = None
    """Receipt code by rater, as the raters kept them."""
    sealed: bytes | None = None
    """The bytes of study.key."""
    secrets: Secrets | None = None
    """What opens it; without, only its hash is compared."""


def verify_study(path: Path, anchors: Anchors) -> list[Check]:
    """Check a study file against itself and against what came from outside.

    Raises:
        NotFoundError: Nothing is there.
        InvalidInputError: Not one of our files, or damaged.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            return _Verification(connection, anchors).run()
    finally:
        close(connection)


class _Verification:
    """Runs the checks in order; each reads the file anew and depends on no other."""

    def __init__(self, connection: sqlite3.Connection, anchors: Anchors) -> None:
        self._connection = connection
        self._anchors = anchors
        self._study: StudyRecord = read_study(connection)
        self._checks: list[Check] = []

    def run(self) -> list[Check]:
        """Return every check."""
        self._ask("the file's tables and guards are those of this program", self._schema)
        self._ask("manifests belong to this study, its protocol, rubric and key", self._manifests)
        self._ask("every item is the text its manifests promise", self._items)
        for manifest in self._readable_manifests():
            self._ask(
                f"the rating events of {manifest.rater} are an unbroken chain",
                partial(self._chain, manifest),
            )
        if self._study.file is FileKind.STUDY:
            self._ask("the audit log is an unbroken chain", self._audit)
            self._lock()
        self._receipts()
        self._key()
        return self._checks

    def _ask(self, question: str, check: Callable[[], str | None]) -> bool:
        """Run a check that raises, or returns what is wrong, or nothing."""
        try:
            wrong = check()
        except BlindraterError as error:
            wrong = error.what
        answer = Answer.FAILED if wrong else Answer.OK
        self._checks.append(Check(question=question, answer=answer, why=wrong or ""))
        return not wrong

    def _cannot_exclude(self, question: str, why: str) -> None:
        self._checks.append(Check(question=question, answer=Answer.OPEN, why=why))

    def _schema(self) -> str | None:
        unblinded = self._study.state is StudyState.UNBLINDED
        found = compare_schema(self._connection, self._study.file, opened=unblinded)
        if found.unexpected or found.missing:
            names = ", ".join([*found.missing, *found.unexpected])
            return f"tables, triggers or indexes were removed, added or changed: {names}"
        return None

    def _readable_manifests(self) -> list[AssignmentManifest]:
        try:
            return read_manifests(self._connection)
        except BlindraterError:
            return []

    def _manifests(self) -> str | None:
        rubric = self._study.visible.rubric.sha256
        for manifest in read_manifests(self._connection):
            if manifest.study_id != self._study.study_id:
                return f"the manifest of {manifest.rater} is of another study"
            if manifest.rubric_sha256 != rubric:
                return f"the rubric is not the one {manifest.rater} was assigned with"
            if manifest.protocol_sha256 != self._study.protocol_sha256:
                return f"the plan is not the one {manifest.rater} was assigned with"
            if manifest.key != self._study.key:
                return f"the key is not the one {manifest.rater} was assigned with"
        return None

    def _items(self) -> str | None:
        found = {item.id: item.shown_sha256 for item in read_items(self._connection)}
        promised: set[str] = set()
        for manifest in read_manifests(self._connection):
            for assigned in manifest.items:
                promised.add(assigned.item_id)
                if found.get(assigned.item_id) != assigned.shown_sha256:
                    return f"item {assigned.item_id} is not the text {manifest.rater} was to be shown"
        extra = set(found) - promised
        return f"{len(extra)} items are in no manifest" if extra else None

    def _chain(self, manifest: AssignmentManifest) -> None:
        read_events(self._connection, manifest)

    def _audit(self) -> str | None:
        entries = read_audit(self._connection, study_id=self._study.study_id)
        if not entries or entries[0].action != "seeded":
            return "the log does not begin with the seeding"
        seeded = entries[0].details
        if seeded.get("sealed") != self._study.key.sealed_sha256:
            return "the key of the study is not the one in the log's first entry"
        if seeded.get("protocol") != self._study.protocol_sha256:
            return "the plan of the study is not the one in the log's first entry"
        for manifest in read_manifests(self._connection):
            if seeded.get(f"manifest.{manifest.rater}") != manifest.sha256:
                return f"the manifest of {manifest.rater} is not the one in the log's first entry"
        return None

    def _lock(self) -> None:
        code = self._study.lock_code
        published = self._anchors.lock_code
        if code is None:
            if published:
                self._checks.append(
                    Check(
                        question="the ratings are those of the published lock code",
                        answer=Answer.FAILED,
                        why="the study is open: it was never locked, unlocked, or this is an older copy",
                    )
                )
            else:
                self._cannot_exclude("ratings were changed as a whole", "the study is not locked yet")
            return
        self._ask("the ratings are as they were at the lock", lambda: self._as_locked(code))
        if published is None:
            self._cannot_exclude(
                "ratings were changed as a whole and locked anew",
                "give --lock-code with the code as it was published before the key was opened",
            )
        else:
            self._ask(
                "the lock code is the published one",
                lambda: None if published.strip().lower() == code else "it is another code",
            )

    def _as_locked(self, code: str) -> str | None:
        if sha256_hex(read_lock(self._connection, code)) != code:
            return "the lock manifest is not the one the lock code belongs to"
        check_lock(self._connection, self._study, code)
        return None

    def _receipts(self) -> None:
        receipts = self._anchors.receipts
        if receipts is None:
            self._cannot_exclude(
                "a rater's whole chain was written anew or cut short",
                "give --receipts with the codes the raters kept",
            )
            return
        manifests = {manifest.rater: manifest for manifest in self._readable_manifests()}
        for rater, receipt in receipts.items():
            manifest = manifests.get(rater)
            self._ask(
                f"the receipt of {rater} is in the chain",
                partial(self._has_receipt, manifest, receipt),
            )
        for rater in sorted(set(manifests) - set(receipts)):
            self._cannot_exclude(
                f"the whole chain of {rater} was written anew or cut short", "no receipt was given"
            )

    def _has_receipt(self, manifest: AssignmentManifest | None, receipt: str) -> str | None:
        if manifest is None:
            return "the study has no such rater"
        codes = [receipt_code(event.hash) for event in read_events(self._connection, manifest)]
        if receipt.strip().upper() not in codes:
            return "no state of the chain has this receipt: it was cut or written anew"
        return None

    def _key(self) -> None:
        sealed = self._anchors.sealed
        if sealed is None:
            self._cannot_exclude("the key was lost or replaced", "give --key")
            return
        fits = self._ask(
            "the key is the one the study was seeded with",
            lambda: (
                None
                if sha256_hex(sealed) == self._study.key.sealed_sha256
                else "its bytes are not those whose hash is in the study and its manifests"
            ),
        )
        if self._anchors.secrets is None:
            self._cannot_exclude("the key does not open or holds something else", "give --identity")
        elif fits:
            self._ask("the key opens and holds what the study is bound to", self._opened_key)

    def _opened_key(self) -> str | None:
        if self._anchors.sealed is None or self._anchors.secrets is None:
            raise InvalidInputError("The key and what opens it are needed.")
        key = open_key(self._anchors.sealed, self._anchors.secrets)
        binding = self._study.key
        if key.allocation_commitment != binding.allocation_commitment:
            return "the allocation is not the one that was committed to"
        if key.redaction_commitment != binding.redaction_commitment:
            return "the redaction log is not the one that was committed to"
        if sha256_hex(key.study_toml.encode()) != self._study.protocol_sha256:
            return "the plan is not the one whose hash is in the study"
        return self._opened_allocation(key)

    def _opened_allocation(self, key: AllocationKey) -> str | None:
        if self._study.state is not StudyState.UNBLINDED:
            return None
        from db.allocation_store import read_allocation, read_study_toml

        if read_allocation(self._connection) != dict(key.allocation):
            return "the allocation in the study is not the sealed one"
        if read_study_toml(self._connection) != key.study_toml:
            return "the plan in the study is not the sealed one"
        return None


def parse_receipts(text: str, *, where: str) -> dict[str, str]:
    """Read receipts: one line a rater, code and receipt with a blank between.

    Raises:
        InvalidInputError: A line is something else.
    """
    receipts: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts: Sequence[str] = line.split()
        if len(parts) != 2:
            raise InvalidInputError(
                "This is no receipt.",
                where=f"{where}, line {number}",
                next_step="Write a rater code, a blank and the receipt, such as: R1 ABCD-EFGH-IJKL-MNOP",
            )
        receipts[parts[0]] = parts[1]
    return receipts
