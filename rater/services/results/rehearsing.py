"""The whole analysis on shuffled labels, before anybody knows the real ones.

Blinded analysis: what the plan computes can be read and mended while no result can steer it. The
labels are drawn within each task, so every design figure is that of the study.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from protocol.analysis.rating_table import RatingRow, RatingTable
from protocol.canonical_json import sha256_hex
from protocol.errors import CheckFailedError, InvalidInputError, WrongStateError
from protocol.study import StudyProtocol
from rater.services.reading_study import read_study_file
from rater.services.results.study_ratings import read_study_ratings
from rater.services.simulation.simulated_raters import random_for

REHEARSAL = "REHEARSAL: the labels are shuffled inside each task. Nothing here is a finding."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Ratings under shuffled labels, with the plan they are analysed by."""

    table: RatingTable
    protocol: StudyProtocol
    notices: tuple[str, ...]
    seed: int


def rehearse(path: Path, protocol_path: Path, *, seed: int | None) -> Rehearsal:
    """Give the items of a blinded study shuffled labels.

    Args:
        path: The study file, open or locked.
        protocol_path: Its study.toml: scaffolds and plan are not in the study file.
        seed: Of the shuffling; that of the plan unless given.

    Raises:
        WrongStateError: The study is unblinded.
        CheckFailedError: The protocol is not the one the study was seeded with.
        InvalidInputError: No item is completed yet.
    """
    ratings = read_study_ratings(path)
    if ratings.protocol is not None:
        raise WrongStateError(
            "The study is unblinded: there is nothing left to rehearse.",
            where=str(path),
            next_step="Run `rater-admin effects`.",
        )
    file = read_study_file(protocol_path)
    if sha256_hex(file.content) != ratings.study.protocol_sha256:
        raise CheckFailedError(
            "This is not the protocol the study was seeded with.",
            where=str(protocol_path),
            next_step="Name the study.toml as it was at seeding.",
        )
    seed = file.protocol.analysis.seed if seed is None else seed
    labels = _shuffled_labels(ratings.table, file.protocol, seed)
    return Rehearsal(
        table=replace(
            ratings.table,
            rows=tuple(
                replace(row, model=labels[row.unit].model, scaffold=labels[row.unit].scaffold)
                for row in ratings.table.rows
            ),
        ),
        protocol=file.protocol,
        notices=(REHEARSAL, *ratings.notices),
        seed=seed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    model: str
    scaffold: str


def _shuffled_labels(table: RatingTable, protocol: StudyProtocol, seed: int) -> dict[str, _Label]:
    units: defaultdict[str, set[str]] = defaultdict(set)
    for row in table.rows:
        units[_task(row)].add(row.unit)
    scaffolds = [scaffold.id for scaffold in protocol.scaffolds]
    largest = max((len(found) for found in units.values()), default=0)
    models = -(-largest // len(scaffolds))
    if all(row.value is None and row.not_ratable is None for row in table.rows):
        raise InvalidInputError(
            "No item is completed yet.", next_step="Rehearse when there are ratings to analyse."
        )
    labels: dict[str, _Label] = {}
    for task, found in sorted(units.items()):
        cells = [
            _Label(model=f"shuffled-{number}", scaffold=scaffold)
            for number in range(1, models + 1)
            for scaffold in scaffolds
        ]
        random_for(seed, "rehearsal", task).shuffle(cells)
        labels.update(zip(sorted(found), cells, strict=False))
    return labels


def _task(row: RatingRow) -> str:
    return row.task or ""
