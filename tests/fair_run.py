"""A fair collection under the fixed-scaffolding protocol, for tests that break it on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from protocol.conversation import Conversation, Message
from protocol.fairness.fairness import Fairness, check_fairness
from protocol.fairness.prompt_rules import text_sha256
from protocol.fairness.run_manifest import (
    RunAttempt,
    RunCell,
    RunManifest,
    RunModel,
    RunSettings,
    run_manifest_text,
)
from protocol.fairness.turn_rules import turns_sha256
from protocol.study import StudyProtocol
from protocol.study_file import read_study
from protocol.transcript import Origin, Transcript
from rater.services.seeding.starting import study_text

BEGIN = datetime(2026, 5, 4, 9, tzinfo=UTC)
PLAN = "a" * 64


@dataclass(frozen=True)
class Run:
    study: StudyProtocol
    transcripts: tuple[Transcript, ...]
    manifest: RunManifest | None

    def asked(self) -> Fairness:
        return check_fairness(self.study, self.transcripts, run=self.manifest, protocol_sha256=PLAN)

    @property
    def run(self) -> RunManifest:
        assert self.manifest is not None
        return self.manifest

    def with_cells(self, change: Callable[[RunCell], RunCell]) -> Run:
        return replace(self, manifest=replace(self.run, cells=tuple(change(cell) for cell in self.run.cells)))


@cache
def shipped_study() -> StudyProtocol:
    return read_study(study_text(), where="study.toml")


@cache
def fair_run() -> Run:
    """Two models, the four scaffolds, three of the shipped tasks."""
    study = replace(shipped_study(), tasks=shipped_study().tasks[:3])
    transcripts: list[Transcript] = []
    cells: list[RunCell] = []
    for task in study.tasks:
        for scaffold in study.scaffolds:
            for model in ("alpha", "beta"):
                name = f"{model}-{scaffold.id}-{task.id}"
                said = [Message(role="system", text=scaffold.text)]
                for turn in task.turns:
                    said += [Message(role="user", text=turn), Message(role="assistant", text="Done.")]
                origin = Origin(model=model, scaffold=scaffold.id, task=task.id, source=name)
                transcripts.append(Transcript(origin=origin, conversation=Conversation(messages=tuple(said))))
                started = BEGIN + timedelta(minutes=len(cells))
                attempt = RunAttempt(outcome="done", started=started, ended=started + timedelta(seconds=30))
                cells.append(
                    RunCell(
                        transcript=name,
                        model=model,
                        scaffold=scaffold.id,
                        task=task.id,
                        seed=1 + study.tasks.index(task),
                        place=1 + len(cells),
                        attempts=(attempt,),
                        stop_reasons=("stop",) * 4,
                        output_tokens=(120,) * 4,
                    )
                )
    settings = RunSettings(max_tokens=700, temperature=0.7, top_p=1.0)
    manifest = RunManifest(
        schema="run/1",
        protocol_sha256=PLAN,
        scaffolds={one.id: text_sha256(one.text) for one in study.scaffolds},
        tasks={one.id: turns_sha256(one.turns) for one in study.tasks},
        order_seed=7,
        models=tuple(
            RunModel(model=name, called=f"local/{name}-1", region="here", settings=settings)
            for name in ("alpha", "beta")
        ),
        cells=tuple(cells),
    )
    return Run(study=study, transcripts=tuple(transcripts), manifest=manifest)


def write_run(run: Run, folder: Path) -> None:
    """Write a run as `collect` leaves it."""
    folder.mkdir()
    lines = [
        {
            "id": one.origin.source,
            "model": one.origin.model,
            "scaffold": one.origin.scaffold,
            "task": one.origin.task,
            "messages": [
                {"role": message.role, "content": message.text} for message in one.conversation.messages
            ],
        }
        for one in run.transcripts
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "transcripts.jsonl").write_text(text, encoding="utf-8")
    (folder / "run.json").write_text(run_manifest_text(run.run), encoding="utf-8")
