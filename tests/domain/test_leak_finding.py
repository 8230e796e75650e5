"""Hits in transcripts: where they stand, in what context, and that scrubbing does what they say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.conversation import Conversation, Message, ToolCall
from protocol.deidentify.decisions import DECIDED, Decision
from protocol.deidentify.finding import CONTEXT, LeakHit, dropped_tasks, find_hits
from protocol.deidentify.leak_class import Action, LeakClass
from protocol.deidentify.rules import RedactionRules, build_rules
from protocol.deidentify.scrubbing import scrub
from protocol.deidentify.visible_part import VisiblePolicy
from protocol.transcript import Origin, Transcript
from rater.services.leaks.leak_rules import decider

RULES = build_rules(study_names=["canary-one"], look_closer=True)
TOKEN = "[redacted]"


def transcript(*messages: Message, task: str = "t", model: str = "canary-one") -> Transcript:
    return Transcript(
        origin=Origin(model=model, scaffold="s", task=task), conversation=Conversation(messages=messages)
    )


def said(text: str, *, task: str = "t") -> Transcript:
    return transcript(
        Message(role="user", text="Which one?"), Message(role="assistant", text=text), task=task
    )


def hits_in(
    one: Transcript, decisions: dict[str, Decision] | None = None, rules: RedactionRules = RULES
) -> list[LeakHit]:
    return list(find_hits([one], rules, decisions or {}))


def decide(hit: LeakHit, action: Action) -> dict[str, Decision]:
    name = hit.place.fingerprint
    return {name: Decision(hit=name, action=DECIDED[action.value], reason="r", who="w", at="a")}


def shown(
    one: Transcript, decisions: dict[str, Decision] | None = None, rules: RedactionRules = RULES
) -> str:
    result = scrub(one.conversation, rules, token=TOKEN, decide=decider(one.origin, decisions or {}))
    return result.conversation.messages[-1].text


def test_a_hit_knows_its_place_and_its_context() -> None:
    """Message, field, start in the text as imported, and forty characters on either side."""
    text = f"{'a' * 60} asked ChatGPT then {'b' * 60}"
    (hit,) = hits_in(said(text))
    assert (hit.place.message, hit.place.field, hit.place.found) == (1, "text", "ChatGPT")
    assert text[hit.place.start : hit.place.start + 7] == "ChatGPT"
    assert hit.before == text[: hit.place.start][-CONTEXT:]
    assert hit.after == text[hit.place.start + 7 :][:CONTEXT]
    assert (hit.leak_class, hit.action, hit.is_undecided) == (LeakClass.NAME, Action.REPLACE, False)


def test_context_ends_where_the_text_does() -> None:
    """A hit that is the whole text has none."""
    (hit,) = hits_in(said("ChatGPT"))
    assert (hit.before, hit.after) == ("", "")


@pytest.mark.parametrize(
    ("text", "stretch"),
    [
        ("é" * 30 + " ChatGPT", "ChatGPT"),
        ("ask Ｃｈａｔ\u200bＧＰＴ now", "Ｃｈａｔ\u200bＧＰＴ"),
        ("ask Chat**GPT** now", "Chat**GPT"),
        ("ask Сlaude now", "Сlaude"),
        ("the ﬁrst ChatGPT", "ChatGPT"),
    ],
)
def test_a_hit_that_was_found_folded_is_shown_as_it_stands(text: str, stretch: str) -> None:
    """The place is one of the imported text, not of the text that was searched."""
    (hit,) = hits_in(said(text))
    assert hit.place.found == stretch
    assert text[hit.place.start :].startswith(stretch)


def test_system_messages_are_not_searched_and_not_counted() -> None:
    """Raters never see them; numbers of messages are those of what is shown."""
    one = transcript(
        Message(role="system", text="You are ChatGPT."),
        Message(role="user", text="Hello"),
        Message(role="assistant", text="I asked ChatGPT."),
    )
    assert [hit.place.message for hit in hits_in(one)] == [1]


def test_what_the_plan_shows_is_what_is_searched() -> None:
    """System messages where they are shown, no tool traffic where it is not."""
    one = transcript(
        Message(role="system", text="You are ChatGPT."),
        Message(role="user", text="Hello"),
        Message(role="tool", text="from ChatGPT", tool_call_id="x"),
    )
    policy = VisiblePolicy(system=True, tools=False)
    assert [hit.place.message for hit in find_hits([one], RULES, {}, policy=policy)] == [0]


def test_tool_calls_are_searched_name_and_arguments() -> None:
    """And their results; each place is named."""
    one = transcript(
        Message(
            role="assistant",
            text="",
            tool_calls=(
                ToolCall(id="a", name="search", arguments="{}"),
                ToolCall(id="b", name="ask_chatgpt", arguments='{"to": "Anthropic"}'),
            ),
        ),
        Message(role="tool", text="from DeepSeek", tool_call_id="b"),
    )
    assert [(hit.place.message, hit.place.field) for hit in hits_in(one)] == [
        (0, "tool_calls[1].name"),
        (0, "tool_calls[1].arguments"),
        (1, "text"),
    ]


def test_a_decision_wins_over_the_plan_of_the_class() -> None:
    """Keep what would be replaced, replace what would be kept; scrubbing does the same."""
    one = said("ChatGPT and a Google search")
    name, company = hits_in(one)
    assert shown(one) == f"{TOKEN} and a Google search"
    decisions = {**decide(name, Action.KEEP), **decide(company, Action.REPLACE)}
    assert [hit.action for hit in hits_in(one, decisions)] == [Action.KEEP, Action.REPLACE]
    assert all(hit.decision for hit in hits_in(one, decisions))
    assert shown(one, decisions) == f"ChatGPT and a {TOKEN} search"


def test_a_decision_is_for_one_of_two_equal_words() -> None:
    """The same name twice in one message: each is decided on its own."""
    one = said("ChatGPT or ChatGPT")
    first, _ = hits_in(one)
    assert shown(one, decide(first, Action.KEEP)) == f"ChatGPT or {TOKEN}"


def test_a_decision_ends_when_the_text_changes() -> None:
    """A word more before it, another spelling: the hit is a new one and waits again."""
    asking = build_rules(study_names=["canary-one"], actions={LeakClass.NAME: Action.ASK})
    one = said("I asked ChatGPT.")
    (hit,) = hits_in(one, rules=asking)
    assert hit.is_undecided
    decisions = decide(hit, Action.KEEP)
    assert not hits_in(one, decisions, rules=asking)[0].is_undecided
    for text in ("I then asked ChatGPT.", "I asked chatgpt."):
        assert hits_in(said(text), decisions, rules=asking)[0].is_undecided
    assert hits_in(said("I asked ChatGPT.", task="u"), decisions, rules=asking)[0].is_undecided


def test_a_decision_survives_a_change_behind_it() -> None:
    """The same words at the same place are the same hit."""
    (hit,) = hits_in(said("I asked ChatGPT."))
    assert hits_in(said("I asked ChatGPT. Twice."), decide(hit, Action.KEEP))[0].decision


def test_dropped_are_the_tasks_of_the_hits_that_say_so() -> None:
    """One hit in one arm is enough."""
    transcripts = [said("ChatGPT", task="a"), said("ChatGPT", task="b"), said("nothing", task="c")]
    first = next(find_hits(transcripts, RULES, {}))
    decisions = decide(first, Action.DROP_TASK)
    assert dropped_tasks(find_hits(transcripts, RULES, decisions)) == {"a"}
    assert dropped_tasks(find_hits(transcripts, RULES, {})) == frozenset()


PIECES = (
    "ChatGPT",
    "canary-one",
    "Google",
    "Thought:",
    "\n",
    " ",
    "é",
    "ﬁ",
    "\u200b",
    "**",
    "and",
    "Claude 3 Opus",
)


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14), kept=st.sets(st.integers(0, 14)))
def test_what_is_listed_is_what_is_done(pieces: list[str], kept: set[int]) -> None:
    """Whatever is kept or replaced by decision, the shown text has every kept hit and no replaced one."""
    one = said("".join(pieces))
    hits = hits_in(one)
    decisions: dict[str, Decision] = {}
    for number, hit in enumerate(hits):
        decisions |= decide(hit, Action.KEEP if number in kept else Action.REPLACE)
    result = scrub(one.conversation, RULES, token=TOKEN, decide=decider(one.origin, decisions))
    replaced = [hit for number, hit in enumerate(hits) if number not in kept]
    text = one.conversation.messages[1].text
    covered = {
        place for hit in replaced for place in range(hit.place.start, hit.place.start + len(hit.place.found))
    }
    left = "".join(char for place, char in enumerate(text) if place not in covered)
    assert result.conversation.messages[1].text.replace(TOKEN, "") == left
