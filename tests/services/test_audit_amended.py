"""An amended rubric in a benchmark audit: its plan is at hand, so deviations are named unasked."""

from __future__ import annotations

import json
from pathlib import Path

from rater.services.amending.amending_rubric import amend_rubric, read_new_rubric
from rater.services.doors.doors import lock_study
from rater.services.results.identity_facts import IdentityFacts
from rater.services.results.public_bundle import export_public
from rater.services.results.reporting import report_text
from rater.services.sitting.opening import open_desk
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from rater.services.verifying.verifying_bundle import read_bundle, verify_bundle
from rater.services.who import Who
from tests.services.bundles import run_script
from tests.services.small_audits import CODERS, clock, write_audit

WHO = Who(name="admin", reason="Two coders read it in two ways.", app="0")


def level_of(coder: str, benchmark: str, dimension: str) -> int:
    """Return codes that differ between dimensions."""
    return len(dimension + benchmark) % 3


def test_an_audit_is_amended_locked_published_and_verified(tmp_path: Path) -> None:
    """Codes from before are carried; the other seed is a deviation; both verifiers derive the codes."""
    audit = write_audit(tmp_path / "audit", ("bench-1", "bench-2"))
    audit.seed()
    audit.code(level_of, coders=CODERS[:1])
    text = audit.protocol.read_text(encoding="utf-8").replace("Anchor 2.", "A cited result.", 1)
    new = audit.folder / "study-v2.toml"
    new.write_text(text.replace("seed = 5", "seed = 6"), encoding="utf-8")
    done = amend_rubric(audit.study, read_new_rubric(new, original=None), rerate=(), who=WHO, clock=clock)
    assert done.change.deviations == ("analysis",)
    for coder in CODERS:
        desk = open_desk(audit.study, rater=coder, app="0", clock=clock)
        desk.mark_read(done.amended.amendment)
        desk.close()
    audit.code(level_of, coders=CODERS[1:])
    code = lock_study(audit.study, who=WHO, clock=clock).lock_code
    assert not [one for one in verify_study(audit.study, Anchors()) if one.answer is Answer.FAILED]
    folder = tmp_path / "public"
    export_public(audit.study, folder, app="0", identities=IdentityFacts())
    checks = verify_bundle(read_bundle(folder), Anchors(lock_code=code), app="0", recompute=True)
    assert not [one for one in checks if one.answer is Answer.FAILED]
    assert run_script(folder / "verify.py", "--lock-code", code).code == 0
    report = report_text(audit.study, app="0")
    for words in ("A cited result.", "DEVIATION in analysis", "carried"):
        assert words in report
    index = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    assert "DEVIATION" in index["deviations"][0]
    agreement = json.loads((folder / "agreement.json").read_text(encoding="utf-8"))
    assert {one["version"] for one in agreement["rubric_versions"]} == {1, 2}
