"""Taking ratings files back: all or none, in any order, never twice, and a fork is never chosen."""

from __future__ import annotations

import itertools
import json
import sqlite3
from pathlib import Path

import pytest

from db.connection import close, open_for_reading
from db.exchange_store import insert_returned, read_forks, read_returned, returned_hashes
from protocol.canonical_json import sha256_hex
from protocol.chain.events import EventKind
from protocol.chain.ratings_file import parse_ratings_text
from protocol.errors import (
    BlindraterError,
    CheckFailedError,
    InvalidInputError,
    NotFoundError,
)
from rater.services.doors.doors import lock_study, unlock_study
from rater.services.packs.handing_out import issue_packs, recall_packs
from rater.services.packs.merging import merge_files
from rater.services.results.study_ratings import read_study_ratings
from rater.services.sitting.submitting import submit
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verifying import verify_study
from tests.services.returned_files import chain_of, contents, manifest_of, merge, write
from tests.services.small_studies import (
    ADMIN,
    APP,
    PLAIN,
    SmallStudy,
    clock,
    desk_of,
    lock_small,
    rate_all,
    rate_item,
    rated_study,
    returned_by,
    seed_small,
    seeded_study,
    unblind_small,
    write_sources,
)
from tests.services.verified import failed


def test_a_returned_file_becomes_the_raters_chain(tmp_path: Path) -> None:
    """Every event with its texts is in the study, the file is kept unchanged, the step is on record."""
    small = seeded_study(tmp_path)
    data = returned_by("R1").final
    (merged,) = merge(small, write(tmp_path, "R1.ratings.jsonl", data))
    file = parse_ratings_text(data, where="F")
    assert (merged.rater, merged.outcome, merged.interim) == ("R1", "merged", False)
    assert merged.new_events == len(file.events)
    assert merged.receipt == file.receipt == small.receipts()["R1"]
    assert [event.body.decode() for event in chain_of(small, "R1")] == [one.body for one in file.events]
    assert chain_of(small, "R1")[-1].draft.kind is EventKind.SUBMIT
    connection = open_for_reading(small.study)
    (kept,) = read_returned(connection)
    close(connection)
    assert (kept.body, kept.status, kept.rater, kept.sha256) == (data, "merged", "R1", sha256_hex(data))
    entry = small.audit()[-1]
    assert entry["action"] == "merged"
    assert entry["who"] == "admin"
    assert entry["details"] == {
        "rater": "R1",
        "file": sha256_hex(data),
        "events": str(len(file.events)),
        "new": str(len(file.events)),
        "head": file.head,
        "app": APP,
    }


def test_merging_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    """Once more, in another call and twice in one call: no row is added anywhere."""
    small = seeded_study(tmp_path)
    path = write(tmp_path, "R1.ratings.jsonl", returned_by("R1").interim2)
    merge(small, path)
    before = contents(small)
    (again,) = merge(small, path)
    assert (again.outcome, again.new_events) == ("nothing new", 0)
    assert [one.outcome for one in merge(small, path, path)] == ["nothing new", "nothing new"]
    assert contents(small) == before


def test_every_order_of_six_files_gives_the_same_study(tmp_path: Path) -> None:
    """Two interim copies and the final file of two raters, in every order of each, mixed in three ways."""
    start = seeded_study(tmp_path)
    names = ("interim1", "interim2", "final")
    paths = {
        (rater, name): write(tmp_path, f"{rater}.{name}", getattr(returned_by(rater), name))
        for rater in ("R1", "R2")
        for name in names
    }
    found: set[str] = set()
    for number, (ones, twos) in enumerate(itertools.product(itertools.permutations(names), repeat=2)):
        small = SmallStudy(folder=tmp_path / f"copy-{number}")
        small.folder.mkdir()
        small.study.write_bytes(start.study.read_bytes())
        first, second = [paths["R1", name] for name in ones], [paths["R2", name] for name in twos]
        if number % 3 == 0:
            merge(small, *first, *second)
        elif number % 3 == 1:
            merge(small, *(path for pair in zip(first, second, strict=True) for path in pair))
        else:
            for path in [*second, *first]:
                merge(small, path)
        found.add(repr(contents(small, with_audit=False)))
    assert len(found) == 1
    assert "submit" in next(iter(found))


def test_a_longer_file_goes_on_where_the_shorter_ended(tmp_path: Path) -> None:
    """Only what is new is added, and a shorter file afterwards takes nothing away."""
    small = seeded_study(tmp_path)
    files = returned_by("R1")
    lengths = [len(parse_ratings_text(data, where="F").events) for data in (files.interim1, files.interim2)]
    merge(small, write(tmp_path, "a", files.interim1))
    (second,) = merge(small, write(tmp_path, "b", files.interim2))
    assert second.new_events == lengths[1] - lengths[0]
    (third,) = merge(small, tmp_path / "a")
    assert third.outcome == "nothing new"
    assert len(chain_of(small, "R1")) == lengths[1]


def test_a_fork_is_shown_with_both_receipts_and_nothing_is_merged(tmp_path: Path) -> None:
    """Two copies of one pack were used: the first differing event, both receipts, and no choice."""
    small = seeded_study(tmp_path)
    ours, theirs = returned_by("R1").interim2, returned_by("R1", copy="other").final
    merge(small, write(tmp_path, "ours", ours))
    before = contents(small, with_audit=False)
    with pytest.raises(CheckFailedError, match="differ from event 1 on") as caught:
        merge(small, write(tmp_path, "theirs", theirs))
    for data in (ours, theirs):
        assert parse_ratings_text(data, where="F").receipt in str(caught.value)
    assert str(tmp_path / "theirs") in str(caught.value)
    assert contents(small, with_audit=False) == before


def test_a_file_that_forks_is_kept_and_recorded_once(tmp_path: Path) -> None:
    """Nothing that came back is lost: the file stays word for word, also after the lock, and verifies."""
    small = seeded_study(tmp_path)
    merge(small, write(tmp_path, "ours", returned_by("R1").interim2))
    theirs = returned_by("R1", copy="other").final
    for _ in range(2):
        with pytest.raises(CheckFailedError, match="kept as it came"):
            merge(small, write(tmp_path, "theirs", theirs))
    connection = open_for_reading(small.study)
    (kept,) = read_forks(connection)
    assert returned_hashes(connection) >= {sha256_hex(theirs)}
    close(connection)
    assert (kept.rater, kept.status, kept.body) == ("R1", "fork", theirs)
    assert small.actions().count("fork") == 1
    code = lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True).lock_code
    with pytest.raises(CheckFailedError, match="kept as it came"):
        merge(small, write(tmp_path, "more", returned_by("R1", copy="other").interim2))
    assert small.actions().count("fork") == 2
    assert failed(verify_study(small.study, Anchors(lock_code=code))) == {}


@pytest.mark.parametrize("fork_first", [True, False])
def test_a_fork_holds_back_the_other_files_of_the_call(tmp_path: Path, fork_first: bool) -> None:
    """All of them, or none: R2's good file waits too, whatever the order."""
    small = seeded_study(tmp_path)
    merge(small, write(tmp_path, "ours", returned_by("R1").interim2))
    before = contents(small, with_audit=False)
    files = [
        write(tmp_path, "theirs", returned_by("R1", copy="other").final),
        write(tmp_path, "good", returned_by("R2").final),
    ]
    with pytest.raises(CheckFailedError, match="differ"):
        merge(small, *(files if fork_first else files[::-1]))
    assert contents(small, with_audit=False) == before


def test_two_forking_files_in_one_call_are_both_named(tmp_path: Path) -> None:
    """Neither is in the study, so the sentence names both files."""
    small = seeded_study(tmp_path)
    one = write(tmp_path, "one", returned_by("R1").interim1)
    other = write(tmp_path, "other", returned_by("R1", copy="other").interim1)
    before = contents(small)
    for files in ((one, other), (other, one)):
        with pytest.raises(CheckFailedError, match="differ from event 1 on") as caught:
            merge(small, *files)
        for path in files:
            assert str(path) in str(caught.value)
            assert parse_ratings_text(path.read_bytes(), where="F").receipt in str(caught.value)
    assert contents(small) == before


def test_a_file_of_another_study_is_refused(tmp_path: Path) -> None:
    """Also where the rater has the same code there."""
    small = seeded_study(tmp_path)
    other = seed_small(write_sources(tmp_path / "other"), seed=2)
    rate_all(other, raters=["R1"])
    done = submit(other.study, rater="R1", output=tmp_path / "foreign", interim=False, app=APP)
    before = contents(small)
    with pytest.raises(CheckFailedError, match="another study"):
        merge(small, done.path)
    assert contents(small) == before


def test_a_file_of_the_same_study_seeded_anew_is_refused(tmp_path: Path) -> None:
    """Same sources, same entropy, another key: the manifests differ, and so do the chains."""
    small = seeded_study(tmp_path)
    again = seed_small(write_sources(tmp_path / "again"), seed=1)
    assert manifest_of(again, "R1").id == manifest_of(small, "R1").id
    rate_all(again, raters=["R1"])
    done = submit(again.study, rater="R1", output=tmp_path / "reseeded", interim=False, app=APP)
    with pytest.raises(CheckFailedError, match="another seeding"):
        merge(small, done.path)


def test_a_file_of_a_rater_the_study_does_not_have_is_refused(tmp_path: Path) -> None:
    """The header names a code that has no manifest here."""
    small = seeded_study(tmp_path)
    data = returned_by("R1").interim1.replace(b'"rater":"R1"', b'"rater":"R9"')
    with pytest.raises(CheckFailedError, match="R9"):
        merge(small, write(tmp_path, "F", data))


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    """An edited level breaks the hash; the file and the line are named and nothing is merged."""
    small = seeded_study(tmp_path)
    data = returned_by("R1").final
    assert rb"\"level\":1" in data
    path = write(tmp_path, "F", data.replace(rb"\"level\":1", rb"\"level\":3", 1))
    before = contents(small)
    with pytest.raises(CheckFailedError, match="not the one that was recorded") as caught:
        merge(small, path)
    assert caught.value.where.startswith(f"{path}, line ")
    assert contents(small) == before


def test_what_is_no_ratings_file_is_invalid_and_what_is_not_there_not_found(tmp_path: Path) -> None:
    """A pack that was sent whole, a folder, an empty file, nothing."""
    small = seeded_study(tmp_path)
    issue_packs(small.study, ["R1"], every=False, folder=tmp_path, who=ADMIN, clock=clock)
    for path in (tmp_path / "R1.pack.db", tmp_path, write(tmp_path, "empty", b"")):
        with pytest.raises(InvalidInputError):
            merge(small, path)
    with pytest.raises(NotFoundError):
        merge(small, tmp_path / "nowhere")


def test_late_files_are_kept_apart_and_never_in_the_ratings(tmp_path: Path) -> None:
    """After the lock and after unblinding a file is kept and recorded; ratings and lock stay as they were."""
    small = seeded_study(tmp_path)
    merge(small, *(write(tmp_path, f"{code}.interim2", returned_by(code).interim2) for code in ("R1", "R2")))
    code = lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True).lock_code
    table = read_study_ratings(small.study).table
    for rater in ("R1", "R2"):
        if rater == "R2":
            unblind_small(small, code)
            table = read_study_ratings(small.study).table
        before = contents(small, with_audit=False)
        (late,) = merge(small, write(tmp_path, f"{rater}.final", returned_by(rater).final))
        assert late.outcome == "late, kept apart"
        assert late.new_events > 0
        assert contents(small, with_audit=False) == before
        assert read_study_ratings(small.study).table == table
        entry = small.audit()[-1]
        assert (entry["action"], entry["details"]["rater"]) == ("late", rater)  # type: ignore[index]  # JSON
    connection = open_for_reading(small.study)
    statuses = {(one.rater, one.status) for one in read_returned(connection)}
    close(connection)
    assert statuses == {("R1", "merged"), ("R2", "merged"), ("R1", "late"), ("R2", "late")}


def test_a_late_file_is_kept_once(tmp_path: Path) -> None:
    """Merged again it is neither kept nor recorded a second time."""
    small = seeded_study(tmp_path)
    lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)
    path = write(tmp_path, "F", returned_by("R1").final)
    merge(small, path)
    before = contents(small)
    (again,) = merge(small, path)
    assert again.outcome == "late, kept apart"
    assert contents(small) == before


def test_an_early_file_after_the_lock_is_nothing_new(tmp_path: Path) -> None:
    """What is in the ratings already is not late."""
    small = seeded_study(tmp_path)
    path = write(tmp_path, "F", returned_by("R1").final)
    merge(small, path)
    lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)
    before = contents(small)
    (again,) = merge(small, path)
    assert again.outcome == "nothing new"
    assert contents(small) == before


def test_a_late_file_is_merged_after_unlock(tmp_path: Path) -> None:
    """Unlocked, the same file goes into the ratings, and its chain verifies."""
    small = seeded_study(tmp_path)
    lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)
    path = write(tmp_path, "F", returned_by("R1").final)
    merge(small, path)
    unlock_study(small.study, who=ADMIN, clock=clock)
    (merged,) = merge(small, path)
    assert merged.outcome == "merged"
    assert small.receipts()["R1"] == merged.receipt
    assert small.actions()[-2:] == ["unlocked", "merged"]


def test_a_pack_goes_out_and_comes_back_between_two_folders(tmp_path: Path) -> None:
    """Rated in one folder, merged in the other: the same ratings as if made in the study file."""
    small = seeded_study(tmp_path)
    there = tmp_path / "there"
    (issued,) = issue_packs(small.study, ["R1"], every=False, folder=there, who=ADMIN, clock=clock)
    desk = desk_of(issued.path)
    for position in range(len(desk.session.items)):
        rate_item(desk, position, levels=PLAIN, note="seen")
    marks = dict(desk.session.progress)
    desk.close()
    back = submit(issued.path, rater=None, output=None, interim=False, app=APP)
    here = write(tmp_path, "came-back.jsonl", back.path.read_bytes())
    (merged,) = merge(small, here)
    assert merged.receipt == back.receipt
    recall_packs(small.study, ["R1"], every=False, who=ADMIN, clock=clock)
    again = small.desk("R1")
    assert dict(again.session.progress) == marks
    assert again.session.submitted
    again.close()


def test_two_diverging_copies_of_one_pack_are_a_fork(tmp_path: Path) -> None:
    """A pack with earlier ratings was copied and both copies rated: the fork begins where they part."""
    small = seeded_study(tmp_path)
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN)
    shared = len(desk.events)
    desk.close()
    (issued,) = issue_packs(small.study, ["R1"], every=False, folder=tmp_path, who=ADMIN, clock=clock)
    copy = tmp_path / "copy.db"
    copy.write_bytes(issued.path.read_bytes())
    files = []
    for path, level in ((issued.path, 0), (copy, 3)):
        desk = desk_of(path, seed=path.name)
        rate_item(desk, 1, levels={"D1": level, "D2": level})
        desk.close()
        files.append(submit(path, rater=None, output=tmp_path / f"{level}.jsonl", interim=True, app=APP))
    merge(small, files[0].path)
    with pytest.raises(CheckFailedError, match=f"from event {shared + 1} on") as caught:
        merge(small, files[1].path)
    assert files[0].receipt in str(caught.value)
    assert files[1].receipt in str(caught.value)
    assert "two copies of one pack" in str(caught.value)


def test_an_event_that_was_written_meanwhile_is_a_fork_too(tmp_path: Path) -> None:
    """A recalled pack that went on, and a rater who went on in the study file, are two copies."""
    small = seeded_study(tmp_path)
    (issued,) = issue_packs(small.study, ["R1"], every=False, folder=tmp_path, who=ADMIN, clock=clock)
    recall_packs(small.study, ["R1"], every=False, who=ADMIN, clock=clock)
    desk = small.desk("R1")
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    desk = desk_of(issued.path, seed="pack")
    rate_item(desk, 0, levels=PLAIN)
    desk.close()
    back = submit(issued.path, rater=None, output=None, interim=True, app=APP)
    with pytest.raises(CheckFailedError, match="differ from event 1 on"):
        merge(small, back.path)


def test_a_pack_is_no_study_to_merge_into(tmp_path: Path) -> None:
    """The sentence says what the file is, and nothing is written into it."""
    small = seeded_study(tmp_path)
    (issued,) = issue_packs(small.study, ["R1"], every=False, folder=tmp_path, who=ADMIN, clock=clock)
    before = issued.path.read_bytes()
    with pytest.raises(InvalidInputError, match="pack"):
        merge_files(issued.path, [write(tmp_path, "F", returned_by("R1").final)], who=ADMIN, clock=clock)
    assert issued.path.read_bytes() == before


def test_no_file_of_a_call_is_merged_where_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second file fails while it is written: the first is rolled back with it."""
    small = seeded_study(tmp_path)
    before = contents(small)
    calls: list[str] = []

    def full(connection: sqlite3.Connection, body: bytes, *, rater: str, status: str) -> bool:
        calls.append(rater)
        if rater == "R2":
            raise sqlite3.OperationalError("database or disk is full")
        return insert_returned(connection, body, rater=rater, status="merged")

    monkeypatch.setattr("rater.services.packs.merging.insert_returned", full)
    files = [write(tmp_path, code, returned_by(code).final) for code in ("R1", "R2")]
    with pytest.raises(BlindraterError):
        merge(small, *files)
    assert calls == ["R1", "R2"]
    assert contents(small) == before


def test_the_study_locks_with_what_was_merged(tmp_path: Path) -> None:
    """Merged ratings are ratings: nothing is missing, and the lock manifest counts them."""
    small = seeded_study(tmp_path)
    merge(small, *(write(tmp_path, code, returned_by(code).final) for code in ("R1", "R2", "R3")))
    lock_small(small)
    with small.raw() as connection:
        (body,) = connection.execute("SELECT body FROM lock_manifest").fetchone()
    assert [entry["missing"] for entry in json.loads(body)["raters"]] == [[], [], []]


def test_a_rated_study_takes_a_file_that_says_the_same(tmp_path: Path) -> None:
    """A rater who worked in the study file hands in: the file adds nothing and contradicts nothing."""
    small = rated_study(tmp_path)
    done = submit(small.study, rater="R1", output=tmp_path / "R1.jsonl", interim=False, app=APP)
    (merged,) = merge(small, done.path)
    assert (merged.outcome, merged.receipt) == ("nothing new", small.receipts()["R1"])
