"""The formats, in the order in which they are tried: the more exact first."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.sources import canonical, openai_chat
from protocol.sources.source_format import SourceFormat

FORMATS: tuple[SourceFormat, ...] = (canonical.FORMAT, openai_chat.FORMAT)


def format_of(fields: Mapping[str, object]) -> SourceFormat | None:
    """Return the format of a line by its content, or None."""
    return next((known for known in FORMATS if known.detect(fields)), None)
