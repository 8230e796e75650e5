"""The shipped sample as a study folder, and simulated raters who read only what raters see."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from db.atomic_file import write_whole
from protocol.item import Item
from protocol.rubric import Rubric
from rater.services.simulation.simulated_raters import SimulatedRating, TextReadingRater, random_for
from rater.services.simulation.simulated_sitting import SimulatedClock, rate_everything
from rater.services.simulation.simulating import new_folder
from rater.services.sitting.opening import open_desk

RATERS = (
    TextReadingRater(code="R1", severity=-0.15),
    TextReadingRater(code="R2", severity=0.0),
    TextReadingRater(code="R3", severity=0.2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFolder:
    """The sample's protocol and transcripts, copied out of the package."""

    protocol: Path
    transcripts: Path


def copy_sample(folder: Path, *, simulated: bool) -> SampleFolder:
    """Copy the sample into a new folder.

    Args:
        folder: Where it goes.
        simulated: Mark the study as rated by a program.

    Raises:
        UsageError: The folder is not empty.
        StorageError: It cannot be written.
    """
    new_folder(folder)
    sample = files("rater.sample")
    protocol = (sample / "study.toml").read_text(encoding="utf-8")
    if simulated:
        protocol = protocol.replace("\nsimulated = false\n", "\nsimulated = true\n", 1)
    paths = SampleFolder(protocol=folder / "study.toml", transcripts=folder / "transcripts.jsonl")
    write_whole(paths.protocol, protocol.encode())
    write_whole(paths.transcripts, (sample / "transcripts.jsonl").read_bytes())
    return paths


def rate_sample(study: Path, *, seed: int, app: str) -> int:
    """Let simulated raters rate a seeded sample study by reading its texts.

    They open the study as any rater does and reach no origin.

    Returns:
        The number of items they completed.
    """
    done = 0
    for rater in RATERS:
        clock = SimulatedClock()
        desk = open_desk(study, rater=rater.code, app=app, clock=clock.wall, monotonic=clock.monotonic)

        def rate(
            item: Item, rater: TextReadingRater = rater, rubric: Rubric = desk.visible.rubric
        ) -> tuple[SimulatedRating, ...]:
            # The noise hangs on the text: the ids are new with every seeding.
            return rater.rate(
                conversation=item.conversation,
                card=item.card,
                rubric=rubric,
                random=random_for(seed, rater.code, item.shown_sha256),
            )

        try:
            rate_everything(desk, rate, clock=clock, random=random_for(seed, "pace", rater.code))
            done += desk.session.completed_count
        finally:
            desk.close()
    return done
