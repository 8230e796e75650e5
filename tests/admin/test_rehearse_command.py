"""`rater-admin rehearse` from the outside: marked from the first line to the last, and on record."""

from __future__ import annotations

from pathlib import Path

from protocol.simulated import SIMULATED
from rater.exit_codes import ExitCode
from rater.services.results.rehearsing import REHEARSAL
from tests.admin.running import done, refused
from tests.services.small_studies import (
    MODELS,
    SmallStudy,
    locked_study,
    rated_study,
    seeded_study,
    unblinded_study,
)


def rehearse(small: SmallStudy, *more: str) -> list[str | Path]:
    return ["rehearse", small.study, "--protocol", small.protocol, *more]


def test_a_rehearsal_is_marked_at_both_ends_and_names_its_seed(tmp_path: Path) -> None:
    """What is cut out of the middle has labels that nobody takes for a model."""
    small = rated_study(tmp_path)
    lines = done(*rehearse(small)).out.splitlines()
    assert lines[:3] == [REHEARSAL, SIMULATED, "seed of the shuffling: 5"]
    assert lines[-1] == "The labels above are shuffled: this was a rehearsal."
    assert any("shuffled-1" in line for line in lines)
    assert not any(model in line for line in lines for model in MODELS)


def test_a_rehearsal_of_an_open_study_is_on_record(tmp_path: Path) -> None:
    """It shows agreement, which is a look at the ratings; a locked study changes no more."""
    small = rated_study(tmp_path)
    done(*rehearse(small))
    assert small.actions() == ["seeded", "rehearsal"]
    (tmp_path / "l").mkdir()
    past = locked_study(tmp_path / "l")
    done(*rehearse(past.small))
    assert "rehearsal" not in past.small.actions()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """And another seed others."""
    small = rated_study(tmp_path)
    first = done(*rehearse(small, "--seed", "8")).out
    assert done(*rehearse(small, "--seed", "8")).out == first
    assert done(*rehearse(small, "--seed", "9")).out != first


def test_a_rehearsal_as_json_carries_the_notice_in_every_part(tmp_path: Path) -> None:
    """Agreement and effects are whole objects of their own schemas, each with the sentence."""
    small = rated_study(tmp_path)
    whole = done(*rehearse(small, "--json")).json
    assert whole["schema"] == "rehearsal/1"
    assert whole["seed"] == 5
    assert whole["agreement"]["schema"] == "agreement/1"
    assert whole["effects"]["schema"] == "effects/1"
    for notes in (whole["notes"], whole["agreement"]["notes"], whole["effects"]["notes"]):
        assert REHEARSAL in notes
    assert {effect["model"] for effect in whole["effects"]["effects"]} == {"shuffled-1", "shuffled-2"}


def test_what_cannot_be_rehearsed_has_its_exit_code_and_leaves_no_record(tmp_path: Path) -> None:
    """Unblinded 6, another protocol 3, nothing rated 7, no protocol 2."""
    opened = unblinded_study(tmp_path).small
    refused(ExitCode.WRONG_STATE, "nothing left to rehearse", *rehearse(opened))
    (tmp_path / "r").mkdir()
    small = rated_study(tmp_path / "r")
    refused(ExitCode.USAGE, "--protocol", "rehearse", small.study)
    small.protocol.write_text(small.protocol.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    refused(ExitCode.CHECK_FAILED, "not the protocol", *rehearse(small))
    assert small.actions() == ["seeded"]
    (tmp_path / "s").mkdir()
    refused(ExitCode.INVALID_INPUT, "No item is completed", *rehearse(seeded_study(tmp_path / "s")))
