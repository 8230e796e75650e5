"""Packs: what goes out, what is refused meanwhile, and what a pack never holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from db.connection import close, open_for_reading
from db.exchange_store import packs_out
from db.manifest_store import read_manifests
from protocol.canonical_json import sha256_hex
from protocol.chain.events import EventDraft, EventKind
from protocol.errors import (
    BlindError,
    CheckFailedError,
    InvalidInputError,
    NotFoundError,
    StorageError,
    UsageError,
    WrongStateError,
)
from rater.services.doors.doors import unlock_study
from rater.services.packs.handing_out import IssuedPack, issue_packs, recall_packs
from rater.services.packs.merging import merge_files
from rater.services.packs.packs import write_pack
from rater.services.progress.progress import read_progress
from rater.services.sitting.submitting import submit
from rater.services.who import Who
from tests.services.small_studies import (
    ADMIN,
    APP,
    MODELS,
    NOTE,
    PLAIN,
    RATERS,
    TASKS,
    SmallStudy,
    clock,
    desk_of,
    locked_study,
    pack_of_r1,
    rate_item,
    rated_study,
    seeded_study,
    unblinded_study,
)


def issue(small: SmallStudy, *codes: str, folder: Path | None = None) -> list[IssuedPack]:
    return issue_packs(
        small.study,
        codes,
        every=not codes,
        folder=folder or small.folder / "packs",
        who=ADMIN,
        clock=clock,
    )


def recall(small: SmallStudy, *codes: str) -> tuple[str, ...]:
    return recall_packs(small.study, codes, every=not codes, who=ADMIN, clock=clock)


def out(small: SmallStudy) -> list[str]:
    """Return the raters whose packs are out."""
    connection = open_for_reading(small.study)
    try:
        codes = {manifest.id: manifest.rater for manifest in read_manifests(connection)}
        return sorted(codes[one] for one in packs_out(connection))
    finally:
        close(connection)


def test_a_pack_goes_to_every_rater_and_is_on_record(tmp_path: Path) -> None:
    """One file a rater, with its hash; the folder is made; the study knows they are out."""
    small = seeded_study(tmp_path)
    issued = issue(small)
    assert [(one.rater, one.items) for one in issued] == [("R1", 8), ("R2", 8), ("R3", 8)]
    assert sorted(path.name for path in (small.folder / "packs").iterdir()) == [
        f"{code}.pack.db" for code in RATERS
    ]
    assert [one.sha256 for one in issued] == [sha256_hex(one.path.read_bytes()) for one in issued]
    assert all(one.path.stat().st_mode & 0o077 == 0 for one in issued)
    assert out(small) == list(RATERS)
    assert small.actions() == ["seeded", "pack-out", "pack-out", "pack-out"]


def test_while_a_pack_is_out_its_rater_rates_nowhere_else(tmp_path: Path) -> None:
    """The desk refuses the study file and names both ways out; other raters are not held up."""
    small = seeded_study(tmp_path)
    issue(small, "R1")
    with pytest.raises(WrongStateError, match="A pack of R1 is out") as caught:
        small.desk("R1")
    assert "Rate in the pack" in caught.value.next_step
    assert "--recall" in caught.value.next_step
    desk = small.desk("R2")
    rate_item(desk, 0, levels=PLAIN)
    desk.close()


def test_the_next_step_is_never_to_rate_where_a_pack_is_out(tmp_path: Path) -> None:
    """It names a rater who can rate in the study file, and what to wait for where nobody can."""
    small = seeded_study(tmp_path)
    issue(small, "R1")
    assert read_progress(small.study).next_step.endswith("--as R2")
    issue(small, *(rater for rater in RATERS if rater != "R1"))
    assert read_progress(small.study).next_step == f"rater-admin merge {small.study} R1.ratings.jsonl"
    recall(small, "R1")
    assert read_progress(small.study).next_step.endswith("--as R1")


def test_a_rater_at_work_in_the_study_file_is_stopped_when_a_pack_goes_out(tmp_path: Path) -> None:
    """An app that was open before the pack was made writes nothing more: that would be a fork."""
    small = seeded_study(tmp_path)
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN)
    before = len(desk.events)
    (issued,) = issue(small, "R1")
    with pytest.raises(WrongStateError, match="A pack of R1 is out"):
        desk.record(EventDraft(kind=EventKind.SITTING))
    assert len(desk.events) == before
    desk.close()
    pack = desk_of(issued.path)
    assert len(pack.events) == before
    pack.close()


def test_a_second_pack_is_not_issued_while_one_is_out(tmp_path: Path) -> None:
    """Two packs at work would become a fork; taking the first back on the record is the way."""
    small = seeded_study(tmp_path)
    issue(small, "R1")
    with pytest.raises(WrongStateError, match="A pack of R1 is out") as caught:
        issue(small, folder=small.folder / "second")
    assert "--recall" in caught.value.next_step
    assert not (small.folder / "second").exists()
    assert out(small) == ["R1"]
    recall(small, "R1")
    issue(small, "R1", folder=small.folder / "second")
    assert out(small) == ["R1"]


def test_two_admins_at_once_issue_one_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked up before the write is looked up again inside it."""
    from rater.services.packs import handing_out

    small = seeded_study(tmp_path)
    before = handing_out._look(small.study)
    issue(small, "R1")
    monkeypatch.setattr(handing_out, "_look", lambda study_path: before)
    with pytest.raises(WrongStateError, match="A pack of R1 is out"):
        issue(small, "R1", folder=small.folder / "second")
    assert list((small.folder / "second").iterdir()) == []
    assert small.actions() == ["seeded", "pack-out"]


def test_a_code_that_is_named_twice_gets_one_pack(tmp_path: Path) -> None:
    """Naming somebody twice is no second rater."""
    small = seeded_study(tmp_path)
    assert [one.rater for one in issue(small, "R1", "R1")] == ["R1"]


def test_a_pack_is_taken_back_with_a_reason_alone(tmp_path: Path) -> None:
    """Without a reason nothing changes; with one it stands in the log, and the rater goes on here."""
    small = seeded_study(tmp_path)
    issue(small, "R1")
    for blank in ("", "  \n"):
        with pytest.raises(UsageError, match="reason"):
            recall_packs(
                small.study, ["R1"], every=False, who=Who(name="a", app=APP, reason=blank), clock=clock
            )
    assert out(small) == ["R1"]
    assert recall(small, "R1") == ("R1",)
    assert out(small) == []
    entry = small.audit()[-1]
    assert (entry["action"], entry["reason"]) == ("pack-recalled", "a test")
    small.desk("R1").close()


def test_taking_all_packs_back_means_all_that_are_out(tmp_path: Path) -> None:
    """Raters who never got one are no error."""
    small = seeded_study(tmp_path)
    issue(small, "R2")
    issue(small, "R3", folder=small.folder / "more")
    assert recall(small) == ("R2", "R3")
    assert out(small) == []
    with pytest.raises(NotFoundError, match="No pack is out"):
        recall(small)


def test_packs_are_taken_back_all_or_none(tmp_path: Path) -> None:
    """One of the named is not out: the other stays out too, and nothing is on record."""
    small = seeded_study(tmp_path)
    issue(small, "R1")
    before = small.actions()
    with pytest.raises(NotFoundError, match="No pack of R2 is out"):
        recall(small, "R1", "R2")
    assert out(small) == ["R1"]
    assert small.actions() == before


def test_a_recalled_pack_that_goes_on_is_a_continuation_while_nobody_else_did(tmp_path: Path) -> None:
    """It comes back after all, and nothing was rated in the study file meanwhile: it merges."""
    small = seeded_study(tmp_path)
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    (issued,) = issue(small, "R1")
    recall(small, "R1")
    pack = desk_of(issued.path)
    rate_item(pack, 1, levels=PLAIN)
    pack.close()
    done = submit(issued.path, rater=None, output=None, interim=True, app=APP)
    (merged,) = merge_files(small.study, [done.path], who=ADMIN, clock=clock)
    assert merged.outcome == "merged"
    again = small.desk("R1")
    assert again.session.completed_count == 2
    again.close()


def test_a_pack_carries_the_ratings_its_rater_has_made(tmp_path: Path) -> None:
    """Every event with its texts; the rater goes on where the study file left off."""
    small = seeded_study(tmp_path)
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN, note="mine")
    rate_item(desk, 1, levels=PLAIN)
    events, session = desk.events, desk.session
    desk.close()
    (issued,) = issue(small, "R1")
    pack = desk_of(issued.path)
    assert pack.events == events
    assert pack.session == session
    assert pack.is_pack
    pack.close()


def test_a_pack_holds_no_byte_of_anybody_else(tmp_path: Path) -> None:
    """Item ids, texts, manifests and notes of others, and the names of the conditions, are not in it."""
    small = rated_study(tmp_path)
    connection = open_for_reading(small.study)
    manifests = {manifest.rater: manifest for manifest in read_manifests(connection)}
    close(connection)
    for issued in issue(small):
        data = issued.path.read_bytes()
        own = {item.item_id for item in manifests[issued.rater].items}
        foreign = [
            item.item_id
            for manifest in manifests.values()
            for item in manifest.items
            if item.item_id not in own
        ]
        assert foreign
        telling = [*foreign, *MODELS, *TASKS, "checks", "independent ways", "study_toml", "admin"]
        for other in set(RATERS) - {issued.rater}:
            telling += [manifests[other].id, manifests[other].sha256, f"{NOTE} {other}"]
            telling += [small.receipts()[other]]
        for word in telling:
            for encoded in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()):
                assert encoded not in data, word
        assert f"{NOTE} {issued.rater}".encode() in data
        assert all(item.encode() in data for item in own)


def test_a_pack_has_no_side_file_and_no_table_of_the_study(tmp_path: Path) -> None:
    """No log of the admin, no lock, no returned files, no packs of others."""
    small = seeded_study(tmp_path)
    (issued,) = issue(small, "R1")
    connection = sqlite3.connect(issued.path)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    connection.close()
    assert tables == {"study", "item", "manifest", "event"}
    assert free == 0
    assert [path.name for path in issued.path.parent.iterdir()] == ["R1.pack.db"]


def test_a_pack_in_the_way_is_never_replaced(tmp_path: Path) -> None:
    """Whatever lies there may hold ratings; nothing is marked as out."""
    small = seeded_study(tmp_path)
    folder = small.folder / "packs"
    folder.mkdir()
    (folder / "R2.pack.db").write_bytes(b"somebody's work")
    with pytest.raises(UsageError, match="there already") as caught:
        issue(small)
    assert caught.value.where.endswith("R2.pack.db")
    assert (folder / "R2.pack.db").read_bytes() == b"somebody's work"
    assert [path.name for path in folder.iterdir()] == ["R2.pack.db"]
    assert out(small) == []


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    """A file where the folder should be, and a path below a file."""
    small = seeded_study(tmp_path)
    (small.folder / "file").write_text("x")
    for folder in (small.folder / "file", small.folder / "file" / "below"):
        with pytest.raises(StorageError, match="cannot be"):
            issue(small, "R1", folder=folder)
    assert out(small) == []


def test_who_gets_a_pack_must_be_said(tmp_path: Path) -> None:
    """No code, all and codes together, no folder, a code that does not exist."""
    small = seeded_study(tmp_path)

    def issued(codes: list[str], *, every: bool, folder: Path | None = small.folder / "p") -> None:
        issue_packs(small.study, codes, every=every, folder=folder, who=ADMIN, clock=clock)

    with pytest.raises(UsageError, match="whose packs"):
        issued([], every=False)
    with pytest.raises(UsageError, match="whose packs"):
        issued(["R1"], every=True)
    with pytest.raises(UsageError, match="No folder"):
        issued(["R1"], every=False, folder=None)
    with pytest.raises(NotFoundError, match="no rater R9") as caught:
        issued(["R1", "R9"], every=False)
    assert "R1, R2, R3" in caught.value.next_step
    assert out(small) == []


def test_packs_go_out_while_the_study_is_open(tmp_path: Path) -> None:
    """Locked and unblinded studies give no packs; an unlocked one does again."""
    past = locked_study(tmp_path)
    with pytest.raises(WrongStateError, match="locked"):
        issue(past.small, "R1")
    with pytest.raises(WrongStateError, match="locked"):
        write_pack(past.small.study, "R1", tmp_path / "p.db")
    unlock_study(past.small.study, who=ADMIN, clock=clock)
    assert issue(past.small, "R1")
    (tmp_path / "u").mkdir()
    with pytest.raises(WrongStateError, match="unblinded"):
        issue(unblinded_study(tmp_path / "u").small, "R1")


def test_a_pack_is_no_study_to_make_packs_from(tmp_path: Path) -> None:
    """The sentence says what the file is."""
    pack = pack_of_r1(tmp_path, rated=0)
    for step in (
        lambda: issue_packs(pack, ["R1"], every=False, folder=tmp_path / "p", who=ADMIN, clock=clock),
        lambda: recall_packs(pack, ["R1"], every=False, who=ADMIN, clock=clock),
    ):
        with pytest.raises(InvalidInputError, match="pack"):
            step()


def test_a_pack_that_fails_the_lint_never_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it stays in the folder."""
    small = seeded_study(tmp_path)

    def refuse(path: Path, *, rater: str) -> None:
        assert path.exists()
        raise BlindError(f"The pack of {rater} was not written.")

    monkeypatch.setattr("rater.services.packs.packs.lint_pack", refuse)
    with pytest.raises(BlindError):
        issue(small, "R1")
    assert list((small.folder / "packs").iterdir()) == []


def test_an_item_that_was_changed_in_the_study_makes_no_pack(tmp_path: Path) -> None:
    """A word that was added to a stored item is not packed, although the parsed text is the same."""
    small = seeded_study(tmp_path)
    with small.raw() as connection:
        connection.execute("DROP TRIGGER item_no_update")
        connection.execute('UPDATE item SET body = \'{"model":"canary-one",\' || substr(body, 2)')
    with pytest.raises(CheckFailedError, match="seeded"):
        write_pack(small.study, "R1", tmp_path / "p.db")
    assert not (tmp_path / "p.db").exists()
