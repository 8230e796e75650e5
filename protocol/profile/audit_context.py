"""Which public benchmarks speak to which row: read from what `rater-admin coverage --json` printed.

A benchmark speaks to a row where a coder gave it more than the lowest code; both coders' codes are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from protocol.errors import InvalidInputError
from protocol.profile.fixed_list import ASPECTS
from protocol.profile.profile import AuditWord, CoderCode

_LOOSE: dict[str, str | bool] = {"extra": "ignore", "strict": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditContext:
    """The words of an audit, by aspect of the fixed list."""

    benchmarks: int
    coders: int
    words: Mapping[str, tuple[AuditWord, ...]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    __pydantic_config__: ClassVar[dict[str, str | bool]] = _LOOSE

    rater: str
    value: int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    __pydantic_config__: ClassVar[dict[str, str | bool]] = _LOOSE

    dimension: str
    codes: tuple[_Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    __pydantic_config__: ClassVar[dict[str, str | bool]] = _LOOSE

    evidence: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Benchmark:
    __pydantic_config__: ClassVar[dict[str, str | bool]] = _LOOSE

    benchmark: str
    title: str
    cells: tuple[_Cell, ...]
    levels: tuple[_Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dimension:
    __pydantic_config__: ClassVar[dict[str, str | bool]] = _LOOSE

    dimension: str
    levels: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coverage:
    __pydantic_config__: ClassVar[dict[str, str | bool]] = _LOOSE

    schema: Literal["coverage/1"]
    notes: tuple[str, ...]
    dimensions: tuple[_Dimension, ...]
    coders: tuple[str, ...]
    benchmarks: tuple[_Benchmark, ...]


def read_audit_context(text: str, *, where: str) -> AuditContext:
    """Read the coverage of an audit.

    Args:
        text: What `rater-admin coverage --json` printed.
        where: The file's name, for messages.

    Raises:
        InvalidInputError: It is something else, or has none of the dimensions of the fixed list.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        found = TypeAdapter(_Coverage).validate_json(text)
        lowest = {one.dimension: min(float(value) for value in one.levels) for one in found.dimensions}
    except (ValidationError, ValueError):
        raise _no_coverage(where) from None
    if not any(one.audit_dimension in lowest for one in ASPECTS):
        raise InvalidInputError(
            "The audit has none of the dimensions A1 to A8 of the rubric bma.",
            where=where,
            next_step="Leave out --audit, or give the coverage of an audit by that rubric.",
        )
    return AuditContext(
        benchmarks=len(found.benchmarks),
        coders=len(found.coders),
        words={
            one.id: tuple(
                word
                for benchmark in found.benchmarks
                for word in _words(benchmark, one.audit_dimension, lowest[one.audit_dimension])
            )
            for one in ASPECTS
            if one.audit_dimension in lowest
        },
        notes=found.notes,
    )


def _words(benchmark: _Benchmark, dimension: str, lowest: float) -> list[AuditWord]:
    return [
        AuditWord(
            benchmark=benchmark.benchmark,
            title=benchmark.title,
            codes=tuple(CoderCode(coder=code.rater, code=code.value) for code in cell.codes),
            evidence_levels=tuple(
                dict.fromkeys(level.evidence for level in benchmark.levels if level.evidence is not None)
            ),
        )
        for cell in benchmark.cells
        if cell.dimension == dimension
        and any(code.value is not None and code.value > lowest for code in cell.codes)
    ]


def _no_coverage(where: str) -> InvalidInputError:
    return InvalidInputError(
        "This is no coverage of an audit.",
        where=where,
        next_step="Give what `rater-admin coverage audit.db --json` printed.",
    )
