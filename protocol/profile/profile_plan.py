"""The table [profile] of study.toml: what a profile must say of its system and no rating can tell."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileContext:
    """Who used the system, and in what setting; empty texts are not on record."""

    users: str = ""
    """Without it there is no profile: a system is a model in a scaffold, used by somebody."""
    setting: str = ""
    policy: str = ""
    oversight: str = ""
    tools: str = ""
    memory: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfiledModel:
    """What is known of a model beyond its name in the transcripts; empty texts are not on record."""

    model: str
    """As in the transcripts."""
    version: str = ""
    provider: str = ""
    date_run: str = ""
    temperature: str = ""
    top_p: str = ""
    seed: str = ""
    reasoning: str = ""
    cap: str = ""
    """Output cap of each turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePlan:
    """The whole table."""

    by: str = ""
    """Who answers for the profiles."""
    dimensions: dict[str, str] = field(default_factory=dict)
    """Dimension of the rubric to the aspect of the fixed list that it speaks of."""
    guards: tuple[str, ...] = ()
    """Dimensions that stand beside the rows, such as what support costs."""
    context: ProfileContext = field(default_factory=ProfileContext)
    models: tuple[ProfiledModel, ...] = ()
