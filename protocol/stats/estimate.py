"""What a measure returns: a number, or the sentence that says why there is none.

No number stands for "undefined" anywhere in `protocol.stats`: not nan, not 0, not 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A finite number with its analytic standard error, or a reason."""

    value: float | None
    undefined: str | None = None
    se: float | None = None
    """Standard error by the measure's own formula; None where the measure has none."""

    def __post_init__(self) -> None:
        if (self.value is None) == (self.undefined is None):
            raise ValueError("an estimate has either a value or a reason")
        for number in (self.value, self.se):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"an estimate is finite, found {number}")

    @classmethod
    def of(cls, value: float, *, se: float | None = None) -> Estimate:
        """Return a defined estimate; a negative zero becomes zero."""
        return cls(value=float(value) + 0.0, se=None if se is None else float(se))

    @classmethod
    def none(cls, reason: str) -> Estimate:
        """Return an undefined estimate with its reason."""
        return cls(value=None, undefined=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A two-sided confidence interval with positive width."""

    lower: float
    upper: float
    level: float
    method: str
    """Says what was resampled or assumed."""
    se: float | None
    """None where the interval does not come from one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalEstimate:
    """An interval, or the reason why none is printed."""

    interval: Interval | None
    undefined: str | None = None

    def __post_init__(self) -> None:
        if (self.interval is None) == (self.undefined is None):
            raise ValueError("an interval estimate has either an interval or a reason")

    @classmethod
    def none(cls, reason: str) -> IntervalEstimate:
        """Return a missing interval with its reason."""
        return cls(interval=None, undefined=reason)
