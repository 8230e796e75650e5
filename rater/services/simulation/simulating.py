"""A whole simulated study from one seed: texts, protocol, key, ratings, and the truth beside them.

It goes through the same reader, seeding and rating desk as a real study. The allocation is drawn
from the seed, so a simulated study blinds nobody; its name and every output say what it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from db.atomic_file import cannot_write, write_whole
from protocol.errors import UsageError
from protocol.item import Item
from protocol.rubric import Rubric
from protocol.study_file import read_study
from protocol.transcript import Origin
from rater.services.doors.key_files import Secrets, open_key, read_bytes, read_identities, write_identity
from rater.services.seeding.seeding import SeedRequest, seed_study
from rater.services.simulation.simulated_effects import (
    Scenario,
    default_scenario,
    draw_truth,
    expected_effect,
)
from rater.services.simulation.simulated_raters import LatentRater, SimulatedRating, random_for
from rater.services.simulation.simulated_sitting import SimulatedClock, rate_everything
from rater.services.simulation.simulated_study import make_study_toml, sample_scaffolds
from rater.services.simulation.simulated_texts import canonical_jsonl, make_tasks, make_transcripts
from rater.services.sitting.opening import open_desk
from rater.services.sources.reading_sources import read_sources

SPACING = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedFolder:
    """Where the parts of a simulated study are."""

    study: Path
    key: Path
    identity: Path
    protocol: Path
    transcripts: Path
    truth: Path


def new_folder(folder: Path) -> None:
    """Make a folder for a study that does not exist yet.

    Raises:
        UsageError: There is something already.
        StorageError: It cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("There is something already.", where=str(folder), next_step="Name a new folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise cannot_write(folder, fault) from fault


def simulate_study(
    folder: Path, *, seed: int, app: str, who: str, scenario: Scenario | None = None
) -> SimulatedFolder:
    """Make a simulated study with ratings, open, in a new folder.

    Args:
        folder: Where it goes.
        seed: Gives texts, allocation, orders and ratings.
        app: Version of the program.
        who: For the audit log.
        scenario: The truth; the default one unless given.

    Raises:
        UsageError: The folder is not empty.
        StorageError: It cannot be written.
    """
    scenario = scenario or default_scenario()
    new_folder(folder)
    paths = SimulatedFolder(
        study=folder / "study.db",
        key=folder / "study.key",
        identity=folder / "identity.txt",
        protocol=folder / "study.toml",
        transcripts=folder / "transcripts.jsonl",
        truth=folder / "truth.json",
    )
    tasks = make_tasks(seed, scenario.task_count)
    scaffolds = sample_scaffolds()
    transcripts = make_transcripts(seed, scenario.models, scaffolds, tasks)
    study_toml = make_study_toml(
        seed=seed,
        tasks=tasks,
        scaffolds=scaffolds,
        raters=[rater.code for rater in scenario.raters],
        raters_per_item=scenario.raters_per_item,
        spacing=_spacing(scenario),
    )
    write_whole(paths.protocol, study_toml.encode())
    write_whole(paths.transcripts, canonical_jsonl(transcripts).encode())
    write_whole(paths.truth, _truth_json(scenario, study_toml, seed=seed).encode())
    pair = write_identity(paths.identity)
    clock = SimulatedClock()
    seed_study(
        read_study(study_toml, where=str(paths.protocol)),
        study_toml,
        read_sources([paths.transcripts]).transcripts,
        SeedRequest(
            study_path=paths.study, key_path=paths.key, recipients=(pair.recipient,), who=who, app=app
        ),
        entropy=random_for(seed, "allocation"),
        clock=clock.wall,
    )
    _rate(paths, scenario, tasks=tuple(task.id for task in tasks), seed=seed, app=app)
    return paths


def _spacing(scenario: Scenario) -> int:
    """As in the sample, or what the number of tasks allows: a rater's items of one task take turns."""
    tasks_of_rater = scenario.task_count * scenario.raters_per_item // len(scenario.raters)
    return max(1, min(SPACING, tasks_of_rater))


def _rate(paths: SimulatedFolder, scenario: Scenario, *, tasks: tuple[str, ...], seed: int, app: str) -> None:
    latents = {
        (truth.model, truth.scaffold, truth.task): truth.latents
        for truth in draw_truth(scenario, tasks=tasks, seed=seed)
    }
    secrets = Secrets(identities=read_identities([paths.identity]))
    allocation = open_key(read_bytes(paths.key, wanted="the sealed key"), secrets).allocation
    for rater in scenario.raters:
        clock = SimulatedClock()
        desk = open_desk(
            paths.study,
            rater=rater.code,
            app=app,
            entropy=random_for(seed, "salts", rater.code),
            clock=clock.wall,
            monotonic=clock.monotonic,
        )

        def rate(
            item: Item, rater: LatentRater = rater, rubric: Rubric = desk.visible.rubric
        ) -> tuple[SimulatedRating, ...]:
            origin = allocation[item.id]
            return rater.rate(
                latents=latents[origin.model, origin.scaffold, origin.task],
                conversation=item.conversation,
                rubric=rubric,
                random=random_for(seed, "rating", rater.code, *_cell(origin)),
            )

        try:
            rate_everything(desk, rate, clock=clock, random=random_for(seed, "pace", rater.code))
        finally:
            desk.close()


def _cell(origin: Origin) -> tuple[str, str, str]:
    return origin.model, origin.scaffold, origin.task


def _truth_json(scenario: Scenario, study_toml: str, *, seed: int) -> str:
    """The known truth, with the mean difference in levels that `effects` should find."""
    rubric = read_study(study_toml, where="simulated study").rubric
    effects: list[Mapping[str, object]] = [
        {
            "dimension": dimension.id,
            "model": model,
            "scaffold": scaffold,
            "expected_mean_diff": expected_effect(
                scenario, model=model, scaffold=scaffold, dimension=dimension
            ),
        }
        for dimension in rubric.dimensions
        for model in scenario.models
        for scaffold in scenario.scaffolds[1:]
    ]
    value = {
        "schema": "truth/1",
        "seed": seed,
        "effects": effects,
        "raters": [
            {"rater": rater.code, "severity": rater.severity, "noise_sd": rater.noise_sd}
            for rater in scenario.raters
        ],
        "task_sd": scenario.task_sd,
        "transcript_sd": scenario.transcript_sd,
    }
    return json.dumps(value, indent=2) + "\n"


def with_tasks(scenario: Scenario, count: int) -> Scenario:
    """Return a scenario with another number of tasks."""
    return replace(scenario, task_count=count)
