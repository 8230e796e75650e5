"""`rater-admin merge` from the outside, with `rater submit` on the other side."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from protocol.chain.ratings_file import parse_ratings_text
from rater.cli import app as rater_app
from rater.exit_codes import ExitCode
from tests.admin.running import done, refused
from tests.services.small_studies import PLAIN, desk_of, lock_small, rate_item, returned_by, seeded_study


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_files_are_listed_with_what_became_of_them(tmp_path: Path) -> None:
    """Rater, kind, outcome, new events and the receipt the rater has."""
    small = seeded_study(tmp_path)
    interim = write(tmp_path, "a", returned_by("R1").interim1)
    final = write(tmp_path, "b", returned_by("R2").final)
    out = done("merge", small.study, interim, final).out.splitlines()
    receipts = [parse_ratings_text(path.read_bytes(), where="F").receipt for path in (interim, final)]
    assert out[0].startswith(f"{interim}: R1, interim, merged, ")
    assert out[1].startswith(f"{final}: R2, final, merged, ")
    assert [line.split("receipt ")[1] for line in out] == receipts
    assert "nothing new, 0 new events" in done("merge", small.study, interim).out


def test_merging_as_json(tmp_path: Path) -> None:
    """One object, a list of files."""
    small = seeded_study(tmp_path)
    path = write(tmp_path, "a", returned_by("R1").final)
    (one,) = done("merge", small.study, path, "--json").json["files"]
    file = parse_ratings_text(path.read_bytes(), where="F")
    assert one == {
        "file": str(path),
        "rater": "R1",
        "outcome": "merged",
        "new_events": len(file.events),
        "receipt": file.receipt,
        "interim": False,
    }


def test_what_cannot_be_merged_has_its_exit_code(tmp_path: Path) -> None:
    """A fork 3, an altered file 3, nonsense 7, nothing there 5; each leaves the study as it was."""
    small = seeded_study(tmp_path)
    done("merge", small.study, write(tmp_path, "ours", returned_by("R1").interim1))
    before = small.receipts()
    fork = write(tmp_path, "fork", returned_by("R1", copy="other").final)
    found = refused(ExitCode.CHECK_FAILED, "Nothing was merged", "merge", small.study, fork)
    assert before["R1"] in found.err
    altered = write(tmp_path, "altered", returned_by("R2").final.replace(rb"\"level\":1", rb"\"level\":2", 1))
    refused(ExitCode.CHECK_FAILED, "not the one that was recorded", "merge", small.study, altered)
    nonsense = write(tmp_path, "nonsense", b"hello\n")
    refused(ExitCode.INVALID_INPUT, "line 1", "merge", small.study, nonsense)
    refused(ExitCode.NOT_FOUND, "no such file", "merge", small.study, tmp_path / "nowhere")
    assert small.receipts() == before


def test_a_late_file_is_said_to_be_late(tmp_path: Path) -> None:
    """It is taken, kept apart, and exit 0."""
    small = seeded_study(tmp_path)
    done("lock", small.study, "--accept-missing", "--reason", "x")
    path = write(tmp_path, "a", returned_by("R1").final)
    assert "late, kept apart" in done("merge", small.study, path).out


def test_a_file_name_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    """A name with an escape sequence in it."""
    small = seeded_study(tmp_path)
    path = write(tmp_path, "a\x1b]0;title\x07", returned_by("R1").final)
    found = done("merge", small.study, path)
    assert "\x1b" not in found.out
    assert "\x1b" not in refused(ExitCode.INVALID_INPUT, "line 1", "merge", small.study, _bad(path)).err


def _bad(path: Path) -> Path:
    path.write_bytes(b"x")
    return path


def test_a_round_trip_of_the_three_commands(tmp_path: Path) -> None:
    """pack, rate, submit, merge; submit before the end is refused with exit 6 unless interim."""
    small = seeded_study(tmp_path)
    done("pack", small.study, "--rater", "R1", "-o", tmp_path / "there")
    pack = tmp_path / "there" / "R1.pack.db"
    runner = CliRunner()
    desk = desk_of(pack)
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    early = runner.invoke(rater_app, ["submit", str(pack)])
    assert early.exception is not None
    assert "7 of 8 items are not completed" in str(early.exception)
    interim = runner.invoke(rater_app, ["submit", str(pack), "--interim"])
    assert interim.exit_code == 0
    sent = tmp_path / "there" / "R1.ratings.jsonl"
    assert "interim, merged" in done("merge", small.study, sent).out
    desk = desk_of(pack, seed="later")
    for position in range(1, 8):
        rate_item(desk, position, levels=PLAIN)
    desk.close()
    final = runner.invoke(rater_app, ["submit", str(pack)])
    assert final.exit_code == 0
    receipt = final.stdout.split("receipt ")[1].split()[0]
    merged = done("merge", small.study, sent).out
    assert f"R1, final, merged, 29 new events, receipt {receipt}" in merged
    assert small.receipts()["R1"] == receipt


def test_the_merged_study_is_verified_with_the_receipts_of_its_raters(tmp_path: Path) -> None:
    """What merge printed is what verify takes."""
    small = seeded_study(tmp_path)
    paths = [write(tmp_path, code, returned_by(code).final) for code in ("R1", "R2", "R3")]
    files = done("merge", small.study, *paths, "--json").json["files"]
    receipts = tmp_path / "receipts"
    receipts.write_text("".join(f"{one['rater']} {one['receipt']}\n" for one in files), encoding="utf-8")
    code = lock_small(small)
    found = done("verify", small.study, "--lock-code", code, "--receipts", receipts, "--key", small.key)
    assert "FAILED" not in found.out
