"""Ordinal alpha with 10,000 resamples of units, beside a loop over the krippendorff package.

Both ways run one after the other in this process, on the same data, and are timed in seconds of processor
time, which other work on the machine disturbs least. Where a whole loop would take minutes some
replicates are timed and multiplied, and the row says so. Reading a file is not part of it.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator

import krippendorff
import numpy as np
from bench_row import Row
from numpy.typing import NDArray

from protocol.stats.alpha_engine import AlphaOfSums
from protocol.stats.jackknife import jackknife_interval
from protocol.stats.krippendorff_alpha import krippendorff_alpha
from protocol.stats.percentile_bootstrap import BootstrapInterval, bootstrap_interval
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.sum_measure import GroupedCounts

REPLICATES = 10_000
LOOP_SECONDS = 30.0
"""Longest time that is spent on the loop of one size."""
RUNS = 5
"""Ours is so fast that the median of some runs is taken."""
SIZES = ((180, 3, 3, 30.0), (10_000, 5, 5, 200.0))
"""Units, raters, levels, how many times faster it should be."""
LARGE = (1_000_000, 5, 5)
MOST_SECONDS, MOST_MB = 5.0, 1024.0
RATERS_OF_PATTERNS = (5, 10, 20, 40, 60)
"""With three levels these make 21 to 1,891 possible patterns."""
MOST_SPREAD = 2.0
"""Cost for each pattern may differ by so much between the fewest and the most patterns."""


def rows() -> Iterator[Row]:
    """Time every size."""
    for units, raters, levels, target in SIZES:
        yield _beside_the_loop(units, raters, levels, target=target)
    yield _large()
    yield _by_patterns()


def _beside_the_loop(units: int, raters: int, levels: int, *, target: float) -> Row:
    matrix = simulated(units, raters, levels)
    ours = median_seconds(lambda: bootstrap(_fresh(matrix)))
    replicates, loop = package_loop(matrix)
    ratio = loop / ours
    how = "" if replicates == REPLICATES else f" (from {replicates:,} replicates)"
    return Row(
        what=f"alpha, {REPLICATES:,} resamples, {units:,} x {raters}",
        found=f"{ours:.3f} s; the loop {loop:,.2f} s{how}: {ratio:,.0f} times faster",
        target=f"{target:.0f} times",
        met=ratio >= target,
    )


def _large() -> Row:
    units, raters, levels = LARGE
    matrix = simulated(units, raters, levels)
    started = time.process_time()
    point = krippendorff_alpha(matrix, "ordinal").value
    if point is None:
        raise RuntimeError("simulated ratings vary")
    groups = np.arange(units, dtype=np.int64)
    left_out = GroupedCounts(matrix.counts, groups).without_each(AlphaOfSums.of(matrix, "ordinal"))
    jackknife_interval(point, left_out, group="unit")
    printed = time.process_time() - started
    started = time.process_time()
    bootstrap(_fresh(matrix))
    drawn = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    replicates, loop = package_loop(matrix)
    return Row(
        what=f"alpha, interval and {REPLICATES:,} resamples, {units:,} x {raters}",
        found=f"{printed:.2f} s with the jackknife, {drawn:.2f} s for the resamples, at most {peak:.0f} MB; "
        f"the loop {loop:,.0f} s (from {replicates} replicates): {loop / drawn:,.0f} times",
        target=f"{MOST_SECONDS:.0f} s and {MOST_MB / 1024:.0f} GB",
        met=printed + drawn < MOST_SECONDS and peak < MOST_MB,
    )


def _by_patterns() -> Row:
    """Cost of a resample by the number of distinct patterns, units held equal."""
    per_pattern, patterns = [], []
    for raters in RATERS_OF_PATTERNS:
        matrix = simulated(100_000, raters, 3)
        grouped = GroupedCounts(matrix.counts, np.arange(100_000, dtype=np.int64))
        measure = AlphaOfSums.of(matrix, "ordinal")
        seconds = median_seconds(lambda g=grouped, m=measure: g.resampled(m, replicates=2000, seed=1))  # type: ignore[misc]  # bound now, as ruff asks
        patterns.append(len(grouped.times))
        per_pattern.append(1e9 * seconds / 2000 / patterns[-1])
    shown = ", ".join(f"{one:.0f} ns at {n:,}" for one, n in zip(per_pattern, patterns, strict=True))
    return Row(
        what="a resample's cost for each distinct pattern, 100,000 units, 3 levels",
        found=shown,
        target="linear in patterns",
        met=max(per_pattern) <= MOST_SPREAD * min(per_pattern),
    )


def median_seconds(run: Callable[[], object]) -> float:
    """Return the median processor time of some runs."""
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return statistics.median(times)


def simulated(units: int, raters: int, levels: int) -> RatingMatrix:
    """Return ordinal ratings with an alpha of about .6."""
    generator = np.random.default_rng(20261123)
    latent = generator.normal(size=(units, 1)) + 0.7 * generator.normal(size=(units, raters))
    codes = np.searchsorted(np.linspace(-1, 1, levels - 1), latent)
    return RatingMatrix(codes=codes.astype(np.int64), levels=tuple(float(level) for level in range(levels)))


def _fresh(matrix: RatingMatrix) -> RatingMatrix:
    """The same ratings without the counts a matrix keeps: counting them is part of the cost."""
    return RatingMatrix(codes=matrix.codes, levels=matrix.levels)


def bootstrap(matrix: RatingMatrix) -> BootstrapInterval:
    """Return the bootstrap interval as `rater-admin agreement --bootstrap` computes it."""
    grouped = GroupedCounts(matrix.counts, np.arange(len(matrix.codes), dtype=np.int64))
    measure = AlphaOfSums.of(matrix, "ordinal")
    return bootstrap_interval(measure, grouped, group="unit", replicates=REPLICATES, seed=1)


def package_loop(matrix: RatingMatrix) -> tuple[int, float]:
    """Draw units and call the package for each resample, with the faster of its two input forms.

    Returns:
        Replicates that were run, and seconds for all of them.
    """
    generator = np.random.default_rng(1)
    counts: NDArray[np.int64] = matrix.counts
    units, run = len(counts), 0
    started = time.process_time()
    while run < REPLICATES and (run < 3 or time.process_time() - started < LOOP_SECONDS):
        krippendorff.alpha(
            value_counts=counts[generator.integers(0, units, size=units)],
            value_domain=matrix.level_values,
            level_of_measurement="ordinal",
        )
        run += 1
    return run, (time.process_time() - started) * REPLICATES / run
