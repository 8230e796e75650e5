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
from protocol.stats.krippendorff_alpha import krippendorff_alpha
from protocol.stats.rating_matrix import RatingMatrix

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "agreement.json"
IDENTITY = ("measure", "metric", "weights", "form", "rater", "raters")
ELSEWHERE = {
    "alpha_unit_bootstrap_exact": "intervals are jackknifed, not bootstrapped",
    "alpha_unit_bootstrap_percentile": "intervals are jackknifed, not bootstrapped",
    "severity_additive": "not reported",
    "severity_vs_others": "not reported",
}
"""Measures of the file the program does not report, with the reason."""
NOT_REPORTED = {
    ("krippendorff_alpha", "ratio"),
    ("percent_agreement", "ordinal"),
    ("gwet_ac", "ordinal"),
    ("fleiss_kappa", "ordinal"),
    ("brennan_prediger", "ordinal"),
}
"""Metrics and weights of reported measures that are not reported."""

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


def _is_reported(expected: Expectation) -> bool:
    kind = expected.get("metric") or expected.get("weights")
    if expected["measure"] == "mean_shift_occasion2_minus_1":
        return False
    return expected["measure"] not in ELSEWHERE and (expected["measure"], kind) not in NOT_REPORTED


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
        if _is_reported(expected):
            _check(case, reported, expected)


def test_the_reference_covers_what_is_reported() -> None:
    """The number of compared values is known, so that none drops out unseen."""
    if not REFERENCE.exists():
        pytest.skip("the reference values lie beside the repository and are not there")
    compared = [one for case in _cases() for one in case["expected"] if _is_reported(one)]
    assert len(compared) == 367


def test_alpha_of_ten_thousand_units_from_counts() -> None:
    """The large case, given as counts, has the exact values in all three metrics."""
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
            compared += 1
    assert compared == 3
