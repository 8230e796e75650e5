"""A rater who drops out: whole tasks go over to one who joins, or to one who has items already.

Who joins gets a manifest and a chain of their own; who has a manifest gets the items after all others.

What the leaver completed stays and counts, and what still comes back from the leaver's pack is merged and
counts, too: as ratings of one rater more. Nobody waits for the rest.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.manifest_store import insert_late_manifest, raters, read_manifest, read_manifests
from db.repeat_store import read_repeats
from db.study_store import StudyRecord, read_study, require_study_file
from db.training_store import (
    has_training,
    insert_late_training,
    read_training_manifest,
    read_training_manifests,
)
from protocol.chain.amendment import Amendment, AmendmentKind
from protocol.chain.identifiers import Clock, Entropy, draw_id, shuffled
from protocol.chain.manifest import AssignedItem, AssignmentManifest
from protocol.design.reassignment import TaskState, order_of_rest, reassign
from protocol.errors import UsageError, WrongStateError
from protocol.training.training_manifest import admission_sha256
from rater.services.amending.amendments import Amended, Frame, amend, handed_in, require_open
from rater.services.progress.rater_states import RaterState, rater_states
from rater.services.seeding.training_plan import draw_admit_code
from rater.services.who import Who

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterShare:
    """What one rater has to rate, before and after."""

    rater: str
    before: int
    after: int
    completed: int
    """Of those afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDesign:
    """Who has what once the tasks went over."""

    giver: str
    taker: str
    tasks: tuple[str, ...]
    """Opaque ids of the tasks that go over."""
    kept: int
    """Tasks that the leaver completed, and keeps."""
    staying: tuple[str, ...]
    """Tasks that are not completed and stay all the same: the taker has, or had, these tasks already."""
    shares: tuple[RaterShare, ...]
    raters_of_tasks: dict[int, int]
    """How many tasks have so many raters, afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassigned:
    """What was recorded, and the design it leads to."""

    amended: Amended
    design: NewDesign


def plan_reassignment(path: Path, *, giver: str, taker: str, entropy: Entropy) -> NewDesign:
    """Return what `reassign_tasks` would lead to; nothing is written.

    Raises:
        NotFoundError: No such rater.
        UsageError: The code of who joins cannot be one.
        WrongStateError: The study is not open, the taker has handed in, or nothing can go over.
        InvalidInputError: The file is a pack, or no study.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            require_study_file(study)
            require_open(study, path)
            return _design(connection, study, giver=giver, taker=taker, entropy=entropy)
    finally:
        close(connection)


def reassign_tasks(
    path: Path, *, giver: str, taker: str, who: Who, clock: Clock, entropy: Entropy
) -> Reassigned:
    """Give every task that a rater has not completed to another.

    Args:
        path: The study file, open.
        giver: Who leaves.
        taker: Code of who gets them: a new one, or that of a rater.
        who: Who decides, and why.
        clock: Wall clock.
        entropy: Source of the order, and of the ids of who joins.

    Raises:
        NotFoundError: No such rater.
        UsageError: No reason, or the code of who joins cannot be one.
        BlindError: The reason names a model or maker of the shipped list.
        WrongStateError: The study is not open, the taker has handed in, or nothing can go over.
        InvalidInputError: The file is a pack, or no study.
    """
    designs: list[NewDesign] = []

    def make(connection: sqlite3.Connection, study: StudyRecord, frame: Frame) -> Amendment:
        design = _design(connection, study, giver=giver, taker=taker, entropy=entropy)
        designs.append(design)
        going = _going_over(
            read_manifest(connection, giver), design, frozenset(read_repeats(connection)), entropy
        )
        amendment = Amendment(
            number=frame.number,
            day=frame.day,
            kind=AmendmentKind.REASSIGN,
            reason=frame.reason,
            giver=giver,
            taker=taker,
            tasks=design.tasks,
        )
        if taker in raters(connection):
            return replace(amendment, items=going.items, asked=going.asked)
        return _joined(connection, amendment, going, entropy)

    amended = amend(path, make, who=who, clock=clock)
    return Reassigned(amended=amended, design=designs[0])


def _design(
    connection: sqlite3.Connection, study: StudyRecord, *, giver: str, taker: str, entropy: Entropy
) -> NewDesign:
    read_manifest(connection, giver)
    states = {state.manifest.rater: state for state in rater_states(connection, study)}
    _refuse_taker(taker, states, giver=giver)
    leaver, other = states[giver], states.get(taker)
    tasks = _tasks_of(leaver, other, frozenset(read_repeats(connection)))
    found = reassign(
        tasks,
        [giver] if other is None else [giver, taker],
        leaving=[giver],
        joining=[taker] if other is None else [],
        even_out=False,
        entropy=entropy,
    )
    moved = tuple(sorted(found.added_to(taker)))
    if not moved:
        raise WrongStateError(_nothing_to_give(giver, taker, anything=bool(found.short)))
    sizes = {one.task: one.items for one in tasks}
    got = sum(sizes[task] for task in moved)
    shares = [_share_after(state, moved if state is leaver else ()) for state in states.values()]
    if other is None:
        shares.append(RaterShare(rater=taker, before=0, after=0, completed=0))
    return NewDesign(
        giver=giver,
        taker=taker,
        tasks=moved,
        kept=len(tasks) - len(moved) - len(found.short),
        staying=tuple(sorted(move.task for move in found.short)),
        shares=tuple(replace(one, after=one.after + got) if one.rater == taker else one for one in shares),
        # The taker comes for the giver: how many raters a task has stays as it is.
        raters_of_tasks=dict(sorted(Counter(_raters_of_tasks(list(states.values())).values()).items())),
    )


def _nothing_to_give(giver: str, taker: str, *, anything: bool) -> str:
    if anything:
        return f"{taker} has, or had, every task that {giver} has not completed: nothing can go over."
    return f"{giver} has completed every task: nothing can go over."


def _refuse_taker(taker: str, known: Mapping[str, RaterState], *, giver: str) -> None:
    if taker == giver:
        raise UsageError(f"{giver} cannot take over from {giver}.", where="--to")
    if taker in known:
        if known[taker].session.submitted:
            raise handed_in(taker, where="--to", next_step="Name a rater who is still rating, or a new code.")
        return
    if not _CODE.fullmatch(taker):
        raise UsageError(
            f"{taker!r} cannot be a rater's code.",
            where="--to",
            next_step="A code is a letter, then up to 15 letters, digits, _ or -.",
        )
    alike = [code for code in known if code.casefold() == taker.casefold()]
    if alike:
        raise UsageError(
            f"{taker} differs from {alike[0]} in case alone: nobody could tell the two apart.",
            where="--to",
            next_step=f"Write {alike[0]} if that rater takes over, or name a new code.",
        )


def _tasks_of(leaver: RaterState, other: RaterState | None, repeats: frozenset[str]) -> list[TaskState]:
    """Return the tasks of which the leaver still needs to rate something, or rated all, without repeats.

    The taker has every task of which an item was ever theirs, so that nobody meets a task again.
    """
    taken = {one.task_id for one in other.manifest.items} if other else set[str]()
    session, rater = leaver.session, leaver.manifest.rater
    items: dict[str, list[str]] = {}
    for one in leaver.manifest.items:
        if one.item_id not in repeats and one.item_id not in session.set_aside:
            items.setdefault(one.task_id, []).append(one.item_id)
    return [
        TaskState(
            task=task,
            items=len(own),
            completed={
                rater: sum(session.of(item).completed for item in own),
                **({other.manifest.rater: 0} if other and task in taken else {}),
            },
            begun=frozenset((rater,)) if any(session.of(item).touched for item in own) else frozenset(),
        )
        for task, own in sorted(items.items())
    ]


def _share_after(state: RaterState, given: Sequence[str]) -> RaterShare:
    session = state.session
    needed = [
        one.item_id
        for one in state.manifest.items
        if one.item_id not in session.set_aside and one.task_id not in given
    ]
    return RaterShare(
        rater=state.manifest.rater,
        before=session.required_count,
        after=len(needed),
        completed=sum(session.of(item).completed for item in needed),
    )


def _raters_of_tasks(states: Sequence[RaterState]) -> Counter[str]:
    return Counter(
        task
        for state in states
        for task in {
            one.task_id for one in state.manifest.items if one.item_id not in state.session.set_aside
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _GoingOver:
    """What goes over, in the order of who gets it; the same items are asked about."""

    of: AssignmentManifest
    items: tuple[AssignedItem, ...]
    asked: tuple[str, ...]


def _going_over(
    giver: AssignmentManifest, design: NewDesign, repeats: frozenset[str], entropy: Entropy
) -> _GoingOver:
    assigned: dict[str, AssignedItem] = {
        one.item_id: one for one in giver.items if one.task_id in design.tasks and one.item_id not in repeats
    }
    wave: dict[str, list[str]] = {}
    for one in assigned.values():
        wave.setdefault(one.task_id, []).append(one.item_id)
    order = order_of_rest([], [wave], spacing=len(assigned), entropy=entropy)
    return _GoingOver(
        of=giver,
        items=tuple(assigned[item] for item in order.items),
        asked=tuple(item for item in giver.asked if item in assigned),
    )


def _joined(
    connection: sqlite3.Connection, amendment: Amendment, going: _GoingOver, entropy: Entropy
) -> Amendment:
    """Write the manifest of who joins, and the training where the study has one; return what binds both."""
    giver, rater = going.of, amendment.taker or ""
    taken = {one.id for one in read_manifests(connection)}
    trained = read_training_manifest(connection, giver.rater) if has_training(connection) else None
    if trained is not None:
        taken |= {one.id for one in read_training_manifests(connection)}
    manifest = AssignmentManifest(
        id=draw_id(entropy, taken),
        study_id=giver.study_id,
        rater=rater,
        items=going.items,
        dimensions=tuple(shuffled(sorted(giver.dimensions), entropy)),
        asked=going.asked,
        rubric_sha256=giver.rubric_sha256,
        protocol_sha256=giver.protocol_sha256,
        key=giver.key,
    )
    insert_late_manifest(connection, manifest)
    if trained is None:
        return replace(amendment, manifest=manifest.sha256)
    training_id, code = draw_id(entropy, taken), draw_admit_code(entropy)
    training = replace(
        trained,
        id=training_id,
        rater=rater,
        assignment_sha256=manifest.sha256,
        dimensions=manifest.dimensions,
        admission_sha256=admission_sha256(training_id, code),
    )
    insert_late_training(connection, training, code=code)
    return replace(amendment, manifest=manifest.sha256, training=training.sha256)
