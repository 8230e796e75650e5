"""Ordinal alpha with 10,000 resamples of units, beside a loop over the krippendorff package.

    python benchmarks/alpha_bootstrap.py

Both ways run one after the other in this process, on the same data. Where a whole loop would take
minutes some replicates are timed and multiplied, and the line says so. Reading a file is not part of it.
"""

from __future__ import annotations

import platform
import resource
import time
from dataclasses import dataclass

import krippendorff
import numpy as np
from numpy.typing import NDArray

from protocol.stats.alpha_engine import AlphaOfSums, alpha_without_groups
from protocol.stats.jackknife import jackknife_interval
from protocol.stats.krippendorff_alpha import krippendorff_alpha
from protocol.stats.percentile_bootstrap import BootstrapInterval, bootstrap_interval
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.sum_measure import GroupedCounts

REPLICATES = 10_000
LOOP_SECONDS = 20.0
"""Longest time that is spent on the loop of one size."""
SIZES = ((180, 3, 3), (10_000, 5, 5), (1_000_000, 5, 5))
"""Units, raters, levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A loop of resamples over the package."""

    seconds: float
    """For all replicates."""
    timed: int
    """Replicates that were run; the rest is multiplied."""
    lower: float
    upper: float


def main() -> None:
    """Time every size and print a table."""
    print(
        f"python {platform.python_version()}, numpy {np.__version__}, {REPLICATES:,} resamples, one process"
    )
    for units, raters, levels in SIZES:
        matrix = simulated(units, raters, levels)
        started = time.perf_counter()
        point = krippendorff_alpha(matrix, "ordinal").value
        if point is None:
            raise RuntimeError("simulated ratings vary")
        groups = np.arange(units, dtype=np.int64)
        jackknife = jackknife_interval(point, alpha_without_groups(matrix, "ordinal", groups), group="unit")
        printed = time.perf_counter() - started
        # A fresh matrix, so that no count is kept from before.
        ours_of = RatingMatrix(codes=matrix.codes, levels=matrix.levels)
        started = time.perf_counter()
        found = bootstrap(ours_of)
        ours = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        loop = package_loop(matrix)
        how = "measured" if loop.timed == REPLICATES else f"from {loop.timed} replicates"
        interval = jackknife.interval
        if interval is None:
            raise RuntimeError(jackknife.undefined)
        print(f"{units:>9,} x {raters}: alpha {point:.4f}, loop / patterns {loop.seconds / ours:,.0f}")
        for what, lower, upper, seconds, note in (
            ("jackknife, as printed", interval.lower, interval.upper, printed, "with alpha itself"),
            ("bootstrap, patterns", found.lower, found.upper, ours, f"peak so far {peak:.0f} MB"),
            ("bootstrap, loop", loop.lower, loop.upper, loop.seconds, how),
        ):
            print(f"    {what:<22} [{lower:.4f}, {upper:.4f}] {seconds:10.3f} s  {note}", flush=True)


def simulated(units: int, raters: int, levels: int) -> RatingMatrix:
    """Return ordinal ratings with an alpha of about .6."""
    generator = np.random.default_rng(20261123)
    latent = generator.normal(size=(units, 1)) + 0.7 * generator.normal(size=(units, raters))
    codes = np.searchsorted(np.linspace(-1, 1, levels - 1), latent)
    return RatingMatrix(codes=codes.astype(np.int64), levels=tuple(float(level) for level in range(levels)))


def bootstrap(matrix: RatingMatrix) -> BootstrapInterval:
    """Return the bootstrap interval as `rater-admin agreement --bootstrap` computes it."""
    grouped = GroupedCounts(matrix.counts, np.arange(len(matrix.codes), dtype=np.int64))
    measure = AlphaOfSums.of(matrix, "ordinal")
    return bootstrap_interval(measure, grouped, group="unit", replicates=REPLICATES, seed=1)


def package_loop(matrix: RatingMatrix) -> Loop:
    """Draw units and call the package for each resample, with the fastest of its two input forms."""
    generator = np.random.default_rng(1)
    counts: NDArray[np.int64] = matrix.counts
    units = len(counts)
    found: list[float] = []
    started = time.perf_counter()
    while len(found) < REPLICATES and (len(found) < 3 or time.perf_counter() - started < LOOP_SECONDS):
        drawn = counts[generator.integers(0, units, size=units)]
        found.append(
            float(
                krippendorff.alpha(
                    value_counts=drawn, value_domain=matrix.level_values, level_of_measurement="ordinal"
                )
            )
        )
    seconds = (time.perf_counter() - started) * REPLICATES / len(found)
    lower, upper = np.quantile(found, [0.025, 0.975])
    return Loop(seconds=seconds, timed=len(found), lower=float(lower), upper=float(upper))


if __name__ == "__main__":
    main()
