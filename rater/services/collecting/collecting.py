"""Runs tasks x scaffolds x models and leaves transcripts with a run manifest.

A folder of a run holds study.toml as it was at the beginning, Inspect's logs, `transcripts.jsonl` with
one transcript for each cell, `second.jsonl` with the second generations that show the spread within
a cell, and `run.json`. A run that stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from db.atomic_file import cannot_write, write_whole
from protocol.errors import CheckFailedError, UsageError, WrongStateError
from protocol.fairness.prompt_rules import text_sha256
from protocol.fairness.run_manifest import RunManifest, RunModel, RunSettings, run_manifest_text
from protocol.fairness.turn_rules import turns_sha256
from protocol.study import StudyProtocol
from rater.services.collecting.cells import (
    CollectedModel,
    WantedCell,
    read_models,
    require_turns,
    wanted_cells,
)
from rater.services.collecting.harvest import Harvest, harvest, software
from rater.services.collecting.inspect_run import Generation, count_prompts, run_models
from rater.services.reading_study import read_study_file
from rater.services.seeding.fairness import RUN_MANIFEST, SECOND, TRANSCRIPTS, read_run_file

LOGS, STUDY = "logs", "study.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What is asked for."""

    study: Path
    folder: Path
    models: tuple[CollectedModel, ...]
    generation: Generation = field(default_factory=Generation)
    second_share: float = 0.2
    region: str = ""
    again: bool = False
    """Try cells again that failed for another reason than the connection; the manifest shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What is there now."""

    folder: Path
    wanted: int
    made: int
    failed: tuple[str, ...]
    """Cells whose last attempt ended in an error, with the error."""


def collect(
    asked: Collection,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    draw: Callable[[], int] = lambda: secrets.randbelow(2**31),
) -> Collected:
    """Make what is missing of a collection.

    Args:
        asked: Study, folder, models and settings.
        progress: Called with the number of transcripts made so far and in all.
        draw: Gives the seed of the order, once for a folder.

    Raises:
        UsageError: Inspect is not installed, or the folder belongs to another run.
        InvalidInputError: study.toml has mistakes, or its tasks have no turns.
        WrongStateError: study.toml is not the one the run began with.
        CheckFailedError: A provider is not known to Inspect or refuses to start.
    """
    if find_spec("inspect_ai") is None:
        raise UsageError(
            "Running models needs Inspect AI, which is not installed.",
            next_step="Install it: pip install 'blindrater[collect]', and your provider's package.",
        )
    study = read_study_file(asked.study)
    require_turns(study.protocol, where=str(asked.study))
    before = _begun(asked, study.content)
    order_seed = before.order_seed if before else draw()
    cells = wanted_cells(study.protocol, asked.models, second_share=asked.second_share, order_seed=order_seed)
    there = harvest(asked.folder / LOGS, cells)
    missing = [cell for cell in cells if _is_open(there.outcome(cell.name), again=asked.again)]
    manifest = before or _manifest(asked, study.protocol, study.content, order_seed)
    _write(asked.folder, study.content, manifest, there)
    _run(asked, study.protocol, cells, missing, progress)
    there = harvest(asked.folder / LOGS, cells)
    _write(asked.folder, study.content, manifest, there)
    failed = [cell for cell in there.cells if cell.attempts[-1].outcome != "done"]
    return Collected(
        folder=asked.folder,
        wanted=len(cells),
        made=len(there.cells) - len(failed),
        failed=tuple(f"{cell.transcript}: {cell.attempts[-1].error}" for cell in failed),
    )


def _begun(asked: Collection, content: bytes) -> RunManifest | None:
    path = asked.folder / RUN_MANIFEST
    if not path.exists():
        if asked.folder.is_dir() and any(asked.folder.iterdir()):
            raise UsageError(
                "The folder is not empty and holds no run.",
                where=str(asked.folder),
                next_step="Name a new folder with -o.",
            )
        return None
    before = read_run_file(path)
    if before.protocol_sha256 != hashlib.sha256(content).hexdigest():
        raise WrongStateError(
            "study.toml is not the one this run began with; its plan was fixed before the first answer.",
            where=str(asked.folder),
            next_step=f"Use {asked.folder / STUDY}, or begin a new run in another folder.",
        )
    then = {(one.model, one.settings) for one in before.models}
    now = {(one.name, _settings(asked.generation)) for one in asked.models}
    if then != now:
        raise UsageError(
            "The run in this folder began with other models or settings.",
            where=str(path),
            next_step="Name the same ones, or begin a new run in another folder.",
        )
    return before


def _is_open(outcome: str | None, *, again: bool) -> bool:
    return outcome in (None, "transport_error") or (again and outcome == "error")


def _run(
    asked: Collection,
    study: StudyProtocol,
    cells: Sequence[WantedCell],
    missing: Sequence[WantedCell],
    progress: Callable[[int, int], None],
) -> None:
    made = len(cells) - len(missing)

    def one_more() -> None:
        nonlocal made
        made += 1
        progress(made, len(cells))

    progress(made, len(cells))
    try:
        run_models(
            study,
            asked.models,
            missing,
            generation=asked.generation,
            logs=asked.folder / LOGS,
            done=one_more,
        )
    except (ImportError, ValueError, RuntimeError) as fault:
        # Inspect's own PrerequisiteError is a RuntimeError: a missing package, key or provider.
        raise CheckFailedError(
            f"Inspect could not start: {fault}",
            where=", ".join(one.called for one in asked.models),
            next_step="What was made so far is kept; mend this and run the same command again.",
        ) from None


def _settings(generation: Generation) -> RunSettings:
    return RunSettings(
        max_tokens=generation.max_tokens,
        temperature="not_settable" if generation.temperature is None else generation.temperature,
        top_p="not_settable" if generation.top_p is None else generation.top_p,
        reasoning=generation.reasoning,
    )


def _manifest(asked: Collection, study: StudyProtocol, content: bytes, order_seed: int) -> RunManifest:
    return RunManifest(
        schema="run/1",
        protocol_sha256=hashlib.sha256(content).hexdigest(),
        scaffolds={one.id: text_sha256(one.text) for one in study.scaffolds},
        tasks={one.id: turns_sha256(one.turns) for one in study.tasks},
        order_seed=order_seed,
        models=tuple(
            RunModel(
                model=one.name,
                called=one.called,
                region=asked.region,
                settings=_settings(asked.generation),
                prompt_tokens=count_prompts(study, one),
            )
            for one in asked.models
        ),
        cells=(),
        software=software(),
    )


def _write(folder: Path, content: bytes, manifest: RunManifest, there: Harvest) -> None:
    first = {cell.transcript for cell in there.cells if cell.replicate == 1}
    lines = {
        name: (json.dumps(body, ensure_ascii=False) + "\n").encode("utf-8")
        for name, body in sorted(there.transcripts.items())
    }
    models = tuple(
        replace(one, called=", ".join((one.called, *_others(there, one)))) for one in manifest.models
    )
    text = run_manifest_text(replace(manifest, cells=there.cells, models=models))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise cannot_write(folder, fault) from None
    files = {
        STUDY: content,
        TRANSCRIPTS: b"".join(line for name, line in lines.items() if name in first),
        SECOND: b"".join(line for name, line in lines.items() if name not in first),
        RUN_MANIFEST: text.encode("utf-8"),
    }
    for name, data in files.items():
        if data:
            write_whole(folder / name, data, replace=True)


def _others(there: Harvest, model: RunModel) -> tuple[str, ...]:
    """Return the exact ids under which a provider answered, where they say more than was called."""
    return tuple(
        f"answered as {name}" for name in there.answered_as.get(model.model, ()) if name not in model.called
    )


__all__ = ["Collected", "Collection", "Generation", "collect", "read_models"]
