"""Texts of a simulated study: tasks and conversations, from one seed.

The words come from Faker and mean nothing. Replies are drawn for a task before it is settled which
cell gets which, so they carry no information about model or scaffold. Kept apart from the simulated
ratings, which come from latent values and never from these texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from protocol.conversation import Conversation, Message
from protocol.study import Scaffold
from protocol.transcript import Origin, Transcript
from protocol.visible import TaskCard
from rater.services.simulation.simulated_raters import random_for
from rater.services.simulation.simulated_tasks import TASK_KINDS

if TYPE_CHECKING:
    from faker import Faker


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedTask:
    """A task: what the user says, the same in every cell, and the card written from it."""

    id: str
    card: TaskCard
    user_turns: tuple[str, ...]


def make_tasks(seed: int, count: int) -> tuple[SimulatedTask, ...]:
    """Draw tasks with two to four user turns each."""
    return tuple(_make_task(seed, number, count) for number in range(1, count + 1))


def _make_task(seed: int, number: int, count: int) -> SimulatedTask:
    kind = TASK_KINDS[(number - 1) % len(TASK_KINDS)]
    identifier = f"task-{number:0{max(2, len(str(count)))}d}"
    random = random_for(seed, "task text", identifier)
    fake = _faker(random)
    words = {
        "city": fake.city(),
        "company": f"{fake.last_name()} Ltd",
        "other_company": f"{fake.last_name()} & Co",
        "month": fake.month_name(),
        "amount": str(random.randrange(20, 400) * 10),
        "number": str(random.randrange(3, 12)),
    }
    said = sorted(random.sample(range(len(kind.later_turns)), random.randint(1, 3)))
    later = [kind.later_turns[position].format_map(words) for position in said]
    return SimulatedTask(
        id=identifier,
        card=TaskCard(
            brief=kind.brief.format_map(words),
            user_has=kind.user_has,
            claims=kind.claims,
            decision_points=kind.decision_points,
            steers=tuple(later),
            keep=kind.keep,
        ),
        user_turns=(kind.request.format_map(words), *later),
    )


def make_transcripts(
    seed: int, models: Sequence[str], scaffolds: Sequence[Scaffold], tasks: Sequence[SimulatedTask]
) -> list[Transcript]:
    """Make one transcript for each cell, in the order model, scaffold, task.

    Args:
        seed: The study's seed; the same seed gives the same texts.
        models: Names of the models.
        scaffolds: Their texts become the system messages.
        tasks: As of `make_tasks`.
    """
    conditions = [(model, scaffold) for model in models for scaffold in scaffolds]
    dealt = {task.id: _deal(seed, task, len(conditions)) for task in tasks}
    return [
        Transcript(
            origin=Origin(
                model=model,
                scaffold=scaffold.id,
                task=task.id,
                source=f"{model}__{scaffold.id}__{task.id}",
            ),
            conversation=_conversation(scaffold.text, task.user_turns, dealt[task.id][position]),
        )
        for position, (model, scaffold) in enumerate(conditions)
        for task in tasks
    ]


def _deal(seed: int, task: SimulatedTask, cells: int) -> list[list[str]]:
    """Write the replies of a task for so many conversations, and shuffle them."""
    random = random_for(seed, "replies", task.id)
    fake = _faker(random)
    replies = [[_reply(fake, random) for _ in task.user_turns] for _ in range(cells)]
    random.shuffle(replies)
    return replies


def _conversation(system: str, user_turns: Sequence[str], replies: Sequence[str]) -> Conversation:
    messages = [Message(role="system", text=system)]
    for turn, reply in zip(user_turns, replies, strict=True):
        messages += [Message(role="user", text=turn), Message(role="assistant", text=reply)]
    return Conversation(messages=tuple(messages))


def canonical_jsonl(transcripts: Iterable[Transcript]) -> str:
    """Return transcripts as canonical JSONL, one object a line."""
    lines = [
        {
            "id": one.origin.source,
            "model": one.origin.model,
            "scaffold": one.origin.scaffold,
            "task": one.origin.task,
            "replicate": one.origin.replicate,
            "messages": [
                {"role": message.role, "content": message.text} for message in one.conversation.messages
            ],
        }
        for one in transcripts
    ]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def _faker(random: Random) -> Faker:
    # 0.13 s to import, and only a simulated study needs it.
    from faker import Faker

    fake = Faker("en_GB")
    fake.seed_instance(random.getrandbits(64))
    return fake


def _reply(fake: Faker, random: Random) -> str:
    blocks = [_paragraph(fake, random)]
    for _ in range(random.randint(0, 4)):
        shape = random.random()
        if shape < 0.6:
            blocks.append(_paragraph(fake, random))
        elif shape < 0.9:
            blocks.append(_list(fake, random))
        else:
            blocks.append(_code(fake, random))
    return "\n\n".join(blocks)


def _sentence(fake: Faker, random: Random) -> str:
    from faker.providers.lorem.en_US import Provider

    # The locale en_GB has no words of its own and would fall back to Latin.
    return fake.sentence(nb_words=random.randint(5, 18), ext_word_list=Provider.word_list)


def _paragraph(fake: Faker, random: Random) -> str:
    return " ".join(_sentence(fake, random) for _ in range(random.randint(1, 5)))


def _list(fake: Faker, random: Random) -> str:
    numbered = random.random() < 0.5
    return "\n".join(
        f"{f'{position}.' if numbered else '-'} {_sentence(fake, random)}"
        for position in range(1, random.randint(3, 6))
    )


def _code(fake: Faker, random: Random) -> str:
    name = f"total_{fake.random_int(1, 99)}"
    return f"```python\ndef {name}(values):\n    return sum(values) - {random.randint(0, 9)}\n```"
