"""Simulated studies: everything from one seed, through the same doors as a real one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.chain.events import EventKind
from protocol.errors import UsageError
from protocol.simulated import SIMULATED
from protocol.study_file import read_study
from rater.services.doors.doors import lock_study, unblind_study
from rater.services.doors.key_files import Secrets, read_identities
from rater.services.progress.progress import read_progress
from rater.services.results.exporting import ratings_csv
from rater.services.results.study_ratings import read_study_ratings
from rater.services.simulation.simulated_effects import Scenario, default_scenario
from rater.services.simulation.simulated_sitting import SimulatedClock
from rater.services.simulation.simulating import SimulatedFolder, new_folder, simulate_study, with_tasks
from rater.services.sitting.opening import open_desk
from rater.services.who import Who

ADMIN = Who(name="admin", app="0", reason="a test")
SMALL: Scenario = with_tasks(default_scenario(), 3)


def simulated(folder: Path, *, seed: int = 1) -> SimulatedFolder:
    return simulate_study(folder, seed=seed, app="0", who="admin", scenario=SMALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimulatedFolder:
    """Return a simulated study of three tasks, made once."""
    return simulated(tmp_path_factory.mktemp("simulated") / "one")


def unblinded_csv(paths: SimulatedFolder) -> str:
    """Lock and unblind a simulated study and return its tidy ratings."""
    clock = SimulatedClock().wall
    code = lock_study(paths.study, who=ADMIN, clock=clock).lock_code
    secrets = Secrets(identities=read_identities([paths.identity]))
    unblind_study(paths.study, paths.key.read_bytes(), secrets, lock_code=code, who=ADMIN, clock=clock)
    return ratings_csv(read_study_ratings(paths.study))


def test_every_item_is_rated_and_everything_says_what_it_is(made: SimulatedFolder) -> None:
    """An open study, complete, whose name, flag and notices say that a program made the ratings."""
    progress = read_progress(made.study)
    assert progress.simulated
    assert "imulated" in progress.name
    assert all(rater.completed == rater.items > 0 for rater in progress.raters)
    assert read_study_ratings(made.study).notices == (SIMULATED,)
    assert read_study(made.protocol.read_text(encoding="utf-8"), where="study.toml").simulated


def test_ratings_went_over_the_desk(made: SimulatedFolder) -> None:
    """The chains are those of a person: sittings, shows, scores, quotes, completions, rising times."""
    for rater in ("R1", "R2"):
        desk = open_desk(made.study, rater=rater, app="0")
        events = desk.events
        desk.close()
        kinds = {event.draft.kind for event in events}
        assert {EventKind.SITTING, EventKind.SHOW, EventKind.SCORE, EventKind.COMPLETE} <= kinds
        times = [event.at or "" for event in events]
        assert times == sorted(times)
        assert all(time.startswith("2026-") for time in times)


def test_one_seed_gives_one_study(made: SimulatedFolder, tmp_path: Path) -> None:
    """Texts, protocol, truth and unblinded ratings are the same twice; only the sealing is random."""
    again = simulated(tmp_path / "again")
    for name in ("protocol", "transcripts", "truth"):
        assert getattr(again, name).read_bytes() == getattr(made, name).read_bytes(), name
    third = simulated(tmp_path / "third")
    ratings = unblinded_csv(again)
    assert ratings == unblinded_csv(third)
    assert len(ratings.splitlines()) > 50


def test_another_seed_gives_another_study(made: SimulatedFolder, tmp_path: Path) -> None:
    """Texts and ratings differ."""
    other = simulated(tmp_path / "other", seed=2)
    assert other.transcripts.read_bytes() != made.transcripts.read_bytes()
    assert read_progress(other.study).study_id != read_progress(made.study).study_id


def test_the_truth_stands_beside_the_study(made: SimulatedFolder) -> None:
    """For each dimension, model and scaffold the difference that the analysis should find."""
    truth = json.loads(made.truth.read_text(encoding="utf-8"))
    assert truth["seed"] == 1
    rubric = read_study(made.protocol.read_text(encoding="utf-8"), where="x").rubric
    cells = len(rubric.dimensions) * len(SMALL.models) * (len(SMALL.scaffolds) - 1)
    assert len(truth["effects"]) == cells
    assert {one["rater"] for one in truth["raters"]} == {rater.code for rater in SMALL.raters}


def test_simulate_writes_into_new_folders_alone(tmp_path: Path) -> None:
    """Whatever is there stays."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").touch()
    (tmp_path / "empty").mkdir()
    for name in ("file", "full"):
        with pytest.raises(UsageError, match="something already"):
            new_folder(tmp_path / name)
    new_folder(tmp_path / "empty")
    new_folder(tmp_path / "a" / "b")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("tasks", [2, 4, 13])
def test_any_number_of_tasks_can_be_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: int
) -> None:
    """The spacing is what the number of tasks allows."""
    monkeypatch.setattr("rater.services.simulation.simulating._rate", lambda *_, **__: None)
    paths = simulate_study(
        tmp_path / "s", seed=1, app="0", who="me", scenario=with_tasks(default_scenario(), tasks)
    )
    assert read_progress(paths.study).tasks == tasks


def test_a_scenario_is_a_value() -> None:
    """Changing the number of tasks changes nothing else."""
    assert replace(SMALL, task_count=default_scenario().task_count) == default_scenario()
