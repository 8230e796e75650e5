"""What came before seeding and who confirmed what came after it: counted, on record, in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocol.chain.audit import AuditEntry
from protocol.chain.receipts_recorded import ACTION, receipts_confirmed
from protocol.errors import WrongStateError
from rater.services.doors.key_files import open_key
from rater.services.packs.confirming import record_receipts
from rater.services.results.reporting import report_text
from tests.admin.running import done, refused, run
from tests.services.small_studies import (
    ADMIN,
    APP,
    SmallStudy,
    clock,
    lock_small,
    locked_study,
    rate_all,
    rated_study,
    recipient_of,
    transcript_lines,
    unblind_small,
    unblinded_study,
    write_sources,
)


def seeded_with_leftovers(folder: Path) -> SmallStudy:
    """A study seeded by the command from twelve transcripts, two failed runs and three second replicates."""
    lines = transcript_lines().splitlines()
    failed = [
        json.dumps({**json.loads(line), "id": f"f{n}", "error": "x"}) for n, line in enumerate(lines[:2])
    ]
    again = [
        json.dumps({**json.loads(line), "id": f"r{n}", "replicate": 2}) for n, line in enumerate(lines[:3])
    ]
    small = write_sources(folder, transcripts="\n".join([*lines, *failed, *again]) + "\n")
    sealed = ("-o", small.study, "--recipient", recipient_of(small), "--replicates", "first")
    done("seed", small.protocol, small.transcripts, *sealed)
    return small


def test_what_was_collected_and_left_out_is_sealed_and_reported(tmp_path: Path) -> None:
    """17 collected, 2 failed runs and 3 replicates left out, 12 seeded; no byte of it before unblinding."""
    small = seeded_with_leftovers(tmp_path / "study")
    key = open_key(small.key.read_bytes(), small.secrets)
    assert dict(key.intake) == {"collected": 17, "failed_runs": 2, "replicates": 3, "passed_over": 0}
    assert not any("intake" in str(entry) for entry in small.audit())
    rate_all(small)
    unblind_small(small, lock_small(small))
    flow = report_text(small.study, app=APP).split("## Flow")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.split("|")[1:3]] for line in flow.split("\n") if "|" in line]
    assert cells[2:6] == [
        ["transcripts collected", "17"],
        ["left out: the run did not come to its end", "2"],
        ["left out by the rule for replicates", "3"],
        ["transcripts seeded", "12"],
    ]


def test_what_nobody_counted_is_not_on_record(tmp_path: Path) -> None:
    """A study seeded without the counts says so, for transcripts and receipts alike."""
    flow = report_text(unblinded_study(tmp_path).small.study, app=APP).split("## Flow")[1]
    assert "excluded before seeding | not on record" in " ".join(flow.split())
    assert "Receipts confirmed by raters: not on record." in flow


def write_receipts(folder: Path, receipts: dict[str, str]) -> Path:
    path = folder / "receipts.txt"
    path.write_text("".join(f"{rater} {code}\n" for rater, code in receipts.items()), encoding="utf-8")
    return path


def test_receipts_are_put_on_record_and_reported(tmp_path: Path) -> None:
    """Two of three raters confirmed; the check itself writes nothing."""
    small = unblinded_study(tmp_path).small
    receipts = small.receipts()
    two = write_receipts(tmp_path, {rater: receipts[rater] for rater in ("R1", "R2")})
    before = small.audit()
    done("verify", small.study, "--receipts", two)
    assert small.audit() == before
    said = done("verify", small.study, "--receipts", two, "--record")
    assert "2 of 3 raters" in said.err
    assert small.actions()[-1] == ACTION
    assert "Receipts confirmed by raters: 2 of 3," in report_text(small.study, app=APP)
    done("verify", small.study, "--receipts", write_receipts(tmp_path, receipts), "--record")
    assert "Receipts confirmed by raters: 3 of 3," in report_text(small.study, app=APP)


def test_nothing_is_recorded_where_a_check_fails(tmp_path: Path) -> None:
    """A receipt of no state of the chain: exit 3, and the log is as it was."""
    small = locked_study(tmp_path).small
    before = small.audit()
    wrong = write_receipts(tmp_path, {"R1": "AAAA-AAAA-AAAA-AAAA"})
    found = run("verify", small.study, "--receipts", wrong, "--record")
    assert found.code == 3
    assert "FAILED" in found.err
    assert small.audit() == before


def test_an_earlier_receipt_confirms_less_than_what_counts(tmp_path: Path) -> None:
    """Only the receipt of the last state stands for all that is counted."""
    small = locked_study(tmp_path).small
    receipts = {"R1": ["AAAA-AAAA-AAAA-AAAA"], "R2": [small.receipts()["R2"].lower()], "R9": ["x"]}
    found = record_receipts(small.study, receipts, who=ADMIN, clock=clock)
    assert (found.confirmed, found.raters) == (1, 3)


def test_an_open_study_has_nothing_to_confirm(tmp_path: Path) -> None:
    """What is not final cannot be confirmed; the option needs receipts of a study file."""
    small = rated_study(tmp_path)
    with pytest.raises(WrongStateError, match="not final"):
        record_receipts(small.study, {"R1": [small.receipts()["R1"]]}, who=ADMIN, clock=clock)
    refused(2, "belongs to --receipts", "verify", small.study, "--record")
    assert ACTION not in small.actions()


def entry(action: str, **details: str) -> AuditEntry:
    return AuditEntry(seq=1, at="T", who="admin", action=action, details=details)


def test_receipts_of_ratings_that_were_unlocked_again_confirm_nothing() -> None:
    """Only what was recorded since the last lock counts, and of that the last."""
    once = entry(ACTION, confirmed="3", raters="3")
    later = entry(ACTION, confirmed="1", raters="3")
    assert receipts_confirmed([entry("locked"), once, entry("unlocked"), entry("locked")]) is None
    found = receipts_confirmed([entry("locked"), once, later, entry("unblinded")])
    assert found is not None
    assert found.confirmed == 1
