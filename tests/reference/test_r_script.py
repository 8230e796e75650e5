"""The exported R script: what it says of a study, and that R fits what the reference fits."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from protocol.analysis.rating_table import COLUMNS, DimensionSpec
from protocol.report.csv_text import csv_text
from protocol.report.r_script import r_script, r_string
from protocol.rubric import Scale
from rater.exit_codes import ExitCode
from tests.admin.running import done, refused
from tests.services.small_studies import locked_study, unblinded_study

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "effects.json"


@pytest.fixture(scope="module")
def _r() -> None:
    """Skip what needs R and its package ordinal where they are not; asked when a test runs, not before."""
    code = "quit(status = !requireNamespace('ordinal', quietly = TRUE))"
    if (
        shutil.which("Rscript") is None
        or subprocess.run(["Rscript", "-e", code], check=False, capture_output=True).returncode
    ):
        pytest.skip("R with the package ordinal is not installed")


def _script(*specs: DimensionSpec, baseline: str = "plain") -> str:
    return r_script(specs, baseline=baseline, app="0")


def _spec(name: str, levels: tuple[int, ...] = (0, 1, 2), scale: Scale = Scale.ORDINAL) -> DimensionSpec:
    return DimensionSpec(id=name, scale=scale, levels=levels)


def test_names_cannot_leave_their_string() -> None:
    """Quotes, backslashes, line ends and other scripts: R reads the same text, and runs none of it."""
    assert r_string('a"; quit() #\\') == '"a\\"; quit() #\\\\"'
    assert r_string("ü\n😀") == '"\\u{fc}\\u{a}\\U{1f600}"'
    text = _script(_spec('x"\nquit()'), baseline="=1+1")
    assert '"x\\"\\u{a}quit()" = c(0, 1, 2)' in text
    assert 'baseline <- "\'=1+1"' in text  # as the cell in ratings.csv


def test_nominal_dimensions_are_named_and_left_out() -> None:
    """Their levels have no order."""
    text = _script(_spec("topic", scale=Scale.NOMINAL), _spec("clarity", (1, 2, 3, 4, 5)))
    assert '# Nominal, hence not here: "topic"' in text
    assert '"clarity" = c(1, 2, 3, 4, 5)' in text
    assert '"topic" =' not in text


def test_the_command_writes_ratings_and_script(tmp_path: Path) -> None:
    """Only once conditions are known; the folder is new or replaced on request."""
    small = unblinded_study(tmp_path / "a").small
    folder = tmp_path / "r"
    value = done("export", small.study, "--r", folder, "--json").json
    assert value["files"] == ["analysis.R", "ratings.csv"]
    assert sorted(path.name for path in folder.iterdir()) == value["files"]
    assert "baseline <- " in (folder / "analysis.R").read_text(encoding="ascii")
    refused(ExitCode.USAGE, "--force", "export", small.study, "--r", folder)
    refused(ExitCode.USAGE, "One folder", "export", small.study, "--r", folder, "-o", tmp_path / "o")
    blinded = locked_study(tmp_path / "b").small
    refused(ExitCode.WRONG_STATE, "still sealed", "export", blinded.study, "--r", tmp_path / "s")


def _fitted(folder: Path, case: dict[str, Any]) -> list[dict[str, str]]:
    rows = []
    for dimension, model, scaffold, task, rater, value in case["rows"]:
        cells: dict[str, str | int] = {
            "unit": f"{task}/{model}/{scaffold}",
            "rater": rater,
            "dimension": dimension,
            "value": value,
            "model": model,
            "scaffold": scaffold,
            "task": task,
            "replicate": 1,
            "occasion": 1,
        }
        rows.append([cells.get(name) for name in COLUMNS])
    (folder / "ratings.csv").write_text(csv_text(COLUMNS, rows), encoding="utf-8")
    specs = [_spec(name, tuple(levels)) for name, levels in case["dimensions"].items()]
    script = r_script(specs, baseline=case["baseline"], app="0")
    (folder / "analysis.R").write_text(script, encoding="utf-8")
    run = subprocess.run(
        ["Rscript", str(folder / "analysis.R")], capture_output=True, text=True, check=False, cwd="/"
    )
    assert run.returncode == 0, run.stderr
    with (folder / "clmm.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference values lie beside the repository")
@pytest.mark.usefixtures("_r")
def test_r_fits_the_reference_model(tmp_path: Path) -> None:
    """Coefficients, standard errors and the interaction of the reference case, by the script as exported."""
    cases = {case["id"]: case for case in json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]}
    folder = tmp_path / "a folder"
    folder.mkdir()
    study = cases["study_two_dimensions_3x4x15x3"]
    rows = [row for row in study["rows"] if row[0] == "verification"]
    levels = {"verification": study["dimensions"]["verification"]}
    found = _fitted(folder, {**study, "rows": rows, "dimensions": levels})
    fits = cases["clmm_two_dimensions_verification"]["expected"]
    expected = next(one for one in fits if "sd_item" in one)
    effect = {(row["model"], row["scaffold"]): row for row in found if row["what"] == "effect"}
    for scaffold in ("checklist", "planner", "verifier"):
        own = effect["modelA", scaffold]
        assert float(own["log_odds"]) == pytest.approx(expected["coef"][f"s{scaffold}"], abs=2e-3)
        assert float(own["se"]) == pytest.approx(expected["se"][f"s{scaffold}"], abs=2e-3)
        both = expected["coef"][f"s{scaffold}"] + expected["coef"][f"mmodelB:s{scaffold}"]
        assert float(effect["modelB", scaffold]["log_odds"]) == pytest.approx(both, abs=3e-3)
    differences = {
        (row["model"], row["model_b"], row["scaffold"]): row for row in found if row["what"] == "difference"
    }
    one = differences["modelA", "modelB", "planner"]
    assert float(one["log_odds"]) == pytest.approx(-expected["coef"]["mmodelB:splanner"], abs=3e-3)
    assert float(one["se"]) == pytest.approx(expected["se"]["mmodelB:splanner"], abs=3e-3)
    (whole,) = [row for row in found if row["what"].startswith("interaction")]
    assert float(whole["log_odds"]) == pytest.approx(expected["lr_interaction"], abs=1e-2)
    assert float(whole["p"]) == pytest.approx(expected["lr_p"], rel=0.02)
    assert {row["trusted"] for row in found} == {"yes"}


@pytest.mark.usefixtures("_r")
def test_a_fit_at_the_ceiling_is_marked(tmp_path: Path) -> None:
    """Every rating under the scaffold at the top: the likelihood has no maximum, and the table says NO."""
    rows = [
        ["d", "m", scaffold, task, rater, 2 if scaffold == "verify" else (place + (rater == "B")) % 3]
        for place, task in enumerate(("t1", "t2", "t3", "t4", "t5"))
        for scaffold in ("plain", "verify")
        for rater in ("A", "B")
    ]
    found = _fitted(tmp_path, {"rows": rows, "dimensions": {"d": [0, 1, 2]}, "baseline": "plain"})
    assert [(row["what"], row["model"], row["trusted"]) for row in found] == [("effect", "m", "NO")]
