"""The whole audit: planted leaks, treatments, noise, too little, and what may be said of each."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from importlib.util import find_spec

import pytest

from protocol.conversation import Conversation, Message
from protocol.deidentify.guessability.audit import AuditResult, QuestionAudit, guessability_audit
from protocol.deidentify.guessability.audit_item import AuditItem
from protocol.deidentify.guessability.audit_json import guessability_to_json
from protocol.deidentify.guessability.treatments import available_treatments
from protocol.deidentify.guessability.wording import Band, band_of, guessability_of
from protocol.errors import InvalidInputError
from protocol.report.guessability_text import guessability_blocks
from protocol.report.markdown import markdown_blocks
from protocol.report.text_block import Sentences

# Looked for and not imported: only the worker that runs these tests should wait for it.
pytestmark = pytest.mark.skipif(
    find_spec("sklearn") is None, reason="the audit needs the extra: pip install 'blindrater[audit]'"
)

WORDS = [f"{first}{second}" for first in "bcdfghjkl" for second in ("a", "ema", "ilo", "on", "ust")]
Write = Callable[[str, list[str]], str]


def _plain(_: str, words: list[str]) -> str:
    return " ".join(words)


def _bulleted(model: str, words: list[str]) -> str:
    """Model a writes lists in bold, model b in plain lines; the words are the same."""
    lines = [words[start : start + 5] for start in range(0, len(words), 5)]
    if model == "a":
        return "\n".join(f"- **{line[0]}** {' '.join(line[1:])}" for line in lines)
    return "\n".join(" ".join(line) for line in lines)


def _corpus(
    write: Write = _plain,
    *,
    n_tasks: int = 24,
    models: str = "ab",
    scaffolds: tuple[str, ...] = ("s",),
    seed: int = 1,
) -> list[AuditItem]:
    entropy = random.Random(seed)
    found = []
    for task in range(n_tasks):
        topic = entropy.choices(WORDS, k=8)
        for model in models:
            for scaffold in scaffolds:
                text = write(model, entropy.choices(WORDS, k=30) + entropy.choices(topic, k=10))
                messages = (Message(role="user", text=f"Task {task}"), Message(role="assistant", text=text))
                found.append(
                    AuditItem(
                        id=f"{model}-{scaffold}-{task}",
                        model=model,
                        scaffold=scaffold,
                        task=f"t{task:02d}",
                        conversation=Conversation(messages=messages),
                    )
                )
    return found


def _audit(items: list[AuditItem], *, seed: int = 1) -> AuditResult:
    return guessability_audit(items, seed=seed, permutations=199)


def _model(items: list[AuditItem]) -> QuestionAudit:
    return _audit(items).questions[0]


def _words(result: AuditResult) -> str:
    return "\n".join(
        line for block in guessability_blocks(result) if isinstance(block, Sentences) for line in block.lines
    )


def _accuracies(found: QuestionAudit) -> list[float]:
    values = [one.figures.accuracy.value.value for one in found.treated if one.figures]
    return [value for value in values if value is not None]


def test_a_formatting_leak_is_found_and_plain_text_takes_it_away() -> None:
    """Bullets and bold in one arm: certain as it is, near chance as plain text, whose change is told."""
    found = _model(_corpus(_bulleted))
    as_it_is, plain, cut, both = _accuracies(found)
    assert as_it_is > 0.95
    assert cut > 0.95
    assert plain < 0.7
    assert both < 0.7
    assert found.band is Band.DISTINCT
    change = found.treated[1].change
    assert change is not None
    assert change.value.value == pytest.approx(plain - as_it_is)
    assert change.ci95.interval is not None
    assert change.ci95.interval.upper < 0
    surface = next(view for view in found.views if view.view == "surface counts")
    assert surface.figures is not None
    assert (surface.figures.accuracy.value.value or 0) > 0.95


def test_pure_noise_is_told_as_nothing_found() -> None:
    """Eight corpora without a difference: p over the range, and the sentence names method and n."""
    found = [_audit(_corpus(seed=seed, n_tasks=20), seed=seed) for seed in range(8)]
    p = [one.null.p for result in found for one in result.questions[0].treated[:1] if one.null]
    assert sum(value <= 0.05 for value in p) <= 2
    assert max(p) > 0.3
    nothing = next(result for result in found if result.questions[0].band is Band.NOTHING_FOUND)
    text = _words(nothing)
    assert (
        "Nothing found with this method and 40 texts of 20 tasks, which is not the same as none there" in text
    )


def test_the_finding_is_worded_as_a_ceiling_not_a_forecast() -> None:
    """Labelled examples, chance, ceiling, the certain leak, informed guessing, keep it apart."""
    text = _words(_audit(_corpus(_bulleted)))
    for words in (
        "A program trained on labelled examples from this very study picks the right model for",
        "chance 50.0 %",
        "a ceiling for style reading, not a forecast",
        "is a certain leak, which a percentage hides",
        "stylistically distinct: expect informed guessing",
        "These are the transcripts to look at.",
        "is a leak itself",
    ):
        assert words in text


def test_below_forty_cells_only_the_tokens_speak() -> None:
    """15 tasks of two models are 30 cells: no accuracy, no band, the table of tokens stands."""
    result = _audit(_corpus(_bulleted, n_tasks=15))
    found = result.questions[0]
    assert found.undefined is not None
    assert "30 cells of task and model" in found.undefined
    assert found.treated == ()
    assert found.band is None
    assert any("line starts: -" in one.tokens for one in found.exclusivity.exclusive)
    assert "Can the model be told? Undefined: 30 cells" in _words(result)


def test_one_arm_and_few_tasks_are_undefined() -> None:
    """Nothing to tell apart; whole tasks cannot be held out."""
    assert "fewer than two scaffolds" in (_audit(_corpus()).questions[1].undefined or "")
    few = _corpus(n_tasks=4, models="abcdefghijkl")
    assert "at least 5 are needed" in (_model(few).undefined or "")


def test_models_and_scaffolds_are_audited_apart() -> None:
    """A leak of the model is no leak of the scaffold."""
    model, scaffold = _audit(_corpus(_bulleted, scaffolds=("s", "t"))).questions
    assert model.band is Band.DISTINCT
    assert scaffold.band is not Band.DISTINCT
    assert (model.n_texts, model.n_tasks, model.n_cells) == (96, 24, 48)
    assert model.notes == ()


def test_arms_that_met_other_arms_are_pointed_out() -> None:
    """Model a without scaffold t in three tasks: what tells the scaffold also tells the model there."""
    items = _corpus(scaffolds=("s", "t"))
    gone = {f"a-t-{task}" for task in range(3)}
    found = _model([item for item in items if item.id not in gone])
    assert len(found.notes) == 1
    assert found.notes[0].startswith("In 3 of 24 tasks the models did not meet the same scaffolds")


def test_texts_without_a_counterpart_are_left_out_and_counted() -> None:
    """A task of one model alone counts nowhere, and its texts are never listed as recognised."""
    items = [item for item in _corpus(_bulleted) if item.id != "b-s-3"]
    result = _audit(items)
    found = result.questions[0]
    assert (found.n_texts, found.n_left_out) == (46, 1)
    assert "1 text left out: no other model in the same task" in _words(result)
    assert "a-s-3" not in {one.item for one in found.recognised}


def test_the_surest_tenth_is_listed_surest_first() -> None:
    """Five of 48 texts, margins falling, with right and wrong counted."""
    found = _model(_corpus(_bulleted))
    margins = [one.margin for one in found.recognised]
    assert len(margins) == 5
    assert margins == sorted(margins, reverse=True)
    right = found.surest_right
    assert right is not None
    assert (right.k, right.n) == (5, 5)


def test_same_seed_same_bytes_whatever_the_order_of_the_sources() -> None:
    """The object is equal for shuffled items; another seed gives other folds."""
    items = _corpus(_bulleted)
    shuffled = random.Random(3).sample(items, len(items))
    first = json.dumps(guessability_to_json(_audit(items)), allow_nan=False)
    assert json.dumps(guessability_to_json(_audit(shuffled)), allow_nan=False) == first
    assert json.dumps(guessability_to_json(_audit(items, seed=2)), allow_nan=False) != first


def test_the_object_is_complete_and_finite() -> None:
    """Schema, treatments, permutations, tokens; no infinity or not-a-number."""
    found = json.loads(json.dumps(guessability_to_json(_audit(_corpus(_bulleted))), allow_nan=False))
    assert found["schema"] == "guessability/1"
    question = found["questions"][0]
    assert question["band"] == "distinct"
    assert question["chance"] == 0.5
    assert [one["treatment"] for one in question["treatments"]] == [
        one.name for one in available_treatments()
    ]
    assert question["treatments"][0]["permutation"]["replicates"] == 199
    assert question["surest_tenth"]["n"] == 5
    assert question["tokens"]["exclusive"][0]["q"] <= 0.05
    assert found["questions"][1]["undefined"] is not None


def test_every_step_is_told() -> None:
    """A progress bar has something to show."""
    steps: list[str] = []
    guessability_audit(_corpus(), seed=1, permutations=9, progress=steps.append)
    assert steps[0] == "counting tokens"
    assert "all views, plain text" in steps


def test_names_from_files_are_inert_in_the_report() -> None:
    """Ids and tokens come from files: no control character and no markup leaves."""
    items = [
        AuditItem(
            id=f"{item.id}\x1b[31m|x",
            model=item.model,
            scaffold=item.scaffold,
            task=item.task,
            conversation=item.conversation,
        )
        for item in _corpus(_bulleted)
    ]
    text = markdown_blocks(guessability_blocks(_audit(items)))
    assert "\x1b" not in text
    assert "\\|x" in text


def test_bad_input_is_a_sentence() -> None:
    """Nothing to audit; two transcripts of one name."""
    with pytest.raises(InvalidInputError, match="no transcript to audit"):
        _audit([])
    items = _corpus(n_tasks=6)
    with pytest.raises(InvalidInputError, match="2 transcripts have the name"):
        _audit([*items, items[0]])


@pytest.mark.parametrize(
    ("accuracy", "p", "band"),
    [
        (0.74, 0.2, Band.NOTHING_FOUND),
        (0.35, 0.01, Band.FAINT),
        (0.36, 0.01, Band.CLEAR),
        (0.60, 0.01, Band.CLEAR),
        (0.61, 0.01, Band.DISTINCT),
    ],
)
def test_bands(accuracy: float, p: float, band: Band) -> None:
    """Of five arms: guessability below .2 is faint, .2 to .5 clear, above .5 distinct; p comes first."""
    assert band_of(guessability_of(accuracy, 5), p) is band
