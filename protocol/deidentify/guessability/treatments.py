"""What can be done about a leak of style: the same for all arms, and tried before it is chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from protocol.conversation import Conversation, ToolCall

FIRST_CHARACTERS = 400

_FENCE = re.compile(r"^ {0,3}(?:```|~~~)[^\n]*$", re.MULTILINE)
_RULE = re.compile(r"^ {0,3}(?:(?:- ?){3,}|(?:\* ?){3,}|(?:_ ?){3,}|(?:= ?){3,})$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[ |:-]{3,}$", re.MULTILINE)
_LINE_START = re.compile(r"^ ?(?:(?:#{1,6}|>|[-*+•‣▪]|\d{1,3}[.)]) )+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^()\s]{0,500}\)")
_EMPHASIS = re.compile(r"(?<!\w)(?:\*{1,3}|_{2,3}|~~)(?=\S)|(?<=\S)(?:\*{1,3}|_{2,3}|~~)(?!\w)|`+")
_ITALIC = re.compile(r"(?<!\w)_(\S(?:[^_\n]{0,200}\S)?)_(?!\w)")
_CELL = re.compile(r" ?\| ?")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."})
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """One way to show all transcripts of a study."""

    name: str
    plain: bool = False
    """Markdown, odd spaces, typographic quotes and dashes become plain text."""
    first_characters: int | None = None
    """So much of each message is shown."""

    def apply(self, conversation: Conversation) -> Conversation:
        """Return the conversation as raters would see it under this treatment."""
        if not self.plain and self.first_characters is None:
            return conversation
        return Conversation(
            messages=tuple(
                replace(
                    message,
                    text=self._text(message.text),
                    tool_calls=tuple(
                        ToolCall(id=call.id, name=call.name, arguments=self._cut(call.arguments))
                        for call in message.tool_calls
                    ),
                )
                for message in conversation.messages
            )
        )

    def _text(self, text: str) -> str:
        return self._cut(plain_text(text) if self.plain else text)

    def _cut(self, text: str) -> str:
        return text if self.first_characters is None else text[: self.first_characters]


def available_treatments(first_characters: int = FIRST_CHARACTERS) -> tuple[Treatment, ...]:
    """Return what is tried: as it is first, then plain text, the cut, and both."""
    cut = f"first {first_characters} characters of each message"
    return (
        Treatment(name="as it is"),
        Treatment(name="plain text", plain=True),
        Treatment(name=cut, first_characters=first_characters),
        Treatment(name=f"plain text, {cut}", plain=True, first_characters=first_characters),
    )


def plain_text(text: str) -> str:
    """Return text without Markdown and without typographic variety; words stay as they are.

    Bullets, numbers, headings, quotes and table borders go from the starts of lines, emphasis and
    code marks from inside, links keep their words; spaces of any kind become one space, typographic
    quotes and dashes the plain ones, runs of empty lines one.
    """
    # Spaces go first: on runs of them the other patterns would take quadratic time.
    text = _SPACE.sub(" ", _INVISIBLE.sub("", text.translate(_QUOTES)))
    for pattern in (_FENCE, _RULE, _TABLE_RULE):
        text = pattern.sub("", text)
    text = _LINK.sub(r"\1", _LINE_START.sub("", text))
    text = _CELL.sub(" ", _ITALIC.sub(r"\1", _EMPHASIS.sub("", text)))
    return _LINES.sub("\n\n", _SPACE.sub(" ", text)).strip()
