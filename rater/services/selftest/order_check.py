"""Whether ids, rows, places and orders tell a condition, over many seedings of a small study.

The texts of that study say nothing and have one length, so whatever predicts a condition comes from
the way a study is seeded. Everything is worked out in memory; a few studies are also written, to
look at where rows lie in the files.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from operator import eq
from pathlib import Path

from protocol.allocation.sealing import generate_key_pair
from protocol.conversation import Conversation, Message
from protocol.study import Scaffold, StudyProtocol
from protocol.study_file import read_study
from protocol.transcript import Origin, Transcript
from protocol.visible import TaskCard
from rater.services.packs.handing_out import issue_packs
from rater.services.seeding.seeding import SeedRequest, seed_study
from rater.services.seeding.seeding_plan import SeededShare, SeedingPlan, plan_seeding
from rater.services.selftest.prediction_odds import Record
from rater.services.simulation.simulated_raters import random_for
from rater.services.simulation.simulated_study import make_study_toml
from rater.services.simulation.simulated_texts import SimulatedTask

PLANS = 200
FILES = 8
ID_BITS = 64
_MODELS = ("model A", "model B")
_SCAFFOLDS = ("baseline", "other")
_TASKS = tuple(f"task {number}" for number in range(1, 7))
_RATERS = ("R1", "R2", "R3")
_RATERS_PER_ITEM = 2
"""Two of three raters and six tasks: every rater has four whole tasks, whatever is drawn."""
_SPACING = 2
"""Neighbours are of two tasks, so what they are does not hang together."""
_EVERY_SETTING = """waves = 2
positions = "counterbalanced"
repeats = 0.125
"""
_SITES = {"R1": "north", "R2": "north", "R3": "south"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlandStudy:
    """A study whose texts tell nothing."""

    protocol: StudyProtocol
    study_toml: str
    transcripts: tuple[Transcript, ...]
    sites: Mapping[str, str]


def bland_study(*, every_setting: bool = False) -> BlandStudy:
    """Return a small study with texts of one length that say nothing.

    Args:
        every_setting: With waves, mirrored turns, hidden repeats and sites; else with none of them.
    """
    card = TaskCard(brief="One of six tasks.")
    toml = make_study_toml(
        seed=1,
        tasks=[SimulatedTask(id=task, card=card, user_turns=()) for task in _TASKS],
        scaffolds=[
            Scaffold(id=name, text=f"Text {number}.", baseline=number == 0)
            for number, name in enumerate(_SCAFFOLDS)
        ],
        raters=_RATERS,
        raters_per_item=_RATERS_PER_ITEM,
        spacing=_SPACING,
        name="Order check",
    )
    toml += """
[guess]
share = 0.25

[[guess.questions]]
id = "scaffold"
about = "scaffold"
text = "Which one?"
options = ["First", "Second", "Third"]

[guess.questions.meaning]
"First" = "other"
"""
    if every_setting:
        toml = toml.replace("[design]\n", f"[design]\n{_EVERY_SETTING}")
    cells = [(model, scaffold, task) for model in _MODELS for scaffold in _SCAFFOLDS for task in _TASKS]
    return BlandStudy(
        protocol=read_study(toml, where="order check"),
        study_toml=toml,
        sites=_SITES if every_setting else {},
        transcripts=tuple(
            Transcript(
                origin=Origin(model=model, scaffold=scaffold, task=task),
                conversation=Conversation(
                    messages=(
                        Message(role="user", text="A question."),
                        Message(role="assistant", text=f"Answer {number:03}."),
                    )
                ),
            )
            for number, (model, scaffold, task) in enumerate(cells)
        ),
    )


def watch_plans(study: BlandStudy, record: Record, *, seed: int, plans: int = PLANS) -> None:
    """Seed a study many times in memory and note everything a rater could bet on.

    Args:
        study: What is seeded.
        record: Where it is noted.
        seed: Gives every draw; the same seed repeats a run.
        plans: How many times.
    """
    for number in range(plans):
        plan = plan_seeding(
            study.protocol,
            study.study_toml,
            study.transcripts,
            entropy=random_for(seed, "order check", str(number)),
            sites=study.sites,
        )
        _note_items(plan, record)
        _note_orders(plan, record, mirrored=study.protocol.design.positions == "counterbalanced")
        _note_repeats(plan, record)
        _note_codes(plan, record)


def depends_on_source_order(study: BlandStudy, *, seed: int) -> bool:
    """Whether the same draws give another study when the transcripts come in another order."""
    random = random_for(seed, "order of the sources")
    other = list(study.transcripts)
    random.shuffle(other)
    one, two = (
        plan_seeding(
            study.protocol,
            study.study_toml,
            transcripts,
            entropy=random_for(seed, "source order check"),
            sites=study.sites,
        )
        for transcripts in (study.transcripts, other)
    )
    return one != two


def watch_files(
    study: BlandStudy, record: Record, *, folder: Path, who: str, app: str, files: int = FILES
) -> None:
    """Write studies and packs with the system's entropy and note where the rows of a task lie.

    Args:
        study: What is seeded.
        record: Where it is noted.
        folder: Where the files go.
        who: For the audit log.
        app: Version of the program.
        files: How many studies.
    """
    from rater.services.doors.key_files import Secrets, open_key, read_bytes
    from rater.services.wall_clock import utc_now
    from rater.services.who import Who

    pair = generate_key_pair()
    secret = Secrets(identities=(pair.identity,))
    for number in range(files):
        own = folder / f"{number:02}"
        own.mkdir(parents=True)
        request = SeedRequest(
            study_path=own / "study.db",
            key_path=own / "study.key",
            recipients=(pair.recipient,),
            who=who,
            app=app,
        )
        seed_study(
            study.protocol,
            study.study_toml,
            study.transcripts,
            request,
            entropy=secrets.SystemRandom(),
            clock=utc_now,
        )
        (pack,) = issue_packs(
            request.study_path,
            [_RATERS[0]],
            every=False,
            folder=own / "packs",
            who=Who(name=who, app=app),
            clock=utc_now,
        )
        key = open_key(read_bytes(request.key_path, wanted="the sealed key"), secret)
        for name, path in (("study file", request.study_path), ("pack", pack.path)):
            for order in _tasks_as_they_lie(path.read_bytes(), key.tasks, key.allocation):
                record.note_rank(f"bytes at which rows lie in a {name}", order.by_byte)
                record.note_rank(f"filling of the pages of a {name}", order.by_filling)


def _condition(origin: Origin) -> str:
    return f"{origin.model} under {origin.scaffold}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lie:
    """The conditions of a task's rows in a file."""

    by_byte: tuple[str, ...]
    by_filling: tuple[str, ...]
    """Page by page, each from its end, where SQLite puts its first row: as rows were written."""


def _tasks_as_they_lie(data: bytes, tasks: Mapping[str, str], allocation: Mapping[str, Origin]) -> list[_Lie]:
    """Return the rows of each task of a file in the orders in which they lie there."""
    page_size = int.from_bytes(data[16:18], "big")
    opaque = {task: task_id for task_id, task in tasks.items()}
    found: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for item_id, origin in allocation.items():
        # A row begins with the two ids one after the other, which stand so nowhere else.
        place = data.find(f"{item_id}{opaque[origin.task]}".encode())
        if place >= 0:
            found[origin.task][place] = _condition(origin)
    return [
        _Lie(
            by_byte=tuple(rows[place] for place in sorted(rows)),
            by_filling=tuple(
                rows[place] for place in sorted(rows, key=lambda place: (place // page_size, -place))
            ),
        )
        for rows in found.values()
    ]


def _note_items(plan: SeedingPlan, record: Record) -> None:
    """Rows are in the order of `plan.items`, ids are what they are."""
    origins = plan.key.allocation
    by_task: defaultdict[str, list[str]] = defaultdict(list)
    for row, item in enumerate(plan.items, start=1):
        condition = _condition(origins[item.id])
        for other in _conditions():
            record.note(
                "number of a row",
                (row, other),
                f"row {row} is {other}",
                hit=condition == other,
                chance=1 / len(_conditions()),
            )
        value = int(item.id, 16)
        for bit in range(ID_BITS):
            record.note(
                "bits of an item id",
                (bit, condition),
                f"bit {bit} of the id is set for {condition}",
                hit=bool(value >> bit & 1),
                chance=0.5,
            )
        if item.id not in plan.repeats:
            by_task[origins[item.id].task].append(item.id)
    for ids in by_task.values():
        record.note_rank("rows of a task", (_condition(origins[item_id]) for item_id in ids))
        record.note_rank("item ids of a task", (_condition(origins[item_id]) for item_id in sorted(ids)))


def _conditions() -> tuple[str, ...]:
    return tuple(f"{model} under {scaffold}" for model in _MODELS for scaffold in _SCAFFOLDS)


def _note_repeats(plan: SeedingPlan, record: Record) -> None:
    """What comes again, and the id under which it does."""
    origins = plan.key.allocation
    for share in plan.shares:
        again = [item_id for item_id in share.items if item_id in plan.repeats]
        for number, item_id in enumerate(again, start=1):
            _note_condition(record, "hidden repeats", (share.rater, number), _condition(origins[item_id]))
            record.note(
                "ids of hidden repeats",
                (share.rater, number),
                f"{share.rater}'s repeat {number} has a higher id than what it repeats",
                hit=item_id > plan.repeats[item_id],
                chance=0.5,
            )


def _note_orders(plan: SeedingPlan, record: Record, *, mirrored: bool) -> None:
    origins = plan.key.allocation
    chance = 1 / len(_conditions())
    orders = {share.rater: [_condition(origins[item]) for item in share.items] for share in plan.shares}
    for share in plan.shares:
        by_task: defaultdict[str, list[str]] = defaultdict(list)
        for place, (item_id, condition) in enumerate(
            zip(share.items, orders[share.rater], strict=True), start=1
        ):
            if item_id not in plan.repeats:
                by_task[origins[item_id].task].append(condition)
            _note_condition(record, "place in a rater's order", (share.rater, place), condition)
        for order in by_task.values():
            record.note_rank("order of a task's items", order, prefix=f"{share.rater}'s ")
        for place, (one, next_one) in enumerate(pairwise(orders[share.rater]), start=1):
            record.note(
                "neighbours in a rater's order",
                (share.rater, place),
                f"{share.rater}'s items {place} and {place + 1} are of one condition",
                hit=one == next_one,
                chance=chance,
            )
        for place, item_id in enumerate(plan.asked[share.rater], start=1):
            _note_condition(
                record, "items with a guess question", (share.rater, place), _condition(origins[item_id])
            )
    for one_rater, other_rater in combinations(orders, 2):
        tasks = (_tasks_of(plan, rater) for rater in (one_rater, other_rater))
        for place, (one, other, same_task) in enumerate(
            zip(orders[one_rater], orders[other_rater], map(eq, *tasks), strict=False), start=1
        ):
            # Mirrored turns keep two raters apart inside a task, as ids that differ say anyway.
            if mirrored and same_task:
                continue
            record.note(
                "the same place for two raters",
                (one_rater, other_rater, place),
                f"{one_rater} and {other_rater} have one condition at place {place}",
                hit=one == other,
                chance=chance,
            )


def _tasks_of(plan: SeedingPlan, rater: str) -> list[str]:
    (share,) = (share for share in plan.shares if share.rater == rater)
    return [plan.key.allocation[item_id].task for item_id in share.items]


def _note_condition(record: Record, quantity: str, place: tuple[str, int], condition: str) -> None:
    rater, number = place
    for other in _conditions():
        record.note(
            quantity,
            (*place, other),
            f"{rater}'s number {number} is {other}",
            hit=condition == other,
            chance=1 / len(_conditions()),
        )


def _note_codes(plan: SeedingPlan, record: Record) -> None:
    """Opaque task ids and manifest ids, and which tasks and raters they stand for."""
    tasks = plan.key.tasks
    origins = plan.key.allocation
    record.note_rank("opaque task ids", (tasks[task_id] for task_id in sorted(tasks)))
    record.note_rank("manifest ids", sorted(plan.manifest_ids, key=lambda rater: plan.manifest_ids[rater]))
    for share in plan.shares:
        _note_tasks(record, share, [origins[item_id].task for item_id in share.items])


def _note_tasks(record: Record, share: SeededShare, tasks: Sequence[str]) -> None:
    for task in _TASKS:
        record.note(
            "first task of a rater",
            (share.rater, task),
            f"{share.rater} begins with {task}",
            hit=tasks[0] == task,
            chance=1 / len(_TASKS),
        )
        record.note(
            "tasks of a rater",
            (share.rater, task),
            f"{share.rater} has {task}",
            hit=task in tasks,
            chance=_RATERS_PER_ITEM / len(_RATERS),
        )
