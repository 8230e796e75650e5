"""Simulated agreement studies with known truth, and what the program says about them.

A unit's latent value is the sum of its task's and its own; each rater adds noise, and a severity
where the design has one; cut points make levels of it. Everything the report prints an interval
for is compared with its value in a population of half a million units.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from calibration_tally import Key, Tally
from numpy.typing import NDArray

from protocol.analysis.agreement import AgreementResult, DimensionAgreement, agreement
from protocol.analysis.coefficients import Coefficient, Resampling
from protocol.analysis.rater_diagnostics import Measured
from protocol.analysis.rater_flags import flags_of
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.rubric import Scale
from protocol.stats.agreement_weights import KAPPA_WEIGHTS, WEIGHTS
from protocol.stats.brennan_prediger import brennan_prediger
from protocol.stats.cohen_kappa import cohen_kappa
from protocol.stats.conger_kappa import conger_kappa
from protocol.stats.fleiss_kappa import fleiss_kappa
from protocol.stats.gwet_ac import gwet_ac
from protocol.stats.intraclass_correlation import ICC_FORMS, intraclass_correlation
from protocol.stats.krippendorff_alpha import METRICS, krippendorff_alpha
from protocol.stats.percent_agreement import all_raters_agree, percent_agreement
from protocol.stats.rating_matrix import RatingMatrix

POPULATION = 500_000
TASK_SHARE = 0.3
"""Share of the variance between units that lies between tasks."""
NOISE = 0.6
"""Standard deviation of a rater's noise; that of units is 1."""
HALO = 0.5
"""Correlation of the latent values of the two dimensions, the same for every rater."""
REPEATED = 0.2
BOOTSTRAP_EVERY = 4
"""One study in so many is bootstrapped as well."""
SEVERITIES = (0.0, 0.15, -0.15)
CUTS = {
    (3, "balanced"): (-0.55, 0.55),
    (3, "ceiling"): (-1.8, -1.2),
    (5, "balanced"): (-1.2, -0.4, 0.4, 1.2),
    (5, "ceiling"): (-2.4, -2.0, -1.6, -1.15),
}
"""Near the ceiling 85% of the ratings are at the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementDesign:
    """One cell of the calibration."""

    tasks: int
    """0: tasks are not known, and units are independent."""
    units: int
    raters: int
    levels: int
    shape: str

    @property
    def id(self) -> str:
        """Name of the cell."""
        tasks = f"{self.tasks} tasks" if self.tasks else "no tasks"
        of_units = f"{self.units} units, {tasks}, {self.raters} raters"
        return f"agreement, {of_units}, {self.levels} levels, {self.shape}"

    @property
    def severities(self) -> tuple[float, ...]:
        """Raters differ in severity with five levels and are alike with three."""
        return SEVERITIES[: self.raters] if self.levels == 5 else (0.0,) * self.raters

    @property
    def population(self) -> str:
        """Name of what the truth depends on."""
        return f"{self.raters} raters, {self.levels} levels, {self.shape}"


def agreement_designs() -> tuple[AgreementDesign, ...]:
    """Return all cells."""
    return tuple(
        AgreementDesign(tasks=tasks, units=units, raters=raters, levels=levels, shape=shape)
        for levels in (3, 5)
        for shape in ("balanced", "ceiling")
        for raters in (2, 3)
        for tasks, units in ((15, 45), (15, 180), (30, 180), (0, 45), (0, 180))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """Levels of one set of units: two dimensions, and a second look at the first."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    again: NDArray[np.int64]
    """The first dimension, rated again."""


def _draw(design: AgreementDesign, between: NDArray[np.float64], generator: np.random.Generator) -> _Draw:
    """Levels of units whose task values are given, shape (units, 2)."""
    own = generator.normal(size=between.shape) * math.sqrt(1 - TASK_SHARE)
    latent = between * math.sqrt(TASK_SHARE) + own
    other = HALO * latent[:, 0] + math.sqrt(1 - HALO**2) * latent[:, 1]
    cuts, severities = CUTS[design.levels, design.shape], np.array(design.severities)

    def rated(values: NDArray[np.float64]) -> NDArray[np.int64]:
        noise = NOISE * generator.normal(size=(len(values), design.raters))
        levels: NDArray[np.int64] = np.searchsorted(cuts, values[:, None] + severities + noise)
        return levels

    return _Draw(first=rated(latent[:, 0]), second=rated(other), again=rated(latent[:, 0]))


def study(design: AgreementDesign, generator: np.random.Generator) -> RatingTable:
    """Return a simulated study with two dimensions, positions, times and repeats."""
    tasks = design.tasks or design.units
    task_of = np.repeat(np.arange(tasks), design.units // tasks)
    drawn = _draw(design, generator.normal(size=(tasks, 2))[task_of], generator)
    repeated = generator.permutation(design.units)[: round(REPEATED * design.units)]
    rows: list[RatingRow] = []
    for rater in range(design.raters):
        positions = generator.permutation(design.units + len(repeated)) + 1
        times = (60_000 * np.exp(0.5 * generator.normal(size=len(positions)))).astype(int)
        for occasion, units in ((1, np.arange(design.units)), (2, repeated)):
            for place, unit in enumerate(units):
                slot = place if occasion == 1 else design.units + place
                given = drawn.first if occasion == 1 else drawn.again
                levels = {"D1": given} | ({"D2": drawn.second} if occasion == 1 else {})
                rows.extend(
                    RatingRow(
                        unit=f"u{unit:03d}",
                        rater=f"R{rater + 1}",
                        dimension=name,
                        value=int(found[unit, rater]),
                        task=f"t{task_of[unit]:02d}" if design.tasks else None,
                        occasion=occasion,
                        position=int(positions[slot]),
                        elapsed_ms=int(times[slot]),
                    )
                    for name, found in levels.items()
                )
    specs = tuple(
        DimensionSpec(id=name, scale=Scale.ORDINAL, levels=tuple(range(design.levels)))
        for name in ("D1", "D2")
    )
    return RatingTable(rows=tuple(rows), dimensions=specs)


def truth(design: AgreementDesign) -> dict[Key, float]:
    """Return the value of everything that gets an interval, in a large population."""
    generator = np.random.default_rng(20261123)
    drawn = _draw(design, generator.normal(size=(POPULATION, 2)), generator)
    levels = tuple(float(level) for level in range(design.levels))
    matrix = RatingMatrix(codes=drawn.first, levels=levels)
    found: dict[Key, float | None] = {}
    for metric in METRICS:
        whole = krippendorff_alpha(matrix, metric).value
        found["krippendorff_alpha", metric, ""] = whole
        for rater in range(design.raters if design.raters > 2 else 0):
            rest = krippendorff_alpha(matrix.without_rater(rater), metric).value
            found["alpha_leave_one_rater_out", metric, f"R{rater + 1}"] = rest
            if metric == "ordinal" and whole is not None and rest is not None:
                found["alpha_gain", "ordinal", f"R{rater + 1}"] = rest - whole
    for weights in WEIGHTS:
        found["percent_agreement", weights, ""] = percent_agreement(matrix, weights).value
        found["gwet_ac", weights, ""] = gwet_ac(matrix, weights).value
        found["brennan_prediger", weights, ""] = brennan_prediger(matrix, weights).value
        found["fleiss_kappa", weights, ""] = fleiss_kappa(matrix, weights).value
        found["conger_kappa", weights, ""] = conger_kappa(matrix, weights).value
    found["all_raters_agree", "", ""] = all_raters_agree(matrix).value
    for form in ICC_FORMS:
        found["icc", form, ""] = intraclass_correlation(matrix, form).estimate.value
    for one, other in combinations(range(design.raters), 2):
        for weights in KAPPA_WEIGHTS:
            pair = cohen_kappa(matrix, one, other, weights).estimate.value
            found["cohen_kappa", weights, f"R{one + 1}, R{other + 1}"] = pair
    found |= _rater_truth(drawn, levels, design)
    return {key: value for key, value in found.items() if value is not None}


def _rater_truth(
    drawn: _Draw, levels: tuple[float, ...], design: AgreementDesign
) -> Mapping[Key, float | None]:
    found: dict[Key, float | None] = {}
    means = drawn.first.mean(axis=0)
    halo = [
        float(np.corrcoef(drawn.first[:, rater], drawn.second[:, rater])[0, 1])
        for rater in range(design.raters)
    ]
    for rater in range(design.raters):
        name = f"R{rater + 1}"
        others = [other for other in range(design.raters) if other != rater]
        found["severity_additive", "", name] = float(means[rater] - means.mean())
        found["severity_vs_others", "", name] = float(means[rater] - means[others].mean())
        found["drift", "", name] = 0.0
        found["halo", "", name] = halo[rater] - float(np.mean([halo[other] for other in others]))
        twice = np.stack([drawn.first[:, rater], drawn.again[:, rater]], axis=1)
        matrix = RatingMatrix(codes=twice, levels=levels)
        found["repeats percent_agreement", "unweighted", name] = percent_agreement(matrix).value
        found["repeats cohen_kappa", "quadratic", name] = cohen_kappa(
            matrix, 0, 1, "quadratic"
        ).estimate.value
        found["repeats krippendorff_alpha", "ordinal", name] = krippendorff_alpha(matrix, "ordinal").value
        found["repeats shift", "", name] = 0.0
    return found


def count_study(
    design: AgreementDesign,
    known: Mapping[Key, float],
    number: int,
    generator: np.random.Generator,
    tally: Tally,
) -> None:
    """Simulate one study and add what the program prints to the tally."""
    table = study(design, generator)
    resampling = Resampling(replicates=400, seed=number) if number % BOOTSTRAP_EVERY == 0 else None
    result = agreement(table, resampling=resampling)
    for dimension in result.dimensions:
        _count_dimension(dimension, known, tally)
    _count_conduct(result, known, tally)
    for kind in {flag.kind for flag in flags_of(result)}:
        tally.flag(str(kind))
    tally.flagged_studies += 1


def _count_dimension(found: DimensionAgreement, known: Mapping[Key, float], tally: Tally) -> None:
    for one in (*found.coefficients, *found.pairs, *found.leave_one_rater_out):
        _count(one, known, tally)
    for rater in found.raters:
        for name, measured in _measured(rater.severity_additive, rater.severity_vs_others, rater.alpha_gain):
            if (name, "ordinal" if name == "alpha_gain" else "", rater.rater) in known:
                key = (name, "ordinal" if name == "alpha_gain" else "", rater.rater)
                tally.interval(key, known[key], measured.interval)
        tally.interval(("drift", "", rater.rater), 0.0, rater.drift.interval)
        if rater.drift.p is not None:
            tally.test("drift p", rater.drift.p)
        if rater.longest_run is not None:
            tally.test("longest run p", rater.longest_run.p)
    for repeats in found.repeats:
        for one in repeats.coefficients:
            _count(one, known, tally, before="repeats ")
        if repeats.shift is not None:
            tally.interval(("repeats shift", "", repeats.rater), 0.0, repeats.shift.ci95)
            tally.test("repeats shift p", repeats.shift.sign_flip.p)


def _measured(additive: Measured, others: Measured, gain: Measured) -> Iterator[tuple[str, Measured]]:
    yield "severity_additive", additive
    yield "severity_vs_others", others
    yield "alpha_gain", gain


def _count(one: Coefficient, known: Mapping[Key, float], tally: Tally, *, before: str = "") -> None:
    who = ", ".join(one.raters) if one.raters else (one.rater or "")
    key = (before + one.measure, one.kind, who)
    if key not in known:
        return
    tally.interval(key, known[key], one.interval, cautious=one.caution is not None)
    if one.bootstrap is not None:
        tally.ends(
            ("bootstrap " + one.measure, one.kind, who), known[key], one.bootstrap.lower, one.bootstrap.upper
        )


def _count_conduct(result: AgreementResult, known: Mapping[Key, float], tally: Tally) -> None:
    for conduct in result.conduct:
        for halo in conduct.halo:
            key = ("halo", "", conduct.rater)
            tally.interval(key, known[key], halo.interval)
