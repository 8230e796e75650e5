"""Scrubbing: what a rater sees, and the log that gives the import back to the character."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from protocol.canonical_json import canonical_bytes
from protocol.conversation import Conversation, Message, ToolCall
from protocol.deidentify.rules import build_rules
from protocol.deidentify.scrubbing import Replacement, Scrubbed, scrub

TOKEN = "[redacted]"
NAMES = ("Zephyrion-7B", "Quolm_2", "OpenAI", "Claude 3.5 Sonnet", "Qwen2.5")
RUN = "check every number against its source before"
RULES = build_rules(study_names=["Zephyrion-7B", "Quolm_2"], hidden_texts=[f"First {RUN} you answer."])


def scrubbed(*messages: Message) -> Scrubbed:
    return scrub(Conversation(messages=messages), RULES, token=TOKEN)


PIECES = st.lists(
    st.sampled_from([*NAMES, RUN, "Zephyrіon-7B", "Zephyrion\u200b-7B", "Qw**e**n", "As an AI model", TOKEN])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from([" ", "\n", "é", "😀", "*", "_", "\u0301", "ﬁ", "한국", "."]),
    max_size=12,
).map("".join)


def restore(text: str, replacements: Sequence[Replacement]) -> str:
    """Undo the replacements of one field, last first: what whoever opens the key can do by hand."""
    for replacement in sorted(replacements, key=lambda replacement: -replacement.start):
        end = replacement.start + len(TOKEN)
        text = text[: replacement.start] + replacement.original + text[end:]
    return text


@given(PIECES)
def test_restoring_gives_the_import_back(text: str) -> None:
    """Whatever was inserted wherever: the replacements undone are the original, character by character."""
    result = scrubbed(Message(role="assistant", text=text))
    seen = result.conversation.messages[0].text
    assert restore(seen, result.replacements) == text


@given(PIECES)
def test_the_log_points_at_the_neutral_word(text: str) -> None:
    """Every logged place holds the token in what the rater sees, also behind wide characters."""
    result = scrubbed(Message(role="assistant", text=text))
    seen = result.conversation.messages[0].text
    for replacement in result.replacements:
        assert seen[replacement.start : replacement.start + len(TOKEN)] == TOKEN
        assert replacement.original


@given(PIECES)
@example("Quolm_2Zephyrion-7B")
def test_what_was_scrubbed_has_no_hit_left(text: str) -> None:
    """A second pass finds nothing more, also where a name stood glued to another."""
    seen = scrubbed(Message(role="assistant", text=text)).conversation.messages[0]
    again = scrubbed(seen)
    assert again.replacements == ()


def test_spans_are_right_behind_characters_outside_ascii() -> None:
    """Places count code points of the visible text."""
    result = scrubbed(Message(role="assistant", text="héllo 😀 한국 Qwen2.5, ﬁn Ｏｐｅｎ**A**I!"))
    assert result.conversation.messages[0].text == f"héllo 😀 한국 {TOKEN}, ﬁn {TOKEN}!"
    assert [(one.start, one.original) for one in result.replacements] == [
        (11, "Qwen2.5"),
        (26, "Ｏｐｅｎ**A**I"),
    ]


def test_system_messages_are_left_behind_and_logged() -> None:
    """They are the condition itself; indices count what the rater sees."""
    result = scrubbed(
        Message(role="system", text="You are Quolm_2."),
        Message(role="user", text="Hi"),
        Message(role="system", text="Again."),
        Message(role="assistant", text="OpenAI"),
    )
    assert [message.role for message in result.conversation.messages] == ["user", "assistant"]
    assert [message.text for message in result.hidden] == ["You are Quolm_2.", "Again."]
    assert [one.message for one in result.replacements] == [1]
    assert "Quolm" not in canonical_bytes(result.conversation.to_json()).decode()


def test_call_ids_are_numbered_anew_and_keep_their_pairs() -> None:
    """Vendors' ids tell the vendor; a result still names its call, and the log leads back."""
    result = scrubbed(
        Message(
            role="assistant",
            text="",
            tool_calls=(
                ToolCall(id="toolu_01ABCDEFGH", name="quolm_2_search", arguments='{"q": "Qwen2.5"}'),
                ToolCall(id="call_9", name="plain", arguments="{}"),
            ),
        ),
        Message(role="tool", text="none", tool_call_id="call_9"),
        Message(role="tool", text="some", tool_call_id="toolu_01ABCDEFGH"),
        Message(role="tool", text="stray", tool_call_id="chatcmpl-7"),
    )
    first, *tools = result.conversation.messages
    assert [call.id for call in first.tool_calls] == ["t1", "t2"]
    assert [tool.tool_call_id for tool in tools] == ["t2", "t1", "t3"]
    assert result.call_ids == {"t1": "toolu_01ABCDEFGH", "t2": "call_9", "t3": "chatcmpl-7"}
    assert first.tool_calls[0].name == f"{TOKEN}_search"
    assert json.loads(first.tool_calls[0].arguments) == {"q": TOKEN}
    assert {one.field for one in result.replacements} == {"tool_calls[0].name", "tool_calls[0].arguments"}


def test_the_log_can_be_sealed() -> None:
    """It has canonical bytes and holds everything that was taken away."""
    log = scrubbed(
        Message(role="system", text="Hidden."), Message(role="assistant", text="Quolm_2 é Qwen2.5")
    ).log()
    value = json.loads(canonical_bytes(log))
    assert value["hidden"] == [{"role": "system", "text": "Hidden."}]
    assert [one["original"] for one in value["replacements"]] == ["Quolm_2", "Qwen2.5"]
    assert {one["rule"] for one in value["replacements"]} == {"study name", "name"}


def test_a_text_without_a_hit_is_the_same_text() -> None:
    """Nothing is normalised: odd characters, blanks and line ends stay as they are."""
    text = "a\r\nb\x00\t é ﬁ \u200b ＡＢ**c**d\n"
    result = scrubbed(Message(role="assistant", text=text))
    assert result.conversation.messages[0].text == text
    assert result.replacements == ()
