"""Classes of leaks: which hit belongs to which, which one wins, and what is done about it."""

from __future__ import annotations

import time

import pytest

from protocol.deidentify.folding import fold
from protocol.deidentify.leak_class import Action, LeakClass
from protocol.deidentify.rules import DEFAULT_ACTIONS, RedactionRules, build_rules, linear

RUN = "Offer the person three independent ways"
SCAFFOLD = "Always offer the person three independent ways of checking each figure you state."


def rules(
    *names: str,
    actions: dict[LeakClass, Action] | None = None,
    literals: tuple[str, ...] = (),
    patterns: tuple[str, ...] = (),
    hidden: tuple[str, ...] = (SCAFFOLD,),
    look_closer: bool = True,
) -> RedactionRules:
    return build_rules(
        study_names=names or ("canary-one", "vendor/house-model-2"),
        literals=literals,
        patterns=patterns,
        hidden_texts=hidden,
        look_closer=look_closer,
        actions=actions,
    )


def found(text: str, using: RedactionRules | None = None) -> list[tuple[str, str, str]]:
    """Return stretch, rule and class of every hit."""
    folded = fold(text).text
    return [
        (folded[hit.start : hit.end], hit.rule, hit.leak_class.value)
        for hit in (using or rules()).find_all(folded)
    ]


@pytest.mark.parametrize(
    ("text", "stretch", "rule", "leak_class"),
    [
        ("I am canary-one here", "canary-one", "study name", "block"),
        ("ask HOUSE MODEL 2 now", "HOUSE MODEL 2", "study name", "block"),
        (f"{RUN}!", RUN, "scaffold text", "block"),
        ("As an AI language model, no", "As an AI language model", "self-identification", "block"),
        ("it was trained by Google", "trained by Google", "self-identification", "block"),
        ("<|im_start|>user", "<|im_start|>", "chat template", "block"),
        ("id toolu_01AbCdEfGhIjKl", "toolu_01AbCdEfGhIjKl", "provider's record", "block"),
        ("see ChatGPT", "ChatGPT", "name", "name"),
        ("asked Claude 3.5 Sonnet", "Claude 3.5 Sonnet", "name", "name"),
        ("Thought: I add", "Thought:", "scaffold form", "echo"),
        ("with LangChain", "LangChain", "scaffold form", "echo"),
        ("the ReAct loop", "ReAct", "scaffold form", "echo"),
        ("a Google search", "Google", "company", "review"),
        ("the canary sang", "canary", "part of a study name", "review"),
        ("at 2026-01-05T09:00 sharp", "2026-01-05T09:00", "time or path", "review"),
        ("in /home/x/run", "/home/x/run", "time or path", "review"),
    ],
)  # fmt: skip
def test_every_class_has_its_hits(text: str, stretch: str, rule: str, leak_class: str) -> None:
    """One hit, the whole stretch, the rule that names it, and its class."""
    assert found(text) == [(stretch, rule, leak_class)]


@pytest.mark.parametrize(
    "text",
    [
        "They react to the offer.",
        "I had a thought: not now",
        "an action film",
        "google it",
        "the amazon river",
        "my opus",
        "one and two",
        "2026-01-05",
        "home sweet home",
        "it was made by hand",
    ],
)
def test_ordinary_words_are_no_hits(text: str) -> None:
    """Verbs, words without their capital, plain dates."""
    assert found(text) == []


def test_a_study_name_that_is_on_the_shipped_list_blocks() -> None:
    """The stronger class wins, and the same words are not listed twice."""
    assert found("by gpt-4o", rules("gpt-4o")) == [("gpt-4o", "study name", "block")]
    assert found("by gpt-4o") == [("gpt-4o", "name", "name")]


def test_a_name_inside_a_telling_phrase_is_part_of_it() -> None:
    """`trained by Google` is one hit: its company is not listed again below it."""
    assert found("trained by Google")[0][2] == "block"
    assert len(found("trained by Google")) == 1


def test_a_stronger_hit_inside_a_weaker_one_is_still_listed() -> None:
    """A path that holds a model's name calls for a look, and the name in it blocks."""
    classes = {hit[2] for hit in found("in /runs/canary-one/out.txt")}
    assert "block" in classes


def test_a_weaker_hit_that_reaches_out_of_a_stronger_one_is_kept() -> None:
    """What the stronger one does not cover must be decided on its own."""
    hits = found("in /runs/canary-one/secret-arm/out.txt")
    assert ("canary-one", "study name", "block") in hits
    assert any(stretch.endswith("/secret-arm/out.txt") for stretch, _, _ in hits)


def test_an_echo_of_the_studys_own_scaffold_blocks() -> None:
    """`Thought:` tells the condition where a scaffold of the study asks for it, and else may not."""
    own = rules(hidden=("Write\nThought: first, then\nAction: next.",))
    assert found("Thought: I add", own) == [("Thought:", "scaffold form", "block")]
    assert found("with LangChain", own)[0][2] == "echo"


def test_words_of_study_toml_block() -> None:
    """Literals are literal, patterns are patterns, both in any case."""
    own = rules(literals=("Mr. Bond",), patterns=(r"agent\s+00\d",))
    assert found("ask mr. bond, Agent 007", own) == [
        ("mr. bond", "study.toml", "block"),
        ("Agent 007", "study.toml", "block"),
    ]
    assert found("ask mrs bond", own) == []


def test_only_what_is_to_be_replaced_is_replaced() -> None:
    """By the defaults block and name; telling parts are asked about, the other classes listed and left."""
    assert dict(DEFAULT_ACTIONS) == {
        LeakClass.BLOCK: Action.REPLACE,
        LeakClass.NAME: Action.REPLACE,
        LeakClass.PART: Action.ASK,
        LeakClass.ECHO: Action.KEEP,
        LeakClass.REVIEW: Action.KEEP,
    }
    text = "canary-one and ChatGPT\nThought: a Google search"
    assert [hit.rule for hit in rules().find(text)] == ["study name", "name"]
    assert len(rules().find_all(text)) == 4


@pytest.mark.parametrize("action", [Action.ASK, Action.KEEP])
def test_a_class_that_is_asked_about_or_kept_is_not_replaced(action: Action) -> None:
    """Every class can be given another action; the others keep theirs."""
    other = rules(actions={LeakClass.NAME: action})
    assert [hit.rule for hit in other.find("canary-one and ChatGPT")] == ["study name"]
    assert other.actions[LeakClass.BLOCK] is Action.REPLACE


def test_a_class_that_is_only_looked_at_can_be_replaced() -> None:
    """Review can be made as strict as block."""
    strict = rules(actions={LeakClass.REVIEW: Action.REPLACE})
    assert [hit.rule for hit in strict.find("a Google search")] == ["company"]


def test_the_last_look_does_not_search_what_may_be_ordinary() -> None:
    """The lint before writing uses the block and name classes alone."""
    assert found("a Google search\nThought: no", rules(look_closer=False)) == []


EXPONENTIAL = (
    r"(\s*\w+\s*)+made by",
    r"(a+)+$",
    r"(a|aa)+b",
    r"(.*)*x",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(x+x+)+y",
)
"""Each of these takes for ever in an engine that backtracks."""


@pytest.mark.parametrize("pattern", EXPONENTIAL)
@pytest.mark.parametrize("text", ["a" * 100_000, "x " * 50_000, "aA" * 50_000])
def test_a_pattern_of_the_admin_runs_in_linear_time(pattern: str, text: str) -> None:
    """A hundred thousand characters in much less than a second of this process."""
    compiled = linear(pattern)
    start = time.process_time()
    for _ in compiled.finditer(text):
        pass
    assert time.process_time() - start < 1.0


def test_exponential_patterns_do_not_slow_the_search() -> None:
    """All of them together in a study's rules, on a text made for them."""
    own = rules(patterns=EXPONENTIAL)
    start = time.process_time()
    own.find_all("a" * 100_000 + "!")
    assert time.process_time() - start < 10.0


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?=a)b", r"(?<!a)b", "(", "a{2000}", r"\p{Nope}"])
def test_what_cannot_run_in_linear_time_is_refused(pattern: str) -> None:
    """Back references and looking around have no linear form; the message says why."""
    with pytest.raises(ValueError, match=r"\w"):
        linear(pattern)


SHAPES = (
    "Thought" * 15_000,
    "\t" * 100_000,
    "\n \t" * 30_000,
    "knowledge cutoff " * 6_000,
    "my last update " * 6_000,
    "gpt-4" + "-4" * 50_000,
    "Claude " * 15_000,
    "gpt-4.1.2.3" * 9_000,
    "canary-" * 14_000,
    "canary one " * 9_000,
    "call_" + "a" * 100_000,
    "/home/" + "a" * 100_000,
    "<" * 100_000,
    "1" * 100_000,
    "I am an AI " * 9_000,
    "as a language language language " * 3_000,
    "offer the person three independent " * 3_000,
    "x.ai.x.ai." * 10_000,
    "2026-01-05T" * 9_000,
)


@pytest.mark.parametrize("text", SHAPES, ids=lambda text: repr(text[:12]))
def test_no_text_makes_the_shipped_list_slow(text: str) -> None:
    """A transcript of a hundred thousand characters made against our own patterns."""
    start = time.process_time()
    rules().find_all(fold(text).text)
    assert time.process_time() - start < 10.0
