"""The exclusivity table: rare leaks, odd characters, starts, marks; exact counts in bounded memory."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from protocol.conversation import Conversation, Message
from protocol.deidentify.guessability.audit_item import AuditItem
from protocol.deidentify.guessability.exclusivity import Exclusivity, Telling, count_tokens, exclusivity
from protocol.deidentify.guessability.tokens import tokens

WORDS = [f"word{number}" for number in range(120)]

Write = Callable[[random.Random, str, int], str]


def _item(name: str, model: str, task: str, *texts: str, scaffold: str = "s") -> AuditItem:
    return AuditItem(
        id=name,
        model=model,
        scaffold=scaffold,
        task=task,
        conversation=Conversation(
            messages=(
                Message(role="user", text=f"Question of {task}"),
                *(Message(role="assistant", text=text) for text in texts),
            )
        ),
    )


def _corpus(write: Write | None = None, *, n_tasks: int = 60, seed: int = 1) -> list[AuditItem]:
    """Three models that write the same random words, and what `write` adds."""
    entropy = random.Random(seed)
    found = []
    for task in range(n_tasks):
        for model in "abc":
            text = " ".join(entropy.choices(WORDS, k=30))
            if write is not None:
                text = write(entropy, model, task) + text
            found.append(_item(f"{model}{task}", model, f"t{task:02d}", text))
    return found


def _table(items: list[AuditItem]) -> Exclusivity:
    return exclusivity(count_tokens(items), items, about="model")


def _with(token: str, found: tuple[Telling, ...]) -> Telling | None:
    return next((one for one in found if token in one.tokens), None)


@pytest.mark.parametrize(("n_tasks", "significant"), [(60, False), (240, True)])
def test_a_self_naming_phrase_in_a_tenth_of_one_arm_leads_the_list(n_tasks: int, significant: bool) -> None:
    """6 of 60 or 24 of 240 texts of model b, none of the others: first of its arm, with 24 beyond doubt."""

    def named(_: random.Random, model: str, task: int) -> str:
        return "As a model made by Zorblax I say: " if model == "b" and task % 10 == 0 else ""

    table = _table(_corpus(named, n_tasks=n_tasks))
    first = next(one for one in table.exclusive if one.arm == "b")
    assert first.tokens[:2] == ("zorblax", "model")
    assert first.n_tokens > 15
    assert (first.n_in_arm, first.n_arm) == (n_tasks // 10, n_tasks)
    assert (first.n_elsewhere, first.n_others) == (0, 2 * n_tasks)
    assert (first.q <= 0.05) is significant
    assert first.exclusive
    assert first.examples == ("b0", "b10", "b20")


def test_tokens_of_one_phrase_are_one_row() -> None:
    """All words and pairs of the phrase stand in the same texts: one row, the shortest tokens named."""

    def named(_: random.Random, model: str, task: int) -> str:
        return "Zorb blax speaking: " if model == "b" and task % 10 == 0 else ""

    rows = [one for one in _table(_corpus(named)).exclusive if "zorb" in " ".join(one.tokens)]
    assert len(rows) == 1
    assert rows[0].tokens == ("speaking", "blax", "zorb")
    # Three words, their two pairs, the start of the line, the first one and three words of the reply.
    assert rows[0].n_tokens == 8


def test_a_thin_space_in_one_arm_is_found() -> None:
    """The character has no word: it is a token of its own, named by its code."""
    table = _table(_corpus(lambda _, model, __: "so\u2009so " if model == "c" else "so so "))
    found = _with("character U+2009 thin space", table.exclusive)
    assert found is not None
    assert (found.arm, found.n_in_arm) == ("c", 60)
    assert found.q < 1e-20


def test_how_a_reply_starts_is_found_where_its_words_are_common() -> None:
    """The same two words first in one arm and last in the others."""
    table = _table(_corpus(lambda _, model, __: "word1 word2 " if model == "a" else ""))
    found = _with("reply starts: word1", table.leaning)
    assert found is not None
    assert found.arm == "a"


def test_a_mark_of_redaction_that_leans_is_found() -> None:
    """A neutral word that replaces names in one arm only is a mark itself."""
    table = _table(_corpus(lambda _, model, task: "[name] " if model == "a" and task % 4 == 0 else ""))
    found = _with("mark [name]", table.exclusive)
    assert found is not None
    assert found.n_in_arm == 15


def test_pure_noise_has_no_significant_token() -> None:
    """Arms alike: with q at most .05 hardly a token in twenty corpora."""
    assert sum(_table(_corpus(n_tasks=20, seed=seed)).n_significant > 0 for seed in range(20)) <= 2


def test_words_of_a_task_do_not_lean() -> None:
    """A word that all arms use in the same tasks is told for none of them."""
    table = _table(_corpus(lambda _, __, task: f"topic{task % 12} " * 3))
    assert not table.leaning


def test_counts_equal_counting_every_token() -> None:
    """The first reading drops only tokens of one or two texts; the second counts exactly."""
    items = _corpus(lambda entropy, model, _: f"rare{entropy.randrange(150)} {model} ", n_tasks=30)
    counted = count_tokens(items)
    wanted: Counter[tuple[str, str]] = Counter()
    texts: Counter[str] = Counter()
    for item in items:
        for token in tokens(item.conversation):
            wanted[token, item.model] += 1
            texts[token] += 1
    assert set(counted.tokens) == {token for token, n in texts.items() if n >= 3}
    for token, row in zip(counted.tokens, counted.counts.tolist(), strict=True):
        assert row == [wanted[token, model] for model, _ in counted.conditions]
    assert counted.texts.tolist() == [30, 30, 30]


def test_models_and_scaffolds_come_from_one_counting() -> None:
    """The same counts, summed either way."""
    items = [
        _item(f"{model}{scaffold}{task}", model, f"t{task}", f"said by {scaffold}", scaffold=scaffold)
        for task in range(5)
        for model in "ab"
        for scaffold in ("plain", "checked")
    ]
    counted = count_tokens(items)
    found = _with("checked", exclusivity(counted, items, about="scaffold").exclusive)
    assert found is not None
    assert (found.n_in_arm, found.n_elsewhere) == (10, 0)
    assert not exclusivity(counted, items, about="model").exclusive


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("<think>no</think>", "mark <think>"),
        ("<|im_end|>", "mark <|im_end|>"),
        ("so\nThought: hm", "line starts: thought:"),
        ("I'm ready", "i'm ready"),
        ("caf\u00e9 \U0001f600", "character U+1F600 grinning face"),
    ],
)
def test_what_counts_as_a_token(text: str, token: str) -> None:
    """Tags, template marks, starts of lines, pairs with apostrophes, emoji."""
    assert token in tokens(_item("i", "a", "t", text).conversation)


def test_letters_of_other_scripts_are_no_odd_characters() -> None:
    """Accents, Cyrillic and combining marks are text."""
    found = tokens(_item("i", "a", "t", "naïve Привет e\u0301 第一").conversation)
    assert not any(token.startswith("character") for token in found)
