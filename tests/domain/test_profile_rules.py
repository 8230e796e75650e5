"""[profile] of study.toml: read as written, and every mistake named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from protocol.errors import InvalidInputError
from protocol.profile.fixed_list import ASPECT_IDS, ASPECTS, row_plan
from protocol.profile.profile_plan import ProfilePlan
from protocol.study_file import read_study
from rater.services.seeding.starting import study_text
from tests.services.small_studies import protocol_text


def mistakes(profile: str) -> str:
    with pytest.raises(InvalidInputError) as caught:
        read_study(f"{protocol_text()}\n{profile}\n", where="F")
    return str(caught.value)


def test_the_table_is_read() -> None:
    """Context, models, rows and guards come out as they were written."""
    study = read_study(
        protocol_text() + '\n[profile]\nby = "A team"\nguards = ["D2"]\n[profile.dimensions]\nD1 = "repair"\n'
        '[profile.context]\nusers = "adults"\n[[profile.models]]\nmodel = "m"\nversion = "1"\n',
        where="F",
    )
    assert study.profile is not None
    assert study.profile.context.users == "adults"
    assert study.profile.models[0].version == "1"
    plan = row_plan(study.rubric, study.profile)
    assert (dict(plan.aspects), plan.guards) == ({"D1": "repair"}, ("D2",))


def test_a_study_without_the_table_has_none() -> None:
    """It may be left out; a rubric of somebody else's then has rows of its own only."""
    study = read_study(protocol_text(), where="F")
    assert study.profile is None
    assert row_plan(study.rubric, None).aspects == {}


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ('[profile.dimensions]\nD9 = "repair"', "the id of a dimension"),
        ('[profile.dimensions]\nD1 = "kindness"', "verification_support"),
        ('[profile.dimensions]\nD1 = "repair"\nD2 = "repair"', "an aspect that stands once"),
        ('[profile]\nguards = ["D9"]', "the id of a dimension"),
        ('[profile]\nguards = ["D1", "D1"]', "a dimension that stands once"),
        (
            '[profile]\nguards = ["D1"]\n[profile.dimensions]\nD1 = "repair"',
            "no row under profile",
        ),
        ('[profile.context]\nusers = " "', "who used the system"),
        ('[profile.context]\nusers = "a"\nuser = "b"', "the unknown key"),
        ('[[profile.models]]\nmodel = "m"\n[[profile.models]]\nmodel = "m"', "a model that stands once"),
        ("[profile]\noverall = 3", "the unknown key"),
    ],
)
def test_mistakes_are_named(profile: str, said: str) -> None:
    """Dimensions, aspects and models that are none or stand twice."""
    assert said in mistakes(profile)


def test_the_template_names_the_whole_list_and_what_it_does_without() -> None:
    """A new study folder explains every row, and reads the same as the shipped default."""
    text = study_text()
    assert all(aspect in text for aspect in ASPECT_IDS)
    study = read_study(text, where="F")
    written, shipped = row_plan(study.rubric, study.profile), row_plan(study.rubric, None)
    assert written == shipped
    assert row_plan(study.rubric, ProfilePlan(by="x")) == shipped


def test_a_shipped_rubric_that_was_made_another_speaks_of_nothing_by_itself() -> None:
    """Under the old id, a dimension of another name is no verification support any more."""
    study = read_study(study_text(), where="F")
    first, *others = study.rubric.dimensions
    changed = replace(study.rubric, dimensions=(replace(first, name="Politeness"), *others))
    assert row_plan(changed, None).aspects == {"D2": "process_steerability"}


def test_the_page_on_profiles_has_the_fixed_list() -> None:
    """Aspect, question and dimension of an audit, as the program has them."""
    page = (Path(__file__).parents[2] / "docs" / "profile.md").read_text(encoding="utf-8")
    for one in ASPECTS:
        assert f"| `{one.id}` | {one.question} | {one.audit_dimension} |" in page
