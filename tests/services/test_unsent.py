"""The reminder at quitting: when much of a rater's work is in the pack alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from rater.plain.dialogue import Dialogue
from rater.plain.loop import hold_sitting
from rater.services.sitting import unsent
from rater.services.sitting.submitting import submit
from rater.services.sitting.unsent import unsent_reminder
from tests.services.small_studies import APP, PLAIN, desk_of, pack_of_r1, rate_item, rated_study


def test_much_that_is_in_the_pack_alone_is_told_until_a_copy_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the limit nothing; a copy beside the pack ends it; a file of something else does not."""
    pack = pack_of_r1(tmp_path, rated=3)
    desk = desk_of(pack)
    assert unsent_reminder(desk) == ""
    monkeypatch.setattr(unsent, "MANY_ITEMS", 3)
    (tmp_path / "R1.ratings.jsonl").write_text("something else", encoding="utf-8")
    assert unsent_reminder(desk) == (
        "3 completed items are on this computer alone. A copy to send: rater submit R1.pack.db --interim"
    )
    (tmp_path / "R1.ratings.jsonl").unlink()
    desk.close()
    submit(pack, rater=None, output=None, interim=True, app=APP)
    desk = desk_of(pack)
    assert unsent_reminder(desk) == ""
    for position in (3, 4):
        rate_item(desk, position, levels=PLAIN)
    assert unsent_reminder(desk) == ""
    rate_item(desk, 5, levels=PLAIN)
    assert unsent_reminder(desk).startswith("3 completed items")
    desk.close()


def test_a_study_file_and_work_that_was_handed_in_need_no_reminder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one is where the ratings belong, the other is final."""
    monkeypatch.setattr(unsent, "MANY_ITEMS", 1)
    desk = rated_study(tmp_path).desk("R1")
    assert unsent_reminder(desk) == ""
    desk.close()


def test_the_plain_mode_says_it_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the words that everything is saved."""
    monkeypatch.setattr(unsent, "MANY_ITEMS", 1)
    desk = desk_of(pack_of_r1(tmp_path, rated=2))
    said = io.StringIO()
    hold_sitting(desk, Dialogue(io.StringIO("q\n"), said))
    desk.close()
    assert said.getvalue().rstrip().endswith("--interim")
