"""Training travels in packs and ratings files, and is verified on the way back and ever after."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from protocol.chain.events import EventDraft, EventKind, Head, genesis, make_event
from protocol.errors import CheckFailedError, InvalidInputError
from rater.services.packs.handing_out import issue_packs
from rater.services.packs.merging import merge_files
from rater.services.packs.packs import write_pack
from rater.services.progress.admissions import admit_rater
from rater.services.sitting.submitting import submit
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from tests.services.small_studies import ADMIN, APP, SmallStudy, clock, desk_of, lock_small, rate_item
from tests.services.trained_studies import (
    admit_code,
    go_through,
    pass_training,
    rate_everything,
    right,
    room_of,
    score_all,
    trained_study,
    wrong,
)


def failed(small: SmallStudy, path: Path | None = None) -> list[str]:
    """Return the questions of verify that got a no, with the reasons."""
    checks = verify_study(path or small.study, Anchors())
    return [f"{check.question}: {check.why}" for check in checks if check.answer is Answer.FAILED]


def packed(small: SmallStudy, rater: str) -> Path:
    issue_packs(small.study, [rater], every=False, folder=small.folder / "out", who=ADMIN, clock=clock)
    return small.folder / "out" / f"{rater}.pack.db"


def test_a_pack_goes_through_training_and_comes_back(tmp_path: Path) -> None:
    """Failed, repeated, passed, rated, handed in, merged: both chains are in the study as they came."""
    small = trained_study(tmp_path)
    pack = packed(small, "R1")
    desk = desk_of(pack, "R1")
    go_through(room_of(desk), wrong, right)
    desk.close()
    rate_everything(pack, "R1", hand_in=False)
    assert failed(small, pack) == []
    done = submit(pack, rater=None, output=None, interim=False, app=APP)
    merged = merge_files(small.study, [done.path], who=ADMIN, clock=clock)[0]
    assert merged.outcome == "merged"
    assert merged.new_training_events > 0
    assert failed(small) == []
    with small.raw() as connection:
        ours = connection.execute("SELECT hash FROM training_event ORDER BY seq").fetchall()
    with small.raw(pack) as connection:
        assert ours == connection.execute("SELECT hash FROM training_event ORDER BY seq").fetchall()
    again = merge_files(small.study, [done.path], who=ADMIN, clock=clock)[0]
    assert again.outcome == "nothing new"


def test_a_failed_training_is_sent_as_an_interim_file(tmp_path: Path) -> None:
    """The admin can look at it before any study item was rated; the receipt is that of the empty chain."""
    small = trained_study(tmp_path)
    pack = packed(small, "R1")
    desk = desk_of(pack, "R1")
    go_through(room_of(desk), wrong, wrong)
    desk.close()
    done = submit(pack, rater=None, output=None, interim=True, app=APP)
    assert done.events == 0
    merged = merge_files(small.study, [done.path], who=ADMIN, clock=clock)[0]
    assert (merged.new_events, merged.outcome) == (0, "merged")
    desk = desk_of(pack, "R1")
    admission = admit_rater(small.study, "R1", who=ADMIN, clock=clock, entropy=random.Random(1))
    assert not admission.is_in_study
    room_of(desk).admit(admission.code)
    desk.close()
    rate_everything(pack, "R1", hand_in=False)
    final = submit(pack, rater=None, output=None, interim=False, app=APP)
    merge_files(small.study, [final.path], who=ADMIN, clock=clock)
    assert failed(small) == []


def test_a_pack_holds_no_code_and_no_gold(tmp_path: Path) -> None:
    """Both would let a rater do what is the admin's to do."""
    small = trained_study(tmp_path)
    pack = tmp_path / "R1.pack.db"
    write_pack(small.study, "R1", pack)
    data = pack.read_bytes()
    for rater in ("R1", "R2", "R3"):
        assert admit_code(small, rater).encode() not in data
    with small.raw(pack) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        raters = connection.execute("SELECT rater FROM training_manifest").fetchall()
    assert tables == {
        "study", "item", "manifest", "event", "training_item", "training_manifest", "training_event"
    }  # fmt: skip
    assert raters == [("R1",)]


def test_ratings_before_a_passed_gate_are_not_merged(tmp_path: Path) -> None:
    """A chain made by hand, whose hashes fit: it would bring study items rated untrained."""
    small = trained_study(tmp_path)
    pack = packed(small, "R1")
    pass_training(pack, "R1")
    rate_everything(pack, "R1")
    done = submit(pack, rater=None, output=None, interim=False, app=APP)
    lines = done.path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith('{"body"') or '"training":true' not in line]
    footer = json.loads(kept[-1])
    manifest = room_of(desk_of(pack, "R1")).manifest
    footer |= {"training_events": 0, "training_head": genesis(manifest.sha256, manifest.id)}
    kept[-1] = json.dumps(footer, sort_keys=True, separators=(",", ":"))
    forged = tmp_path / "forged.jsonl"
    forged.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    with pytest.raises(CheckFailedError, match="R1 rated items of the study, and the training is not begun"):
        merge_files(small.study, [forged], who=ADMIN, clock=clock)


def test_training_with_a_wrong_count_is_no_ratings_file(tmp_path: Path) -> None:
    """A line that was left out is noticed before anything is hashed."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1")
    done = submit(small.study, rater="R1", output=None, interim=True, app=APP)
    lines = done.path.read_text(encoding="utf-8").splitlines()
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(f"{line}\n" for line in [lines[0], *lines[2:]]), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="counts"):
        merge_files(small.study, [cut], who=ADMIN, clock=clock)


def test_two_trainings_of_one_rater_are_a_fork(tmp_path: Path) -> None:
    """Two copies of one pack at work: neither is chosen."""
    small = trained_study(tmp_path)
    first, second = tmp_path / "first.pack.db", tmp_path / "second.pack.db"
    files = []
    for path, results in ((first, (right,)), (second, (wrong,))):
        write_pack(small.study, "R1", path)
        desk = desk_of(path, "R1", seed=str(path))
        go_through(room_of(desk), *results)
        desk.close()
        files.append(submit(path, rater=None, output=path.with_suffix(".jsonl"), interim=True, app=APP).path)
    with pytest.raises(CheckFailedError, match="Two copies"):
        merge_files(small.study, files, who=ADMIN, clock=clock)
    merge_files(small.study, files[:1], who=ADMIN, clock=clock)
    with pytest.raises(CheckFailedError, match="in the study"):
        merge_files(small.study, files[1:], who=ADMIN, clock=clock)


def _swapped(table: str, column: str, old: str, new: str) -> str:
    return f"UPDATE {table} SET {column} = replace({column}, '{old}', '{new}')"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_swapped("training_item", "reference", '"level":2', '"level":1'), "text or reference"),
        (_swapped("training_item", "body", "Practice", "Another"), "text or reference"),
        (_swapped("study", "visible", '"kappa":"0.7"', '"kappa":"0.1"'), "thresholds"),
        (_swapped("training_event", "body", '"level":3', '"level":2'), "broken"),
        ("DELETE FROM training_event WHERE seq > 3", "the training is under way"),
        (_swapped("gold_reference", "reference", '"level":2', '"level":1'), "gold"),
    ],
)
def test_verify_finds_every_change_of_the_training(tmp_path: Path, change: str, said: str) -> None:
    """Texts, references, thresholds, events, gold: past the triggers, as anybody with sqlite3 can."""
    small = trained_study(tmp_path)
    pass_training(small.study, "R1")
    desk = small.desk("R1")
    rate_item(desk, 0, levels={"D1": 1, "D2": 2})
    desk.close()
    assert failed(small) == []
    with small.raw() as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(change)
    assert any(said in line for line in failed(small)), failed(small)


def test_an_attempt_that_was_not_allowed_is_found(tmp_path: Path) -> None:
    """Hashes fit, and the study allows one repeat: the third attempt was made by hand."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    room = room_of(desk)
    go_through(room, wrong, wrong)
    event = make_event(
        EventDraft(kind=EventKind.ATTEMPT),
        head=Head(chain_id=room.manifest.id, seq=room.head.seq, hash=room.head.hash),
        rubric_sha256=room.manifest.rubric_sha256,
        app=APP,
        at=clock(),
        entropy=random.Random(3),
    )
    desk.close()
    with small.raw() as connection:
        connection.execute(
            "INSERT INTO training_event VALUES (?, ?, ?, ?, ?)",
            (event.chain_id, event.seq, event.hash, event.body.decode(), event.withheld_bytes().decode()),
        )
    assert any("attempt that is not allowed" in line for line in failed(small))


def test_the_lock_holds_the_training(tmp_path: Path) -> None:
    """The lock manifest names every training chain, and a change after it breaks the lock."""
    small = trained_study(tmp_path)
    for rater in ("R1", "R2", "R3"):
        pass_training(small.study, rater)
        rate_everything(small.study, rater)
    code = lock_small(small)
    with small.raw() as connection:
        body = json.loads(connection.execute("SELECT body FROM lock_manifest").fetchone()[0])
    assert [entry["state"] for entry in body["training"]] == ["passed"] * 3
    assert failed(small) == []
    checks = verify_study(small.study, Anchors(lock_code=code))
    assert all(check.answer is not Answer.FAILED for check in checks)


def test_a_repeat_in_the_study_goes_into_a_new_pack(tmp_path: Path) -> None:
    """What was done in the study file so far travels with the pack."""
    small = trained_study(tmp_path)
    desk = small.desk("R1")
    go_through(room_of(desk), wrong)
    desk.close()
    room = room_of(desk_of(packed(small, "R1"), "R1"))
    assert len(room.progress.gate_attempts) == 1
    room.begin_attempt()
    score_all(room)
    assert room.progress.state.opens
