"""`rater-admin profile`: of an unblinded study, of a ratings file, side by side, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from protocol.simulated import SIMULATED
from rater.figures import drawing
from tests.admin.running import done, refused, run
from tests.admin.test_report_command import PROTOCOL, RATINGS
from tests.services.small_audits import write_audit
from tests.services.small_studies import MODELS, locked_study, unblinded_study

USERS = ("--context", "users=a scripted persona")
ONE = ("--model", MODELS[0], "--scaffold", "checks")


def test_a_sealed_study_has_no_profile(tmp_path: Path) -> None:
    """Before unblinding nobody knows which system an item is of."""
    refused(6, "conditions are still sealed", "profile", locked_study(tmp_path).small.study, "--all", *USERS)


def test_an_audit_has_no_systems(tmp_path: Path) -> None:
    """Its items are documents: the state forbids it, with what to run instead."""
    audit = write_audit(tmp_path / "audit")
    audit.seed()
    refused(6, "benchmark audit", "profile", audit.study, "--all", *USERS)


def test_the_profile_of_one_system(tmp_path: Path) -> None:
    """A line a row, gaps in view, marked as simulated, and the same as JSON."""
    study = unblinded_study(tmp_path).small.study
    shown = done("profile", study, *ONE, *USERS)
    assert shown.out.startswith(SIMULATED)
    assert shown.out.count("no evidence") == 8
    found = done("profile", study, *ONE, *USERS, "--json").json
    assert found["schema"] == "profile/1"
    assert found["notes"] == [SIMULATED]
    assert found["subject"]["context"]["users"] == "a scripted persona"
    row = found["rows"][0]
    assert (row["result"]["counts"], row["result"]["n"]) == ([0, 6, 0, 0], 6)
    assert row["scaffold_sensitivity"]["diff"] == 0
    assert found["blinding"]["undefined"] == "raters were not asked"
    assert found["validity"]["ratings_final"]


def test_what_is_missing_or_too_much_is_named(tmp_path: Path) -> None:
    """No users, several systems, no such system, options that do not go together."""
    study = unblinded_study(tmp_path).small.study
    refused(2, "Nothing says who used it", "profile", study, *ONE)
    refused(2, "There are 4 systems", "profile", study, *USERS)
    refused(5, f"{MODELS[0]} under checks", "profile", study, "--model", "nobody", *USERS)
    refused(2, "no part of the context", "profile", study, *ONE, "--context", "mood=good")
    refused(2, "no part of the context", "profile", study, *ONE, *USERS, *USERS)
    refused(2, "belong to --ratings", "profile", study, *ONE, *USERS, "--where", "model=x")
    refused(2, "Name one source", "profile", *USERS)
    refused(2, "belongs to -o", "profile", study, *ONE, *USERS, "--force")
    refused(5, "", "profile", study, *ONE, *USERS, "--run", tmp_path / "none.json")
    refused(7, "no coverage", "profile", study, *ONE, *USERS, "--audit", study.parent / "study.toml")


def test_one_number_over_the_rows_is_refused(tmp_path: Path) -> None:
    """Exit 6 with the reason, with a study or without."""
    refused(6, "no overall value", "profile", "--overall")
    refused(6, "no overall value", "profile", unblinded_study(tmp_path).small.study, "--overall", *USERS)


def test_profiles_are_written_the_same_every_time_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of each kind for each system, the same bytes again; side by side only within a scaffold."""
    monkeypatch.setattr(drawing, "can_draw", lambda: False)  # one figure is drawn in the test below
    study = unblinded_study(tmp_path).small.study
    folder = tmp_path / "profiles"
    shown = done("profile", study, "--all", *USERS, "-o", folder, "--json").json
    assert (shown["schema"], len(shown["profiles"])) == ("profiles/1", 4)
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    assert names == sorted(
        f"{model}.{scaffold}.{kind}"
        for model in MODELS
        for scaffold in ("plain", "checks")
        for kind in ("json", "md", "html")
    )
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run("profile", study, "--all", *USERS, "-o", folder).code == 2
    done("profile", study, "--all", *USERS, "-o", folder, "--force")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    page = (folder / f"{MODELS[0]}.checks.html").read_text("utf-8")
    assert SIMULATED in page
    assert page.count("no evidence") >= 8

    first, second = (folder / f"{model}.checks.json" for model in MODELS)
    found = done("profile", "--compare", first, second, "--json", "-o", tmp_path / "compared").json
    assert found["schema"] == "profile-comparison/1"
    row = found["rows"][0]
    assert (row["diff"], row["ci95"], row["n_tasks"]) == (0, None, 3)
    assert "fewer than 5" in row["undefined"]
    assert (tmp_path / "compared" / "comparison.html").is_file()
    assert SIMULATED in done("profile", "--compare", first, second).out
    refused(6, "the scaffolds differ", "profile", "--compare", first, folder / f"{MODELS[0]}.plain.json")
    refused(5, "", "profile", "--compare", first, folder / "none.json")
    refused(7, "no JSON", "profile", "--compare", first, study.parent / "transcripts.jsonl")
    refused(2, "nothing else", "profile", "--compare", first, second, "--all")
    body = json.loads(first.read_text("utf-8"))
    body["rows"][0]["overall"] = 3
    (tmp_path / "edited.json").write_text(json.dumps(body), encoding="utf-8")
    refused(7, "no overall value", "profile", "--compare", tmp_path / "edited.json", second)


def test_figures_stand_in_the_page_and_beside_it(tmp_path: Path) -> None:
    """Rows with and without evidence, drawn; no script and no outside address in the page."""
    pytest.importorskip("matplotlib", reason="figures need the extra figures")
    study = unblinded_study(tmp_path).small.study
    done("profile", study, *ONE, *USERS, "-o", tmp_path / "out")
    page = (tmp_path / "out" / f"{MODELS[0]}.checks.html").read_text("utf-8")
    assert page.count("<svg") == 2
    assert "<script" not in page
    drawn = tmp_path / "out" / f"figures-{MODELS[0]}.checks"
    assert "no evidence" in (drawn / "profile.svg").read_text("utf-8")
    assert {path.name for path in drawn.glob("*.svg")} == {"profile.svg", "scaffold-sensitivity.svg"}


def test_real_ratings_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XSTest: the counts are those of the file, nobody is called blinded, unknown turns forbid comparing."""
    if not RATINGS.exists():
        pytest.skip("the shared human ratings are not here")
    monkeypatch.setattr(drawing, "can_draw", lambda: False)
    with RATINGS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    (tmp_path / "study.toml").write_text(
        PROTOCOL.replace("[[claims]]", '[profile.context]\nusers = "nobody"\n\n[[claims]]', 1),
        encoding="utf-8",
    )
    found = done(
        "profile",
        "--ratings",
        RATINGS,
        "--protocol",
        tmp_path / "study.toml",
        "--scaffold",
        "none",
        "--all",
        "--json",
        "-o",
        tmp_path / "out",
    ).json
    for profile in found["profiles"]:
        model = profile["subject"]["model"]["id"]
        own = [row["value"] for row in rows if (row["model"], row["scaffold"]) == (model, "none")]
        result = profile["rows"][0]["result"]
        assert result["counts"] == [own.count(level) for level in ("0", "1", "2")]
        assert profile["rows"][0]["evidence"]["letter"] == "R"
        assert "is not known" in profile["blinding"]["undefined"]
        assert profile["notes"] == []
    first, second, *_ = (
        tmp_path / "out" / f"{profile['subject']['model']['id']}.none.json" for profile in found["profiles"]
    )
    refused(6, "what the user said is not known", "profile", "--compare", first, second)


def test_a_ratings_file_needs_its_protocol(tmp_path: Path) -> None:
    """Rubric and scaffold texts cannot be guessed from numbers."""
    refused(2, "needs the protocol", "profile", "--ratings", tmp_path / "r.csv", *USERS)
