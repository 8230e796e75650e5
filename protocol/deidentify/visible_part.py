"""Which messages of a conversation raters see at all; the same rule for every condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from protocol.conversation import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class VisiblePolicy:
    """What the plan shows beside what user and assistant say."""

    system: bool = False
    tools: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VisiblePart:
    """A conversation in two: what is shown, and what is left behind."""

    shown: tuple[Message, ...]
    hidden: tuple[Message, ...]


def visible_part(messages: Sequence[Message], policy: VisiblePolicy) -> VisiblePart:
    """Divide the messages of a conversation by the plan."""
    shown: list[Message] = []
    hidden: list[Message] = []
    for message in messages:
        if message.role == "system" and not policy.system:
            hidden.append(message)
        elif policy.tools or not (message.tool_calls or message.role == "tool"):
            shown.append(message)
        else:
            hidden.append(message)
            if message.role != "tool" and message.text.strip():
                shown.append(replace(message, tool_calls=()))
    return VisiblePart(shown=tuple(shown), hidden=tuple(hidden))
