"""What a profile takes from elsewhere: the run manifest, an audit's coverage, guesses, names of any kind."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.analysis.blinding_success import blinding_success
from protocol.analysis.guess_rows import AskedQuestion, GuessRow
from protocol.errors import CheckFailedError, UsageError
from protocol.fairness.prompt_rules import text_sha256
from protocol.fairness.run_manifest import RunManifest, run_manifest_text
from protocol.profile.blinding_indices import blinding_of
from protocol.profile.making import System, profile_of
from protocol.profile.profile import Profile
from protocol.profile.profile_file import profile_text, read_profile
from protocol.profile.profile_plan import ProfileContext
from protocol.report.document_markdown import document_markdown
from protocol.report.profile_document import profile_document
from protocol.report.profile_text import bang_text
from rater.services.results.analysing import read_ratings_file
from rater.services.results.profiling import Told, Wanted, ratings_profiles, read_context, study_profiles
from rater.services.results.report_page.rendering import html_page
from tests.admin.running import done
from tests.fair_run import fair_run
from tests.numbers.profiled import ONE, TASKS, facts_of, protocol, rows_of
from tests.services.small_audits import write_audit
from tests.services.small_studies import APP, MODELS, protocol_text, unblinded_study
from tests.services.test_report_page import NASTY, drawn, parsed

CHECKS = System(model=ONE, scaffold="checks")
USERS = ProfileContext(users="somebody")


def manifest(**scaffolds: str) -> RunManifest:
    """A run of the small study's first model; each of its cells was asked on one day."""
    run = fair_run().run
    return replace(
        run,
        scaffolds=scaffolds,
        models=(replace(run.models[0], model=MODELS[0]),),
        cells=tuple(replace(cell, model=MODELS[0]) for cell in run.cells if cell.model == "alpha"),
    )


def profile_with(run: RunManifest, folder: Path) -> Profile:
    (folder / "run.json").write_text(run_manifest_text(run), encoding="utf-8")
    wanted = Wanted(model=MODELS[0], scaffold="checks")
    told = Told(context=USERS, run=folder / "run.json")
    return study_profiles(unblinded_study(folder).small.study, wanted, told, app=APP)[0]


def test_version_date_and_settings_come_from_the_run_manifest(tmp_path: Path) -> None:
    """As the run recorded them; what it does not say is not on record."""
    model = profile_with(manifest(), tmp_path).subject.model
    assert (model.version, model.provider, model.date_run) == ("local/alpha-1", "local", "2026-05-04")
    assert (model.settings.temperature, model.settings.cap) == ("0.7", "700 tokens a turn")
    assert (model.settings.seed, model.settings.reasoning) == ("1 to 3, by task", None)


def test_a_run_of_another_scaffold_text_is_refused(tmp_path: Path) -> None:
    """A hash that is not that of study.toml: this is not the run of these transcripts."""
    with pytest.raises(CheckFailedError, match='another text for the scaffold "checks"'):
        profile_with(manifest(checks=text_sha256("something else")), tmp_path)


def test_an_option_goes_before_study_toml_and_that_before_the_run_manifest(tmp_path: Path) -> None:
    """What nobody said stays with the one who did; a ratings file has its own origins and hashes."""
    rows = rows_of(lambda *_: 1)
    lines = [f"{row.unit},{row.rater},D1,1,{row.model},{row.scaffold},{row.task}" for row in rows]
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("unit,rater,dimension,value,model,scaffold,task\n" + "\n".join(lines) + "\n", "utf-8")
    table = (
        '[profile]\nby = "The team"\n[profile.context]\nusers = "adults"\nsetting = "an office"\n'
        f'[[profile.models]]\nmodel = "{MODELS[0]}"\nversion = "2 of May"\n'
    )
    study = tmp_path / "study.toml"
    study.write_text(f"{protocol_text(tasks=TASKS)}\n{table}", encoding="utf-8")
    (tmp_path / "run.json").write_text(run_manifest_text(manifest()), encoding="utf-8")
    found = ratings_profiles(
        read_ratings_file(ratings, protocol=study),
        Wanted(model=MODELS[0], scaffold="plain"),
        Told(context=ProfileContext(users="children"), run=tmp_path / "run.json"),
        file=ratings,
        protocol=study,
        app=APP,
    )[0]
    assert (found.subject.context.users, found.subject.context.setting) == ("children", "an office")
    assert (found.subject.model.version, found.subject.model.provider) == ("2 of May", "local")
    assert found.validity.by == "The team"
    assert [one.what for one in found.validity.inputs] == ["ratings", "study.toml", "run manifest"]
    assert found.validity.inputs[0].sha256 == hashlib.sha256(ratings.read_bytes()).hexdigest()


@pytest.mark.parametrize("entry", ["users", "users=", "=x", "kindness=x"])
def test_what_is_no_part_of_a_context_is_refused(entry: str) -> None:
    """A key without a text, or one that is none."""
    assert read_context(["users=a", "setting=b=c"]).setting == "b=c"
    with pytest.raises(UsageError):
        read_context([entry])


def test_the_coverage_of_a_real_audit_is_read(tmp_path: Path) -> None:
    """What `coverage --json` prints is what `--audit` takes, its notes with it."""
    audit = write_audit(tmp_path / "audit")
    audit.seed()
    audit.code(lambda coder, benchmark, _: 1 if (coder, benchmark) == ("C1", audit.benchmarks[0]) else 0)
    coverage = tmp_path / "coverage.json"
    coverage.write_text(done("coverage", audit.study, "--json").out, encoding="utf-8")
    wanted = Wanted(model=MODELS[0], scaffold="checks")
    told = Told(context=USERS, audit=coverage)
    profile = study_profiles(unblinded_study(tmp_path).small.study, wanted, told, app=APP)[0]
    words = {row.dimension: row.audit_context for row in profile.rows}
    spoken = words["contingent_interaction"]
    assert spoken is not None
    assert [(one.benchmark, [code.code for code in one.codes]) for one in spoken] == [
        (audit.benchmarks[0], [1, 0])
    ]
    assert words["workflow_authority"] is None  # this audit has no A7
    assert any(note.startswith("Of the audit: SIMULATED") for note in profile.notes)


def asked(*guesses: str | None) -> AskedQuestion:
    """Two raters guess the model of two items each, one of every model."""
    places = [(rater, number) for rater in ("R1", "R2") for number in (0, 1)]
    return AskedQuestion(
        id="family",
        about="model",
        arms=MODELS,
        options=(*MODELS, "decoy", "other"),
        rows=tuple(
            GuessRow(rater=rater, item=f"{rater}{n}", task=f"t{n}", arm=MODELS[n], guess=guess)
            for (rater, n), guess in zip(places, guesses, strict=True)
        ),
    )


def test_the_blinding_index_is_that_of_this_model() -> None:
    """All told the first model: index 1 without an interval; half told the second: as the analysis says."""
    result = blinding_success([asked(MODELS[0], MODELS[1], MODELS[0], MODELS[0])], seed=1, replicates=99)
    for model in MODELS:
        found = blinding_of(result, model=model, scaffold="checks", why_not="no").indices[0]
        analysed = result.questions[0].by_arm[model]
        assert found.bang == analysed.value.value
        assert (found.ci95 is None) == (analysed.ci95.interval is None)
        assert found.arm == model
    first = blinding_of(result, model=MODELS[0], scaffold="checks", why_not="no").indices[0]
    assert first.bang == 1
    assert "same index" in bang_text(first)


def test_without_an_answer_there_is_no_index() -> None:
    """Nobody answered, or nobody was asked: said in words."""
    silent = replace(asked(None, None, None, None), rows=())
    found = blinding_of(
        blinding_success([silent], seed=1, replicates=99), model=MODELS[0], scaffold="checks", why_not="no"
    )
    assert found.indices[0].bang is None
    assert "nobody answered" in str(found.indices[0].undefined)
    assert blinding_of(None, model=ONE, scaffold="checks", why_not="not asked").undefined == "not asked"


def test_no_name_becomes_markup() -> None:
    """Tags, links and control characters in context, labels and versions stand in the page as text."""
    rows = rows_of(lambda _model, _scaffold, task, rater: (TASKS.index(task) + (rater == "R2")) % 4)
    study = protocol()
    study = replace(study, scaffolds=tuple(replace(one, label=NASTY) for one in study.scaffolds), name=NASTY)
    facts = replace(facts_of(rows, study=study), context=ProfileContext(users=NASTY), notes=(NASTY,))
    profile = profile_of(CHECKS, facts)
    document = profile_document(profile)
    for page in (html_page(document, {}), html_page(document, drawn(document))):
        found = parsed(page)
        assert not found.tags & {"script", "img"}
        assert found.handlers == []
        assert all(address.startswith("#") for address in found.addresses)
        assert len(found.ids) == len(set(found.ids))
    markdown = document_markdown(document, figures=None)
    assert "<script>" not in markdown
    assert "[a](" not in markdown
    assert read_profile(profile_text(profile), where="F") == profile
