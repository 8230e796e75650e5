"""Published figures against figures that were computed again: which field differs, and how."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

RELATIVE = 1e-9
"""Another processor or library may round the last digits otherwise."""
_NAMES = (
    *("dimension", "measure", "model", "scaffold", "rater", "variant", "label", "question", "weights"),
    *("cells", "benchmark"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field in which two sets of figures differ."""

    file: str
    field: str
    """The path to it, with the names of what it is about."""
    published: str
    recomputed: str

    def __str__(self) -> str:
        return f"{self.file}, {self.field}: published {self.published}, recomputed {self.recomputed}"


def differences(file: str, published: object, recomputed: object) -> Iterator[Difference]:
    """Yield every field in which a published file differs from the figures computed again.

    Args:
        file: Its name.
        published: What it holds, as read from JSON.
        recomputed: The same, as it should be.
    """
    yield from _compare(file, "", published, recomputed)


def _compare(file: str, path: str, published: object, recomputed: object) -> Iterator[Difference]:
    if isinstance(published, Mapping) and isinstance(recomputed, Mapping):
        for name in [*recomputed, *(name for name in published if name not in recomputed)]:
            below = f"{path}.{name}" if path else str(name)
            if name not in published or name not in recomputed:
                yield _differ(file, below, published.get(name, _NONE), recomputed.get(name, _NONE))
            else:
                yield from _compare(file, below, published[name], recomputed[name])
    elif isinstance(published, list) and isinstance(recomputed, list) and len(published) == len(recomputed):
        for place, (one, other) in enumerate(zip(published, recomputed, strict=True)):
            yield from _compare(file, f"{path}[{_name_of(other) or place}]", one, other)
    elif not _same(published, recomputed):
        yield _differ(file, path, published, recomputed)


def _same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool) or not _is_number(one) or not _is_number(other):
        return type(one) is type(other) and one == other
    return math.isclose(float(str(one)), float(str(other)), rel_tol=RELATIVE, abs_tol=1e-12)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _name_of(value: object) -> str:
    """Return what an object of a list is about, in its own words."""
    if not isinstance(value, Mapping):
        return ""
    return " ".join(str(value[name]) for name in _NAMES if isinstance(value.get(name), str))


def _differ(file: str, field: str, published: object, recomputed: object) -> Difference:
    return Difference(file=file, field=field, published=_short(published), recomputed=_short(recomputed))


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, _Nothing) else "nothing"
    return text if len(text) <= 60 else f"{text[:57]}..."


class _Nothing:
    """Stands for a field that is not there."""


_NONE = _Nothing()
