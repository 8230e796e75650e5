"""Counts of what intervals covered and tests rejected; they add up over chunks of studies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from protocol.stats.estimate import IntervalEstimate

Key = tuple[str, str, str]
"""Measure, kind, rater or raters."""
ALPHA = 0.05


@dataclass(slots=True, kw_only=True)
class Coverage:
    """Intervals of one figure."""

    printed: int = 0
    covered: int = 0
    cautious: int = 0
    """Printed with a caution: not in the two counts above."""
    cautious_covered: int = 0
    withheld: int = 0
    """A sentence stood in place of the interval."""
    below: int = 0
    """Intervals, with or without caution, that lie wholly below the truth."""

    def add(self, other: Coverage) -> None:
        """Add the counts of another chunk."""
        for name in ("printed", "covered", "cautious", "cautious_covered", "withheld", "below"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True, kw_only=True)
class Rate:
    """How often something happened."""

    n: int = 0
    k: int = 0


@dataclass(slots=True, kw_only=True)
class Tally:
    """Everything that was counted in some studies of one design."""

    studies: int = 0
    intervals: dict[Key, Coverage] = field(default_factory=dict)
    rates: dict[str, Rate] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)
    """Studies with at least one flag of the kind."""
    flagged_studies: int = 0
    """Studies in which flags were counted."""

    def interval(
        self, key: Key, truth: float, found: IntervalEstimate | None, *, cautious: bool = False
    ) -> None:
        """Count a printed or withheld interval; a figure that is undefined is not counted."""
        if found is None:
            return
        interval = found.interval
        if interval is None:
            self.intervals.setdefault(key, Coverage()).withheld += 1
        else:
            self.ends(key, truth, interval.lower, interval.upper, cautious=cautious)

    def ends(
        self, key: Key, truth: float, lower: float | None, upper: float | None, *, cautious: bool = False
    ) -> None:
        """Count an interval given by its ends."""
        counted = self.intervals.setdefault(key, Coverage())
        if lower is None or upper is None:
            counted.withheld += 1
            return
        inside = lower - 1e-12 <= truth <= upper + 1e-12
        counted.below += upper < truth
        if cautious:
            counted.cautious += 1
            counted.cautious_covered += inside
        else:
            counted.printed += 1
            counted.covered += inside

    def test(self, name: str, p: float) -> None:
        """Count a p-value whose hypothesis is true."""
        self.event(name, happened=p <= ALPHA)

    def event(self, name: str, *, happened: bool) -> None:
        """Count something that may happen."""
        rate = self.rates.setdefault(name, Rate())
        rate.n += 1
        rate.k += happened

    def flag(self, kind: str) -> None:
        """Count a study with a flag."""
        self.flags[kind] = self.flags.get(kind, 0) + 1

    def add(self, other: Tally) -> None:
        """Add the counts of another chunk of the same design."""
        self.studies += other.studies
        self.flagged_studies += other.flagged_studies
        for key, coverage in other.intervals.items():
            self.intervals.setdefault(key, Coverage()).add(coverage)
        for name, rate in other.rates.items():
            mine = self.rates.setdefault(name, Rate())
            mine.n, mine.k = mine.n + rate.n, mine.k + rate.k
        for kind, count in other.flags.items():
            self.flags[kind] = self.flags.get(kind, 0) + count

    def to_json(self) -> dict[str, Any]:
        """Return a form that can be kept in a file."""
        return {
            "studies": self.studies,
            "flagged_studies": self.flagged_studies,
            "flags": self.flags,
            "rates": {name: [rate.n, rate.k] for name, rate in self.rates.items()},
            "intervals": [
                [*key, one.printed, one.covered, one.cautious, one.cautious_covered, one.withheld, one.below]
                for key, one in self.intervals.items()
            ],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Tally:
        """Read the kept form."""
        names = ("printed", "covered", "cautious", "cautious_covered", "withheld", "below")
        return cls(
            studies=value["studies"],
            flagged_studies=value["flagged_studies"],
            flags=value["flags"],
            rates={name: Rate(n=n, k=k) for name, (n, k) in value["rates"].items()},
            intervals={
                (row[0], row[1], row[2]): Coverage(**dict(zip(names, row[3:], strict=True)))
                for row in value["intervals"]
            },
        )
