"""Redaction rules: what is a hit, what is none, and how far it reaches."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.conversation import Conversation, Message
from protocol.deidentify.rules import RedactionRules, build_rules, word_runs
from protocol.deidentify.scrubbing import scrub

SCAFFOLD = "Before you answer, list each claim and say how the user can check it."
RULES = build_rules(
    study_names=["Zephyrion-7B-chat", "acme/Quolm_2:8b", "Modèle-X", "m1"],
    literals=["Projekt Größe", "(internal)"],
    hidden_texts=[SCAFFOLD, "You are a helpful assistant.", "Bitte prüfe zuerst jede Zahl für den Nutzer."],
)
SHIPPED = build_rules(study_names=[])


def shown(text: str, rules: RedactionRules = RULES) -> str:
    """Return what a rater would see of one message."""
    conversation = Conversation(messages=(Message(role="assistant", text=text),))
    return scrub(conversation, rules, token="[X]").conversation.messages[0].text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am Zephyrion-7B-chat.", "I am [X]."),
        ("zephyrion 7b CHAT", "[X]"),
        ("ZEPHYRION_7B_chat's", "[X]'s"),
        ("Zephyrion7Bchat", "[X]"),
        ("Zephyrion‑7B–chat", "[X]"),
        ("Zephyrions", "Zephyrions"),
        ("acme/quolm-2:8b", "[X]"),
        ("quolm_2:8b", "[X]"),
        ("Quolm 2 8B!", "[X]!"),
        ("MODÈLE-X and Modele_X", "[X] and [X]"),
        ("the modele x", "the modele x"),
        ("m1 is short", "m1 is short"),
        ("PROJEKT  GRÖSSE", "PROJEKT  GRÖSSE"),
        ("projekt\ngröße (Internal)", "[X] [X]"),
    ],
)
def test_names_and_words_of_the_study(text: str, expected: str) -> None:
    """In any case and with any separator; too short names are none; literals are literal."""
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OpenAI, openai and OPENAI", "[X], [X] and [X]"),
        ("GPT 4, gpt4o, GPT-4V, gpt-4o-2024-08-06.", "[X], [X], [X], [X]."),
        ("Qwen2.5 and Gemma-3-270M.", "[X] and [X]."),
        ("Claude 3.5 Sonnet said", "[X] said"),
        ("Claude 3 Opus, Claude Opus 4.1", "[X], [X]"),
        ("Llama 3.1 70B", "[X]"),
        ("Gemini 1.5 Pro", "[X]"),
        ("I asked Claude 3 times", "I asked [X] 3 times"),
        ("Claude wrote; claude is a name", "[X] wrote; claude is a name"),
        ("a gemini horoscope, a Gemini answer", "a gemini horoscope, a [X] answer"),
        ("gemmation of gemmae", "gemmation of gemmae"),
        ("in Qwen3", "in [X]"),
        ("我是Qwen模型", "我是[X]模型"),
        ("openai_api_key=x", "[X]_api_key=x"),
        ("ask_openai()", "ask_[X]()"),
        ("label x\nAI", "label x\nAI"),
        ("see x.ai", "see [X]"),
        ("hugging\nface", "[X]"),
        ("Qwen2.5OpenAI", "[X]"),
        ("Сlaude, Ｃｌａｕｄｅ, C\u200blaude, Cl**au**de", "[X], [X], [X], [X]"),
    ],
)
def test_shipped_names(text: str, expected: str) -> None:
    """Versions go with the name, look-alikes and emphasis do not hide it, no hit inside a word."""
    assert shown(text, SHIPPED) == expected


@pytest.mark.parametrize(
    "text",
    [
        "As an AI language model, I cannot",
        "I'm just an AI",
        "I’m a large language model",
        "My knowledge cutoff is September 2021",
        "I was trained by Google",
        "<|im_start|>assistant",
        "[INST] hi [/INST]",
        "<start_of_turn>",
    ],
)
def test_an_assistant_that_speaks_of_itself(text: str) -> None:
    """Self-identification and marks of chat templates are replaced."""
    assert "[X]" in shown(text, SHIPPED)


@pytest.mark.parametrize(
    "text",
    [
        "The claim was made by Googling it.",
        "As an airline, we charge for bags.",
        "I am a large fan of maps.",
        "Metadata, a falcon and a titan met a phi coefficient.",
        "The instructor wrote INST in the margin.",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    """Words that only resemble a rule are left alone."""
    assert shown(text, SHIPPED) == text


def test_six_words_of_a_scaffold_are_replaced_and_five_are_not() -> None:
    """A run counts through case, punctuation, line breaks, emphasis and curly apostrophes."""
    assert shown("He said: LIST each\n- claim, and **say** how the") == "He said: [X]"
    assert shown("list each claim and say") == "list each claim and say"
    assert shown("each claim and say how the user can check it!") == "[X]!"
    assert shown("bitte PRÜFE zuerst, jede Zahl fu\u0308r") == "[X]"
    quoted = build_rules(study_names=[], hidden_texts=["Don't say it isn't so today"])
    assert shown("don’t say it isn’t so", quoted) == "[X]"


def test_a_short_scaffold_counts_as_a_whole() -> None:
    """Four or five words are a run of their own; three tell nothing."""
    assert shown("you are a helpful assistant") == "[X]"
    assert word_runs("one two three") == frozenset()
    assert word_runs("one two three four") == {("one", "two", "three", "four")}
    assert len(word_runs(SCAFFOLD)) == 14 - 5


def test_switches_turn_lists_off() -> None:
    """Without the shipped names only the study's own are replaced."""
    rules = build_rules(study_names=["Zephyrion-7B"], shipped_names=False, self_identification=False)
    assert shown("As an AI by OpenAI I am Zephyrion-7B", rules) == "As an AI by OpenAI I am [X]"


@given(st.lists(st.sampled_from(["Qwen2", "OpenAI", "x", "é", " ", "\n", "*", "As an AI model", "-3"])))
def test_hits_are_in_order_and_apart(pieces: list[str]) -> None:
    """Merged hits never overlap, whatever stands beside whatever."""
    hits = SHIPPED.find("".join(pieces))
    assert all(one.end <= other.start for one, other in pairwise(hits))
    assert all(hit.start < hit.end for hit in hits)


@pytest.mark.parametrize(
    "text",
    [
        "gpt-4 " * 15_000,
        "gpt-4" + "1" * 100_000,
        "gpt-4" + "-1" * 50_000 + "é",
        "Claude" + " 3.5" * 25_000,
        "gpt" + "." * 100_000,
        "as an " * 17_000,
        "list each claim and say how " * 4_000,
        "*" * 100_000,
    ],
)
@pytest.mark.timeout(90)
def test_hostile_texts_are_searched_in_linear_time(text: str) -> None:
    """A hundred thousand characters made to be slow come to an end; a quadratic search would not."""
    assert shown(text)
