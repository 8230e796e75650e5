"""Canonical transcripts: id, model, scaffold, task and messages on every line."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.sources.origin import OriginMapping, source_id
from protocol.sources.report import LineNotes
from protocol.sources.source_format import SourceFormat, transcript_of
from protocol.transcript import Transcript


def detect(fields: Mapping[str, object]) -> bool:
    """Whether a line is canonical; one of scaffold and task may be missing, and is then named."""
    return "id" in fields and ("scaffold" in fields or "task" in fields)


def parse(fields: dict[str, object], mapping: OriginMapping, line: LineNotes) -> Transcript:
    """Read a canonical line."""
    source = source_id(fields.get("id"), "id", line)
    return transcript_of(fields, mapping, line, source=source, id_field="id")


FORMAT = SourceFormat(name="canonical", title="canonical transcripts", detect=detect, parse=parse)
