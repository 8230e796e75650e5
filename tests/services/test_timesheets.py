"""Timesheets: what is counted as work, from the times of the events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from protocol.chain.identifiers import Clock
from protocol.errors import NotFoundError, UsageError
from protocol.timesheet import hours_text
from rater.cli import app
from rater.services.sitting.timesheets import read_timesheet
from tests.services.small_studies import (
    PLAIN,
    SmallStudy,
    lock_small,
    pack_of_r1,
    protocol_text,
    rate_item,
    rated_study,
    seed_small,
    seeded_study,
    write_sources,
)


def clock_of(times: list[str]) -> Clock:
    """Return a clock that shows one time after another and then stands still."""
    left = iter(times)
    return lambda: next(left, times[-1])


def worked(small: SmallStudy) -> None:
    """R1 works twice: one item at once, one with a pause of half an hour; a day lies between."""
    desk = small.desk("R1")
    for day, times in (("23", ["09:00", "09:01", "09:03", "09:04"]), ("24", ["08:00", "08:05", "08:35"])):
        desk._clock = clock_of([f"2026-11-{day}T{time}:00.000Z" for time in times])
        desk.start_sitting()
        rate_item(desk, 0 if day == "23" else 1, levels=PLAIN)
    desk.close()


def test_pauses_count_for_ten_minutes_and_nights_not_at_all(tmp_path: Path) -> None:
    """4 minutes on the first day; 5 and, of the half hour, 10 on the second."""
    small = seeded_study(tmp_path)
    worked(small)
    found = read_timesheet(small.study, rater="R1")
    assert (found.items, found.assigned, found.starts) == (2, 8, 2)
    assert [(one.active_s, one.completed) for one in found.sittings] == [(240, 1), (900, 1)]
    assert found.active_s == 1140
    assert hours_text(1140) == "0 h 19 min"


def test_a_timesheet_is_there_after_the_lock_and_for_a_rater_who_did_nothing(tmp_path: Path) -> None:
    """Invoices come last; nothing done is nothing, not an error."""
    small = rated_study(tmp_path)
    lock_small(small)
    assert read_timesheet(small.study, rater="R2").items == 8
    empty = read_timesheet(seeded_study(tmp_path / "b").study, rater="R1")
    assert (empty.sittings, empty.active_s, empty.items) == ((), 0, 0)


def test_a_pack_knows_its_rater_and_a_study_asks(tmp_path: Path) -> None:
    """As everywhere; a mistyped code is answered with the one that was meant."""
    assert read_timesheet(pack_of_r1(tmp_path, rated=1), rater=None).rater == "R1"
    small = seeded_study(tmp_path)
    with pytest.raises(UsageError, match="several raters"):
        read_timesheet(small.study, rater=None)
    with pytest.raises(NotFoundError, match=r"Did you mean R1\?"):
        read_timesheet(small.study, rater="r1")
    with pytest.raises(NotFoundError) as caught:
        read_timesheet(small.study, rater="somebody")
    assert "Did you mean" not in caught.value.what


def test_without_times_hours_are_not_known(tmp_path: Path) -> None:
    """Items and sittings are; the hours are null with the reason."""
    text = protocol_text() + '\n[privacy]\ntiming = "off"\n'
    small = seed_small(write_sources(tmp_path / "s", protocol=text))
    worked(small)
    runner = CliRunner()
    asked = ["timesheet", str(small.study), "--as", "R1"]
    value = json.loads(runner.invoke(app, [*asked, "--json"]).stdout)
    assert (value["schema"], value["items"], value["starts"]) == ("timesheet/1", 2, 2)
    assert value["active_s"] is None
    assert value["undefined"] == "This study records no times."
    assert "2 sittings; active hours are not known" in runner.invoke(app, asked).stdout


def test_the_command_prints_a_line_for_each_sitting(tmp_path: Path) -> None:
    """Data on stdout, the rule on stderr."""
    small = seeded_study(tmp_path)
    worked(small)
    found = CliRunner().invoke(app, ["timesheet", str(small.study), "--as", "R1"])
    assert found.stdout == (
        "R1: 2 of 8 items completed\n"
        "2026-11-23 09:00 to 09:04 UTC: 1 items, 0 h 04 min\n"
        "2026-11-24 08:00 to 08:35 UTC: 1 items, 0 h 15 min\n"
        "2 sittings, 0 h 19 min active\n"
    )
    assert "no pause counted for more than 10 minutes" in found.stderr
