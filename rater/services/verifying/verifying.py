"""Every hash and chain of a study file, answered one by one.

A chain alone proves nothing against whoever holds the tool: it can be computed anew. What leaves the
admin's hands does: the lock code, published before the key was opened, and the raters' receipts.
Without them the answer is "cannot be excluded", never "ok".
"""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from db.amendment_store import has_amendments, read_amendments
from db.audit_plan_store import read_audit_plan
from db.audit_store import read_audit as read_log
from db.connection import FileKind, close, open_for_reading, sentences
from db.event_store import chains_of_events, read_events
from db.exchange_store import read_returned
from db.item_store import read_items
from db.manifest_store import read_manifests
from db.schema import compare_schema
from db.study_store import StudyRecord, StudyState, read_study, visible_is_exact
from protocol.audit.audit_file import read_audit
from protocol.canonical_json import sha256_hex
from protocol.chain.events import Event, genesis
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.odd_events import odd_form
from protocol.chain.ratings_file import first_difference, parse_ratings_text, receipt_code, verify_events
from protocol.errors import BlindraterError
from protocol.event_rules import impossible_event
from rater.services.amending.amendments import (
    amendment_steps,
    fault_of_amendment,
    fault_of_amendments,
)
from rater.services.progress.rater_states import read_share
from rater.services.verifying.repeat_links import fault_of_repeats, repeats_anything
from rater.services.verifying.verify_adjudication import answer_for_adjudication
from rater.services.verifying.verify_anchors import Anchors, plain_receipt
from rater.services.verifying.verify_answers import Answers, Check
from rater.services.verifying.verify_kept import fault_of_returned
from rater.services.verifying.verify_key import answer_for_key, answer_for_opened
from rater.services.verifying.verify_lock import answer_for_lock
from rater.services.verifying.verify_log import fault_of_log
from rater.services.verifying.verify_training import (
    training_checks,
    wrong_returned_training,
)


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
    """Runs the checks in order; none depends on the answer of another."""

    def __init__(self, connection: sqlite3.Connection, anchors: Anchors) -> None:
        self._connection = connection
        self._anchors = anchors
        self._study: StudyRecord = read_study(connection)
        self._answers = Answers()
        self._chains: dict[str, list[Event]] = {}

    def run(self) -> list[Check]:
        """Return every check."""
        self._answers.ask("the file's tables and guards are those of this program", self._schema)
        self._answers.ask("the description of the study holds nothing else", self._description)
        self._answers.ask("manifests belong to this study, its protocol, rubric and key", self._manifests)
        self._answers.ask("every item is the text its manifests promise", self._items)
        for manifest in self._readable_manifests():
            self._answers.ask(
                f"the rating events of {manifest.rater} are an unbroken chain",
                partial(self._chain, manifest),
            )
        self._answers.ask("every rating event belongs to a rater of this study", self._strays)
        if self._study.visible.training is not None:
            for check in training_checks(self._connection, self._study, self._chains):
                self._answers.ask(check.question, check.run)
        if self._study.file is FileKind.STUDY:
            if repeats_anything(self._connection, self._study):
                self._answers.ask(
                    "hidden repeats show what they were drawn to repeat at seeding",
                    lambda: fault_of_repeats(self._connection, self._study),
                )
            if has_amendments(self._connection) or self._recorded_amendments():
                self._amendments()
            self._answers.ask("what raters sent back is unchanged and in their chains", self._returned)
            if self._study.key is None:
                self._answers.ask(
                    "the plan of the audit is the one whose hash was fixed at seeding", self._audit_plan
                )
            self._answers.ask(
                "the audit log is an unbroken chain and fits the study's state",
                partial(fault_of_log, self._connection, self._study),
            )
            answer_for_adjudication(self._answers, self._connection, self._study)
            answer_for_lock(self._answers, self._connection, self._study, self._anchors)
        self._receipts()
        answer_for_key(self._answers, self._connection, self._study, self._anchors)
        if self._study.state is StudyState.UNBLINDED:
            answer_for_opened(self._answers, self._connection, self._study)
        return self._answers.checks

    def _schema(self) -> str | None:
        unblinded = self._study.state is StudyState.UNBLINDED
        found = compare_schema(
            self._connection,
            self._study.file,
            opened=unblinded,
            training=self._study.visible.training is not None,
            audit=self._study.key is None,
        )
        if found.unexpected or found.missing:
            names = ", ".join([*found.missing, *found.unexpected])
            return f"tables, triggers or indexes were removed, added or changed: {names}"
        return None

    def _description(self) -> str | None:
        exact = visible_is_exact(self._connection)
        return None if exact else "there is more in it than this program writes"

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
        found = {item.id: item for item in read_items(self._connection)}
        promised: set[str] = set()
        for manifest in read_manifests(self._connection):
            for assigned in manifest.items:
                promised.add(assigned.item_id)
                item = found.get(assigned.item_id)
                if item is None or item.shown_sha256 != assigned.shown_sha256:
                    return f"item {assigned.item_id} is not the text {manifest.rater} was to be shown"
                if item.task_id != assigned.task_id:
                    return f"item {assigned.item_id} stands under another task than at seeding"
        extra = set(found) - promised
        return f"{len(extra)} items are in no manifest" if extra else None

    def _chain(self, manifest: AssignmentManifest) -> str | None:
        events = self._events(manifest)
        for event in events:
            odd = odd_form(event)
            if odd:
                return f"event {event.seq} {odd}"
        return impossible_event(events, read_share(self._connection, self._study, manifest))

    def _events(self, manifest: AssignmentManifest) -> list[Event]:
        """Return a rater's chain, read and verified once."""
        if manifest.id not in self._chains:
            self._chains[manifest.id] = read_events(self._connection, manifest)
        return self._chains[manifest.id]

    def _strays(self) -> str | None:
        known = {manifest.id for manifest in read_manifests(self._connection)}
        strays = chains_of_events(self._connection) - known
        return f"events of {len(strays)} chains have no manifest" if strays else None

    def _returned(self) -> str | None:
        manifests = {manifest.rater: manifest for manifest in read_manifests(self._connection)}
        for returned in read_returned(self._connection):
            if sha256_hex(returned.body) != returned.sha256:
                return f"a file of {returned.rater} was changed after it was kept"
            if returned.rater not in manifests:
                return f"a file is of {returned.rater}, who is no rater of the study"
            manifest = manifests[returned.rater]
            where = f"a file of {returned.rater}"
            theirs = verify_events(parse_ratings_text(returned.body, where=where), manifest, where=where)
            ours = self._events(manifest)
            fork = first_difference([event.hash for event in ours], [event.hash for event in theirs])
            wrong = wrong_returned_training(self._connection, self._study, returned)
            if wrong:
                return wrong
            if returned.status == "fork" and not fork and self._study.visible.training is None:
                return f"a file of {returned.rater} was kept as a fork and is none"
            if returned.status == "merged" and (fork or len(theirs) > len(ours)):
                return f"a file of {returned.rater} was merged and is not in the chain as it came"
        return fault_of_returned(self._connection, read_log(self._connection, study_id=self._study.study_id))

    def _recorded_amendments(self) -> bool:
        try:
            return bool(amendment_steps(read_log(self._connection, study_id=self._study.study_id)))
        except BlindraterError:
            return False  # a broken log is an answer of its own

    def _amendments(self) -> None:
        """Answer for each amendment, and for all of them together."""
        try:
            amendments = read_amendments(self._connection)
        except BlindraterError:
            amendments = ()
        self._answers.ask(
            "the amendments are those on record, in order",
            lambda: fault_of_amendments(self._connection, self._study),
        )
        for one in amendments:
            self._answers.ask(
                f"amendment {one.number} ({one.kind} of {one.day}) is about what the study has",
                partial(fault_of_amendment, one, self._connection, self._study),
            )

    def _receipts(self) -> None:
        receipts = self._anchors.receipts
        if receipts is None:
            self._answers.cannot_exclude(
                "a rater's whole chain was written anew or cut short",
                "give --receipts with the codes the raters kept",
            )
            return
        manifests = {manifest.rater: manifest for manifest in self._readable_manifests()}
        for rater in sorted(receipts):
            manifest = manifests.get(rater)
            for receipt in receipts[rater]:
                held = self._answers.ask(
                    f"the receipt {receipt} of {rater} is in the chain",
                    partial(self._has_receipt, manifest, receipt),
                )
                if held and manifest is not None:
                    self._after_receipt(manifest, receipt)
        for rater in sorted(set(manifests) - set(receipts)):
            self._answers.cannot_exclude(
                f"the whole chain of {rater} was written anew or cut short", "no receipt was given"
            )

    def _has_receipt(self, manifest: AssignmentManifest | None, receipt: str) -> str | None:
        if manifest is None:
            return "the study has no such rater"
        if plain_receipt(receipt) not in self._receipts_of(manifest):
            return "no state of the chain has this receipt: it was cut or written anew"
        return None

    def _receipts_of(self, manifest: AssignmentManifest) -> list[str]:
        """Return the receipt of every state of a chain, the empty one first."""
        hashes = [genesis(manifest.sha256, manifest.id)]
        hashes += [event.hash for event in self._events(manifest)]
        return [receipt_code(one) for one in hashes]

    def _after_receipt(self, manifest: AssignmentManifest, receipt: str) -> None:
        states = self._receipts_of(manifest)
        handed_in = states.index(plain_receipt(receipt))
        if handed_in < len(states) - 1 and self._study.lock_code is None:
            self._answers.cannot_exclude(
                f"what {manifest.rater} did after this receipt was changed",
                f"{len(states) - 1 - handed_in} events follow it",
            )

    def _audit_plan(self) -> str | None:
        plan = read_audit(read_audit_plan(self._connection), where="the plan")
        if plan.visible() != self._study.visible:
            return "the rubric or name in the study is not that of the plan"
        return None
