"""Who does a step of a study; apart, because services of every stage take it and few open a door."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who does a step, with what program, and why."""

    name: str
    app: str
    reason: str = ""
