"""Packs and the plain mode of an audit: a letter for coders, long documents, no word of a condition."""

from __future__ import annotations

import io
from pathlib import Path

from rater.plain.dialogue import Dialogue
from rater.plain.loop import hold_sitting
from rater.services.packs.handing_out import issue_packs
from rater.services.packs.letters import LetterRequest
from rater.services.sitting.opening import open_desk
from rater.services.who import Who
from tests.services.small_audits import SmallAudit, clock, write_audit


def coded_plainly(audit: SmallAudit, *answers: str) -> str:
    """Return what the plain mode says to these answers, each sentence on one line."""
    desk = open_desk(audit.study, rater="C1", app="0", clock=clock)
    written = io.StringIO()
    try:
        hold_sitting(desk, Dialogue(io.StringIO("".join(f"{one}\n" for one in ("", *answers))), written))
    finally:
        desk.close()
    return written.getvalue().replace("\n  ", " ")


def test_a_pack_of_an_audit_has_a_letter_for_coders(tmp_path: Path) -> None:
    """With study.toml beside the study, too; nothing is asked that only a blinded study asks."""
    audit = write_audit(tmp_path)
    audit.seed()
    issued = issue_packs(
        audit.study,
        (),
        every=True,
        folder=tmp_path / "packs",
        who=Who(name="admin", app="0"),
        clock=clock,
        letters=LetterRequest(),
    )
    assert [one.rater for one in issued] == ["C1", "C2"]
    assert issued[0].letter is not None
    letter = issued[0].letter.read_text(encoding="utf-8")
    assert "2 benchmarks with their\ndocuments" in letter
    assert "press K" not in letter
    assert "guess" not in letter
    assert "$" not in letter


def test_a_long_document_is_left_out_until_it_is_asked_for(tmp_path: Path) -> None:
    """Its first lines are printed, its length is told, and every line can be printed and found."""
    audit = write_audit(tmp_path)
    long = "".join(f"Line {number} of it.\n" for number in range(1, 1001))
    (audit.documents / "alpha-bench" / "scores.txt").write_text(long, encoding="utf-8")
    (audit.documents / "beta-bench" / "scores.txt").write_text(long, encoding="utf-8")
    audit.seed()
    said = coded_plainly(audit, "/ Line 900 of", "l 890-910", "q")
    assert "more lines of this document are left out: o 2 prints all of it" in said
    assert "Line 500 of it." not in said
    assert said.count("Line 900 of it.") == 2
    assert "Line 500 of it." in coded_plainly(audit, "o 2", "q")


def test_the_plain_mode_of_an_audit_speaks_of_benchmarks(tmp_path: Path) -> None:
    """No condition can be known, and no command offers it."""
    audit = write_audit(tmp_path)
    audit.seed()
    said = coded_plainly(audit, "K", "?", "t", "q")
    assert "Benchmark 1 of 2." in said
    assert "Document 1 of 1" in said
    assert "End of the documents." in said
    assert "there is no condition to know" in said
    assert "which this is" not in said
    assert "0 of 2 benchmarks completed" in said
