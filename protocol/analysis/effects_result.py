"""What `effects` returns: the effects, their differences between models, and their variants."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.analysis.effect import Effect
from protocol.analysis.interactions import Interaction, Omnibus
from protocol.study import AnalysisPlan


class Variant(StrEnum):
    """What a variant changes."""

    RATER = "rater"
    AGGREGATION = "aggregation"
    ADJUDICATED = "adjudicated"
    STRICT = "strict"
    LENIENT = "lenient"
    WITHOUT = "without"
    BATCH = "batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """The effects of one variant."""

    variant: Variant
    label: str
    """The variant in a word or two."""
    what: str
    """The variant in words."""
    ratings_left_out: int
    effects: tuple[Effect, ...]
    """Those of the main analysis, as far as the variant has them; empty where nothing was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectsResult:
    """Effects, their differences between models, and the omnibus tests."""

    baseline: str
    plan: AnalysisPlan
    effects: tuple[Effect, ...]
    interactions: tuple[Interaction, ...]
    omnibus: tuple[Omnibus, ...]
    notes: tuple[str, ...]
    robustness: tuple[Robustness, ...] = ()
    """The effects computed in other ways, where that was asked for."""
