"""What status says of packs that are out, and the names in its next step."""

from __future__ import annotations

from pathlib import Path

from rater.services.packs.handing_out import issue_packs
from rater.services.progress.progress import read_progress
from tests.admin.running import done
from tests.services.small_studies import ADMIN, AT, clock, locked_study, pack_of_r1, seeded_study


def test_packs_that_are_out_have_a_column_of_their_own(tmp_path: Path) -> None:
    """Since when, for those alone; without packs there is no such column."""
    small = seeded_study(tmp_path)
    assert "pack out" not in done("status", small.study).out
    assert "pack_out" not in done("status", small.study, "--json").out
    issue_packs(small.study, ["R2"], every=False, folder=tmp_path / "p", who=ADMIN, clock=clock)
    lines = done("status", small.study).out.splitlines()
    assert "pack out since" in "".join(lines)
    assert [line.split()[0] for line in lines if AT in line and line.startswith("R")] == ["R2"]
    found = {
        one["rater"]: one.get("pack_out") for one in done("status", small.study, "--json").json["raters"]
    }
    assert found == {"R1": None, "R2": AT, "R3": None}


def test_the_next_step_names_the_key_that_lies_there(tmp_path: Path) -> None:
    """Found by its hash under any name; another key is not taken for it."""
    small = locked_study(tmp_path).small
    (small.folder / "a.key").write_bytes(b"another")
    assert f"--key {small.key} " in read_progress(small.study).next_step
    moved = small.key.rename(small.folder / "sealed one.key")
    assert f"--key '{moved}' " in read_progress(small.study).next_step
    moved.unlink()
    assert "--key study.key " in read_progress(small.study).next_step


def test_the_next_step_in_a_pack_is_to_rate_in_it(tmp_path: Path) -> None:
    """It has one rater, and nothing is merged into it."""
    pack = pack_of_r1(tmp_path, rated=1)
    assert read_progress(pack).next_step == f"rater rate {pack}"
