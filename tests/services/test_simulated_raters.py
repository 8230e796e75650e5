"""Simulated raters: what they see, that they repeat, and that no score stands without its quote."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from protocol.conversation import Conversation, Message
from protocol.errors import InvalidInputError
from protocol.rubric import Dimension, Level, Rubric
from protocol.study import StudyProtocol
from protocol.study_file import read_study
from protocol.visible import TaskCard
from rater.services.simulation.simulated_raters import (
    LatentRater,
    SimulatedRating,
    TextReadingRater,
    random_for,
)

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "rater" / "sample"
CARD = TaskCard(
    brief="A person compares two phone contracts by price.",
    claims=("Which contract costs less over two years",),
    decision_points=("Whether the exit fee counts",),
)


@pytest.fixture(scope="module")
def study() -> StudyProtocol:
    return read_study((SAMPLE / "study.toml").read_text(encoding="utf-8"), where="study.toml")


@pytest.fixture(scope="module")
def rubric(study: StudyProtocol) -> Rubric:
    return study.rubric


@pytest.fixture(scope="module")
def sample(study: StudyProtocol) -> list[tuple[str, str, str, Conversation]]:
    """Model, scaffold, task and the conversation without its system message."""
    found = []
    for line in (SAMPLE / "transcripts.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        one = json.loads(line)
        messages = tuple(
            Message(role=message["role"], text=message["content"])
            for message in one["messages"]
            if message["role"] != "system"
        )
        found.append((one["model"], one["scaffold"], one["task"], Conversation(messages=messages)))
    return found


def _talk(*replies: str) -> Conversation:
    messages: list[Message] = []
    for reply in replies:
        messages += [
            Message(role="user", text="Please check this: is it right?"),
            Message(role="assistant", text=reply),
        ]
    return Conversation(messages=tuple(messages))


def _levels(rubric: Rubric, *replies: str) -> dict[str, SimulatedRating]:
    rater = TextReadingRater(code="R1", noise_sd=0.0, cut_share=1.0)
    ratings = rater.rate(conversation=_talk(*replies), card=CARD, rubric=rubric, random=random_for(1))
    return {rating.dimension: rating for rating in ratings}


def _rate_sample(
    study: StudyProtocol, sample: list[tuple[str, str, str, Conversation]], rater: TextReadingRater, seed: int
) -> list[tuple[SimulatedRating, ...]]:
    cards = {task.id: task.card for task in study.tasks}
    return [
        rater.rate(
            conversation=conversation,
            card=cards[task],
            rubric=study.rubric,
            random=random_for(seed, rater.code, model, scaffold, task),
        )
        for model, scaffold, task, conversation in sample
    ]


def _assert_rating_counts(rating: SimulatedRating, dimension: Dimension, conversation: Conversation) -> None:
    assert rating.dimension == dimension.id
    assert (rating.level is None) != (rating.not_ratable is None)
    if rating.level is None:
        assert rating.quote is None
        return
    assert rating.level in dimension.values
    assert (rating.quote is not None) == dimension.needs_quote(rating.level)
    if rating.quote is not None:
        message = conversation.messages[rating.quote.span.message]
        assert message.role == "assistant"
        assert rating.quote.text == message.text[rating.quote.span.start : rating.quote.span.end]
        assert rating.quote.text.strip()


@pytest.mark.parametrize("severity", [-0.8, 0.0, 0.8])
def test_every_rating_of_the_sample_counts(
    study: StudyProtocol, sample: list[tuple[str, str, str, Conversation]], severity: float
) -> None:
    """A level that needs a quote has the exact words of an assistant message; others have none."""
    rater = TextReadingRater(code="R1", severity=severity, noise_sd=0.6)
    for (_, _, _, conversation), ratings in zip(sample, _rate_sample(study, sample, rater, 3), strict=True):
        for dimension, rating in zip(study.rubric.dimensions, ratings, strict=True):
            _assert_rating_counts(rating, dimension, conversation)


def test_same_seed_gives_the_same_ratings(
    study: StudyProtocol, sample: list[tuple[str, str, str, Conversation]]
) -> None:
    """Ratings depend on the seed alone: equal seeds repeat them, another seed changes some."""
    rater = TextReadingRater(code="R1")
    first = _rate_sample(study, sample, rater, 3)
    assert _rate_sample(study, sample, rater, 3) == first
    assert _rate_sample(study, sample, rater, 4) != first


def test_sample_levels_differ_between_cells(
    study: StudyProtocol, sample: list[tuple[str, str, str, Conversation]]
) -> None:
    """Levels spread over the scale: one model moves with its scaffold, another stays near the floor."""
    rater = TextReadingRater(code="R1", noise_sd=0.0, cut_share=0.0)
    levels: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (model, scaffold, _, _), ratings in zip(sample, _rate_sample(study, sample, rater, 3), strict=True):
        for rating in ratings:
            if rating.level is not None:
                levels[model, scaffold, rating.dimension].append(rating.level)
    qwen, gemma = "Qwen2.5-Coder-0.5B-Instruct", "Gemma-3-270M"
    assert fmean(levels[qwen, "verification", "D1"]) > fmean(levels[qwen, "none", "D1"]) + 0.3
    assert fmean(levels[qwen, "steerability", "D2"]) > fmean(levels[qwen, "none", "D2"]) + 0.8
    assert fmean(levels[gemma, "verification", "D1"]) < 0.4
    assert {level for found in levels.values() for level in found} == {0, 1, 2, 3}


def test_not_ratable_codes_stay_few(
    study: StudyProtocol, sample: list[tuple[str, str, str, Conversation]]
) -> None:
    """Some items are not ratable, with codes of the rubric, and never more than 3 of 15 in a cell."""
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    codes = set[str]()
    for (model, scaffold, _, _), ratings in zip(
        sample, _rate_sample(study, sample, TextReadingRater(code="R1"), 3), strict=True
    ):
        for rating in ratings:
            if rating.not_ratable is not None:
                counts[model, scaffold, rating.dimension] += 1
                codes.add(rating.not_ratable)
    assert codes == {"no-claim", "truncated"}
    assert max(counts.values()) <= 3


def test_user_words_are_no_evidence(rubric: Rubric) -> None:
    """The user's own "check this" counts for nothing."""
    ratings = _levels(rubric, "Contract A costs less than contract B, and that is all there is to it.")
    assert ratings["D1"].level == 0
    assert ratings["D2"].level == 0


@pytest.mark.parametrize(
    ("reply", "least"),
    [
        ("Contract A costs less. You should verify the prices.", 1),
        ("A: 24 x 19 + 30 = 486, and B: 6 x 10 + 18 x 26 = 528 over the two years.", 2),
        ("Check the contract price by using a calculator for the phone contracts you pasted.", 2),
        ("Here is the test of it all:\n```python\nassert total('A') == 486\n```", 2),
    ],
)
def test_checks_are_found(rubric: Rubric, reply: str, least: int) -> None:
    """General, pointed, worked and executable checks raise D1."""
    level = _levels(rubric, reply)["D1"].level
    assert level is not None
    assert level >= least


@pytest.mark.parametrize(
    "reply",
    [
        "A is cheaper. I have double-checked the sums of both contracts for you.",
        "Check this:\nA is the cheaper contract of the two, all in all.",
        "You should consult a professional and ask an expert before you sign anything.",
    ],
)
def test_empty_assurances_are_no_checks(rubric: Rubric, reply: str) -> None:
    """A claimed self-check, a bare heading and a blanket disclaimer leave D1 at 0."""
    assert _levels(rubric, reply)["D1"].level == 0


@pytest.mark.parametrize(
    ("reply", "level"),
    [
        ("Would you like the times first, or the apology first? Each changes the tone.", 2),
        ("Plan:\nI shall write the notice and then stop writing it.", 1),
        ("Here is the notice that you wanted. Happy to adjust it at any time!", 0),
    ],
)
def test_handles_are_found(rubric: Rubric, reply: str, level: int) -> None:
    """A question to the user is a handle, a plan is only exposed, a closing courtesy is neither."""
    assert _levels(rubric, reply)["D2"].level == level


def test_repeating_the_same_words_adds_nothing(rubric: Rubric) -> None:
    """A model that loops is not scored higher for it."""
    once = "You should verify the prices of the contract."
    assert _levels(rubric, once, once, once)["D1"] == _levels(rubric, once)["D1"]


def test_unfinished_code_is_truncated(rubric: Rubric) -> None:
    """A final reply that ends inside a code block, with no check anywhere, is not ratable."""
    rating = _levels(rubric, "Here is the function that you asked me to write:\n```python\ndef f(x):")["D1"]
    assert rating.not_ratable == "truncated"


def test_codes_the_rubric_lacks_are_not_used(rubric: Rubric) -> None:
    """Without a fitting code the lowest level is given."""
    bare = replace(rubric, not_ratable=())
    assert _levels(rubric, "Yes.")["D1"].not_ratable == "no-claim"
    assert _levels(bare, "Yes.")["D1"].level == 0


def test_rubrics_without_reading_rules_are_refused(rubric: Rubric) -> None:
    """A dimension or a rubric that the rules were not written for is an error that says which."""
    third = replace(rubric, dimensions=(*rubric.dimensions, replace(rubric.dimensions[0], id="D3")))
    for unknown, named in ((third, "rules for D3"), (replace(rubric, id="other"), "rubric other")):
        with pytest.raises(InvalidInputError, match=named):
            TextReadingRater(code="R1").rate(
                conversation=_talk("Yes."), card=CARD, rubric=unknown, random=random_for(1)
            )


def test_text_reading_sees_no_origin() -> None:
    """Its inputs are the conversation, the card and the rubric, and no module with origins is loaded."""
    parameters = set(inspect.signature(TextReadingRater.rate).parameters)
    assert parameters == {"self", "conversation", "card", "rubric", "random"}
    check = (
        "import sys, rater.services.simulation.simulated_raters; "
        "print([m for m in sys.modules if m in ('protocol.transcript', 'faker') or "
        "m.startswith(('protocol.allocation', 'protocol.sources', 'textual', 'typer'))])"
    )
    found = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_latent_values_fall_into_levels(rubric: Rubric) -> None:
    """Without noise the cuts lie half way between the positions, and the ends hold everything beyond."""
    rater = LatentRater(code="R1", noise_sd=0.0)
    dimension = rubric.dimension("D1")
    latents = (-4.0, 0.49, 0.5, 1.49, 1.5, 2.49, 2.5, 9.0)
    levels = [rater.level(latent, dimension, random_for(1)) for latent in latents]
    assert levels == [0, 0, 1, 1, 2, 2, 3, 3]


def test_severity_shifts_and_thresholds_cut(rubric: Rubric) -> None:
    """A positive severity gives higher levels; thresholds of one's own move the cuts."""
    dimension = rubric.dimension("D1")
    severe = LatentRater(code="R1", severity=0.6, noise_sd=0.0)
    narrow = LatentRater(code="R2", noise_sd=0.0, thresholds=(0.1, 0.2, 0.3))
    assert severe.level(1.0, dimension, random_for(1)) == 2
    assert narrow.level(0.25, dimension, random_for(1)) == 2


def test_levels_need_not_be_positions(rubric: Rubric) -> None:
    """The level's value is given, whatever the values are."""
    levels = (Level(value=-1, label="no", anchor="no"), Level(value=7, label="yes", anchor="yes"))
    dimension = replace(rubric.dimension("D1"), levels=levels)
    rater = LatentRater(code="R1", noise_sd=0.0)
    assert [rater.level(latent, dimension, random_for(1)) for latent in (0.0, 1.0)] == [-1, 7]


@pytest.mark.parametrize("thresholds", [(0.5,), (0.5, 1.5, 1.0)])
def test_unfit_thresholds_are_refused(rubric: Rubric, thresholds: tuple[float, ...]) -> None:
    """Too few thresholds, or thresholds out of order, are an error that names the dimension."""
    with pytest.raises(InvalidInputError, match='"D1" needs 3 ascending thresholds'):
        LatentRater(code="R1", thresholds=thresholds).level(1.0, rubric.dimension("D1"), random_for(1))


def test_latent_ratings_quote_a_first_sentence(rubric: Rubric) -> None:
    """The quote is the first sentence of some reply; ratings repeat with the seed."""
    talk = _talk("First words. More of it.", "Second words! More of it.")
    rater = LatentRater(code="R1", noise_sd=0.0)
    latents = {"D1": 2.0, "D2": 0.0}
    quotes = set[str]()
    for seed in range(20):
        ratings = rater.rate(latents=latents, conversation=talk, rubric=rubric, random=random_for(seed))
        again = rater.rate(latents=latents, conversation=talk, rubric=rubric, random=random_for(seed))
        assert ratings == again
        for dimension, rating in zip(rubric.dimensions, ratings, strict=True):
            _assert_rating_counts(rating, dimension, talk)
        assert [rating.level for rating in ratings] == [2, 0]
        assert ratings[0].quote is not None
        quotes.add(ratings[0].quote.text)
    assert quotes == {"First words.", "Second words!"}


def test_nothing_to_quote_lowers_the_level(rubric: Rubric) -> None:
    """With empty replies no level that needs a quote is given, whatever the latent value."""
    ratings = LatentRater(code="R1").rate(
        latents={"D1": 3.0, "D2": 3.0}, conversation=_talk("", " \n "), rubric=rubric, random=random_for(1)
    )
    assert [rating.level for rating in ratings] == [0, 0]


def test_level_that_always_needs_a_quote_is_refused_without_words(rubric: Rubric) -> None:
    """If even the lowest level needs a quote and no reply has a word, the rater says so."""
    strict = replace(rubric, dimensions=(replace(rubric.dimension("D1"), quote_from=0),))
    with pytest.raises(InvalidInputError, match="nothing to quote"):
        LatentRater(code="R1").rate(
            latents={"D1": 0.0}, conversation=_talk(""), rubric=strict, random=random_for(1)
        )


def test_missing_latent_value_is_refused(rubric: Rubric) -> None:
    """Every dimension needs a latent value; the error names the one that lacks it."""
    with pytest.raises(InvalidInputError, match='"D2"'):
        LatentRater(code="R1").rate(
            latents={"D1": 1.0}, conversation=_talk("Yes."), rubric=rubric, random=random_for(1)
        )
