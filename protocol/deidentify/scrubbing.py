"""From a transcript to what a rater may see, with a log that makes every change reversible.

System messages are left behind, call ids become t1, t2 ..., and what the rules find is replaced
by one neutral word. The log belongs into the sealed key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from protocol.canonical_json import Json
from protocol.conversation import Conversation, Message, ToolCall
from protocol.deidentify.folding import fold
from protocol.deidentify.rules import RedactionRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """One stretch that was replaced."""

    message: int
    """Index in the conversation the rater sees."""
    field: str
    """`text`, or the place in a tool call, such as `tool_calls[0].arguments`."""
    start: int
    """Where the neutral word stands in the text the rater sees."""
    original: str
    rule: str

    def to_json(self) -> Json:
        """Return the form that is sealed."""
        return {
            "message": self.message,
            "field": self.field,
            "start": self.start,
            "original": self.original,
            "rule": self.rule,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed:
    """A conversation as a rater may see it, and everything that was left behind."""

    conversation: Conversation
    replacements: tuple[Replacement, ...]
    hidden: tuple[Message, ...]
    """System messages, in order."""
    call_ids: Mapping[str, str]
    """New call id to the one in the source."""

    def log(self) -> Json:
        """Return the redaction log of the item as it is sealed."""
        return {
            "replacements": [replacement.to_json() for replacement in self.replacements],
            "hidden": [message.text for message in self.hidden],
            "call_ids": dict(self.call_ids),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _CleanText:
    text: str
    replacements: tuple[Replacement, ...]


def scrub(conversation: Conversation, rules: RedactionRules, *, token: str) -> Scrubbed:
    """Return what a rater may see of a conversation.

    Args:
        conversation: As imported.
        rules: What to replace.
        token: The neutral word.
    """
    shown: list[Message] = []
    replaced: list[Replacement] = []
    new_ids: dict[str, str] = {}
    hidden = tuple(message for message in conversation.messages if message.role == "system")
    for message in conversation.messages:
        if message.role == "system":
            continue
        index = len(shown)

        def clean(text: str, field: str, index: int = index) -> str:
            result = _clean(text, rules, token=token, message=index, field=field)
            replaced.extend(result.replacements)
            return result.text

        shown.append(
            replace(
                message,
                text=clean(message.text, "text"),
                tool_calls=tuple(
                    ToolCall(
                        id=_new_id(call.id, new_ids),
                        name=clean(call.name, f"tool_calls[{number}].name"),
                        arguments=clean(call.arguments, f"tool_calls[{number}].arguments"),
                    )
                    for number, call in enumerate(message.tool_calls)
                ),
                tool_call_id=(
                    None if message.tool_call_id is None else _new_id(message.tool_call_id, new_ids)
                ),
            )
        )
    return Scrubbed(
        conversation=Conversation(messages=tuple(shown)),
        replacements=tuple(replaced),
        hidden=hidden,
        call_ids={new: old for old, new in new_ids.items()},
    )


def _new_id(old: str, new_ids: dict[str, str]) -> str:
    return new_ids.setdefault(old, f"t{len(new_ids) + 1}")


def _clean(text: str, rules: RedactionRules, *, token: str, message: int, field: str) -> _CleanText:
    folded = fold(text)
    pieces: list[str] = []
    replacements: list[Replacement] = []
    done = length = 0
    for hit in rules.find(folded.text):
        start, end = folded.source_span(hit.start, hit.end)
        pieces.append(text[done:start])
        length += start - done
        replacements.append(
            Replacement(message=message, field=field, start=length, original=text[start:end], rule=hit.rule)
        )
        pieces.append(token)
        length += len(token)
        done = end
    return _CleanText(text="".join([*pieces, text[done:]]), replacements=tuple(replacements))


def restore(text: str, replacements: tuple[Replacement, ...], *, token: str) -> str:
    """Return the text as it was imported: the inverse of the replacements of one field."""
    for replacement in sorted(replacements, key=lambda replacement: -replacement.start):
        end = replacement.start + len(token)
        text = text[: replacement.start] + replacement.original + text[end:]
    return text
