"""The public bundle: what goes out and what does not; that it verifies, recomputes and is always the same."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from protocol.analysis.agreement_json import agreement_to_json
from protocol.analysis.blinding_json import blinding_to_json
from protocol.analysis.blinding_success import blinding_success
from protocol.analysis.effects_json import effects_to_json
from protocol.canonical_json import sha256_hex
from protocol.chain.events import EventDraft, EventKind, Head, make_event
from protocol.chain.manifest import AssignmentManifest, KeyBinding
from protocol.errors import (
    CheckFailedError,
    InvalidInputError,
    NotFoundError,
    UsageError,
    WrongStateError,
)
from protocol.public_bundle import layout
from protocol.public_bundle.comparing import differences
from rater.services.doors.doors import lock_study
from rater.services.results.analysing import analyse_agreement
from rater.services.results.blind_kept import read_blind_record
from rater.services.results.identity_facts import IdentityFacts, identity_facts
from rater.services.results.public_bundle import bundle_files, export_public, public_labels
from rater.services.results.study_ratings import read_study_ratings
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying_bundle import read_bundle, verify_bundle
from rater.services.who import Who
from tests.services.bundles import (
    NOTE,
    Bundled,
    bundled,
    by_program,
    by_script,
    program_fails,
    script_fails,
)
from tests.services.small_studies import (
    APP,
    AT,
    MODELS,
    RATERS,
    SmallStudy,
    clock,
    lock_small,
    locked_study,
    protocol_text,
    rate_all,
    seed_small,
    unblind_small,
    unblinded_study,
    write_sources,
)

NOBODY = IdentityFacts()


def rows_of(one: Bundled, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(one.file(name).read_text(encoding="utf-8"))))


def everything(one: Bundled) -> str:
    """Return all that the study gave, without the files that are the same in every bundle."""
    return "".join(
        path.read_text(encoding="utf-8")
        for path in one.folder.iterdir()
        if path.name not in (layout.VERIFIER, layout.README)
    )


# It verifies and recomputes.


def test_a_bundle_verifies_and_recomputes(tmp_path: Path) -> None:
    """With the lock code no line fails, and three things stay that nothing public can tell."""
    one = bundled(tmp_path)
    assert program_fails(one) == ""
    assert [check.question for check in by_program(one) if check.answer is Answer.OPEN] == [
        "entries of the record, or marks of incidents and gold items, were changed or left out",
        "a rater's whole chain was written anew before the lock",
    ]
    assert sum("every figure of" in check.question for check in by_program(one)) == 3


def test_the_bundled_verifier_needs_the_standard_library_alone(tmp_path: Path) -> None:
    """Isolated and without site packages it says the same; it has 150 lines at most."""
    one = bundled(tmp_path)
    run = by_script(one)
    assert (run.code, run.err, script_fails(one)) == (0, "", "")
    assert run.out.count("\nok ") == 5
    assert len(one.file("verify.py").read_text(encoding="utf-8").split("\n")) - 1 <= 150


def test_without_the_code_nobody_says_ok_about_the_whole(tmp_path: Path) -> None:
    """Both verifiers say that it could have been made anew, and that figures were not recomputed."""
    one = bundled(tmp_path)
    open_lines = {
        check.question
        for check in by_program(one, code=False, recompute=False)
        if check.answer is Answer.OPEN
    }
    assert {"the whole bundle was made anew", "a published figure was changed"} <= open_lines
    run = by_script(one, "--lock-code", "")
    assert "cannot be excluded  the whole bundle was made anew" in run.out
    assert "lock code is the published one" not in run.out


def test_published_figures_are_those_of_the_commands(tmp_path: Path) -> None:
    """Other labels of raters change no figure that is not about one rater, permutations included."""
    one = bundled(tmp_path)
    record = read_blind_record(one.small.study)
    plan = record.protocol.analysis
    table = read_study_ratings(one.small.study).table
    computed: dict[str, Any] = {
        "effects.json": effects_to_json(record.effects, notes=()),
        "blinding.json": blinding_to_json(blinding_success(record.questions, seed=plan.seed)),
        "agreement.json": agreement_to_json(analyse_agreement(table, seed=plan.seed)),
    }
    about_raters = {"notes", "raters", "pairs", "leave_one_rater_out", "contingency", "intra_rater"}
    about_raters |= {"robustness", "rater_groups", "bang_mean_over_arms"}

    def general(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: general(inner) for name, inner in value.items() if name not in about_raters}
        return [general(inner) for inner in value] if isinstance(value, (list, tuple)) else value

    for name, value in computed.items():
        published = json.loads(one.file(name).read_text(encoding="utf-8"))
        same = json.loads(json.dumps(value))
        assert list(differences(name, general(published), general(same))) == []


def test_receipts_are_found_without_the_study_file(tmp_path: Path) -> None:
    """A rater's receipt is in the chain; a foreign one is not, and who brought none is named."""
    one = bundled(tmp_path)
    receipts = one.small.receipts()
    anchors = Anchors(lock_code=one.lock_code, receipts={"R1": (receipts["R1"],), "R2": (receipts["R3"],)})
    answers = {c.question: c.answer for c in verify_bundle(read_bundle(one.folder), anchors, app=APP)}
    assert answers[f"the receipt {receipts['R1']} of R1 is in the chain"] is Answer.OK
    assert answers[f"the receipt {receipts['R3']} of R2 is in the chain"] is Answer.FAILED
    assert answers["the whole chain of R3 was written anew before the lock"] is Answer.OPEN


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    """Also from a copy of the study at another place."""
    one = bundled(tmp_path)
    copy = SmallStudy(folder=Path(shutil.copytree(one.small.folder, tmp_path / "copy")))
    for study in (one.small.study, copy.study):
        found = bundle_files(study, app=APP)
        assert {name: text.encode() for name, text in found.items()} == {
            path.name: path.read_bytes() for path in one.folder.iterdir()
        }


def test_every_file_is_listed_and_described(tmp_path: Path) -> None:
    """The index has the hash of each, and the description in the bundle a row."""
    one = bundled(tmp_path)
    index = json.loads(one.file("bundle.json").read_text(encoding="utf-8"))
    assert (
        set(index["files"])
        == set(layout.LISTED)
        == {path.name for path in one.folder.iterdir()} - {"bundle.json"}
    )
    assert all(sha256_hex(one.file(name).read_bytes()) == digest for name, digest in index["files"].items())
    described = one.file("README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in described for name in (*layout.LISTED, "bundle.json"))
    assert index["seeds"] == {"analysis": 5}
    assert {"blindrater", "python", "numpy"} <= set(index["versions"])


# What does not go out.


def test_texts_times_and_names_stay_at_home(tmp_path: Path) -> None:
    """No note, quote, incident text, time of a rating or pace; and nobody who did a step."""
    one = bundled(tmp_path)
    text = everything(one)
    for withheld in (NOTE, "Heard it in the corridor", "It is 0 in all", '"who"'):
        assert withheld not in text, withheld
    with one.small.raw() as db:
        stored = "".join(parts for (parts,) in db.execute("SELECT withheld FROM event"))
    salts = set(re.findall(r'"salt":"([0-9a-f]{32})"', stored))
    assert len(salts) > 100
    assert not salts & set(re.findall(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", text))
    assert text.count(AT) == 1  # the time of the lock, which its code covers
    record = json.loads(one.file("record.json").read_text(encoding="utf-8"))["entries"]
    assert [entry["action"] for entry in record][:3] == ["seeded", "agreement", "incident"]
    assert [name for entry in record for name in entry if name == "hash"] == ["hash"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", entry["day"]) for entry in record)
    assert record[0]["day"] == AT[:10]


def test_looks_and_incidents_are_in_the_record_under_public_labels(tmp_path: Path) -> None:
    """An interim look is public; an incident is that of a label, with its ratings marked."""
    one = bundled(tmp_path)
    record = json.loads(one.file("record.json").read_text(encoding="utf-8"))["entries"]
    incident = next(entry for entry in record if entry["action"] == "incident")
    marked = {row["rater"] for row in rows_of(one, "ratings.csv") if row["after_incident"] == "1"}
    assert marked == {incident["rater"]}
    assert incident["rater"] not in RATERS


def test_raters_have_other_labels_in_data_and_results(tmp_path: Path) -> None:
    """No code of a rater is in tidy data or results; each label has the share of one rater."""
    one = bundled(tmp_path)
    labels = {row["rater"] for row in rows_of(one, "ratings.csv")}
    assert labels == {"P1", "P2", "P3"}
    for name in ("ratings.csv", "guesses.csv", "record.json", *layout.FIGURES):
        assert not re.search(r"\bR[1-3]\b", one.file(name).read_text(encoding="utf-8")), name


def test_the_order_of_labels_is_drawn_from_the_withheld_salts() -> None:
    """Other salts give another order, the same salts the same; codes and ids alone decide nothing."""
    key = KeyBinding(sealed_sha256="a", allocation_commitment="b", redaction_commitment="c")
    manifests = [
        AssignmentManifest(
            id=rater,
            study_id="s",
            rater=rater,
            items=(),
            dimensions=(),
            rubric_sha256="r",
            protocol_sha256="p",
            key=key,
        )
        for rater in RATERS
    ]

    def order(seed: int) -> tuple[str, ...]:
        head = Head(chain_id="R1", seq=0, hash="00" * 32)
        event = make_event(
            EventDraft(kind=EventKind.SITTING),
            head=head,
            rubric_sha256="r",
            app=APP,
            at=AT,
            entropy=random.Random(seed),
        )
        return tuple(public_labels(manifests, {"R1": [event]}))

    assert order(1) == order(1)
    assert len({order(seed) for seed in range(40)}) == 6


def test_before_unblinding_there_is_no_bundle(tmp_path: Path) -> None:
    """Its point is the opened allocation: the state is named and nothing is written."""
    small = locked_study(tmp_path).small
    with pytest.raises(WrongStateError, match="locked"):
        export_public(small.study, tmp_path / "public", app=APP, identities=NOBODY)
    assert not (tmp_path / "public").exists()


def test_a_study_that_was_changed_gives_no_bundle(tmp_path: Path) -> None:
    """An allocation that was swapped after the opening is not published under the old commitment."""
    small = unblinded_study(tmp_path).small
    with small.raw() as db:
        db.execute("DROP TRIGGER allocation_no_update")
        db.execute("UPDATE allocation SET scaffold = iif(scaffold = 'plain', 'checks', 'plain')")
    with pytest.raises(CheckFailedError, match="committed to at seeding"):
        export_public(small.study, tmp_path / "public", app=APP, identities=NOBODY)


def test_names_that_a_spreadsheet_would_run_go_out_inert_and_come_back(tmp_path: Path) -> None:
    """An apostrophe in the table, the true name in the figures, and nothing differs for either verifier."""
    protocol = protocol_text().replace('id = "checks"', 'id = "=1+1"').replace(MODELS[0], "@one")
    small = write_sources(tmp_path / "small", protocol=protocol)
    text = small.transcripts.read_text(encoding="utf-8")
    text = text.replace('"scaffold": "checks"', '"scaffold": "=1+1"').replace(MODELS[0], "@one")
    small.transcripts.write_text(text, encoding="utf-8")
    seed_small(small)
    rate_all(small)
    code = lock_small(small)
    unblind_small(small, code)
    export_public(small.study, tmp_path / "public", app=APP, identities=NOBODY)
    one = Bundled(small=small, folder=tmp_path / "public", lock_code=code)
    assert {row["scaffold"] for row in rows_of(one, "ratings.csv")} == {"plain", "'=1+1"}
    assert '"scaffold": "=1+1"' in one.file("effects.json").read_text(encoding="utf-8")
    assert (program_fails(one), script_fails(one)) == ("", "")


# The identity lint.


def test_who_would_be_told_is_named_with_the_place_and_nothing_is_written(tmp_path: Path) -> None:
    """Names come from raters.toml beside the study; --allow lets a find stand and says so in the index."""
    one = bundled(tmp_path)
    (one.small.folder / "raters.toml").write_text(
        '[R1]\nname = "Annabel Lee"\nsite = "Small"\nrole = "expert"\n', encoding="utf-8"
    )
    facts = identity_facts(one.small.study, None)
    assert facts.names == ("Annabel Lee", "Annabel", "Lee", "Small")
    assert facts.host
    facts = IdentityFacts(names=facts.names)  # this machine may be called anything
    with pytest.raises(CheckFailedError, match=r"study\.toml, line 4: name 'Small'"):
        export_public(one.small.study, tmp_path / "public", app=APP, identities=facts)
    assert not (tmp_path / "public").exists()
    export_public(one.small.study, tmp_path / "public", app=APP, identities=facts, allowed=["small"])
    index = json.loads((tmp_path / "public" / "bundle.json").read_text(encoding="utf-8"))
    assert index["published_although_found"] == ["small"]


def test_a_note_in_the_reason_of_the_lock_is_found(tmp_path: Path) -> None:
    """The reason of a lock is public: what a rater wrote in confidence must not be in it."""
    small = seed_small(write_sources(tmp_path / "small"))
    rate_all(small)
    who = Who(name="admin", app=APP, reason="R1 wrote: a private note of R1")
    code = lock_study(small.study, who=who, clock=clock).lock_code
    unblind_small(small, code)
    with pytest.raises(CheckFailedError, match=r"lock\.json, line 1: free text 'a private note of R1'"):
        export_public(small.study, tmp_path / "public", app=APP, identities=NOBODY)


def test_a_list_of_raters_that_is_none_is_an_error(tmp_path: Path) -> None:
    """The lint must not pass because its names could not be read."""
    study = tmp_path / "study.db"
    study.write_bytes(b"anything")
    with pytest.raises(NotFoundError):
        identity_facts(study, tmp_path / "raters.toml")
    (tmp_path / "raters.toml").write_text("name = Anna", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="TOML"):
        identity_facts(study, None)


# Folders.


def test_a_folder_in_the_way_is_refused_and_force_replaces_a_bundle(tmp_path: Path) -> None:
    """A bundle is written over on demand; a folder with anything else never."""
    one = bundled(tmp_path)
    with pytest.raises(UsageError, match="--force"):
        export_public(one.small.study, one.folder, app=APP, identities=NOBODY)
    export_public(one.small.study, one.folder, app=APP, identities=NOBODY, overwrite=True)
    one.file("thesis.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"thesis\.docx"):
        export_public(one.small.study, one.folder, app=APP, identities=NOBODY, overwrite=True)


def test_what_is_no_bundle_is_an_error_and_no_answer(tmp_path: Path) -> None:
    """Verify says nothing about a folder it does not know."""
    with pytest.raises(NotFoundError):
        read_bundle(tmp_path / "nowhere")
    with pytest.raises(InvalidInputError, match="no public bundle"):
        read_bundle(tmp_path)
