"""A rater who drops out, and one who joins: whole tasks go over, with a manifest and a chain of their own.

What the leaver completed stays and counts, and what still comes back from the leaver's pack is merged and
counts, too: as ratings of one rater more. Nobody waits for the rest.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.connection import close, open_for_reading, sentences
from db.manifest_store import insert_late_manifest, read_manifest, read_manifests
from db.repeat_store import read_repeats
from db.study_store import StudyRecord, StudyState, read_study, require_study_file
from protocol.chain.amendment import Amendment, AmendmentKind
from protocol.chain.identifiers import Clock, Entropy, draw_id, shuffled
from protocol.chain.manifest import AssignedItem, AssignmentManifest
from protocol.design.reassignment import TaskState, order_of_rest, reassign
from protocol.errors import UsageError, WrongStateError
from rater.services.amendments import Amended, Frame, amend
from rater.services.rater_states import RaterState, rater_states
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
        WrongStateError: The study is not open, has training, or nothing can go over.
        InvalidInputError: The file is a pack, or no study.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            require_study_file(study)
            if study.state is not StudyState.OPEN:
                raise WrongStateError(
                    f"The study is {study.state}: it is amended while it is open.", where=str(path)
                )
            return _design(connection, study, giver=giver, taker=taker, entropy=entropy)
    finally:
        close(connection)


def reassign_tasks(
    path: Path, *, giver: str, taker: str, who: Who, clock: Clock, entropy: Entropy
) -> Reassigned:
    """Give every task that a rater has not completed to a rater who joins.

    Args:
        path: The study file, open.
        giver: Who leaves.
        taker: Code of who joins; nobody has it yet.
        who: Who decides, and why.
        clock: Wall clock.
        entropy: Source of the new manifest's id and order.

    Raises:
        NotFoundError: No such rater.
        UsageError: No reason, or the code of who joins cannot be one.
        BlindError: The reason names a model or maker of the shipped list.
        WrongStateError: The study is not open, has training, or nothing can go over.
        InvalidInputError: The file is a pack, or no study.
    """
    designs: list[NewDesign] = []

    def make(connection: sqlite3.Connection, study: StudyRecord, frame: Frame) -> Amendment:
        design = _design(connection, study, giver=giver, taker=taker, entropy=entropy)
        manifest = _manifest(
            read_manifest(connection, giver),
            design,
            repeats=frozenset(read_repeats(connection)),
            taken={one.id for one in read_manifests(connection)},
            entropy=entropy,
        )
        insert_late_manifest(connection, manifest)
        designs.append(design)
        return Amendment(
            number=frame.number,
            day=frame.day,
            kind=AmendmentKind.REASSIGN,
            reason=frame.reason,
            giver=giver,
            taker=taker,
            tasks=design.tasks,
            manifest=manifest.sha256,
        )

    amended = amend(path, make, who=who, clock=clock)
    return Reassigned(amended=amended, design=designs[0])


def _design(
    connection: sqlite3.Connection, study: StudyRecord, *, giver: str, taker: str, entropy: Entropy
) -> NewDesign:
    read_manifest(connection, giver)
    if study.visible.training is not None:
        raise WrongStateError(
            "The study trains its raters: who joins would need a training drawn at seeding.",
            next_step="Lock without the missing ratings: `rater-admin lock --accept-missing --reason`.",
        )
    states = rater_states(connection, study)
    _refuse_code(taker, [state.manifest.rater for state in states])
    leaver = next(state for state in states if state.manifest.rater == giver)
    tasks = _tasks_of(leaver, frozenset(read_repeats(connection)))
    found = reassign(tasks, [giver], leaving=[giver], joining=[taker], even_out=False, entropy=entropy)
    moved = tuple(sorted(found.added_to(taker)))
    if not moved:
        raise WrongStateError(f"{giver} has completed every task: nothing can go over.")
    sizes = {one.task: one.items for one in tasks}
    return NewDesign(
        giver=giver,
        taker=taker,
        tasks=moved,
        kept=len(tasks) - len(moved),
        shares=(
            *(_share_after(state, moved if state is leaver else ()) for state in states),
            RaterShare(rater=taker, before=0, after=sum(sizes[task] for task in moved), completed=0),
        ),
        # The taker comes for the giver: how many raters a task has stays as it is.
        raters_of_tasks=dict(sorted(Counter(_raters_of_tasks(states).values()).items())),
    )


def _refuse_code(taker: str, known: Sequence[str]) -> None:
    if not _CODE.fullmatch(taker):
        raise UsageError(
            f"{taker!r} cannot be a rater's code.",
            where="--to",
            next_step="A code is a letter, then up to 15 letters, digits, _ or -.",
        )
    if taker.casefold() in [code.casefold() for code in known]:
        raise WrongStateError(
            f"{taker} rates in this study already: an order that was given out never changes.",
            where="--to",
            next_step="Give the tasks to a code that is new, such as that of a rater who joins.",
        )


def _tasks_of(leaver: RaterState, repeats: frozenset[str]) -> list[TaskState]:
    """Return the tasks of which the leaver still needs to rate something, or rated all, without repeats."""
    session, rater = leaver.session, leaver.manifest.rater
    items: dict[str, list[str]] = {}
    for one in leaver.manifest.items:
        if one.item_id not in repeats and one.item_id not in session.set_aside:
            items.setdefault(one.task_id, []).append(one.item_id)
    return [
        TaskState(
            task=task,
            items=len(own),
            completed={rater: sum(session.of(item).completed for item in own)},
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


def _manifest(
    giver: AssignmentManifest,
    design: NewDesign,
    *,
    repeats: frozenset[str],
    taken: set[str],
    entropy: Entropy,
) -> AssignmentManifest:
    """Return the manifest of who joins: the tasks in a new order, the same items asked about."""
    assigned: dict[str, AssignedItem] = {
        one.item_id: one for one in giver.items if one.task_id in design.tasks and one.item_id not in repeats
    }
    wave: dict[str, list[str]] = {}
    for one in assigned.values():
        wave.setdefault(one.task_id, []).append(one.item_id)
    order = order_of_rest([], [wave], spacing=len(assigned), entropy=entropy)
    return AssignmentManifest(
        id=draw_id(entropy, taken),
        study_id=giver.study_id,
        rater=design.taker,
        items=tuple(assigned[item] for item in order.items),
        dimensions=tuple(shuffled(sorted(giver.dimensions), entropy)),
        asked=tuple(item for item in giver.asked if item in assigned),
        rubric_sha256=giver.rubric_sha256,
        protocol_sha256=giver.protocol_sha256,
        key=giver.key,
    )
