"""What a format of transcripts is: a way to recognise a line and a way to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from protocol.conversation import Conversation
from protocol.sources.messages import read_messages
from protocol.sources.origin import OriginMapping, read_origin
from protocol.sources.report import LineNotes
from protocol.transcript import Transcript
from protocol.wording import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFormat:
    """One format; `detect` and `parse` take the object of a line."""

    name: str
    title: str
    """For messages: what lines of this format are."""
    detect: Callable[[Mapping[str, object]], bool]
    parse: Callable[[dict[str, object], OriginMapping, LineNotes], Transcript]
    """Mistakes go into the notes, and then the transcript returned means nothing."""


def transcript_of(
    fields: dict[str, object], mapping: OriginMapping, line: LineNotes, *, source: str, id_field: str
) -> Transcript:
    """Return the transcript of a line whose id was read, and note every field that is not kept."""
    kept = mapping.fields_used() | {"messages", id_field}
    for name in fields:
        if name not in kept:
            line.left_behind(f"field {quoted(name)}")
    return Transcript(
        origin=read_origin(fields, mapping, source, line),
        conversation=Conversation(messages=read_messages(fields.get("messages"), line)),
        read_from=line.where,
    )
