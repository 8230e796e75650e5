"""Interim looks: on the record before anything is shown, and in the report beside the stopping rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from db.connection import close, open_for_reading
from db.lock_store import read_lock
from protocol.chain.audit import LOOKS, Look
from protocol.errors import InvalidInputError
from protocol.study_file import read_study
from rater.services.doors.doors import Locked, lock_study
from rater.services.packs.handing_out import issue_packs
from rater.services.packs.merging import merge_files
from rater.services.progress.looks import record_look
from rater.services.results.reporting import report_text
from tests.admin.running import done
from tests.services.small_studies import (
    ADMIN,
    APP,
    SmallStudy,
    clock,
    lock_small,
    protocol_text,
    rate_all,
    rated_study,
    returned_by,
    seed_small,
    seeded_study,
    unblind_small,
    unblinded_study,
    write_sources,
)

RULE = "Rating ends when all items are completed, or on 1 March; no look changes that."


def looks_of(small: SmallStudy) -> list[str]:
    return [action for action in small.actions() if action in LOOKS]


def test_every_command_that_shows_ratings_of_an_open_study_is_on_record(tmp_path: Path) -> None:
    """Agreement, export and rehearsal, in this order, each with who and when; status shows no rating."""
    small = rated_study(tmp_path)
    done("status", small.study)
    assert looks_of(small) == []
    done("agreement", small.study, "--json")
    done("export", small.study, "-o", tmp_path / "out")
    done("rehearse", small.study, "--protocol", small.protocol, "--json")
    assert looks_of(small) == ["agreement", "export", "rehearsal"]
    assert all(entry["who"] and entry["at"] for entry in small.audit())


def test_the_report_prints_rule_and_looks(tmp_path: Path) -> None:
    """The rule as it was hashed, and each look with its time."""
    text = protocol_text().replace("seed = 5", f'seed = 5\nstopping_rule = "{RULE}"')
    small = seed_small(write_sources(tmp_path / "small", protocol=text))
    rate_all(small)
    looks: tuple[Look, ...] = ("agreement", "agreement", "rehearsal")
    for action in looks:
        record_look(small.study, action=action, who="admin", app=APP)
    unblind_small(small, lock_small(small))
    report = report_text(small.study, app=APP)
    section = report.split("## Interim looks")[1].split("\n## ")[0]
    assert f"written before seeding: {RULE}" in section
    assert "while the study was open: 3 (agreement 2, rehearsal 1)" in section
    assert section.count("| agreement |") == 2


def test_the_report_says_where_there_is_neither_rule_nor_look(tmp_path: Path) -> None:
    """Their absence is said, not left to be noticed."""
    section = report_text(unblinded_study(tmp_path).small.study, app=APP).split("## Interim looks")[1]
    assert section.split("\n## ")[0].strip() == (
        "No stopping rule was written before seeding.\n\n"
        "Nobody looked at the ratings through this program while the study was open."
    )


def test_an_empty_rule_is_a_mistake_and_a_rule_changes_the_hash_alone() -> None:
    """Everything else that is read from the file stays as it is."""
    with_rule = protocol_text().replace("seed = 5", f'seed = 5\nstopping_rule = "{RULE}"')
    assert read_study(with_rule, where="F").analysis.stopping_rule == RULE
    assert read_study(protocol_text(), where="F").analysis.stopping_rule == ""
    with pytest.raises(InvalidInputError, match="stopping_rule"):
        read_study(with_rule.replace(RULE, " "), where="F")


# Packs that are out at the lock.


def lock_manifest(small: SmallStudy, locked: Locked) -> dict[str, object]:
    connection = open_for_reading(small.study)
    try:
        found: dict[str, object] = json.loads(read_lock(connection, locked.lock_code))
    finally:
        close(connection)
    return found


def lock(small: SmallStudy) -> Locked:
    return lock_study(small.study, who=ADMIN, clock=clock, accept_missing=True)


def test_a_lock_manifest_lists_the_packs_that_are_out(tmp_path: Path) -> None:
    """Not one that came back finished; where all are back, no word of packs is in it."""
    small = seeded_study(tmp_path)
    issue_packs(small.study, ["R1", "R2"], every=False, folder=tmp_path / "packs", who=ADMIN, clock=clock)
    handed_in = tmp_path / "R1.ratings.jsonl"
    handed_in.write_bytes(returned_by("R1").final)
    merge_files(small.study, [handed_in], who=ADMIN, clock=clock)
    locked = lock(small)
    assert locked.packs_out == ("R2",)
    assert lock_manifest(small, locked)["packs_out"] == ["R2"]
    other = rated_study(tmp_path / "other")
    locked = lock(other)
    assert locked.packs_out == ()
    assert "packs_out" not in lock_manifest(other, locked)


def test_the_lock_says_which_packs_are_out(tmp_path: Path) -> None:
    """Before the code is published is the time to wait for them."""
    small = seeded_study(tmp_path)
    issue_packs(small.study, ["R2"], every=False, folder=tmp_path / "packs", who=ADMIN, clock=clock)
    found = done("lock", small.study, "--accept-missing", "--reason", "R2 left", "--json")
    assert "Packs are out: R2." in found.err
    assert found.json["packs_out"] == ["R2"]
