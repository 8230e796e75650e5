"""A public bundle's files as what they hold, each read once and only when a question needs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property

from protocol.allocation.allocation_key import AllocationKey
from protocol.canonical_json import Json, canonical_bytes, parse_canonical
from protocol.chain.amendment import with_added
from protocol.chain.batches import batch_of_items
from protocol.chain.events import Event
from protocol.chain.lock import LockManifest
from protocol.chain.manifest import AssignmentManifest
from protocol.chain.repeats import repeats_by_origin
from protocol.errors import BlindraterError, CheckFailedError
from protocol.public_bundle import layout
from protocol.public_bundle.bundle_protocol import BundleProtocol, read_bundle_protocol
from protocol.public_bundle.tidy import TidyGuess, TidyRatings, read_guesses, read_ratings
from protocol.rubric_versions import rubric_history
from protocol.transcript import Origin
from rater.services.progress.rater_states import RaterState, state_of
from rater.services.results.study_ratings import table_of, withdrawn_of


class BundleParts:
    """What a bundle holds; every part raises a BlindraterError where its file is missing or is none."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Take the files.

        Args:
            files: Content by name.
        """
        self.files = files

    def bytes(self, name: str) -> bytes:
        """Return a file."""
        if name not in self.files:
            raise CheckFailedError("The file is missing.", where=name)
        return self.files[name]

    def text(self, name: str) -> str:
        """Return a file's text."""
        try:
            return self.bytes(name).decode("utf-8")
        except UnicodeDecodeError:
            raise CheckFailedError("The file is no UTF-8 text.", where=name) from None

    def object(self, name: str) -> dict[str, object]:
        """Return the JSON object that a file is."""
        try:
            value = json.loads(self.text(name))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise CheckFailedError("The file is no JSON object.", where=name)
        return value

    @cached_property
    def lock(self) -> LockManifest:
        """The lock manifest."""
        return LockManifest.from_body(self.bytes(layout.LOCK), where=layout.LOCK)

    @property
    def readable_lock(self) -> LockManifest | None:
        """The lock manifest, or None where it cannot be read: that is an answer of its own."""
        try:
            return self.lock
        except BlindraterError:
            return None

    @property
    def is_audit(self) -> bool:
        """Whether what was locked has no key: then nothing was allocated and nobody asked to guess."""
        lock = self.readable_lock
        return lock is not None and lock.key is None

    @property
    def is_adjudicated(self) -> bool:
        """Whether the lock names an adjudication."""
        lock = self.readable_lock
        return lock is not None and lock.adjudication is not None

    @property
    def locked_raters(self) -> list[str]:
        """The raters whose chains were locked; none where nobody can read who they are."""
        lock = self.readable_lock
        return [] if lock is None else [one.rater for one in lock.raters]

    @cached_property
    def protocol(self) -> BundleProtocol:
        """The protocol, read as at seeding."""
        return read_bundle_protocol(self.text(layout.PROTOCOL), where=layout.PROTOCOL)

    @cached_property
    def manifests(self) -> list[AssignmentManifest]:
        """Every assignment manifest with what amendments added to it, in the order of the file."""
        lines = layout.lines_of(self.bytes(layout.MANIFESTS), where=layout.MANIFESTS)
        found = [AssignmentManifest.from_body(line) for line in lines]
        return [with_added(one, self.lock.amendments) for one in found]

    @cached_property
    def stored_events(self) -> dict[str, list[layout.PublicEvent]]:
        """The events of every chain as they stand, unchecked."""
        return layout.read_chain_lines(self.bytes(layout.CHAINS))

    @cached_property
    def opened(self) -> tuple[AllocationKey, ...]:
        """The opened allocation of every batch, as a key without what stays sealed; that of seeding first."""
        try:
            opened = parse_canonical(self.bytes(layout.ALLOCATION))
            later = opened.get("batches", [])
            if not isinstance(later, list):
                raise TypeError("no list")
            found = tuple(_opened(one) for one in (opened, *later))
            same = canonical_bytes(layout.allocation_json(found))
        except (CheckFailedError, KeyError, ValueError, TypeError, AttributeError):
            raise CheckFailedError("It holds no allocation.", where=layout.ALLOCATION) from None
        if same != self.bytes(layout.ALLOCATION):
            raise CheckFailedError("It holds more or other than an allocation.", where=layout.ALLOCATION)
        return found

    @cached_property
    def origins(self) -> dict[str, Origin]:
        """The origin of every item, of all batches."""
        return {item: origin for one in self.opened for item, origin in one.allocation.items()}

    @cached_property
    def states(self) -> list[RaterState]:
        """Every chain, folded."""
        return [
            state_of(manifest, self.events(manifest), self.protocol.rubric, self.lock.amendments)
            for manifest in self.manifests
        ]

    def events(self, manifest: AssignmentManifest) -> list[Event]:
        """Return a chain, every hash and number checked from its genesis on."""
        return layout.public_events(self.stored_events.get(manifest.id, []), manifest, where=layout.CHAINS)

    def tidy(self) -> TidyRatings:
        """Return the tidy ratings as published."""
        return read_ratings(self.text(layout.RATINGS), self.protocol.rubric)

    def guesses(self) -> list[TidyGuess]:
        """Return the guesses as published."""
        return [] if self.is_audit else read_guesses(self.text(layout.GUESSES))

    def derived(self) -> TidyRatings:
        """Return the ratings that chains and allocation give, under the codes the raters worked under."""
        origins = {} if self.is_audit else self.origins
        assigned = {item.item_id for one in self.manifests for item in one.items}
        if origins and not assigned <= origins.keys():
            raise CheckFailedError("It does not name every item.", where=layout.ALLOCATION)
        repeats = (
            {}
            if self.is_audit
            else repeats_by_origin([[item.item_id for item in one.items] for one in self.manifests], origins)
        )
        tasks = {item.item_id: item.task_id for one in self.manifests for item in one.items}
        return TidyRatings(
            table=table_of(
                self.states,
                versions=rubric_history(self.protocol.rubric, self.lock.amendments),
                tasks=tasks,
                origins=origins,
                repeats=repeats,
                batches=batch_of_items(self.lock.amendments, tasks),
            ),
            told=frozenset(
                (state.manifest.rater, repeats.get(item, item), 2 if item in repeats else 1)
                for state in self.states
                for item, progress in state.session.progress.items()
                if progress.told
            ),
            after_incident=frozenset(),
            withdrawn=withdrawn_of(self.lock.amendments, tasks, origins) - set(repeats),
        )


def _opened(value: Json) -> AllocationKey:
    if not isinstance(value, dict):
        raise TypeError("no object")
    return AllocationKey.from_bytes(
        canonical_bytes(
            {
                "v": 1,
                "allocation": value["allocation"],
                "redaction": {},
                "study_toml": value.get("study_toml", ""),
                "allocation_salt": value["salt"],
                "redaction_salt": "",
            }
        )
    )
