"""Ratings by rubric version, and agreement with and without carried ones, worked by hand."""

from __future__ import annotations

import pytest

from protocol.analysis.carried_ratings import counts_to_json, rubric_counts
from protocol.analysis.effect import Effect
from protocol.analysis.effects import effects
from protocol.analysis.rating_table import DimensionSpec, RatingRow, RatingTable, carried_rule
from protocol.analysis.robustness import with_robustness
from protocol.chain.rubric_texts import DimensionTexts, RubricTexts, changed_texts
from protocol.errors import InvalidInputError
from protocol.report.carried_text import rubric_notices
from protocol.rubric import Scale
from protocol.rubric_versions import rubric_history
from protocol.study import AnalysisPlan
from tests.conftest import make_rubric
from tests.services.amended_rubrics import amendment_for

D1 = DimensionSpec(id="D1", scale=Scale.NOMINAL, levels=(0, 1))


def row(unit: str, rater: str, value: int, *, carried: bool, **more: object) -> RatingRow:
    """Return a rating; a carried one was made under the first rubric."""
    return RatingRow(
        unit=unit,
        rater=rater,
        dimension="D1",
        value=value,
        rubric_version=1 if carried else 2,
        carried=carried,
        **more,  # type: ignore[arg-type]
    )


TABLE = RatingTable(
    dimensions=(D1,),
    rows=(
        # Two units under the first rubric, where the raters differ on both;
        *(row(unit, rater, value, carried=True) for unit in "ab" for rater, value in (("R1", 0), ("R2", 1))),
        # and two under the second, where they agree, on another level each.
        *(row("c", rater, 0, carried=False) for rater in ("R1", "R2")),
        *(row("d", rater, 1, carried=False) for rater in ("R1", "R2")),
    ),
)


def test_alpha_with_and_without_the_carried_ratings() -> None:
    """With them: D_o = 4/8, values 4 x 0 and 4 x 1, D_e = 2*4*4/(8*7) = 4/7, alpha = 1 - 7/8; without: 1."""
    found = rubric_counts(TABLE)
    assert found is not None
    assert found.versions == {1: 4, 2: 4}
    (one,) = found.carried
    assert (one.ratings, one.carried) == (8, 4)
    assert one.alpha.value == pytest.approx(1 - (4 / 8) / (4 / 7))
    assert one.without.value == pytest.approx(1.0)
    counted, sentence = rubric_notices(TABLE)
    assert counted.endswith("Ratings: 4 under version 1 (as seeded), 4 under version 2.")
    assert sentence.endswith("alpha (nominal) with them 0.125, without them 1.000.")


def test_nothing_is_said_of_a_rubric_that_was_never_amended() -> None:
    """No version, no word, no key."""
    plain = RatingTable(dimensions=(D1,), rows=(RatingRow(unit="a", rater="R1", dimension="D1", value=1),))
    assert rubric_counts(plain) is None
    assert rubric_notices(plain) == ()
    assert counts_to_json(plain) == {}


def test_all_carried_leaves_agreement_without_them_undefined() -> None:
    """A reason stands in place of a number."""
    rows = tuple(one for one in TABLE.rows if one.carried)
    said = counts_to_json(RatingTable(dimensions=(D1,), rows=rows))
    assert "'value_without': None, 'undefined_without': 'every rating was carried'" in str(said)


def mean_of(effect: Effect) -> float:
    """Return the mean difference of an effect that could be estimated."""
    assert effect.comparison is not None
    return float(effect.comparison.figures.mean)


def test_effects_without_carried_ratings_are_a_variant() -> None:
    """Task t1 under the first rubric rises by 1, t2 and t3 under the second by 0: mean 1/3, without 0."""
    rises = {"t1": 1, "t2": 0, "t3": 0}
    rows = tuple(
        row(
            f"{task}-{scaffold}",
            "R1",
            rises[task] if scaffold == "S" else 0,
            carried=task == "t1",
            model="M",
            scaffold=scaffold,
            task=task,
        )
        for task in rises
        for scaffold in ("B", "S")
    )
    table = RatingTable(
        dimensions=(DimensionSpec(id="D1", scale=Scale.ORDINAL, levels=(0, 1, 2, 3)),), rows=rows
    )
    found = with_robustness(
        effects(table, baseline="B", plan=AnalysisPlan(headline=("D1",))), table, leave_out=(carried_rule(),)
    )
    (main,) = found.effects
    (variant,) = (one for one in found.robustness if one.label == "without carried")
    assert mean_of(main) == pytest.approx(1 / 3)
    assert variant.ratings_left_out == 2
    assert [mean_of(one) for one in variant.effects] == [0.0]


def test_which_ratings_are_carried_follows_from_the_texts_that_changed() -> None:
    """A later text of D1 leaves D2 alone; a decision rule is a text of every dimension."""
    rubric = make_rubric()
    history = rubric_history(rubric, [amendment_for(rubric)])
    assert [history.is_carried("D1", number) for number in (1, 2)] == [True, False]
    assert not history.is_carried("D2", 1)
    assert RubricTexts(rules=("Higher.",)).changed_in(rubric) == {"D1", "D2"}


def test_a_number_alone_is_no_new_text() -> None:
    """Another version of the same words changes nothing that is rated by."""
    rubric = make_rubric()
    with pytest.raises(InvalidInputError, match="differs from what is rated by now"):
        changed_texts(rubric, RubricTexts(version=2).applied_to(rubric), where="study.toml")


def test_texts_lead_from_one_rubric_to_the_other_and_through_json() -> None:
    """What `changed_texts` finds, applied, is the other rubric; its JSON form loses nothing."""
    rubric = make_rubric()
    wanted = RubricTexts(
        version=2, rules=(), dimensions=(DimensionTexts(id="D2", question="How steerable?"),)
    )
    new = wanted.applied_to(rubric)
    assert changed_texts(rubric, new, where="study.toml") == wanted
    assert RubricTexts.from_json(wanted.to_json()) == wanted
    with pytest.raises(KeyError):
        RubricTexts(dimensions=(DimensionTexts(id="D9", question="?"),)).applied_to(rubric)
