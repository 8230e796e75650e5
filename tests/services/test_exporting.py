"""Export and report: what goes out, that it is the same every time, and what must not go out."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from protocol.canonical_json import sha256_hex
from protocol.chain.events import EventDraft, EventKind, Span
from protocol.errors import (
    CheckFailedError,
    InvalidInputError,
    NotFoundError,
    StorageError,
    UsageError,
    WrongStateError,
)
from protocol.simulated import SIMULATED
from rater.services.amending.incidents import record_incident
from rater.services.doors.doors import unlock_study
from rater.services.doors.key_files import open_key
from rater.services.results.exporting import export_study
from rater.services.results.reporting import report_text, study_report
from rater.services.results.result_folder import write_folder
from tests.services.small_studies import (
    ADMIN,
    APP,
    MODELS,
    NOTE,
    PLAIN,
    TASKS,
    SmallStudy,
    clock,
    lock_small,
    locked_study,
    protocol_text,
    rate_all,
    rate_item,
    rated_study,
    seed_small,
    seeded_study,
    unblind_small,
    unblinded_study,
    write_sources,
)

BLINDED = {"agreement.csv", "agreement.json", "evidence.jsonl", "manifest.json", "ratings.csv"}
OPENED = {"effects.csv", "effects.json", "interactions.csv", "task_diffs.csv"}


def exported(small: SmallStudy, name: str = "out", **options: Any) -> dict[str, str]:
    folder = small.folder.parent / name
    names = export_study(small.study, folder, app=APP, **options)
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert sorted(files) == list(names)
    return files


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_before_unblinding_nothing_of_an_origin_goes_out(tmp_path: Path) -> None:
    """Opaque ids alone; no effects, and the manifest says what was left out and why."""
    files = exported(rated_study(tmp_path))
    assert set(files) >= BLINDED
    assert not set(files) & OPENED
    text = "".join(files.values())
    assert not any(word in text for word in (*MODELS, *TASKS, "checks"))
    manifest = json.loads(files["manifest.json"])
    assert manifest["state"] == "open"
    assert manifest["seed"] is None
    assert any("not unblinded" in one for one in manifest["left_out"])
    rows = rows_of(files["ratings.csv"])
    assert len(rows) == 48  # 12 items x 2 raters x 2 dimensions
    assert {row["model"] for row in rows} == {row["scaffold"] for row in rows} == {""}


def test_a_locked_study_exports_its_lock_code_and_still_no_origin(tmp_path: Path) -> None:
    """The code under which the ratings are final stands beside them."""
    door = locked_study(tmp_path)
    files = exported(door.small)
    assert json.loads(files["manifest.json"])["lock_code"] == door.lock_code
    assert not set(files) & OPENED
    assert not any(model in "".join(files.values()) for model in MODELS)


def test_after_unblinding_every_rating_has_its_origin(tmp_path: Path) -> None:
    """Unit by unit the model, scaffold and task that were sealed."""
    door = unblinded_study(tmp_path)
    files = exported(door.small)
    assert set(files) >= BLINDED | OPENED
    allocation = open_key(door.small.key.read_bytes(), door.small.secrets).allocation
    rows = rows_of(files["ratings.csv"])
    assert len(rows) == 48
    for row in rows:
        origin = allocation[row["unit"]]
        assert (row["model"], row["scaffold"], row["task"]) == (origin.model, origin.scaffold, origin.task)
        assert int(row["value"]) == PLAIN[row["dimension"]]
    assert rows == sorted(rows, key=lambda row: (row["unit"], row["rater"], row["dimension"]))


def test_the_manifest_names_every_file_with_its_hash(tmp_path: Path) -> None:
    """Hashes fit the bytes on disk; hashes, versions and the seed of the plan are there."""
    door = unblinded_study(tmp_path)
    files = exported(door.small)
    manifest = json.loads(files["manifest.json"])
    assert set(manifest["files"]) == set(files) - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert sha256_hex((tmp_path / "out" / name).read_bytes()) == digest
    assert manifest["protocol_sha256"] == sha256_hex(door.small.protocol.read_bytes())
    assert manifest["sealed_sha256"] == sha256_hex(door.small.key.read_bytes())
    assert manifest["seed"] == 5
    assert {"blindrater", "python", "numpy", "krippendorff"} <= set(manifest["versions"])


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice from one file and once from a copy of it: no clock, no order of a set, no path."""
    door = unblinded_study(tmp_path)
    first = exported(door.small)
    assert exported(door.small, "again") == first
    copy = SmallStudy(folder=tmp_path / "copy")
    shutil.copytree(door.small.folder, copy.folder)
    assert exported(copy, "third") == first
    assert report_text(door.small.study, app=APP) == report_text(copy.study, app=APP)


def test_simulated_ratings_say_so_in_every_file(tmp_path: Path) -> None:
    """A column, a field or a banner: a file that is passed on alone still says what it is."""
    door = unblinded_study(tmp_path)
    files = exported(door.small)
    assert {row["simulated"] for row in rows_of(files["ratings.csv"])} == {"yes"}
    for name in ("agreement.json", "effects.json"):
        assert SIMULATED in json.loads(files[name])["notes"], name
    assert json.loads(files["manifest.json"])["notices"] == [SIMULATED]
    lines = [json.loads(line) for line in files["evidence.jsonl"].split("\n") if line]
    assert lines
    assert all(line["simulated"] is True for line in lines)
    report = report_text(door.small.study, app=APP)
    assert SIMULATED in report.split("\n## ")[0]


def test_ratings_of_people_are_not_called_simulated(tmp_path: Path) -> None:
    """Without the flag in study.toml there is no such column and no banner."""
    small = write_sources(
        tmp_path / "small", protocol=protocol_text().replace("simulated = true", "simulated = false")
    )
    seed_small(small)
    rate_all(small)
    files = exported(small)
    assert "simulated" not in rows_of(files["ratings.csv"])[0]
    assert SIMULATED not in "".join(files.values())


def test_the_mark_of_simulated_ratings_cannot_be_taken_off_in_the_file(tmp_path: Path) -> None:
    """Past every guard: the opened study.toml, whose hash was fixed at seeding, says what they are."""
    small = unblinded_study(tmp_path).small
    with small.raw() as connection:
        connection.execute("DROP TRIGGER study_fixed")
        connection.execute(
            "UPDATE study SET visible = replace(visible, '\"simulated\":true', '\"simulated\":false')"
        )
    with pytest.raises(CheckFailedError, match="simulated"):
        export_study(small.study, tmp_path / "out", app=APP)


def test_evidence_is_lossless(tmp_path: Path) -> None:
    """Quotes with their places and notes of any characters come out as they went in."""
    small = seeded_study(tmp_path)
    nasty = "=cmd|' /C calc'!A0\n\x1b]0;x\x07 \u202e é €"
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN, note=nasty)
    item = desk.session.items[0]
    span = Span(message=1, start=0, end=5)
    quote = EventDraft(
        kind=EventKind.QUOTE, item_id=item, dimension="D1", span=span, texts={"quote": "It is"}
    )
    desk.record(quote)
    desk.close()
    lines = [json.loads(line) for line in exported(small)["evidence.jsonl"].split("\n") if line]
    assert {"unit": item, "rater": "R1", "note": nasty, "simulated": True} in lines
    assert any(line.get("quote") == "It is" and line["end"] == 5 for line in lines)


def test_no_cell_begins_as_a_formula(tmp_path: Path) -> None:
    """Names that a spreadsheet could run are made inert in every CSV file, numbers are left alone."""
    text = protocol_text().replace('id = "checks"', 'id = "=1+1"')
    transcripts = (
        write_sources(tmp_path / "plain")
        .transcripts.read_text(encoding="utf-8")
        .replace('"scaffold": "checks"', '"scaffold": "=1+1"')
        .replace('"model": "canary-one"', '"model": "@canary-one"')
    )
    small = seed_small(write_sources(tmp_path / "small", protocol=text, transcripts=transcripts))
    rate_all(small, lambda model, scaffold, dimension: 1 if model.startswith("@") else 2)
    unblind_small(small, lock_small(small))
    files = exported(small)
    assert {"'=1+1", "plain"} == {row["scaffold"] for row in rows_of(files["ratings.csv"])}
    for name, content in files.items():
        if name.endswith(".csv"):
            for line in csv.reader(io.StringIO(content)):
                for cell in line:
                    assert cell[:1] not in "=+-@\t\r＝＋－＠" or not cell or _is_number(cell), (name, cell)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_study_with_nothing_rated_exports_empty_tables(tmp_path: Path) -> None:
    """Missing is missing: no value, no figure, no crash."""
    files = exported(seeded_study(tmp_path))
    assert {row["value"] for row in rows_of(files["ratings.csv"])} <= {""}
    assert files["evidence.jsonl"] == ""
    assert not re.search(r"\b(nan|inf)\b", "".join(files.values()), re.IGNORECASE)


# Folders.


def test_a_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    """Also one that another program filled, with --force: only our own files are replaced."""
    small = rated_study(tmp_path)
    first = exported(small)
    with pytest.raises(UsageError, match="--force"):
        exported(small)
    assert exported(small, replace=True) == first
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"not written by this command \(thesis\.docx\)"):
        export_study(small.study, foreign, app=APP, replace=True)
    assert (foreign / "thesis.docx").read_text(encoding="utf-8") == "mine"
    with pytest.raises(UsageError, match="not written by this command"):
        export_study(small.study, small.protocol, app=APP, replace=True)


def test_an_empty_folder_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the one the admin stands in."""
    small = rated_study(tmp_path)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    export_study(small.study, Path(), app=APP)
    assert {path.name for path in here.iterdir()} >= BLINDED
    export_study(small.study, Path(), app=APP, replace=True)
    assert {path.name for path in here.iterdir()} >= BLINDED


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Nothing is left behind, and an earlier export stays whole."""
    small = rated_study(tmp_path)
    for name in ("no/such/place", "x" * 300):
        with pytest.raises(StorageError, match="cannot be written"):
            export_study(small.study, tmp_path / name, app=APP)
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_a_write_that_fails_keeps_the_earlier_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of an earlier run are replaced only when all new ones are written."""
    folder = tmp_path / "out"
    write_folder(folder, {"a": "old", "b": "old"})
    real = Path.write_bytes

    def fail_at_b(self: Path, data: bytes) -> int:
        if self.name == "b":
            raise OSError(28, "No space left on device")
        return real(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail_at_b)
        with pytest.raises(StorageError, match="disk is full"):
            write_folder(folder, {"a": "new", "b": "new"}, replace=True)
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == {
        "a": "old",
        "b": "old",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# The report.


def test_the_report_is_of_unblinded_studies(tmp_path: Path) -> None:
    """Before that the state is named, and there is nothing to write."""
    with pytest.raises(WrongStateError, match="sealed"):
        study_report(locked_study(tmp_path).small.study, app=APP)
    with pytest.raises(NotFoundError):
        study_report(tmp_path / "none.db", app=APP)


def test_the_report_names_level_hashes_and_lock_code(tmp_path: Path) -> None:
    """What a referee compares stands in it: evidence level, protocol, key and lock code."""
    door = unblinded_study(tmp_path)
    text = report_text(door.small.study, app=APP)
    for word in (
        "response",
        door.lock_code,
        sha256_hex(door.small.protocol.read_bytes()),
        sha256_hex(door.small.key.read_bytes()),
        *MODELS,
    ):
        assert word in text, word
    assert NOTE not in text


def test_a_pack_and_a_broken_file_give_no_export(tmp_path: Path) -> None:
    """A damaged study is named as such before any figure is shown."""
    small = rated_study(tmp_path)
    data = bytearray(small.study.read_bytes())
    data[4096 * 3 : 4096 * 4] = bytes(4096)
    small.study.write_bytes(data)
    with pytest.raises(InvalidInputError, match="damaged"):
        export_study(small.study, tmp_path / "out", app=APP)
    assert not (tmp_path / "out").exists()


def test_the_report_says_what_is_unusual_in_the_record(tmp_path: Path) -> None:
    """A second lock, a check of the key and an incident stand in words, not among the steps alone."""
    small = rated_study(tmp_path)
    record_incident(small.study, rater="R1", items=(), text="Overheard it.", who=ADMIN, clock=clock)
    lock_small(small)
    unlock_study(small.study, who=ADMIN, clock=clock)
    unblind_small(small, lock_small(small))
    text = report_text(small.study, app=APP)
    assert "Times the ratings were unlocked again after a lock: 1." in text
    assert "may have learned a condition: 1," in text
    assert "Checks of the key" not in text
    assert "does it hold?" in text
    assert "ratings completed after an incident that concerns them" in text
    plain = report_text(unblinded_study(tmp_path / "plain").small.study, app=APP)
    assert "unlocked again" not in plain
    assert "may have learned a condition: " not in plain
