"""Which messages raters see: system and tool messages by plan, the same for every condition."""

from __future__ import annotations

from protocol.conversation import Message, ToolCall
from protocol.deidentify.visible_part import VisiblePolicy, visible_part

CALL = ToolCall(id="call_1", name="search", arguments="{}")
MESSAGES = (
    Message(role="system", text="You check."),
    Message(role="user", text="Find it."),
    Message(role="assistant", text="I look.", tool_calls=(CALL,)),
    Message(role="assistant", text="", tool_calls=(CALL,)),
    Message(role="tool", text="found", tool_call_id="call_1"),
    Message(role="assistant", text="Here it is."),
)


def texts(messages: tuple[Message, ...]) -> list[str]:
    return [message.text for message in messages]


def test_system_messages_are_hidden_and_tools_shown_by_default() -> None:
    """The default shows what user, assistant and tools say."""
    part = visible_part(MESSAGES, VisiblePolicy())
    assert texts(part.shown) == ["Find it.", "I look.", "", "found", "Here it is."]
    assert texts(part.hidden) == ["You check."]


def test_dropped_tools_leave_what_the_assistant_said() -> None:
    """Calls and results go; a message that also speaks stays without its calls."""
    part = visible_part(MESSAGES, VisiblePolicy(tools=False))
    assert texts(part.shown) == ["Find it.", "I look.", "Here it is."]
    assert all(not message.tool_calls for message in part.shown)
    assert [message.role for message in part.hidden] == ["system", "assistant", "assistant", "tool"]


def test_system_messages_are_shown_where_the_plan_says_so() -> None:
    """In their place."""
    assert texts(visible_part(MESSAGES, VisiblePolicy(system=True)).shown)[0] == "You check."
