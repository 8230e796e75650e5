"""OpenAI-style chat: messages on every line, the origin in any field or in none."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.sources.origin import OriginMapping, source_id
from protocol.sources.report import LineNotes
from protocol.sources.source_format import SourceFormat, transcript_of
from protocol.transcript import Transcript


def detect(fields: Mapping[str, object]) -> bool:
    """Whether a line is a chat; canonical lines are chats too, so ask for those first."""
    return "messages" in fields


def parse(fields: dict[str, object], mapping: OriginMapping, line: LineNotes) -> Transcript:
    """Read a chat; its id is optional."""
    name = next((name for name in ("id", "custom_id") if fields.get(name) is not None), None)
    source = source_id(fields[name], name, line) if name else ""
    return transcript_of(fields, mapping, line, source=source, id_field=name or "id")


FORMAT = SourceFormat(name="openai-chat", title="OpenAI-style chat", detect=detect, parse=parse)
