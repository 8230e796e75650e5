"""[privacy] timing: what is never written down, in the study, in packs and in ratings files."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from protocol.errors import CheckFailedError, InvalidInputError
from protocol.rating_words import recorded
from protocol.study_file import read_study
from protocol.timing import Timing
from rater.services.packs.handing_out import issue_packs
from rater.services.packs.letters import LetterRequest
from rater.services.progress.progress import read_progress
from rater.services.sitting.submitting import submit
from tests.admin.running import done
from tests.services.returned_files import merge
from tests.services.small_studies import (
    ADMIN,
    APP,
    AT,
    PLAIN,
    RATERS,
    SmallStudy,
    clock,
    desk_of,
    lock_small,
    protocol_text,
    rate_all,
    rate_item,
    seed_small,
    write_sources,
)

TIMED: tuple[Timing, ...] = ("minutes", "off")


@cache
def text(timing: Timing) -> str:
    return protocol_text() + f'\n[privacy]\ntiming = "{timing}"\n'


@pytest.fixture
def make(tmp_path: Path) -> Callable[[Timing], SmallStudy]:
    return lambda timing: seed_small(write_sources(tmp_path / timing, protocol=text(timing)))


@pytest.mark.parametrize("timing", TIMED)
def test_a_time_that_is_not_recorded_is_in_no_byte(
    make: Callable[[Timing], SmallStudy], tmp_path: Path, timing: Timing
) -> None:
    """Pack and ratings file hold minutes or nothing, no duration, and merge."""
    small = make(timing)
    (issued,) = issue_packs(
        small.study,
        ["R1"],
        every=False,
        folder=tmp_path / "p",
        who=ADMIN,
        clock=clock,
        letters=LetterRequest(),
    )
    desk = desk_of(issued.path)
    desk._clock = lambda: "2026-11-23T13:07:42.123Z"
    desk.start_sitting()
    rate_item(desk, 0, levels=PLAIN, note="mine")
    assert desk.saved_at == "2026-11-23T13:07:42.123Z"
    assert {event.at for event in desk.events} == {
        "2026-11-23T13:07:00.000Z" if timing == "minutes" else None
    }
    desk.close()
    back = submit(issued.path, rater=None, output=None, interim=True, app=APP)
    for path in (issued.path, back.path):
        data = path.read_bytes()
        assert not any(word in data for word in (b"42.123", b"elapsed_ms", b"active_ms"))
        assert (b"13:07" in data) is (timing == "minutes")
    (merged,) = merge(small, back.path)
    assert merged.outcome == "merged"
    assert issued.letter is not None
    words = "to the minute" if timing == "minutes" else "No time of any step"
    assert words in issued.letter.read_text(encoding="utf-8")


@pytest.mark.parametrize("timing", TIMED)
def test_a_study_without_times_goes_to_its_end(make: Callable[[Timing], SmallStudy], timing: Timing) -> None:
    """Rated, verified, locked, its agreement computed; speed is nowhere a number."""
    small = make(timing)
    rate_all(small)
    progress = read_progress(small.study)
    assert {rater.last_at for rater in progress.raters} == {
        AT[:16] + ":00.000Z" if timing == "minutes" else None
    }
    assert [rater.completed for rater in progress.raters] == [8] * len(RATERS)
    lock_small(small)
    done("verify", small.study)
    found = done("agreement", small.study, "--json").json
    assert "'median_s'" not in str(found)
    assert "Speed and drift over time are not available" in str(found)


def test_an_exact_time_is_refused_where_the_study_records_none(
    make: Callable[[Timing], SmallStudy], tmp_path: Path
) -> None:
    """A chain made by another program that tells more than raters were promised is not merged."""
    from protocol.chain.events import EventDraft, EventKind
    from tests.services.returned_files import forged, write

    small = make("off")
    data = forged(small, [EventDraft(kind=EventKind.SITTING)])
    with pytest.raises(CheckFailedError, match="does not record"):
        merge(small, write(tmp_path, "f.jsonl", data))


def test_a_missing_time_is_refused_where_the_study_records_it(tmp_path: Path) -> None:
    """Every report would trip over it."""
    from protocol.chain.events import EventDraft, EventKind
    from tests.services.returned_files import forged, write
    from tests.services.small_studies import seeded_study

    small = seeded_study(tmp_path)
    data = forged(small, [EventDraft(kind=EventKind.SITTING)], at=None)
    with pytest.raises(CheckFailedError, match="has no time"):
        merge(small, write(tmp_path, "f.jsonl", data))


def test_raters_are_told_on_the_first_page() -> None:
    """Three sentences for three settings."""
    said = [recorded(act="key", came_up="came up", timing=one) for one in ("full", *TIMED)]
    assert ["time of day and the time since" in said[0], "to the minute" in said[1]] == [True, True]
    assert "without any time" in said[2]


def test_a_refresher_needs_times() -> None:
    """A pause cannot be known where nothing is timed: it is a mistake in study.toml."""
    with pytest.raises(InvalidInputError) as caught:
        read_study(
            text("off") + '[calibration]\nfile = "t.jsonl"\nrefresher_after_days = 3\n', where="study.toml"
        )
    assert "timing" in str(caught.value)
    assert read_study(text("minutes"), where="s").visible().timing == "minutes"
