"""A study folder full of canaries, as an admin would have it, with leaks where real ones happen.

Every reply carries what a careless tool would hand on: the model names itself, repeats a sentence
of its scaffold, calls tools with telling ids; the lines carry a provider's fields. What the product
must neutralise is planted; what it shows on purpose is not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.atomic_file import write_whole
from protocol.chain.identifiers import Entropy
from protocol.study import Scaffold
from protocol.transcript import Transcript
from rater.services.selftest.canaries import (
    IN_ITEM,
    IN_STUDY_NAME,
    MODELS,
    SCAFFOLD_LABELS,
    SCAFFOLD_TEXTS,
    SCAFFOLDS,
    TASKS,
    Canaries,
)
from rater.services.simulation.simulated_study import make_study_toml
from rater.services.simulation.simulated_texts import SimulatedTask, make_tasks, make_transcripts

RATERS = ("R1", "R2", "R3")
GUESS_QUESTION = "Which family of models do you think it was?"
GUESS_OPTIONS = ("Family A", "Family B", "Family C", "Family D", "Family E")
_RATERS_PER_ITEM = 2
_SPACING = 2
_LATER = "later"
_SCAFFOLD_FORMS = (
    "Answer in the plain manner of the {} house and keep every reply short.",
    "After the answer name each claim that the user should test, as the {} method asks, and say how.",
    "Before any work offer two ways to go on, as the {} method asks, and wait for the user to choose.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CanarySources:
    """What the admin has, and no rater can reach."""

    folder: Path
    protocol: Path
    transcripts: tuple[Path, ...]
    seed: int
    """Of the texts."""


def scaffold_sentences(canaries: Canaries) -> tuple[str, ...]:
    """Return the texts of the scaffolds, the baseline first."""
    words = canaries.words.all_of(SCAFFOLD_TEXTS)
    return tuple(form.format(word) for form, word in zip(_SCAFFOLD_FORMS, words, strict=True))


def write_sources(parent: Path, canaries: Canaries, *, entropy: Entropy) -> CanarySources:
    """Write study.toml and transcripts, one file for each model, into a folder with a telling name.

    Args:
        parent: An existing folder.
        canaries: What to plant.
        entropy: Draws the texts around them.
    """
    seed = entropy.randrange(2**32)
    folder = parent / canaries.words["admin's folder"]
    folder.mkdir()
    ids = canaries.words.all_of(TASKS)
    tasks = [replace(task, id=word) for task, word in zip(make_tasks(seed, len(ids)), ids, strict=True)]
    return _write(canaries, tasks, folder=folder, seed=seed, batch="", raters=RATERS)


def write_batch(sources: CanarySources, canaries: Canaries, *, raters: Sequence[str]) -> CanarySources:
    """Write protocol and transcripts of a second batch of tasks beside those of the study.

    Args:
        sources: Of the study.
        canaries: What to plant.
        raters: Who gets the batch.
    """
    ids = [f"{word}-{_LATER}" for word in canaries.words.all_of(TASKS)]
    made = make_tasks(sources.seed + 1, len(ids))
    tasks = [replace(task, id=word) for task, word in zip(made, ids, strict=True)]
    return _write(
        canaries, tasks, folder=sources.folder, seed=sources.seed, batch=f"-{_LATER}", raters=raters
    )


def _write(
    canaries: Canaries,
    tasks: Sequence[SimulatedTask],
    *,
    folder: Path,
    seed: int,
    batch: str,
    raters: Sequence[str],
) -> CanarySources:
    words = canaries.words
    scaffolds = [
        Scaffold(id=word, text=text, label=label, baseline=number == 0)
        for number, (word, text, label) in enumerate(
            zip(
                words.all_of(SCAFFOLDS),
                scaffold_sentences(canaries),
                words.all_of(SCAFFOLD_LABELS),
                strict=True,
            )
        )
    ]
    protocol = folder / f"study{batch}.toml"
    write_whole(protocol, _study_toml(canaries, tasks, scaffolds, seed=seed, raters=raters).encode())
    made = make_transcripts(seed, words.all_of(MODELS), scaffolds, tasks)
    files = []
    for model in words.all_of(MODELS):
        path = folder / f"{model}_{words['source file name']}{batch}.jsonl"
        lines = [_line(one, canaries) for one in made if one.origin.model == model]
        write_whole(path, "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode())
        os.utime(path, (canaries.epoch, canaries.epoch))
        files.append(path)
    return CanarySources(folder=folder, protocol=protocol, transcripts=tuple(files), seed=seed)


def _study_toml(
    canaries: Canaries,
    tasks: Sequence[SimulatedTask],
    scaffolds: Sequence[Scaffold],
    *,
    seed: int,
    raters: Sequence[str],
) -> str:
    words = canaries.words
    head = make_study_toml(
        seed=seed,
        tasks=tasks,
        scaffolds=scaffolds,
        raters=raters,
        raters_per_item=_RATERS_PER_ITEM,
        spacing=_SPACING,
        name=f"Self-test {canaries.sightings[IN_STUDY_NAME]}",
    )
    models = words.all_of(MODELS)
    meaning = "\n".join(
        f"{json.dumps(label)} = {json.dumps(model)}"
        for label, model in zip(GUESS_OPTIONS, models, strict=False)
    )
    return f"""{head}
# {words["comment in study.toml"]}
[redaction]
literals = {json.dumps(words.all_of(SCAFFOLDS))}

[[claims]]
id = "first"
text = "It helps {words["claim"]}."
level = "interaction"
model = "{models[1]}"
scaffold = "{scaffolds[1].id}"

[guess]
share = 0.25

[[guess.questions]]
id = "family"
about = "model"
text = "{GUESS_QUESTION}"
options = {json.dumps(GUESS_OPTIONS)}

[guess.questions.meaning]
{meaning}
"""


def _line(transcript: Transcript, canaries: Canaries) -> Mapping[str, object]:
    """A transcript as a careless program would have written it."""
    origin, words = transcript.origin, canaries.words
    return {
        "id": f"{words['source id']}-{origin.source}",
        "model": origin.model,
        "scaffold": origin.scaffold,
        "task": origin.task,
        "replicate": 1,
        "messages": list(_messages(transcript, canaries)),
        "metadata": {
            "solver": words["metadata"],
            "path": f"/runs/{words['metadata']}/{origin.model}.json",
            "started": canaries.iso,
        },
        "created": canaries.epoch,
        "provider": words["field of a provider"],
        "system_fingerprint": f"fp_{words['field of a provider']}",
        "usage": {words["field of a provider"]: 12},
    }


def _messages(transcript: Transcript, canaries: Canaries) -> Iterator[Mapping[str, object]]:
    origin, words = transcript.origin, canaries.words
    call_id = f"call_{words['tool-call id'].rpartition('-')[2]}0001"
    said = scaffold_sentences(canaries)[words.all_of(SCAFFOLDS).index(origin.scaffold)]
    yield {"role": "developer", "content": f"Session of {words['developer message']}."}
    for number, message in enumerate(transcript.conversation.messages):
        if message.role == "system":
            yield {"role": "system", "content": f"{message.text}\nThis is {words['system message']}."}
        elif message.role == "user":
            opening = f"({canaries.sightings[IN_ITEM]}) " if number == 1 else ""
            yield {"role": "user", "content": opening + message.text, "name": words["name of a speaker"]}
        else:
            yield {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": f"I follow {words['reasoning']}."},
                    {"type": words["kind of a content part"], "data": "-"},
                    {"type": "text", "text": f"{message.text}\n\n{_naming(origin.model, number)}"},
                ],
                "reasoning_content": words["reasoning"],
            }
    arguments = json.dumps({"query": "opening hours", "asked_by": origin.model, "trace": call_id})
    yield {
        "role": "assistant",
        "content": f"I was told: {said} So I will. ({origin.scaffold})",
        "tool_calls": [{"id": call_id, "type": "function", "name": "look_up", "arguments": arguments}],
    }
    yield {"role": "tool", "tool_call_id": call_id, "content": f"{call_id}: open until five, {origin.model}."}
    yield {"role": "assistant", "content": f"Open until five. {said}"}


def _naming(model: str, number: int) -> str:
    """A model naming itself, in one of the spellings that have to be caught."""
    bird, _, rest = model.partition("-")
    return (
        f"I am {model}, here to help.",
        f"This was written by {model.upper()}.",
        f"Ask **{bird[:3]}\u200b{bird[3:]}-{rest}** again.",
        f"Signed, {bird.capitalize()} {rest.capitalize()}",
        f"({chr(ord(bird[0]) + 0xFEE0)}{bird[1:]}_{rest}2)",
    )[number % 5]
