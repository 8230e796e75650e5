"""The whole `agreement` and `effects` reports of a study, start-up included, as a user waits for them.

    python benchmarks/whole_reports.py

Each command runs in a fresh process, five times; the median and the fastest are printed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

RUNS = 5
MODELS, SCAFFOLDS = ("a", "b", "c"), ("s0", "s1", "s2", "s3")


def main() -> None:
    """Write the ratings, run the commands, print the times."""
    with tempfile.TemporaryDirectory() as folder:
        two = ratings(Path(folder) / "two.csv", tasks=15, dimensions=("D1", "D2"))
        one = ratings(Path(folder) / "one.csv", tasks=15, dimensions=("D1",))
        thousand = ratings(Path(folder) / "thousand.csv", tasks=1000, dimensions=("D1",))
        levels = ["--levels", "0,1,2,3"]
        baseline = ["--baseline", "s0", *levels]
        for what, arguments in (
            ("agreement, 180 x 3 x 2 dimensions", ["agreement", "--ratings", two, *levels]),
            (
                "agreement, 180 x 3 x 2 dimensions, 10,000 resamples",
                ["agreement", "--ratings", two, *levels, "--bootstrap", "10000"],
            ),
            ("effects with robustness, 3 x 4 x 15 x 3", ["effects", "--ratings", one, *baseline]),
            ("effects with robustness, 3 x 4 x 1,000 x 3", ["effects", "--ratings", thousand, *baseline]),
            ("start-up alone (--version)", ["--version"]),
        ):
            times = [seconds(arguments) for _ in range(RUNS)]
            print(
                f"{what:<55} median {statistics.median(times):6.2f} s, fastest {min(times):6.2f} s",
                flush=True,
            )


def seconds(arguments: list[str]) -> float:
    """Return how long one command takes in a process of its own."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "rater.admin.app", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def ratings(path: Path, *, tasks: int, dimensions: tuple[str, ...]) -> str:
    """Write simulated ratings of a complete design and return their path."""
    generator = np.random.default_rng(7)
    lines = ["unit,rater,dimension,value,model,scaffold,task,position"]
    units = list(product(range(tasks), MODELS, SCAFFOLDS))
    order = {rater: generator.permutation(len(units)) + 1 for rater in ("R1", "R2", "R3")}
    for place, (task, model, scaffold) in enumerate(units):
        for dimension in dimensions:
            latent = 1.5 + generator.normal() + 0.4 * SCAFFOLDS.index(scaffold)
            for rater, positions in order.items():
                level = int(np.clip(np.floor(latent + 0.5 * generator.normal()), 0, 3))
                origin = f"{model},{scaffold},t{task:04d},{positions[place]}"
                lines.append(f"{task}-{model}-{scaffold},{rater},{dimension},{level},{origin}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    main()
