"""Agreement against the reference values: exact rationals, checked with independent software."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.analysis.agreement import agreement
from protocol.analysis.agreement_json import agreement_to_json
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable
from protocol.rubric import Scale
from protocol.stats.alpha_engine import AlphaOfSums, Metric
from protocol.stats.krippendorff_alpha import krippendorff_alpha
from protocol.stats.percentile_bootstrap import BootstrapInterval, bootstrap_interval
from protocol.stats.rating_matrix import RatingMatrix
from protocol.stats.sum_measure import GroupedCounts

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "agreement.json"
IDENTITY = ("measure", "metric", "weights", "form", "rater", "raters")
BOOTSTRAPPED = ("alpha_unit_bootstrap_exact", "alpha_unit_bootstrap_percentile")
BY_RATER = ("severity_additive", "severity_vs_others")
SHIFT = "mean_shift_occasion2_minus_1"

Case = dict[str, Any]
Expectation = dict[str, Any]


def _cases() -> list[Case]:
    if not REFERENCE.exists():
        return []
    loaded: list[Case] = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]
    return [case for case in loaded if "ratings" in case]


def _table(case: Case) -> RatingTable:
    conditions = case.get("unit_condition")
    rows: list[RatingRow] = []
    for index, ratings in enumerate(case["ratings"]):
        model, scaffold = conditions[index].split("|") if conditions else (None, None)
        rows.extend(
            RatingRow(
                unit=f"u{index:05d}",
                rater=rater,
                dimension="d",
                value=value,
                model=model,
                scaffold=scaffold,
            )
            for rater, value in zip(case["raters"], ratings, strict=True)
        )
    spec = DimensionSpec(id="d", scale=Scale.ORDINAL, levels=tuple(case["levels"]))
    return RatingTable(rows=tuple(rows), dimensions=(spec,))


def _reported(case: Case) -> dict[str, Any]:
    found: list[dict[str, Any]] = agreement_to_json(agreement(_table(case)))["dimensions"]  # type: ignore[assignment]
    return found[0]


def _matching(reported: dict[str, Any], expected: Expectation) -> dict[str, Any]:
    """The one reported coefficient with the expectation's identifying fields."""
    if "subset" in expected:
        model, scaffold = expected["subset"].split("|")
        condition = next(
            one for one in reported["by_condition"] if (one["model"], one["scaffold"]) == (model, scaffold)
        )
        candidates = condition["coefficients"]
    else:
        candidates = [*reported["coefficients"], *reported["pairs"], *reported["leave_one_rater_out"]]
    measure = "krippendorff_alpha" if expected["measure"] == "alpha_jackknife_se" else expected["measure"]
    wanted = {name: expected[name] for name in IDENTITY if name in expected} | {"measure": measure}
    matches = [one for one in candidates if {name: one[name] for name in IDENTITY if name in one} == wanted]
    assert len(matches) == 1, (expected, len(matches))
    return dict(matches[0])


def _is_coefficient(expected: Expectation) -> bool:
    """The others have tests of their own below."""
    return expected["measure"] not in (*BOOTSTRAPPED, *BY_RATER, SHIFT)


def _expected(*measures: str) -> list[tuple[Case, Expectation]]:
    return [(case, one) for case in _cases() for one in case["expected"] if one["measure"] in measures]


def _check(case: Case, reported: dict[str, Any], expected: Expectation) -> None:
    found = _matching(reported, expected)
    if expected["measure"] == "alpha_jackknife_se":
        assert found["ci"]["se"] == pytest.approx(expected["value"], abs=1e-10)
        return
    if expected["value"] is None:
        assert found["value"] is None
        assert found["undefined"]
        assert found["ci"] is None
        return
    assert found["undefined"] is None
    assert found["value"] == pytest.approx(expected["value"], abs=1e-10)
    if "se" in expected:
        assert found["se"] == pytest.approx(expected["se"], abs=1e-8)
    if "n" in expected:
        assert found["n"] == expected["n"]
    if expected["measure"] == "icc":
        test = found["f_test"]
        assert test["f"] == pytest.approx(expected["F"], rel=1e-10)
        assert (test["df1"], test["df2"]) == (expected["df1"], expected["df2"])
        assert test["p"] == pytest.approx(expected["p"], abs=1e-8)
        assert test["ci95"] == pytest.approx(expected["ci95"], abs=1e-8)
        assert found["n_complete_units"] == expected["n_complete_units"]


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["id"])
def test_every_reported_coefficient_has_its_reference_value(case: Case) -> None:
    """Value, standard error and "undefined" are those of the reference, to its tolerance."""
    reported = _reported(case)
    for expected in case["expected"]:
        if _is_coefficient(expected):
            _check(case, reported, expected)


@pytest.mark.parametrize(
    ("case", "expected"), _expected(*BY_RATER), ids=lambda one: one.get("rater", one.get("id"))
)
def test_severities_have_their_reference_values(case: Case, expected: Expectation) -> None:
    """By least squares, and against the mean of the others."""
    (rater,) = [one for one in _reported(case)["raters"] if one["rater"] == expected["rater"]]
    tolerance = 1e-9 if expected["measure"] == "severity_additive" else 1e-10
    assert rater[expected["measure"]] == pytest.approx(expected["value"], abs=tolerance)
    if "n_units" in expected:
        assert rater["severity_vs_others_n"] == expected["n_units"]


@pytest.mark.parametrize(("case", "expected"), _expected(SHIFT), ids=["intra-rater"])
def test_repeats_of_one_rater_have_their_reference_values(case: Case, expected: Expectation) -> None:
    """The two columns as two occasions of one rater: shift, agreement, quadratic kappa, ordinal alpha."""
    rows = tuple(
        RatingRow(unit=f"u{index:02d}", rater="A", dimension="d", value=value, occasion=occasion)
        for index, ratings in enumerate(case["ratings"])
        for occasion, value in enumerate(ratings, start=1)
    )
    spec = DimensionSpec(id="d", scale=Scale.ORDINAL, levels=tuple(case["levels"]))
    table = RatingTable(rows=rows, dimensions=(spec,))
    whole: list[dict[str, Any]] = agreement_to_json(agreement(table))["dimensions"]  # type: ignore[assignment]
    found = {one["measure"]: one for one in whole[0]["intra_rater"]}
    assert {(one["rater"], one["n"]) for one in found.values()} == {("A", 12)}
    assert found[SHIFT]["value"] == pytest.approx(expected["value"], abs=1e-10)
    for measure, kind in (
        ("percent_agreement", "unweighted"),
        ("cohen_kappa", "quadratic"),
        ("krippendorff_alpha", "ordinal"),
    ):
        (known,) = [
            one["value"]
            for one in case["expected"]
            if one["measure"] == measure and kind in (one.get("weights"), one.get("metric"))
        ]
        assert found[measure]["value"] == pytest.approx(known, abs=1e-10)


def _matrix(case: Case) -> RatingMatrix:
    return RatingMatrix.from_values(case["ratings"], levels=case["levels"])


def _bootstrapped(matrix: RatingMatrix, metric: Metric, replicates: int) -> BootstrapInterval:
    grouped = GroupedCounts(matrix.counts, np.arange(len(matrix.codes), dtype=np.int64))
    measure = AlphaOfSums.of(matrix, metric)
    return bootstrap_interval(measure, grouped, group="unit", replicates=replicates, seed=20261123)


@pytest.mark.parametrize(
    ("case", "expected"), _expected("alpha_unit_bootstrap_exact"), ids=lambda one: one.get("metric", "")
)
def test_the_bootstrap_of_units_has_the_enumerated_distribution(case: Case, expected: Expectation) -> None:
    """Mean, ends and the share of resamples without variation, all 6^6 resamples being known."""
    replicates = 1_000_000
    found = _bootstrapped(_matrix(case), expected["metric"], replicates)
    assert found.mean is not None
    assert found.se is not None
    assert found.undefined_share is not None
    assert found.mean == pytest.approx(expected["value"], abs=4 * found.se / replicates**0.5)
    chance = expected["p_undefined"]
    assert found.undefined_share == pytest.approx(chance, abs=4 * (chance / replicates) ** 0.5)
    assert found.lower == pytest.approx(expected["quantiles"]["0.025"]["value"], abs=1e-9)
    assert found.upper == pytest.approx(expected["quantiles"]["0.975"]["value"], abs=1e-9)


@pytest.mark.parametrize(
    ("case", "expected"), _expected("alpha_unit_bootstrap_percentile"), ids=lambda one: one.get("metric", "")
)
def test_the_bootstrap_of_units_has_the_simulated_ends(case: Case, expected: Expectation) -> None:
    """10,000 resamples against two million, inside the stated tolerance."""
    found = _bootstrapped(_matrix(case), expected["metric"], 10_000)
    assert found.lower == pytest.approx(expected["value"], abs=expected["abs_tolerance"])
    assert found.upper == pytest.approx(expected["upper"], abs=expected["abs_tolerance"])
    assert found.se == pytest.approx(expected["bootstrap_se"], rel=0.03)


def test_the_reference_is_compared_in_full() -> None:
    """The number of compared values is known, so that none drops out unseen."""
    if not REFERENCE.exists():
        pytest.skip("the reference values lie beside the repository and are not there")
    coefficients = [one for case in _cases() for one in case["expected"] if _is_coefficient(one)]
    others = _expected(*BY_RATER, SHIFT, *BOOTSTRAPPED)
    in_counts = 4
    assert len(coefficients) == 373
    assert len(others) == 13
    loaded = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]
    everything = sum(len(case["expected"]) for case in loaded)
    assert len(coefficients) + len(others) + in_counts == everything == 390


def test_alpha_of_ten_thousand_units_from_counts() -> None:
    """The large case, given as counts, has the exact values in all three metrics, and its bootstrap."""
    if not REFERENCE.exists():
        pytest.skip("the reference values lie beside the repository and are not there")
    loaded = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]
    case = next(one for one in loaded if "counts_per_unit" in one)
    patterns = [
        [code for code, count in enumerate(counts) for _ in range(count)]
        for counts in case["counts_per_unit"]
    ]
    width = max(len(pattern) for pattern in patterns)
    padded = np.array([pattern + [-1] * (width - len(pattern)) for pattern in patterns], dtype=np.int64)
    codes = np.repeat(padded, case["units_with_these_counts"], axis=0)
    matrix = RatingMatrix(codes=codes, levels=tuple(float(level) for level in case["levels"]))
    compared = 0
    for expected in case["expected"]:
        if expected["measure"] == "krippendorff_alpha":
            value = krippendorff_alpha(matrix, expected["metric"]).value
            assert value == pytest.approx(expected["value"], abs=1e-10)
        else:
            found = _bootstrapped(matrix, expected["metric"], 10_000)
            assert found.lower == pytest.approx(expected["value"], abs=expected["abs_tolerance"])
            assert found.upper == pytest.approx(expected["upper"], abs=expected["abs_tolerance"])
        compared += 1
    assert compared == 4
