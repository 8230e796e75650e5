"""Declared levels and scales: from the command line, from a rubric, or the levels seen.

The levels belong to the rubric, not to the data. Where nobody declared them, the levels seen
are taken and a warning says what depends on that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from protocol.analysis.rating_table import DimensionSpec, Number, specs_of
from protocol.errors import InvalidInputError, UsageError
from protocol.rubric import Rubric, Scale

_NUMBER = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")


def parse_number(text: str) -> Number | None:
    """Return the finite decimal number a text stands for, whole ones as integers, else None."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelDeclaration:
    """What was declared before the ratings were read."""

    levels_everywhere: tuple[Number, ...] | None = None
    levels: Mapping[str, tuple[Number, ...]] = field(default_factory=dict)
    scale_everywhere: Scale = Scale.ORDINAL
    scales: Mapping[str, Scale] = field(default_factory=dict)
    origin: str = ""
    """The protocol file the declaration came from; it then lists every allowed dimension."""

    @classmethod
    def from_texts(cls, levels: Sequence[str], scales: Sequence[str]) -> LevelDeclaration:
        """Read `--levels` and `--scale`: a value for all dimensions, or DIMENSION=VALUE.

        Raises:
            UsageError: A text cannot be read, or the same thing is declared twice.
        """
        declared_levels = {name: _levels(text) for name, text in _by_dimension("--levels", levels).items()}
        declared_scales = {name: _scale(text) for name, text in _by_dimension("--scale", scales).items()}
        return cls(
            levels_everywhere=declared_levels.get(None),
            levels={name: found for name, found in declared_levels.items() if name is not None},
            scale_everywhere=declared_scales.get(None, Scale.ORDINAL),
            scales={name: found for name, found in declared_scales.items() if name is not None},
        )

    @classmethod
    def from_rubric(cls, rubric: Rubric, *, origin: str) -> LevelDeclaration:
        """Take levels and scales of a rubric."""
        specs = specs_of(rubric)
        return cls(
            levels={spec.id: spec.levels for spec in specs},
            scales={spec.id: spec.scale for spec in specs},
            origin=origin,
        )

    def declared(self, dimension: str) -> DimensionSpec | None:
        """Return the declared dimension, or None where its levels must be taken from the data."""
        levels = self.levels.get(dimension, None if self.origin else self.levels_everywhere)
        return None if levels is None else self._spec(dimension, levels)

    def seen(self, dimension: str, values: Sequence[Number]) -> DimensionSpec:
        """Return a dimension whose levels are those that occur."""
        return self._spec(dimension, tuple(sorted(set(values))))

    def order(self, dimensions: Sequence[str]) -> list[str]:
        """Return the dimensions in the protocol's order, else by name: never by the order of the rows."""
        return [name for name in self.levels if name in dimensions] if self.origin else sorted(dimensions)

    def check_names(self, dimensions: Sequence[str], *, source: str) -> None:
        """Check that declarations and ratings speak of the same dimensions.

        Raises:
            UsageError: An option declares a dimension the ratings do not have.
            InvalidInputError: The ratings have a dimension the protocol does not.
        """
        if self.origin:
            strange = [name for name in dimensions if name not in self.levels]
            if strange:
                raise InvalidInputError(
                    f"The ratings score {_listed(strange)}, which {self.origin} does not declare.",
                    where=source,
                    next_step=f"Its dimensions are {_listed(list(self.levels))}.",
                )
            return
        for name in (*self.levels, *self.scales):
            if name not in dimensions:
                raise UsageError(
                    f"--levels or --scale names the dimension {name!r}, which these ratings do not have.",
                    where=source,
                    next_step=f"Dimensions: {_listed(list(dimensions))}.",
                )

    def _spec(self, dimension: str, levels: tuple[Number, ...]) -> DimensionSpec:
        return DimensionSpec(
            id=dimension, scale=self.scales.get(dimension, self.scale_everywhere), levels=levels
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _by_dimension(option: str, texts: Sequence[str]) -> dict[str | None, str]:
    """Split DIMENSION=VALUE texts; the key is None for a text that speaks of all dimensions."""
    found: dict[str | None, str] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        dimension = name.strip() if equals else None
        if dimension in found:
            about = f"the dimension {dimension!r}" if dimension else "all dimensions"
            raise UsageError(f"{option} is given twice for {about}.", next_step="Keep one of them.")
        found[dimension] = value
    return found


def _levels(text: str) -> tuple[Number, ...]:
    numbers = [parse_number(part.strip()) for part in text.split(",")]
    levels = [number for number in numbers if number is not None]
    if len(levels) < len(numbers) or len(set(levels)) < max(2, len(levels)):
        raise UsageError(
            f"--levels takes two or more different numbers with commas between them, found {text!r}.",
            next_step="Example: --levels 0,1,2,3 or --levels clarity=1,2,3,4,5",
        )
    return tuple(sorted(levels))


def _scale(text: str) -> Scale:
    if text not in list(Scale):
        raise UsageError(
            f"--scale takes {_listed(list(Scale))}, found {text!r}.",
            next_step="Example: --scale ordinal or --scale topic=nominal",
        )
    return Scale(text)
