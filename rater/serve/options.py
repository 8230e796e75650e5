"""What `rater serve` was asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_IDLE_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """A study or pack and how to serve it."""

    path: Path
    raters: tuple[str, ...] = ()
    """Codes to make links for; all of the file's where empty."""
    host: str = DEFAULT_HOST
    port: int = 0
    """0 takes a free one."""
    public_url: str | None = None
    idle_minutes: int = DEFAULT_IDLE_MINUTES
