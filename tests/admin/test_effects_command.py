"""`rater-admin effects` on ratings files: published figures, protocol, bad input, start-up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from protocol.errors import InvalidInputError, NotFoundError, UsageError
from rater.admin.commands.effects import effects

ROOT = Path(__file__).parents[2]
XSTEST = ROOT.parent / "shared" / "data" / "human-ratings" / "xstest" / "final_labels.csv"
HEADER = "unit,rater,dimension,value,model,scaffold,task\n"


def _run(*arguments: str) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(effects)
    return CliRunner().invoke(app, arguments)


def _json(*arguments: str) -> dict[str, Any]:
    result = _run(*arguments, "--json")
    assert result.exit_code == 0, result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["schema"] == "effects/1"
    return found


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two models, six tasks, two raters; the scaffold lifts model a only."""
    path = tmp_path / "ratings.csv"
    path.write_text(
        HEADER
        + "".join(
            f"{model}-{scaffold}-{task},{rater},clarity,{level},{model},{scaffold},t{task}\n"
            for model, scaffold, level in (
                ("a", "plain", 0),
                ("a", "check", 2),
                ("b", "plain", 1),
                ("b", "check", 1),
            )
            for task in range(6)
            for rater in ("R1", "R2")
        ),
        encoding="utf-8",
    )
    return path


@pytest.mark.skipif(not XSTEST.exists(), reason="the XSTest labels lie beside the repository")
@pytest.mark.parametrize(
    ("where", "model", "shift", "counts"),
    [
        ("task_type=safe", "llama-2-70b", 0.540000, (94, 8, 148)),
        ("task_type=unsafe", "mistral-7b", 1.245000, (140, 5, 55)),
        (None, "llama-2-70b", 0.308889, None),
        (None, "mistral-7b", 0.697778, None),
    ],
)
def test_published_differences_of_xstest(
    where: str | None, model: str, shift: float, counts: tuple[int, int, int] | None
) -> None:
    """Mean differences and tasks up, down and the same of the data set's known answers."""
    filters = ("--where", where) if where else ()
    found = _json("--ratings", str(XSTEST), *filters, "--baseline", "none", "--levels", "0,1,2")
    (one,) = [one for one in found["effects"] if one["model"] == model]
    assert one["mean_diff"] == pytest.approx(shift, abs=5e-7)
    if counts is not None:
        assert (one["counts"]["up"], one["counts"]["down"], one["counts"]["same"]) == counts
    assert found["interactions"] == []
    assert found["omnibus"][0]["undefined"]
    assert "One rater: severity and noise unseparated." in found["notes"]


def test_json_has_the_contracted_fields(small: Path) -> None:
    """Every field of an effect, and verdicts out of the seven words."""
    found = _json("--ratings", str(small), "--baseline", "plain", "--levels", "0,1,2")
    assert {
        "dimension",
        "model",
        "scaffold",
        "n_tasks",
        "n_nonzero",
        "mean_diff",
        "ci95",
        "ci90",
        "median_diff",
        "dominance",
        "prob_superiority",
        "signflip_p",
        "signflip_method",
        "holm_p",
        "family_size",
        "holm_p_all_dimensions",
        "tost",
        "counts",
        "task_diffs",
        "verdict",
        "reason",
        "undefined",
    } <= set(found["effects"][0])
    first, second = found["effects"]
    assert (first["model"], first["mean_diff"], first["n_nonzero"], first["family_size"]) == ("a", 2.0, 6, 2)
    assert first["signflip_p"] == 2 / 64
    assert first["ci95"] is None
    assert "zero width" in first["ci_undefined"]
    assert second["verdict"] == "inconclusive"
    (pair,) = found["interactions"]
    assert (pair["model_a"], pair["model_b"], pair["mean_diff"]) == ("a", "b", 2.0)
    assert found["omnibus"][0]["method"].startswith("exact")


def test_text_gives_a_verdict_a_sentence_and_the_missing_protocol(small: Path) -> None:
    """Readable without JSON."""
    result = _run("--ratings", str(small), "--baseline", "plain", "--levels", "0,1,2")
    assert result.exit_code == 0
    for part in (
        "clarity: each scaffold against plain",
        "a, check:",
        "Task differences: +2 on 6.",
        "No protocol",
    ):
        assert part in result.stdout


def test_a_protocol_gives_levels_baseline_plan_and_order(small: Path) -> None:
    """The shipped sample's study.toml stands in for a study rated elsewhere."""
    protocol = ROOT / "rater" / "sample" / "study.toml"
    ratings = small.with_name("sample.csv")
    text = small.read_text(encoding="utf-8")
    from protocol.study_file import read_study

    study = read_study(protocol.read_text(encoding="utf-8"), where="study.toml")
    dimension = study.rubric.dimensions[0].id
    text = text.replace(",clarity,", f",{dimension},").replace(",plain,", f",{study.baseline.id},")
    ratings.write_text(text, encoding="utf-8")
    found = _json("--ratings", str(ratings), "--protocol", str(protocol))
    assert found["baseline"] == study.baseline.id
    assert found["plan"]["seed"] == study.analysis.seed
    assert not any(note.startswith("No protocol") for note in found["notes"])


@pytest.mark.parametrize(
    ("arguments", "kind", "part"),
    [
        (("--ratings", "FILE"), UsageError, "needs the baseline scaffold"),
        (("--ratings", "FILE", "--baseline", "none"), NotFoundError, "Scaffolds here: check, plain."),
        (("study.db", "--baseline", "plain"), UsageError, "--baseline and --seed belong to --ratings"),
        (("study.db", "--seed", "1"), UsageError, "--baseline and --seed belong to --ratings"),
        ((), UsageError, "Name one source of ratings."),
        (
            ("--ratings", "FILE", "--baseline", "plain", "--levels", "0,1"),
            InvalidInputError,
            "declared level",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(
    small: Path, arguments: tuple[str, ...], kind: type[Exception], part: str
) -> None:
    """A sentence that says what is missing and what there is."""
    result = _run(*(str(small) if one == "FILE" else one for one in arguments))
    assert isinstance(result.exception, kind)
    assert part in str(result.exception)


def test_a_file_without_origin_says_which_columns_are_needed(tmp_path: Path) -> None:
    """Effects need model, scaffold and task."""
    path = tmp_path / "r.csv"
    path.write_text("unit,rater,dimension,value\nu,A,d,1\n", encoding="utf-8")
    result = _run("--ratings", str(path), "--baseline", "plain")
    assert isinstance(result.exception, InvalidInputError)
    assert "Give the columns model, scaffold and task" in str(result.exception)


def test_the_seed_moves_only_drawn_p_values(tmp_path: Path) -> None:
    """Exact p values ignore it; the drawn omnibus p says which seed it used."""
    rows = [
        f"{model}-{scaffold}-{task},R1,d,{(task * 7 + len(model) * 3 + len(scaffold) * task) % 4},"
        f"{model},{scaffold},t{task:02d}\n"
        for model in ("a", "bb", "ccc")
        for scaffold in ("base", "s", "tt")
        for task in range(15)
    ]
    path = tmp_path / "r.csv"
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    common = ("--ratings", str(path), "--baseline", "base", "--levels", "0,1,2,3")
    first, second = (_json(*common, "--seed", seed) for seed in ("1", "2"))
    assert first["effects"] == second["effects"]
    assert first["interactions"] == second["interactions"]
    assert first["omnibus"][0]["seed"] == 1
    assert "seed 2" in second["omnibus"][0]["method"]
    assert _json(*common, "--seed", "1") == first


def test_commands_load_no_numbers_before_they_are_asked() -> None:
    """Importing the command modules leaves numpy, scipy, krippendorff and pydantic unloaded."""
    program = (
        "import sys; import rater.admin.commands.agreement, rater.admin.commands.effects; "
        "print([name for name in ('numpy', 'scipy', 'krippendorff', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not XSTEST.exists(), reason="the XSTest labels lie beside the repository")
def test_analysis_never_loads_scipy_stats() -> None:
    """`scipy.stats` costs seconds at start."""
    program = (
        "import sys; from rater.services.results.analysing import *; "
        "from protocol.study import AnalysisPlan; "
        f"r = read_ratings_file(Path({str(XSTEST)!r})); "
        "analyse_effects(r.table, baseline='none', plan=AnalysisPlan(headline=())); "
        "analyse_agreement(r.table); print('scipy.stats' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "False"


def test_robustness_stands_in_the_same_run(small: Path) -> None:
    """Each rater alone and the consensus, as a table and in the JSON."""
    options = ("--ratings", str(small), "--baseline", "plain", "--levels", "0,1,2")
    found = _json(*options)
    assert [one["label"] for one in found["robustness"]] == ["R1 alone", "R2 alone", "consensus"]
    assert {one["variant"] for one in found["robustness"]} == {"rater", "aggregation"}
    main = {(one["model"], one["scaffold"]): one["mean_diff"] for one in found["effects"]}
    for variant in found["robustness"]:
        assert {(one["model"], one["scaffold"]): one["mean_diff"] for one in variant["effects"]} == main
    text = _run(*options).stdout
    assert "clarity: does it hold? 3 other ways to compute the same effects" in text
    assert "3 of 3" in text


def test_four_levels_are_folded_both_ways(small: Path) -> None:
    """Both or neither."""
    found = _json("--ratings", str(small), "--baseline", "plain", "--levels", "0,1,2,3")
    labels = [one["label"] for one in found["robustness"]]
    assert labels[-2:] == ["strict", "lenient"]
