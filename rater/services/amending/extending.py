"""A second batch of tasks for an open study: the same rubric, scaffolds and plan, a sealed key of its own.

What seeding does, this does for the batch: de-identify, look for leaks, draw orders, seal. The key is
written first, then items, amendments and audit entries in one transaction; what was seeded stays.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from db.amendment_store import read_amendments
from db.atomic_file import is_folder, is_taken, part_of, write_whole
from db.audit_store import append_audit
from db.connection import close, open_for_reading, sentences
from db.event_store import has_events
from db.item_store import insert_late_items, read_items
from db.manifest_store import read_manifests
from db.study_store import StudyRecord, no_conditions, read_study, require_study_file
from protocol.canonical_json import canonical_bytes, sha256_hex
from protocol.chain.amendment import Amendment, AmendmentKind
from protocol.chain.batches import SEEDED, batches_of
from protocol.chain.identifiers import Clock, Entropy
from protocol.chain.manifest import AssignedItem, KeyBinding
from protocol.errors import InvalidInputError, NotFoundError, UsageError, WrongStateError
from protocol.extension_rules import differences, task_twice
from protocol.item import Item
from protocol.study import StudyProtocol
from rater.services.amending.amendments import (
    BATCH_SEALED,
    Amended,
    Frame,
    amend_together,
    handed_in,
    require_open,
)
from rater.services.amending.incidents import refuse_names
from rater.services.doors.core_dumps import forbid_core_dumps
from rater.services.doors.key_files import seal
from rater.services.progress.rater_states import rater_states
from rater.services.reading_study import StudyFile
from rater.services.seeding.preparing import Prepared
from rater.services.seeding.seeding_plan import SeedingPlan, plan_seeding
from rater.services.seeding.training_plan import refuse_study_items
from rater.services.who import Who


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendRequest:
    """Which study gets a batch, and who can open its key."""

    study_path: Path
    key_path: Path
    originals: Sequence[StudyFile]
    """The study.toml of seeding, and those of the batches before, in any order."""
    recipients: tuple[str, ...] = ()
    passphrase: str | None = field(default=None, repr=False)
    require_all: bool = False
    fairness: Mapping[str, str] | None = None
    sites: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """What was added."""

    batch: int
    items: int
    tasks: int
    items_of_rater: Mapping[str, int]
    key: KeyBinding
    protocol_sha256: str
    replaced: Mapping[str, int]
    """Replaced stretches by rule."""
    warnings: tuple[str, ...]
    amended: tuple[Amended, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """The study as it was when the batch was planned."""

    study: StudyRecord
    batch: int
    """Number of the batch that comes."""
    taken: frozenset[str]
    """Every id of the study that the batch may not have again."""
    shown: frozenset[str]
    """Hashes of all conversations."""


def extend_study(
    prepared: Prepared, request: ExtendRequest, *, who: Who, clock: Clock, entropy: Entropy
) -> Extended:
    """Add a batch of tasks to an open study.

    Args:
        prepared: Protocol and transcripts of the batch, complete and checked.
        request: Which study, and whom to seal for.
        who: Who adds it, and why; raters are told the reason.
        clock: Wall clock.
        entropy: The system's entropy; a seeded source in tests.

    Raises:
        UsageError: No reason, a file is in the way, or neither recipient nor passphrase was given.
        NotFoundError: No such study or folder.
        WrongStateError: The study is not open, has no rating yet, or a rater of the batch has handed in.
        InvalidInputError: The protocol differs in what it may not, an original is another, a task or
            transcript is not new, or a rater is not the study's.
        BlindError: A text that raters see, or the reason, tells a condition.
        StorageError: A file cannot be written.
    """
    forbid_core_dumps()
    if not who.reason.strip():
        raise UsageError("A batch needs a reason: raters and readers are told it.", next_step="Add --reason.")
    refuse_names(who.reason, where="--reason")
    _refuse_key_in_the_way(request)
    before = _look(request, prepared)
    if prepared.training is not None:
        refuse_study_items(prepared.training, prepared.transcripts)
    plan = _plan(before, prepared, request, entropy)
    sealed = seal(
        plan.key,
        recipients=request.recipients,
        passphrase=request.passphrase,
        require_all=request.require_all,
    )
    binding = plan.binding(sha256_hex(sealed))
    write_whole(request.key_path, sealed, mode=0o600)

    def make(connection: sqlite3.Connection, study: StudyRecord, frame: Frame) -> list[Amendment]:
        _refuse_change(connection, before, request)
        _refuse_raters(connection, study, prepared.protocol)
        insert_late_items(connection, plan.items)
        made = _amendments(plan, frame, batch=before.batch, binding=binding)
        _record(connection, before, prepared, binding=binding, frame=frame, who=who)
        return made

    amended = amend_together(request.study_path, make, who=who, clock=clock)
    return Extended(
        batch=before.batch,
        items=len(plan.items),
        tasks=len({item.task_id for item in plan.items}),
        items_of_rater={share.rater: len(share.items) for share in plan.shares},
        key=binding,
        protocol_sha256=sha256_hex(prepared.study_toml.encode()),
        replaced=plan.replaced,
        warnings=plan.warnings,
        amended=tuple(amended),
    )


def _refuse_key_in_the_way(request: ExtendRequest) -> None:
    key = request.key_path
    part_of(key)  # refuses folders and names that no file can have
    if os.path.realpath(request.study_path) == os.path.realpath(key):
        raise UsageError("Study and key need two names.", where=str(key), next_step="Give --key FILE.")
    if not is_folder(key.parent):
        raise NotFoundError(
            "There is no such folder.", where=str(key.parent), next_step="Make it, or name another."
        )
    if is_taken(key):
        raise UsageError(
            "A file is there already; a key is never replaced.",
            where=str(key),
            next_step="A batch has a key of its own: give another name with --key.",
        )


def _look(request: ExtendRequest, prepared: Prepared) -> _Before:
    """Read the study, and refuse everything that can be refused before anything is drawn."""
    path = request.study_path
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            require_study_file(study)
            if study.key is None:
                raise no_conditions(str(path))
            require_open(study, path, step="extended")
            if not has_events(connection):
                raise WrongStateError(
                    "Nothing is rated yet: all tasks can still be seeded together.",
                    where=str(path),
                    next_step="Put the tasks into one study.toml and run `rater-admin seed --force`.",
                )
            later = batches_of(read_amendments(connection))
            wanted = {study.protocol_sha256, *(one.protocol_sha256 for one in later)}
            _refuse_protocol(prepared.protocol, request.originals, study, wanted)
            _refuse_raters(connection, study, prepared.protocol)
            items = read_items(connection)
            return _Before(
                study=study,
                batch=SEEDED + 1 + len(later),
                taken=frozenset(
                    {study.study_id, *(one.id for one in items), *(one.task_id for one in items)}
                    | {one.id for one in read_manifests(connection)}
                ),
                shown=frozenset(map(_told, items)),
            )
    finally:
        close(connection)


def _refuse_protocol(
    protocol: StudyProtocol, originals: Sequence[StudyFile], study: StudyRecord, wanted: set[str]
) -> None:
    given = {sha256_hex(one.content): one.protocol for one in originals}
    if set(given) != wanted:
        missing = len(wanted - set(given))
        raise InvalidInputError(
            "The protocols given with --original are not those of this study: "
            f"{missing} of {len(wanted)} are missing, {len(set(given) - wanted)} are others.",
            next_step="Give the study.toml of seeding and that of every batch, byte for byte.",
        )
    problems = [
        *differences(given[study.protocol_sha256], protocol),
        *task_twice(list(given.values()), protocol),
    ]
    if problems:
        raise InvalidInputError(
            "The protocol of the batch is not that of the study.",
            next_step="Change these parts back: a batch has its own tasks and raters, and nothing else.",
            problems=problems,
        )


def _refuse_raters(connection: sqlite3.Connection, study: StudyRecord, protocol: StudyProtocol) -> None:
    states = {state.manifest.rater: state for state in rater_states(connection, study)}
    unknown = [rater for rater in protocol.design.raters if rater not in states]
    if unknown:
        raise InvalidInputError(
            f"There is no rater {unknown[0]} in this study.",
            where="design.raters of the batch",
            next_step=f"Its raters are {', '.join(states)}; who is new joins by `rater-admin reassign`.",
        )
    done = [rater for rater in protocol.design.raters if states[rater].session.submitted]
    if done:
        raise handed_in(
            done[0],
            where="design.raters of the batch",
            next_step="Leave this rater out of the raters of the batch.",
        )


def _refuse_change(connection: sqlite3.Connection, before: _Before, request: ExtendRequest) -> None:
    if SEEDED + 1 + len(batches_of(read_amendments(connection))) != before.batch:
        raise WrongStateError(
            "Another batch was added meanwhile.",
            where=str(request.study_path),
            next_step=f"Remove {request.key_path}, which opens nothing, and run the command again.",
        )


def _plan(before: _Before, prepared: Prepared, request: ExtendRequest, entropy: Entropy) -> SeedingPlan:
    """Work the batch out, with ids that nothing in the study has; hidden repeats are of the first alone."""
    protocol = prepared.protocol
    while True:
        plan = plan_seeding(
            replace(protocol, design=replace(protocol.design, repeats=0.0)),
            prepared.study_toml,
            prepared.transcripts,
            entropy=entropy,
            decisions=prepared.decisions,
            sources=prepared.sources,
            fairness=request.fairness,
            intake=prepared.intake,
            sites=request.sites,
        )
        drawn = {one.id for one in plan.items} | {one.task_id for one in plan.items}
        if not drawn & before.taken:
            break
    again = [one.id for one in plan.items if _told(one) in before.shown]
    if again:
        sources = sorted(plan.key.allocation[item].source for item in again)
        raise InvalidInputError(
            f"{len(again)} transcripts are items of the study already, such as {sources[0]}.",
            next_step="Leave them out of the batch: raters would meet them again as new ones.",
        )
    study_id = before.study.study_id
    return replace(plan, study_id=study_id, key=replace(plan.key, study_id=study_id))


def _told(item: Item) -> str:
    return sha256_hex(canonical_bytes(item.conversation.to_json()))


def _amendments(plan: SeedingPlan, frame: Frame, *, batch: int, binding: KeyBinding) -> list[Amendment]:
    item_of = {item.id: item for item in plan.items}
    shares = [share for share in plan.shares if share.items]
    return [
        Amendment(
            number=number,
            day=frame.day,
            kind=AmendmentKind.EXTEND,
            reason=frame.reason,
            taker=share.rater,
            items=tuple(
                AssignedItem(
                    item_id=item, task_id=item_of[item].task_id, shown_sha256=item_of[item].shown_sha256
                )
                for item in share.items
            ),
            asked=plan.asked[share.rater],
            batch=batch,
            protocol=sha256_hex(plan.key.study_toml.encode()),
            key=binding,
        )
        for number, share in enumerate(shares, start=frame.number)
    ]


def _record(
    connection: sqlite3.Connection,
    before: _Before,
    prepared: Prepared,
    *,
    binding: KeyBinding,
    frame: Frame,
    who: Who,
) -> None:
    details = {
        "app": who.app,
        "batch": str(before.batch),
        "protocol": sha256_hex(prepared.study_toml.encode()),
        **binding.texts(),
    }
    if prepared.decisions_sha256:
        details["leak_decisions"] = prepared.decisions_sha256
    append_audit(
        connection,
        study_id=before.study.study_id,
        at=frame.at,
        who=who.name,
        action=BATCH_SEALED,
        reason=frame.reason,
        details=details,
    )
