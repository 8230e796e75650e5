"""From a transcript to what a rater may see, with a log that makes every change reversible.

System messages are left behind, call ids become t1, t2 ..., and what the rules find is replaced
by one neutral word. The log belongs into the sealed key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from protocol.canonical_json import Json
from protocol.conversation import Conversation, Message, ToolCall
from protocol.deidentify.folding import fold
from protocol.deidentify.leak_class import Action
from protocol.deidentify.rules import Hit, RedactionRules, merged
from protocol.deidentify.visible_part import VisiblePolicy, visible_part
from protocol.item import as_mapping


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
    """Messages that are not shown, in order."""
    call_ids: Mapping[str, str]
    """New call id to the one in the source."""

    def log(self) -> Json:
        """Return the redaction log of the item as it is sealed."""
        return {
            "replacements": [replacement.to_json() for replacement in self.replacements],
            "hidden": as_mapping(Conversation(messages=self.hidden).to_json())["messages"],
            "call_ids": dict(self.call_ids),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _CleanText:
    text: str
    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundText:
    """A hit with its place in the imported text."""

    message: int
    field: str
    start: int
    text: str
    hit: Hit


Decide = Callable[[FoundText], Action | None]
"""Returns what somebody decided about a hit, or None."""


def scrub(
    conversation: Conversation,
    rules: RedactionRules,
    *,
    token: str,
    decide: Decide | None = None,
    policy: VisiblePolicy | None = None,
) -> Scrubbed:
    """Return what a rater may see of a conversation.

    Args:
        conversation: As imported.
        rules: What to replace.
        token: The neutral word.
        decide: Decisions on single hits, which win over the plan of their class.
        policy: Which messages are shown; system messages are not, unless it says so.
    """
    shown: list[Message] = []
    replaced: list[Replacement] = []
    new_ids: dict[str, str] = {}
    part = visible_part(conversation.messages, policy or VisiblePolicy())
    for message in part.shown:
        index = len(shown)

        def clean(text: str, field: str, index: int = index) -> str:
            spans = _replaced_spans(text, rules, message=index, field=field, decide=decide)
            result = _clean(text, spans, token=token, message=index, field=field)
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
        hidden=part.hidden,
        call_ids={new: old for old, new in new_ids.items()},
    )


def _new_id(old: str, new_ids: dict[str, str]) -> str:
    return new_ids.setdefault(old, f"t{len(new_ids) + 1}")


def _replaced_spans(
    text: str, rules: RedactionRules, *, message: int, field: str, decide: Decide | None
) -> list[Hit]:
    """Return the stretches to replace, in places of the imported text."""
    folded = fold(text)
    spans: list[Hit] = []
    for hit in rules.find_all(folded.text):
        start, end = folded.source_span(hit.start, hit.end)
        found = FoundText(message=message, field=field, start=start, text=text[start:end], hit=hit)
        action = (decide(found) if decide else None) or rules.actions[hit.leak_class]
        if action is Action.REPLACE:
            spans.append(replace(hit, start=start, end=end))
    return merged(spans)


def _clean(text: str, spans: Sequence[Hit], *, token: str, message: int, field: str) -> _CleanText:
    pieces: list[str] = []
    replacements: list[Replacement] = []
    done = length = 0
    for span in spans:
        pieces.append(text[done : span.start])
        length += span.start - done
        original = text[span.start : span.end]
        replacements.append(
            Replacement(message=message, field=field, start=length, original=original, rule=span.rule)
        )
        pieces.append(token)
        length += len(token)
        done = span.end
    return _CleanText(text="".join([*pieces, text[done:]]), replacements=tuple(replacements))
