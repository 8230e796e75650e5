"""`rater-admin design`: the report as text and JSON, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

from rater.exit_codes import ExitCode
from tests.admin.running import refused, run
from tests.services.small_studies import protocol_text, transcript_lines, write_sources


def test_the_report_without_and_with_transcripts(tmp_path: Path) -> None:
    """Without any the models are assumed, and it says so; with them they are counted."""
    small = write_sources(tmp_path)
    alone = run("design", small.protocol, "--models", "3")
    assert alone.code == ExitCode.DONE, alone.err
    assert "3 tasks, 18 items of 6 conditions, 3 raters, 2 for each item." in alone.out
    assert "Assumed: every task has one transcript of each of 3 models" in alone.out
    assert "Seeding draws anew from the system's entropy" in alone.out
    found = json.loads(run("design", small.protocol, small.transcripts, "--json", "--draws", "7").out)
    assert (found["schema"], found["items"], found["draws"], found["assumed"]) == ("design/1", 12, 7, [])
    assert found["spacing"] == {"wanted": 1, "smallest_seen": 1, "largest_feasible": 2}
    assert [stop["at"] for stop in found["stops"]] == [0.25, 0.5, 0.75]


def test_sites_come_from_raters_toml(tmp_path: Path) -> None:
    """Beside the protocol."""
    small = write_sources(tmp_path)
    (tmp_path / "raters.toml").write_text('[R1]\nsite = "north"\n[R2]\nsite = "south"\n', encoding="utf-8")
    found = run("design", small.protocol, "--models", "2")
    assert "Sites of 2 raters from" in found.out
    assert "sites among an item's raters" in found.out


def test_confounded_transcripts_end_with_the_code_of_a_check(tmp_path: Path) -> None:
    """Every task has one scaffold only; raters and scaffolds are named, and nothing is written."""
    small = write_sources(
        tmp_path, protocol=protocol_text().replace("raters_per_item = 2", "raters_per_item = 1")
    )
    lines = [json.loads(line) for line in transcript_lines().splitlines()]
    half = [line for line in lines if (line["scaffold"] == "plain") == (line["task"] == "task-a")]
    small.transcripts.write_text("\n".join(map(json.dumps, half)) + "\n", encoding="utf-8")
    before = sorted(path.name for path in tmp_path.iterdir())
    found = run("design", small.protocol, small.transcripts)
    assert found.code == ExitCode.CHECK_FAILED
    assert "REFUSED: Nobody rates canary-one under checks and under plain in one task" in found.out
    assert "Seeding would refuse this design" in found.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_spacing_that_cannot_be_kept_names_the_largest(tmp_path: Path) -> None:
    """The same sentence as at seeding."""
    small = write_sources(tmp_path, protocol=protocol_text(spacing=3))
    refused(
        ExitCode.INVALID_INPUT,
        "that works here is 2. More tasks make room for more.",
        "design",
        small.protocol,
    )
