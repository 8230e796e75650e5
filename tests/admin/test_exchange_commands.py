"""`pack`, `submit` and `merge` with an exchange between them, from the outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rater.cli import app as rater_app
from rater.exit_codes import ExitCode
from tests.admin.running import done, refused
from tests.services.small_studies import pack_of_r1, returned_by, seeded_study


def test_ratings_go_by_way_of_an_exchange(tmp_path: Path) -> None:
    """Sent twice they are one file; merged once they are known; a broken one stands in nobody's way."""
    pytest.importorskip("fsspec", reason="addresses need the extra exchange")
    small = seeded_study(tmp_path / "study")
    place = tmp_path / "in"
    place.mkdir()
    (tmp_path / "site").mkdir()
    pack = pack_of_r1(tmp_path / "site", rated=3)
    for to in (str(place), place.as_uri()):
        sent = CliRunner().invoke(rater_app, ["submit", str(pack), "--interim", "--to", to])
        assert sent.exit_code == 0, sent.output
        assert f"Sent to {to} as R1." in sent.stderr
        assert "Send the file as it is" not in sent.stderr
    (file,) = place.iterdir()
    assert file.read_bytes() == (pack.parent / "R1.ratings.jsonl").read_bytes()
    broken = place / f"R2.{'0' * 64}.ratings.jsonl"
    broken.write_bytes(b"{}")
    found = done("merge", small.study, place.as_uri(), "--json").json
    assert [(one["file"], one["outcome"]) for one in found["files"]] == [
        (f"{place.as_uri()}/{file.name}", "merged")
    ]
    assert (found["set_aside"], found["known"]) == ([broken.name], 0)
    again = done("merge", small.study, place)
    assert not again.out
    assert "Files taken: 0; merged before: 1" in again.err
    assert broken.name in again.err


def test_packs_and_letters_are_laid_down_and_never_replaced(tmp_path: Path) -> None:
    """What is there already is found before anything is out."""
    small = seeded_study(tmp_path / "study")
    place = tmp_path / "out"
    place.mkdir()
    packs = tmp_path / "packs"
    done("pack", small.study, "--rater", "R1", "-o", packs, "--to", str(place))
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {
        path.name: path.read_bytes() for path in packs.iterdir()
    }
    (place / "R2.pack.db").write_bytes(b"another")
    words = "R2.pack.db is there already"
    refused(ExitCode.USAGE, words, "pack", small.study, "--rater", "R2", "-o", packs, "--to", str(place))
    (place / "R2.pack.db").unlink()
    done("pack", small.study, "--rater", "R2", "-o", packs, "--to", str(place))


def test_a_password_is_refused_everywhere_and_nothing_is_done(tmp_path: Path) -> None:
    """Neither handed in nor out nor merged, and the secret is not repeated."""
    small = seeded_study(tmp_path / "study")
    address = "sftp://rater:hunter2@site.example/in"
    packs = tmp_path / "packs"
    says = "holds a password"
    found = refused(ExitCode.USAGE, says, "pack", small.study, "--all", "-o", packs, "--to", address)
    assert "hunter2" not in found.err
    assert "hunter2" not in refused(ExitCode.USAGE, says, "merge", small.study, address).err
    assert not packs.exists()
    refused(ExitCode.USAGE, "a path on this machine", "pack", small.study, "--all", "-o", address)
    (tmp_path / "site").mkdir()
    pack = pack_of_r1(tmp_path / "site", rated=8)
    for option in ("--to", "-o"):
        sent = CliRunner().invoke(rater_app, ["submit", str(pack), option, address])
        assert isinstance(sent.exception, Exception)
        assert "hunter2" not in str(sent.exception) + sent.output
    assert not (pack.parent / "R1.ratings.jsonl").exists()


def test_no_address_no_fsspec(tmp_path: Path) -> None:
    """Handing in to a folder loads neither fsspec nor paramiko."""
    pack = pack_of_r1(tmp_path, rated=2)
    place = tmp_path / "in"
    place.mkdir()
    script = (
        "import sys\nfrom rater.cli import app\n"
        f"app(['submit', {str(pack)!r}, '--interim', '--to', {str(place)!r}], standalone_mode=False)\n"
        "print(sorted({'fsspec', 'paramiko'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert len(list(place.iterdir())) == 1


def test_ratings_of_a_stranger_are_merged_by_nobody(tmp_path: Path) -> None:
    """A file that fits its name and is no ratings file stops the merge, and is named."""
    from rater.services.exchange.exchange import open_exchange, send_ratings

    small = seeded_study(tmp_path / "study")
    place = tmp_path / "in"
    place.mkdir()
    send_ratings(open_exchange(str(place)), "R1", returned_by("R1").final)
    bad = send_ratings(open_exchange(str(place)), "R2", b"nonsense")
    refused(ExitCode.INVALID_INPUT, bad, "merge", small.study, place)
    (place / bad).unlink()
    assert "R1, final, merged" in done("merge", small.study, place).out


def test_a_folder_is_merged_with_what_was_put_there_by_hand(tmp_path: Path) -> None:
    """A file saved from a mail has no hash in its name and counts all the same, once."""
    small = seeded_study(tmp_path / "study")
    (tmp_path / "site").mkdir()
    pack = pack_of_r1(tmp_path / "site", rated=3)
    sent = CliRunner().invoke(rater_app, ["submit", str(pack), "--interim"])
    assert sent.exit_code == 0, sent.output
    found = done("merge", small.study, pack.parent, "--json").json
    assert [(one["rater"], one["outcome"]) for one in found["files"]] == [("R1", "merged")]
    again = done("merge", small.study, pack.parent, "--json").json
    assert [one["new_events"] for one in again["files"]] == [0]
