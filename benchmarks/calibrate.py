"""Coverage of every printed interval and false-positive rate of every test and label, by simulation.

    python benchmarks/calibrate.py --minutes 20

Not part of the tests. Replicates come in chunks whose seeds depend on the cell and the chunk's number
alone, so a run can be stopped and taken up again, on any number of processes, and gives the same
counts for the same number of chunks. The table goes into docs/statistics.md and, in full, into
benchmarks/calibration.csv.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import calibration_agreement as agreement_cells
import calibration_effects as effects_cells
import calibration_table
import numpy as np
from calibration_agreement import AgreementDesign
from calibration_effects import EffectsDesign, EffectsTruth
from calibration_tally import Key, Tally

CHUNK = 20
"""Studies in a chunk."""
ROOT = Path(__file__).parents[1]
STATE = ROOT / "build" / "calibration"
DOCS = ROOT / "docs" / "statistics.md"
FULL = ROOT / "benchmarks" / "calibration.csv"

Design = AgreementDesign | EffectsDesign


def main() -> None:
    """Run chunks until the time is up or every cell has its replicates, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0, help="stop starting chunks after so long")
    parser.add_argument("--replicates", type=int, default=1000, help="studies for each cell, at most")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--state", type=Path, default=STATE, help="where finished chunks are kept")
    parser.add_argument("--table-only", action="store_true", help="write the table from what is there")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    designs: list[Design] = [*agreement_cells.agreement_designs(), *effects_cells.effects_designs()]
    if not options.table_only:
        run(designs, options.state, options.replicates // CHUNK, options.processes, 60 * options.minutes)
    tallies = {design.id: _kept(design, options.state) for design in designs}
    calibration_table.write(designs, tallies, docs=DOCS, full=FULL)


def run(designs: list[Design], state: Path, chunks: int, processes: int, seconds: float) -> None:
    """Compute the chunks that are missing, one round over all cells after the other."""
    until = time.monotonic() + seconds
    todo = _missing(designs, state, chunks)
    with ProcessPoolExecutor(processes) as pool:
        running = {
            pool.submit(compute, *one): one for one, _ in zip(todo, range(2 * processes), strict=False)
        }
        done = 0
        while running:
            for finished in as_completed(list(running)):
                design, chunk = running.pop(finished)
                path = _path(design, chunk, state)
                path.write_text(json.dumps(finished.result().to_json()), encoding="utf-8")
                done += 1
                print(
                    f"{done} chunks, {(until - time.monotonic()) / 60:.1f} minutes left: {design.id}",
                    flush=True,
                )
                if time.monotonic() < until and (following := next(todo, None)) is not None:
                    running[pool.submit(compute, *following)] = following
                break


def _missing(designs: list[Design], state: Path, chunks: int) -> Iterator[tuple[Design, int]]:
    return (
        (design, chunk)
        for chunk in range(chunks)
        for design in designs
        if not _path(design, chunk, state).exists()
    )


def compute(design: Design, chunk: int) -> Tally:
    """Return the counts of one chunk; its seed depends on the cell and the number of the chunk."""
    tally = Tally()
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        generator = np.random.default_rng([zlib.crc32(design.id.encode()), number])
        if isinstance(design, AgreementDesign):
            known = _agreement_truth(design)
            agreement_cells.count_study(design, known, number, generator, tally)
        else:
            effects_cells.count_study(design, _effects_truth(design), number, generator, tally)
        tally.studies += 1
    return tally


_truths: dict[str, dict[Key, float]] = {}


def _agreement_truth(design: AgreementDesign) -> dict[Key, float]:
    if design.population not in _truths:
        _truths[design.population] = agreement_cells.truth(design)
    return _truths[design.population]


@cache
def _effects_truth(design: EffectsDesign) -> EffectsTruth:
    return effects_cells.truth(design)


def _path(design: Design, chunk: int, state: Path) -> Path:
    name = design.id.replace(", ", "_").replace(" ", "-")
    return state / f"{name}.{chunk:04d}.json"


def _kept(design: Design, state: Path) -> Tally:
    tally = Tally()
    for path in sorted(state.glob(_path(design, 0, state).name.replace(".0000.", ".*."))):
        tally.add(Tally.from_json(json.loads(path.read_text(encoding="utf-8"))))
    return tally


if __name__ == "__main__":
    main()
