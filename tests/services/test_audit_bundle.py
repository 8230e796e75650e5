"""The public bundle of an audit: both verifiers check it, and find what was changed in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from protocol.canonical_json import sha256_hex
from protocol.errors import WrongStateError
from rater.services.doors.doors import lock_study
from rater.services.results.identity_facts import IdentityFacts
from rater.services.results.public_bundle import export_public
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying_bundle import read_bundle, verify_bundle
from rater.services.who import Who
from tests.services.bundles import change_json, change_text, run_script
from tests.services.small_audits import SmallAudit, clock, write_audit

FIVE = tuple(f"bench-{number}" for number in range(5))
WHO = Who(name="admin", reason="all coded", app="0")


def level_of(coder: str, benchmark: str, dimension: str) -> int | None:
    """Return codes with a difference and an undeterminable cell."""
    if (coder, benchmark, dimension) == ("C2", "bench-3", "A1"):
        return None
    return (int(benchmark[-1]) + (coder == "C2" and benchmark == "bench-0")) % 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An audit and its bundle."""

    audit: SmallAudit
    folder: Path
    lock_code: str

    def file(self, name: str) -> Path:
        return self.folder / name

    def fails(self) -> str:
        """Return what fails by the program, as lines."""
        checks = verify_bundle(
            read_bundle(self.folder), Anchors(lock_code=self.lock_code), app="0", recompute=True
        )
        return "\n".join(f"{one.question}: {one.why}" for one in checks if one.answer is Answer.FAILED)

    def script_fails(self) -> str:
        """Return what fails by the verifier in the bundle, as lines."""
        run = run_script(self.file("verify.py"), "--lock-code", self.lock_code)
        assert run.err == ""
        return "\n".join(line for line in run.out.split("\n") if line.startswith("FAILED"))

    def index_anew(self) -> None:
        """Write the hashes of the files into the index, as a careful forger does."""

        def anew(index: dict[str, Any]) -> None:
            index["files"] = {
                path.name: sha256_hex(path.read_bytes())
                for path in self.folder.iterdir()
                if path.name != "bundle.json"
            }

        change_json(self.file("bundle.json"), anew, canonical=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return an audit that was coded, locked and published."""
    audit = write_audit(tmp_path_factory.mktemp("audit") / "a", FIVE)
    audit.seed()
    audit.code(level_of)
    code = lock_study(audit.study, who=WHO, clock=clock).lock_code
    folder = audit.folder / "public"
    export_public(audit.study, folder, app="0", identities=IdentityFacts())
    return Published(audit=audit, folder=folder, lock_code=code)


@pytest.fixture
def bundle(made: Published, tmp_path: Path) -> Published:
    """Return a copy that a test may change."""
    folder = Path(shutil.copytree(made.folder, tmp_path / "public"))
    return Published(audit=made.audit, folder=folder, lock_code=made.lock_code)


def test_both_verifiers_find_an_unchanged_bundle_whole(made: Published) -> None:
    """Every figure is computed again; nothing of a study with conditions is in it."""
    assert made.fails() == ""
    assert made.script_fails() == ""
    names = {path.name for path in made.folder.iterdir()}
    assert {"coder_agreement.json", "coverage.json", "study.toml", "lock.json"} <= names
    assert not names & {"allocation.json", "guesses.csv", "effects.json", "blinding.json"}
    assert "benchmark audit" in made.file("README.md").read_text(encoding="utf-8")


def test_coders_have_public_labels_and_their_words_stay_at_home(made: Published) -> None:
    """Figures and codes name P1 and P2; no quote and no document is in the bundle."""
    coverage = json.loads(made.file("coverage.json").read_text(encoding="utf-8"))
    assert coverage["coders"] == ["P1", "P2"]
    agreement = json.loads(made.file("coder_agreement.json").read_text(encoding="utf-8"))
    assert agreement["cells"][0]["raters"] == ["P1", "P2"]
    everything = b"".join(path.read_bytes() for path in made.folder.iterdir())
    assert b"share of answers that a judge prefers" not in everything


def test_an_open_audit_is_not_published(tmp_path: Path) -> None:
    """Codes that can still change are nobody's results."""
    audit = write_audit(tmp_path, FIVE[:1])
    audit.seed()
    with pytest.raises(WrongStateError, match="The audit is open"):
        export_public(audit.study, tmp_path / "public", app="0", identities=IdentityFacts())
    assert not (tmp_path / "public").exists()


def change_code(one: Published) -> None:
    change_text(one.file("ratings.csv"), r",A1,1,,", ",A1,2,,")


def change_table(one: Published) -> None:
    def change(found: dict[str, Any]) -> None:
        found["cells"][0]["contingency"]["table"][0][0] += 1

    change_json(one.file("coder_agreement.json"), change, canonical=False)


def change_covered(one: Published) -> None:
    def change(found: dict[str, Any]) -> None:
        found["benchmarks"][1]["cells"][0]["agreed"] = 2

    change_json(one.file("coverage.json"), change, canonical=False)


def change_benchmarks(one: Published) -> None:
    change_text(one.file("study.toml"), 'title = "The bench-0"', 'title = "Another"')


def swap_documents(one: Published) -> None:
    change_text(one.file("manifests.jsonl"), r'"bench-1"', '"bench-2"')


def drop_event(one: Published) -> None:
    change_text(one.file("chains.jsonl"), r"[^\n]+\n$", "")


def bring_allocation(one: Published) -> None:
    one.file("allocation.json").write_text("{}", encoding="utf-8")


def give_a_key(one: Published) -> None:
    def change(lock: dict[str, Any]) -> None:
        lock["key"] = {"allocation_commitment": "0" * 64}

    change_json(one.file("lock.json"), change, canonical=True)


@pytest.mark.parametrize(
    ("change", "told", "by_script"),
    [
        (change_code, "ratings.csv", "is not in the chains"),
        (change_table, "coder_agreement.json, cells[pooled]", "coder_agreement.json, pooled"),
        (change_covered, "coverage.json, benchmarks[bench-1].cells[A1].agreed", None),
        (change_benchmarks, "study.toml was changed", "study.toml was changed"),
        (swap_documents, "was changed, or was not there at the lock", "a manifest is missing or was changed"),
        (drop_event, "are not the", "are not the"),
        (bring_allocation, "allocation.json is a foreign file", "allocation.json is a foreign file"),
        (give_a_key, "lock.json is not what this code belongs to", "not what this code belongs to"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_was_changed_is_named(
    bundle: Published, change: Callable[[Published], None], told: str, by_script: str | None
) -> None:
    """A forger who writes the index anew is found all the same."""
    change(bundle)
    bundle.index_anew()
    assert told in bundle.fails()
    if by_script is not None:
        assert by_script in bundle.script_fails()


def test_a_withdrawn_benchmark_is_marked_and_not_counted(tmp_path: Path) -> None:
    """Its codes stay in the chains and in the tidy data, and leave every figure."""
    from rater.services.amending.amendments import withdraw
    from rater.services.results.study_ratings import read_study_ratings

    audit = write_audit(tmp_path, FIVE)
    audit.seed()
    audit.code(level_of)
    item = next(row.unit for row in read_study_ratings(audit.study).table.rows if row.task == "bench-1")
    withdraw(audit.study, item=item, who=WHO, clock=clock)
    code = lock_study(audit.study, who=WHO, clock=clock).lock_code
    export_public(audit.study, tmp_path / "public", app="0", identities=IdentityFacts())
    one = Published(audit=audit, folder=tmp_path / "public", lock_code=code)
    assert (one.fails(), one.script_fails()) == ("", "")
    coverage = json.loads(one.file("coverage.json").read_text(encoding="utf-8"))
    assert [found["benchmark"] for found in coverage["benchmarks"]] == [
        name for name in FIVE if name != "bench-1"
    ]
