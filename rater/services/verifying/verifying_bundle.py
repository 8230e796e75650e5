"""Every question to a public bundle, answered one by one, without a key and without the study file.

Nothing in a bundle is anchored by being in it: its index, its code and its verifier are as much the
publisher's as its figures. What is anchored is what the lock code covers, and what follows from that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from db.study_store import visible_bytes
from protocol.amendment_words import deviations_of
from protocol.canonical_json import sha256_hex
from protocol.chain.amendment import (
    told_first,
    told_to,
)
from protocol.chain.events import genesis
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.odd_events import odd_public_form
from protocol.chain.ratings_file import receipt_code
from protocol.errors import BlindraterError, CheckFailedError, InvalidInputError, NotFoundError
from protocol.event_rules import Share, impossible_event
from protocol.public_bundle import layout
from protocol.public_bundle.comparing import differences
from protocol.public_bundle.matching import rows_by_rater, unmatched
from protocol.rubric_versions import rubric_history
from rater.services.results.public_bundle import guesses_of, shipped_text
from rater.services.results.public_figures import published_figures
from rater.services.verifying.bundle_adjudication import (
    adjudication_faults,
    consensus_faults,
    consensus_of_bundle,
)
from rater.services.verifying.bundle_items import allocation_faults, audit_item_faults
from rater.services.verifying.bundle_parts import BundleParts
from rater.services.verifying.bundle_record import amendment_faults, mark_faults, record_faults
from rater.services.verifying.verify_anchors import Anchors, plain_receipt
from rater.services.verifying.verify_answers import Answer, Check

SHOWN_FAULTS = 8
"""So many faults of one question are told."""


def is_folder(path: Path) -> bool:
    """Whether there is a folder; a name that nothing can have is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def read_bundle(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by name; of folders inside it only the names.

    Raises:
        NotFoundError: There is no such folder.
        InvalidInputError: It cannot be read, or is no bundle.
    """
    if not is_folder(folder):
        raise NotFoundError("There is no such folder.", where=str(folder))
    try:
        files = {path.name: path.read_bytes() if path.is_file() else b"" for path in folder.iterdir()}
    except OSError as fault:
        raise InvalidInputError(
            f"The folder cannot be read: {fault.strerror or fault}.", where=str(folder)
        ) from fault
    if not {layout.INDEX, layout.LOCK} & files.keys():
        raise InvalidInputError(
            "This is no public bundle: it has neither bundle.json nor lock.json.",
            where=str(folder),
            next_step="Name the folder that `rater-admin export --public` wrote, or a study file.",
        )
    return files


def verify_bundle(
    files: Mapping[str, bytes], anchors: Anchors, *, app: str, recompute: bool = False
) -> list[Check]:
    """Check a public bundle against itself and against what came from outside.

    Args:
        files: Content by name.
        anchors: Lock code and receipts, where they are at hand.
        app: Version of this program.
        recompute: Compute every published figure again.
    """
    return _BundleVerification(files, anchors, app=app).run(recompute=recompute)


class _BundleVerification:
    """Runs the checks in order; none depends on the answer of another."""

    def __init__(self, files: Mapping[str, bytes], anchors: Anchors, *, app: str) -> None:
        self._parts = BundleParts(files)
        self._anchors = anchors
        self._app = app
        self._checks: list[Check] = []

    def run(self, *, recompute: bool) -> list[Check]:
        """Return every check."""
        lock = self._parts.readable_lock
        self._ask("the bundle has its files and no other", self._complete)
        self._shipped()
        self._lock_code()
        self._ask("protocol and rubric are those of lock.json", self._protocol_fits)
        self._ask(
            "manifests are those of lock.json, and of this study, protocol and key", self._manifests_fit
        )
        for rater in self._parts.locked_raters:
            self._ask(
                f"the rating events of {rater} are the chain of lock.json",
                partial(self._chain_fits, rater),
            )
        self._ask("every rating event is of a chain of lock.json", self._strays)
        if self._parts.is_audit:
            self._ask(
                "the items are the benchmarks of the protocol, the same for all coders",
                partial(audit_item_faults, self._parts),
            )
        else:
            self._ask(
                "the opened allocation is the one that was committed to at seeding",
                partial(allocation_faults, self._parts),
            )
        self._ask("the tidy data are what chains and allocation give", self._tidy_fits)
        if self._parts.is_adjudicated:
            self._ask(
                "the decisions are the adjudicator's chain of lock.json, on the raters' disagreements",
                partial(adjudication_faults, self._parts),
            )
            self._ask(
                "the consensus is what tidy data and decisions give", partial(consensus_faults, self._parts)
            )
        self._figures(recompute=recompute)
        self._ask("the index says what lock and protocol say", self._index_fits)
        self._ask(
            "the record has the entry that the lock is bound to, and the lock after it",
            partial(record_faults, self._parts),
        )
        if lock is not None and lock.amendments:
            self._ask(
                "the amendments of lock.json fit protocol, manifests and record",
                partial(amendment_faults, self._parts),
            )
        self._ask(
            "marks of incidents and gold items have a reason in record and protocol",
            partial(mark_faults, self._parts),
        )
        self._cannot_exclude(
            "entries of the record, or marks of incidents and gold items, were changed or left out",
            "who did what, when and why is withheld, and what these marks rest on",
        )
        self._receipts()
        return self._checks

    def _ask(self, question: str, check: Callable[[], Sequence[str]]) -> None:
        """Run a check that returns what is wrong, or raises it."""
        try:
            wrong = list(check())
        except BlindraterError as error:
            wrong = [f"{error.where}: {error.what}" if error.where else error.what]
        more = [f"and {len(wrong) - SHOWN_FAULTS} more"] if len(wrong) > SHOWN_FAULTS else []
        self._checks.append(
            Check(
                question=question,
                answer=Answer.FAILED if wrong else Answer.OK,
                why="; ".join([*wrong[:SHOWN_FAULTS], *more]),
            )
        )

    def _cannot_exclude(self, question: str, why: str) -> None:
        self._checks.append(Check(question=question, answer=Answer.OPEN, why=why))

    def _complete(self) -> list[str]:
        listed = self._parts.object(layout.INDEX).get("files")
        if not isinstance(listed, dict):
            return [f"{layout.INDEX} lists no files"]
        here = set(self._parts.files) - {layout.INDEX}
        needed = set(layout.AUDIT_LISTED if self._parts.is_audit else layout.LISTED)
        needed |= set(layout.ADJUDICATED if self._parts.is_adjudicated else ())
        return [
            *(f"{name} is missing" for name in sorted({*needed, *listed} - here)),
            *(f"{name} is a foreign file" for name in sorted(here - needed)),
            *(
                f"{name} is not what {layout.INDEX} lists"
                for name in sorted(here & needed)
                if listed.get(name) != sha256_hex(self._parts.files[name])
            ),
        ]

    def _shipped(self) -> None:
        question = "verifier and description are those of this program"
        try:
            versions = self._parts.object(layout.INDEX).get("versions")
        except CheckFailedError:
            versions = None
        made_with = versions.get("blindrater") if isinstance(versions, dict) else None
        readme = layout.README_OF_AUDIT if self._parts.is_audit else layout.README
        differ = [
            name
            for name, shipped in ((layout.VERIFIER, layout.VERIFIER), (layout.README, readme))
            if self._parts.files.get(name) != shipped_text(shipped).encode()
        ]
        if differ and made_with != self._app:
            self._cannot_exclude(
                "verifier or description were changed",
                f"the bundle says it was made with {made_with}, and this is {self._app}",
            )
        else:
            self._ask(question, lambda: [f"{name} was changed" for name in differ])

    def _lock_code(self) -> None:
        published = self._anchors.lock_code
        if published is None:
            self._cannot_exclude(
                "the whole bundle was made anew",
                "give --lock-code with the code as it was published before the key was opened",
            )
            return
        self._ask(
            "the lock code is the published one",
            lambda: (
                []
                if sha256_hex(self._parts.bytes(layout.LOCK)) == published.strip().lower()
                else [f"{layout.LOCK} is not what this code belongs to"]
            ),
        )

    def _protocol_fits(self) -> list[str]:
        lock = self._parts.lock
        wrong = []
        if sha256_hex(self._parts.bytes(layout.PROTOCOL)) != lock.protocol:
            wrong.append(f"{layout.PROTOCOL} was changed: its hash is not that of the lock")
        if sha256_hex(self._parts.bytes(layout.VISIBLE)) != lock.visible:
            wrong.append(f"{layout.VISIBLE} was changed: its hash is not that of the lock")
        if self._parts.protocol.rubric.sha256 != lock.rubric:
            wrong.append("the rubric is not that of the lock")
        if visible_bytes(self._parts.protocol.visible) != self._parts.bytes(layout.VISIBLE):
            wrong.append(f"{layout.VISIBLE} is not the part of {layout.PROTOCOL} that raters could see")
        return wrong

    def _manifests_fit(self) -> list[str]:
        lock, wrong = self._parts.lock, []
        locked = {one.chain: one for one in lock.raters}
        for manifest in self._parts.manifests:
            entry = locked.pop(manifest.id, None)
            if entry is None or (entry.manifest, entry.rater) != (manifest.sha256, manifest.rater):
                wrong.append(f"the manifest of {manifest.rater} was changed, or was not there at the lock")
            bound_key = None if manifest.key is None else manifest.key.to_json()
            bound = (manifest.study_id, manifest.rubric_sha256, manifest.protocol_sha256)
            if bound != (lock.study, lock.rubric, lock.protocol) or bound_key != lock.key:
                wrong.append(f"the manifest of {manifest.rater} is of another study, rubric, protocol or key")
        return [*wrong, *(f"the manifest of {one.rater} is missing" for one in locked.values())]

    def _manifest_of(self, rater: str) -> AssignmentManifest:
        found = [manifest for manifest in self._parts.manifests if manifest.rater == rater]
        if len(found) != 1:
            raise CheckFailedError(f"There is no manifest of {rater}.", where=layout.MANIFESTS)
        return found[0]

    def _chain_fits(self, rater: str) -> list[str]:
        entry = next(one for one in self._parts.lock.raters if one.rater == rater)
        manifest = self._manifest_of(rater)
        events = self._parts.events(manifest)
        for event in events:
            odd = odd_public_form(event)
            if odd:
                return [f"event {event.seq} {odd}"]
        share = Share(
            manifest=manifest,
            rubric=self._parts.protocol.rubric,
            questions=self._parts.protocol.visible.questions,
            conversations=None,
            notices=frozenset(one.sha256 for one in told_to(self._parts.lock.amendments, manifest)),
            told_first=told_first(self._parts.lock.amendments, manifest),
            versions=rubric_history(self._parts.protocol.rubric, self._parts.lock.amendments),
            timing=self._parts.protocol.visible.timing,
            installation=self._parts.protocol.visible.installation,
        )
        impossible = impossible_event(events, share)
        if impossible:
            return [impossible]
        head = events[-1].hash if events else genesis(manifest.sha256, manifest.id)
        if (len(events), head) != (entry.events, entry.head):
            return [f"its {len(events)} events are not the {entry.events} that were locked"]
        return []

    def _strays(self) -> list[str]:
        known = {one.chain for one in self._parts.lock.raters}
        return [
            f"the chain {chain} was not there at the lock"
            for chain in self._parts.stored_events.keys() - known
        ]

    def _tidy_fits(self) -> list[str]:
        parts = self._parts
        own_names = {state.manifest.rater: state.manifest.rater for state in parts.states}
        derived = rows_by_rater(parts.derived(), guesses_of(parts.states, own_names))
        return unmatched(rows_by_rater(parts.tidy(), parts.guesses()), list(derived.values()))

    def _figures(self, *, recompute: bool) -> None:
        if not recompute:
            self._cannot_exclude("a published figure was changed", "add --recompute")
            return
        try:
            figures = published_figures(
                self._parts.tidy(),
                self._parts.guesses(),
                self._parts.protocol,
                consensus=consensus_of_bundle(self._parts),
            )
        except BlindraterError as error:
            why = f"{error.where}: {error.what}" if error.where else error.what
            self._checks.append(
                Check(question="the figures can be recomputed", answer=Answer.FAILED, why=why)
            )
            return
        for name in layout.AUDIT_FIGURES if self._parts.is_audit else layout.FIGURES:
            self._ask(
                f"every figure of {name} follows from the tidy data",
                partial(self._figures_fit, name, json.loads(layout.pretty(figures[name]))),
            )

    def _figures_fit(self, name: str, recomputed: object) -> list[str]:
        return [str(one) for one in differences(name, self._parts.object(name), recomputed)]

    def _index_fits(self) -> list[str]:
        index = self._parts.object(layout.INDEX)
        protocol = self._parts.protocol
        should = {
            "schema": layout.SCHEMA,
            "study": self._parts.lock.study,
            "name": protocol.visible.name,
            "lock_code": sha256_hex(self._parts.bytes(layout.LOCK)),
            "seeds": {"analysis": protocol.seed},
            **({"deviations": told} if (told := deviations_of(self._parts.lock.amendments)) else {}),
        }
        wrong = [
            f"{name} is not what it should be" for name, value in should.items() if index.get(name) != value
        ]
        if "deviations" in index.keys() - should.keys():
            wrong.append("deviations are named of amendments that are none")
        if bool(index.get("notices")) != protocol.visible.simulated:
            wrong.append("notices do not say whether the ratings are simulated")
        return wrong

    def _receipts(self) -> None:
        if self._anchors.receipts is None:
            self._cannot_exclude(
                "a rater's whole chain was written anew before the lock",
                "give --receipts with the codes the raters kept",
            )
            return
        for rater, receipts in sorted(self._anchors.receipts.items()):
            for receipt in receipts:
                self._ask(
                    f"the receipt {receipt} of {rater} is in the chain",
                    partial(self._has_receipt, rater, receipt),
                )
        for rater in sorted(set(self._parts.locked_raters) - set(self._anchors.receipts)):
            self._cannot_exclude(
                f"the whole chain of {rater} was written anew before the lock", "no receipt was given"
            )

    def _has_receipt(self, rater: str, receipt: str) -> list[str]:
        manifest = self._manifest_of(rater)
        hashes = [genesis(manifest.sha256, manifest.id), *(one.hash for one in self._parts.events(manifest))]
        held = plain_receipt(receipt) in [receipt_code(one) for one in hashes]
        return [] if held else ["no state of the chain has this receipt: it was cut or written anew"]
