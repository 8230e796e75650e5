"""What the audit reads: texts as raters would see them, with the labels raters must not learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from protocol.conversation import Conversation, Message

CAP = 20_000
"""Characters of a transcript that are looked at."""

About = Literal["model", "scaffold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditItem:
    """A conversation after de-identification, with its origin."""

    id: str
    """A name the admin can find the transcript by."""
    model: str
    scaffold: str
    task: str
    conversation: Conversation

    def arm(self, about: About) -> str:
        """Return the label in question."""
        return self.model if about == "model" else self.scaffold


def message_text(message: Message) -> str:
    """Return what a rater reads of one message: its text and the calls it makes."""
    calls = (f"{call.name} {call.arguments}" for call in message.tool_calls)
    return "\n".join(part for part in (message.text, *calls) if part)


def shown_text(conversation: Conversation) -> str:
    """Return what a rater reads of a conversation, cut at 20,000 characters."""
    return "\n".join(message_text(message) for message in conversation.messages)[:CAP]


def assistant_text(conversation: Conversation) -> str:
    """Return what the assistant says and calls, cut at 20,000 characters."""
    return "\n".join(
        message_text(message) for message in conversation.messages if message.role == "assistant"
    )[:CAP]
