"""Claims against the evidence of a study: levels crossed, factors named, findings there or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

import pytest

from protocol.analysis.effects import effects
from protocol.analysis.effects_result import EffectsResult, Robustness, Variant
from protocol.analysis.rating_table import RatingTable
from protocol.analysis.verdicts import Verdict
from protocol.claims.claim_block import ClaimBlock, ClaimVerdict, claim_block
from protocol.claims.evidence_level import LEVELS, QUESTIONS, crossings, level_of
from protocol.claims.factors import FACTOR_NEEDS, FACTOR_WORDS, Factor
from protocol.report.claims_text import claim_block_json, claim_table
from protocol.report.markdown import markdown_blocks
from protocol.stats.estimate import Interval, IntervalEstimate
from protocol.study import AnalysisPlan, Claim, EvidenceLevel, Finding, StudyProtocol
from protocol.study_file import read_study
from rater.services.seeding.starting import study_text

BuildTable = Callable[..., RatingTable]
PLAN = AnalysisPlan(headline=("d",))
CLAIM = Claim(
    id="c",
    text="Under S1 the model gives more checks.",
    level=EvidenceLevel.RESPONSE,
    dimension="d",
    model="A",
    scaffold="S1",
    expects=("raised", "raised_to_ceiling"),
)


@pytest.fixture
def study() -> StudyProtocol:
    """A study whose evidence are single responses."""
    shipped = read_study(study_text(), where="study.toml")
    return replace(shipped, evidence_level=EvidenceLevel.RESPONSE, subtag=None)


@pytest.fixture
def found(study_table: BuildTable) -> EffectsResult:
    """Model A is raised by S1 on every task, model B is left where it was."""
    low, high = [[0, 0]] * 12, [[1, 1], [2, 1], [1, 2]] * 4
    table: RatingTable = study_table(
        {("A", "S0"): low, ("A", "S1"): high, ("B", "S0"): low, ("B", "S1"): low}
    )
    return effects(table, baseline="S0", plan=PLAN)


def judged(
    claim: Claim, study: StudyProtocol, found: EffectsResult, *, fairness: str = "comparable"
) -> ClaimBlock:
    return claim_block(claim, study, found, n_raters=2, fairness=fairness)


def test_a_claim_at_the_level_of_its_evidence_is_supported(
    study: StudyProtocol, found: EffectsResult
) -> None:
    """No level crossed, the named finding is there: supported, with the sentence and its figures."""
    block = judged(CLAIM, study, found)
    assert block.verdict is ClaimVerdict.SUPPORTED
    assert block.may_be_said.startswith(
        "As judged by 2 blinded raters at the level of response: under S1 A was rated +1.33 ["
    )
    assert block.crossings == ()
    assert block.not_observed == tuple(Factor)


@pytest.mark.parametrize(
    ("level", "verdict", "crossed"),
    [
        (EvidenceLevel.MODEL, ClaimVerdict.SUPPORTED, 0),
        (EvidenceLevel.INTERACTION, ClaimVerdict.RESTRICTED, 1),
        (EvidenceLevel.DEPLOYMENT, ClaimVerdict.NOT_SUPPORTED, 2),
    ],
)
def test_each_level_above_the_evidence_costs(
    study: StudyProtocol, found: EffectsResult, level: EvidenceLevel, verdict: ClaimVerdict, crossed: int
) -> None:
    """One level leaves the sentence that was observed, two leave nothing; each has its assumption."""
    block = judged(replace(CLAIM, level=level), study, found)
    assert block.verdict is verdict
    assert len(block.crossings) == crossed
    assert bool(block.may_be_said) is (verdict is not ClaimVerdict.NOT_SUPPORTED)
    assert len(block.needed) == crossed


def test_a_claim_over_models_that_differ_is_restricted(study: StudyProtocol, found: EffectsResult) -> None:
    """Without a model the claim speaks of all of them: the one that was not moved is named."""
    block = judged(replace(CLAIM, model=""), study, found)
    assert block.verdict is ClaimVerdict.RESTRICTED
    model = next(one for one in block.varied if one.factor == "model")
    assert model.stability == "varied, unstable"
    assert "B under S1" not in block.may_be_said
    assert any("1 of 2 comparisons" in reason for reason in block.why)


def test_a_factor_the_claim_speaks_of_and_nobody_observed_restricts(
    study: StudyProtocol, found: EffectsResult
) -> None:
    """Unless the study says that it did observe it."""
    claim = replace(CLAIM, needs=(Factor.REAL_USERS,))
    block = judged(claim, study, found)
    assert block.verdict is ClaimVerdict.RESTRICTED
    assert block.needed == (FACTOR_NEEDS[Factor.REAL_USERS],)
    seen = judged(claim, replace(study, observed=(Factor.REAL_USERS,)), found)
    assert seen.verdict is ClaimVerdict.SUPPORTED
    assert Factor.REAL_USERS not in seen.not_observed


@pytest.mark.parametrize(
    "claim",
    [
        replace(CLAIM, expects=()),
        replace(CLAIM, expects=("lowered",)),
        replace(CLAIM, model="B"),
        replace(CLAIM, model="nobody"),
    ],
)
def test_a_finding_that_was_not_named_or_is_not_there_supports_nothing(
    claim: Claim, study: StudyProtocol, found: EffectsResult
) -> None:
    """Without a line set beforehand, or with another result, nothing may be said."""
    block = judged(claim, study, found)
    assert block.verdict is ClaimVerdict.NOT_SUPPORTED
    assert block.may_be_said == ""
    assert block.why
    assert all(reason.endswith(".") for reason in block.why)


def another(
    found: EffectsResult, verdict: Verdict | None, *, left_out: int, turned: bool = False
) -> EffectsResult:
    """The same effects, and another analysis of them with this verdict."""
    effects_there = tuple(
        replace(
            one,
            comparison=one.comparison
            and replace(
                one.comparison,
                figures=replace(
                    one.comparison.figures,
                    mean=-one.comparison.figures.mean if turned else one.comparison.figures.mean,
                ),
            ),
            decision=replace(one.decision, verdict=verdict),
        )
        for one in found.effects
    )
    variant = Robustness(
        variant=Variant.RATER if left_out else Variant.AGGREGATION,
        label="R1 alone" if left_out else "consensus",
        what="another analysis",
        ratings_left_out=left_out,
        effects=effects_there,
    )
    return replace(found, robustness=(variant,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another analysis of raised effects, and what follows."""

    verdict: Verdict | None
    left_out: int = 0
    turned: bool = False
    claim: ClaimVerdict
    stability: str


@pytest.mark.parametrize(
    "other",
    [
        Other(verdict=Verdict.RAISED, claim=ClaimVerdict.SUPPORTED, stability="varied, stable"),
        Other(verdict=Verdict.RAISED_TO_CEILING, claim=ClaimVerdict.SUPPORTED, stability="varied, stable"),
        Other(verdict=Verdict.INCONCLUSIVE, claim=ClaimVerdict.RESTRICTED, stability="varied, unstable"),
        Other(verdict=Verdict.NO_HEADROOM, claim=ClaimVerdict.RESTRICTED, stability="varied, unstable"),
        Other(
            verdict=Verdict.INCONCLUSIVE, left_out=9, claim=ClaimVerdict.SUPPORTED, stability="not observed"
        ),
        Other(verdict=None, left_out=9, claim=ClaimVerdict.SUPPORTED, stability="not observed"),
        Other(
            verdict=Verdict.INCONCLUSIVE,
            left_out=9,
            turned=True,
            claim=ClaimVerdict.RESTRICTED,
            stability="varied, unstable",
        ),
        Other(
            verdict=Verdict.EQUIVALENT,
            left_out=9,
            claim=ClaimVerdict.RESTRICTED,
            stability="varied, unstable",
        ),
    ],
)
def test_another_analysis_that_disagrees_restricts_and_is_named(
    study: StudyProtocol, found: EffectsResult, other: Other
) -> None:
    """Fewer ratings that stay inconclusive on the same side contradict nothing, and confirm nothing."""
    claim = replace(CLAIM, expects=("raised",)) if other.verdict is Verdict.RAISED_TO_CEILING else CLAIM
    main = replace(
        found,
        effects=tuple(
            replace(one, decision=replace(one.decision, verdict=Verdict.RAISED)) for one in found.effects
        ),
    )
    block = judged(claim, study, another(main, other.verdict, left_out=other.left_out, turned=other.turned))
    assert block.verdict is other.claim
    assert block.varied[-1].stability == other.stability
    named = "R1 alone (" if other.left_out else "consensus ("
    restricted = other.claim is ClaimVerdict.RESTRICTED
    assert (f"It is not so in 1 of 1 checks by other analyses: {named}" in block.may_be_said) is restricted
    assert any("not stable" in reason and named in reason for reason in block.why) is restricted


def test_a_sign_that_turns_says_nothing_against_no_change(study: StudyProtocol, found: EffectsResult) -> None:
    """A shift near zero changes its sign by chance: only shifts with a direction can turn."""
    claim = replace(CLAIM, model="B", expects=("unchanged", "equivalent"))
    block = judged(claim, study, another(found, Verdict.EQUIVALENT, left_out=9, turned=True))
    assert block.verdict is ClaimVerdict.SUPPORTED


def test_a_shift_whose_interval_reaches_zero_restricts(study: StudyProtocol, found: EffectsResult) -> None:
    """The test may find a shift while the printed interval is not clear of none."""
    wide = IntervalEstimate(interval=Interval(lower=-0.01, upper=1.2, level=0.95, method="t", se=None))
    near = replace(
        found,
        effects=tuple(
            replace(
                one,
                comparison=one.comparison
                and replace(one.comparison, figures=replace(one.comparison.figures, ci95=wide)),
            )
            for one in found.effects
        ),
    )
    block = judged(CLAIM, study, near)
    assert block.verdict is ClaimVerdict.RESTRICTED
    assert any("not clear of no shift" in reason for reason in block.why)


@pytest.mark.parametrize(
    ("fairness", "words"),
    [
        ("not comparable", "the conditions are not comparable"),
        ("not shown to be comparable", "the conditions are not shown to be comparable"),
    ],
)
def test_conditions_that_are_not_comparable_restrict(
    study: StudyProtocol, found: EffectsResult, fairness: str, words: str
) -> None:
    """A difference is the scaffold's only where nothing else differed; the sentence says it."""
    block = judged(CLAIM, study, found, fairness=fairness)
    assert block.verdict is ClaimVerdict.RESTRICTED
    assert words in block.may_be_said
    assert any("run manifest" in one for one in block.needed)


def test_a_study_that_never_asked_the_fairness_rules_says_so_with_its_claim(
    study: StudyProtocol, found: EffectsResult
) -> None:
    """Ratings made elsewhere come without a manifest: supported, and what nobody asked is in the sentence."""
    block = judged(CLAIM, study, found, fairness="")
    assert block.verdict is ClaimVerdict.SUPPORTED
    assert "is not on record" in block.may_be_said
    assert any("run manifest" in one for one in block.needed)


def test_a_finding_that_is_not_there_is_not_said_to_be_there_elsewhere(
    study: StudyProtocol, found: EffectsResult
) -> None:
    """Other analyses are then asked for the same verdict, and the text says so."""
    block = judged(replace(CLAIM, expects=("lowered",)), study, replace(found, robustness=other_same(found)))
    assert block.varied[-1].why == "the verdict is the same in 1 of 1 checks"


def other_same(found: EffectsResult) -> tuple[Robustness, ...]:
    """Return an analysis with the effects of the main one."""
    return (
        Robustness(
            variant=Variant.AGGREGATION,
            label="consensus",
            what="consensus",
            ratings_left_out=0,
            effects=found.effects,
        ),
    )


def test_the_text_has_all_eight_parts(study: StudyProtocol, found: EffectsResult) -> None:
    """None is left blank, and JSON says the same."""
    block = judged(replace(CLAIM, level=EvidenceLevel.INTERACTION), study, found)
    text = markdown_blocks([claim_table(block, title="A claim")])
    for part in range(1, 9):
        assert f"| {part} " in text
    body = claim_block_json(block)
    assert body["verdict"] == "restricted"
    assert body["levels_crossed"] == 1
    assert all(body[key] for key in ("held_fixed", "not_observed", "assumptions", "why", "needed"))


def test_every_crossing_of_levels_is_one_step() -> None:
    """From any level to any other: as many steps as levels between, in order."""
    for low, evidence in enumerate(LEVELS):
        for high, claim in enumerate(LEVELS):
            steps = crossings(evidence, claim)
            assert len(steps) == max(0, high - low)
            assert [step.to_level for step in steps] == list(LEVELS[low + 1 : high + 1])


@pytest.mark.parametrize(
    ("yes", "level", "subtag"),
    [
        ((), None, None),
        (("fixed-by-training",), EvidenceLevel.MODEL, None),
        (("fixed-inputs",), EvidenceLevel.RESPONSE, None),
        (("fixed-inputs", "exchange"), EvidenceLevel.INTERACTION, "scripted"),
        (("exchange", "contingent"), EvidenceLevel.INTERACTION, "contingent"),
        (("exchange", "contingent", "workflow"), EvidenceLevel.DEPLOYMENT, None),
        (("contingent",), None, None),
    ],
)
def test_the_highest_yes_decides(
    yes: tuple[str, ...], level: EvidenceLevel | None, subtag: str | None
) -> None:
    """And the tag of an interaction follows from whether turns were contingent."""
    found = level_of(dict.fromkeys(yes, True))
    assert (found.level, found.subtag) == (level, subtag)


def test_lists_that_must_agree() -> None:
    """A claim can name every verdict and every factor, and each has its words."""
    assert set(get_args(Finding)) == {str(verdict) for verdict in Verdict}
    assert set(FACTOR_WORDS) == set(FACTOR_NEEDS) == set(Factor)
    assert len(Factor) == 10
    assert {question.only_after for question in QUESTIONS} == {"", "exchange"}
