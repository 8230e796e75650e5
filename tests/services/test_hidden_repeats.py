"""Hidden repeats from seeding to export: a second occasion, never a unit of its own, never in a pack."""

from __future__ import annotations

import csv
import io
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from protocol.chain.events import EventDraft, EventKind
from protocol.errors import CheckFailedError
from rater.services.doors.key_files import open_key
from rater.services.packs.packs import write_pack
from rater.services.progress.progress import read_progress
from rater.services.results.analysing import analyse_agreement, analyse_effects
from rater.services.results.exporting import export_study, ratings_csv
from rater.services.results.public_bundle import bundle_files
from rater.services.results.result_folder import write_folder
from rater.services.results.study_ratings import read_study_ratings, read_unblinded_ratings
from rater.services.verifying.verify_anchors import Anchors
from rater.services.verifying.verify_answers import Answer
from rater.services.verifying.verifying import verify_study
from rater.services.verifying.verifying_bundle import read_bundle, verify_bundle
from tests.services.small_studies import (
    RATERS,
    SmallStudy,
    desk_of,
    lock_small,
    protocol_text,
    rate_item,
    seed_small,
    unblind_small,
    write_sources,
)

DESIGN = "spacing = 1\nrepeats = 0.25\nwaves = 2\npositions = 'counterbalanced'"
"""Each of three raters has eight items of two tasks, and two of them again."""


@pytest.fixture
def small(tmp_path: Path) -> SmallStudy:
    """A seeded study with repeats."""
    text = protocol_text(guess_share=0.5).replace("spacing = 1", DESIGN)
    return seed_small(write_sources(tmp_path, protocol=text))


def links(small: SmallStudy) -> dict[str, str]:
    with small.raw() as connection:
        return dict(connection.execute("SELECT item_id, repeats FROM hidden_repeat"))


def rate_with_a_level_more_the_second_time(small: SmallStudy) -> None:
    repeats = links(small)
    for rater in RATERS:
        desk = small.desk(rater)
        desk.start_sitting()
        for position, item in enumerate(desk.session.items):
            again = item in repeats
            rate_item(desk, position, levels={"D1": 1 + again, "D2": 2}, note="again" if again else "")
        desk.record(EventDraft(kind=EventKind.SUBMIT))
        desk.close()


def test_a_repeat_is_an_item_with_an_id_and_the_origin_of_its_first_time(small: SmallStudy) -> None:
    """Each rater has two; the same text and task; the guess questions are not asked again."""
    repeats = links(small)
    allocation = open_key(small.key.read_bytes(), small.secrets).allocation
    assert all(allocation[repeat] == allocation[first] for repeat, first in repeats.items())
    assert set(repeats).isdisjoint(repeats.values())
    for rater in RATERS:
        desk = small.desk(rater)
        items = [item.item_id for item in desk.manifest.items]
        own = [item for item in items if item in repeats]
        assert (len(items), len(own)) == (10, 2)
        assert all(items.index(repeats[item]) < items.index(item) for item in own)
        assert len(desk.manifest.asked) == 4
        assert set(repeats).isdisjoint(desk.manifest.asked)
        desk.close()


def test_no_pack_holds_the_link(small: SmallStudy) -> None:
    """A pack has no such table, and says of no item that it repeats another."""
    pack = small.folder / "R1.pack.db"
    write_pack(small.study, "R1", pack)
    connection = sqlite3.connect(pack)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    columns = [row[1] for table in tables for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.close()
    assert tables == {"study", "item", "manifest", "event"}
    assert not [name for name in columns if "repeat" in name]
    desk = desk_of(pack)
    assert b"repeat" not in desk.manifest.body()
    desk.close()


def test_repeats_are_the_second_occasion_of_their_unit(small: SmallStudy) -> None:
    """Agreement leaves them out and shows them by rater; progress counts transcripts."""
    rate_with_a_level_more_the_second_time(small)
    ratings = read_study_ratings(small.study)
    occasions = Counter(row.occasion for row in ratings.table.rows if row.dimension == "D1")
    assert occasions == {1: 24, 2: 6}
    assert {row.unit for row in ratings.table.rows} == {
        row.unit for row in ratings.table.rows if row.occasion == 1
    }
    (first, _) = analyse_agreement(ratings.table).dimensions
    assert (first.n_units, first.n_ratings) == (12, 24)
    assert [(one.rater, one.n, one.same.k) for one in first.repeats] == [(rater, 2, 0) for rater in RATERS]
    assert all(one.shift is not None and one.shift.mean == 1 for one in first.repeats)
    assert read_progress(small.study).items == 12


def test_exports_carry_the_occasion(small: SmallStudy) -> None:
    """In the tidy ratings and in the evidence; before and after unblinding the same units."""
    rate_with_a_level_more_the_second_time(small)
    before = list(csv.DictReader(io.StringIO(ratings_csv(read_study_ratings(small.study)))))
    unblind_small(small, lock_small(small))
    after = list(csv.DictReader(io.StringIO(ratings_csv(read_study_ratings(small.study)))))
    keys = ("unit", "rater", "dimension", "value", "occasion")
    assert [[row[key] for key in keys] for row in before] == [[row[key] for key in keys] for row in after]
    second = [row for row in after if row["occasion"] == "2" and row["dimension"] == "D1"]
    assert len(second) == 6
    for row in second:
        (partner,) = [
            one
            for one in after
            if one["occasion"] == "1" and all(one[key] == row[key] for key in ("unit", "rater", "dimension"))
        ]
        assert (partner["value"], row["value"]) == ("1", "2")
        assert all(partner[key] == row[key] for key in ("model", "scaffold", "task", "replicate"))
    export_study(small.study, small.folder / "out", app="0")
    evidence = (small.folder / "out" / "evidence.jsonl").read_text(encoding="utf-8")
    assert evidence.count('"occasion": 2') == evidence.count('"note": "again"') == 6


def test_effects_count_a_transcript_once(small: SmallStudy) -> None:
    """With every repeat a level higher the effects are those of the first times: none."""
    rate_with_a_level_more_the_second_time(small)
    unblind_small(small, lock_small(small))
    ratings = read_unblinded_ratings(small.study)
    assert ratings.protocol is not None
    found = analyse_effects(ratings.table, baseline="plain", plan=ratings.protocol.analysis)
    assert all(one.comparison is not None and one.comparison.figures.mean == 0 for one in found.effects)


def test_verify_and_lock_hold_the_links_against_the_record(small: SmallStudy) -> None:
    """A link that was changed past the guards fails at verify and keeps the study from being locked."""
    rate_with_a_level_more_the_second_time(small)
    assert not [check for check in verify_study(small.study, Anchors()) if check.answer is Answer.FAILED]
    repeat = min(links(small))
    with small.raw() as connection:
        (trigger,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'hidden_repeat_no_delete'"
        ).fetchone()
        connection.execute("DROP TRIGGER hidden_repeat_no_delete")
        connection.execute("DELETE FROM hidden_repeat WHERE item_id = ?", (repeat,))
        connection.execute(trigger)
    failed = [
        check.question for check in verify_study(small.study, Anchors()) if check.answer is Answer.FAILED
    ]
    assert failed == ["hidden repeats show what they were drawn to repeat at seeding"]
    with pytest.raises(CheckFailedError, match="links of hidden repeats"):
        lock_small(small)


def test_the_links_are_never_changed(small: SmallStudy) -> None:
    """Not updated, deleted, replaced or added once somebody rated; none repeats a repeat or itself."""
    repeat, first = min(links(small).items())
    other = max(set(links(small).values()) - {first})
    with small.raw() as connection:
        for statement in (
            f"UPDATE hidden_repeat SET repeats = '{other}'",
            "DELETE FROM hidden_repeat",
            f"INSERT OR REPLACE INTO hidden_repeat VALUES ('{repeat}', '{other}')",
            f"INSERT INTO hidden_repeat VALUES ('{other}', '{other}')",
            f"INSERT INTO hidden_repeat VALUES ('{other}', '{repeat}')",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="hidden repeat"):
                connection.execute(statement)
    desk = small.desk("R1")
    desk.start_sitting()
    desk.close()
    with small.raw() as connection, pytest.raises(sqlite3.IntegrityError, match="at seeding"):
        connection.execute("INSERT INTO hidden_repeat VALUES (?, ?)", (other, first))


def test_a_table_taken_away_is_missed(small: SmallStudy) -> None:
    """The record of seeding says that something was repeated."""
    with small.raw() as connection:
        connection.execute("DROP TABLE hidden_repeat")
    checks = verify_study(small.study, Anchors())
    assert [check.question for check in checks if check.answer is Answer.FAILED] == [
        "hidden repeats show what they were drawn to repeat at seeding"
    ]


def test_a_public_bundle_of_a_study_with_repeats_verifies(small: SmallStudy) -> None:
    """Recomputed by this program and by the verifier inside the bundle."""
    rate_with_a_level_more_the_second_time(small)
    unblind_small(small, lock_small(small))
    bundle = small.folder / "public"
    write_folder(bundle, bundle_files(small.study, app="0"), replace=False)
    checks = verify_bundle(read_bundle(bundle), Anchors(), recompute=True, app="0")
    assert not [check for check in checks if check.answer is Answer.FAILED]
    done = subprocess.run(
        [sys.executable, str(bundle / "verify.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_study_without_repeats_records_nothing_of_them(tmp_path: Path) -> None:
    """Its record of seeding is what it was before there were repeats."""
    small = seed_small(write_sources(tmp_path))
    (seeded,) = small.audit()
    assert isinstance(seeded["details"], dict)
    assert not [name for name in seeded["details"] if "repeat" in name]
    with small.raw() as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name LIKE 'hidden%'").fetchall()
