"""`rater-admin incident` from the outside."""

from __future__ import annotations

from pathlib import Path

from rater.exit_codes import ExitCode
from tests.admin.running import done, refused
from tests.services.small_studies import SmallStudy, locked_study, seeded_study


def items_of(small: SmallStudy, rater: str) -> tuple[str, ...]:
    desk = small.desk(rater)
    desk.close()
    return desk.session.items


def test_an_incident_is_confirmed_and_on_record(tmp_path: Path) -> None:
    """Of all items; of two of them."""
    small = seeded_study(tmp_path)
    assert (
        "on the record for R1, all items"
        in done("incident", small.study, "--rater", "R1", "--text", "heard it").out
    )
    one, other, *_ = items_of(small, "R2")
    found = done("incident", small.study, "--rater", "R2", "--text", "x", "--items", one, "--items", other)
    assert f"on the record for R2, {one}, {other}" in found.out
    assert small.actions() == ["seeded", "incident", "incident"]


def test_an_incident_as_json(tmp_path: Path) -> None:
    """What was recorded, with its time."""
    small = seeded_study(tmp_path)
    whole = done("incident", small.study, "--rater", "R1", "--text", "heard it", "--json").json
    assert whole.pop("at")
    assert whole == {"schema": "incident/1", "rater": "R1", "items": [], "text": "heard it"}


def test_what_cannot_be_recorded_has_its_exit_code(tmp_path: Path) -> None:
    """No such rater 5, no such item 5, no text 2, locked 6."""
    small = seeded_study(tmp_path)
    text = ("--text", "x")
    refused(ExitCode.NOT_FOUND, "R1, R2, R3", "incident", small.study, "--rater", "R9", *text)
    refused(
        ExitCode.NOT_FOUND, "no item", "incident", small.study, "--rater", "R1", *text, "--items", "f" * 16
    )
    refused(ExitCode.USAGE, "description", "incident", small.study, "--rater", "R1", "--text", " ")
    refused(ExitCode.USAGE, "--text", "incident", small.study, "--rater", "R1")
    assert small.actions() == ["seeded"]
    (tmp_path / "l").mkdir()
    past = locked_study(tmp_path / "l")
    refused(ExitCode.WRONG_STATE, "locked", "incident", past.small.study, "--rater", "R1", *text)
