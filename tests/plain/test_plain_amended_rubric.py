"""An amended rubric in the plain mode: printed, explained anew, rated again."""

from __future__ import annotations

from tests.conftest import BuildStudy, make_items, make_rubric
from tests.plain.talking import item_on_disk, session_on_disk, talk
from tests.services.amended_rubrics import NEW_ANCHOR, amendment_for
from tests.services.amended_studies import amended


def test_a_dimension_is_asked_again(build_study: BuildStudy) -> None:
    """Texts now and before, a list that says so, the new anchor in the guide; the former score is unsaid."""
    study = build_study(items=make_items(2))
    talk(study, "1", "2", "", "q")
    assert session_on_disk(study).completed_count == 1
    amended(study, amendment_for(make_rubric(), "D1"))
    said = talk(study, "", "i", "g 1", "3", "", "q")
    assert "The rubric was amended on 2026-11-24" in said.unfolded
    assert f"Now: {NEW_ANCHOR}" in said.unfolded
    assert "1: asked again, 1 missing" in said.unfolded
    assert said.unfolded.count(NEW_ANCHOR) > 1
    assert "Asked again, by the amended rubric: Verification support." in said.unfolded
    item = item_on_disk(study)
    assert (item.mark("D1").level, item.mark("D2").level, item.completed) == (3, 2, True)
