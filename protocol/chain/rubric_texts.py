"""Texts of a rubric that can be amended, and what changed between two rubrics.

Raters read them; nothing is counted by them. What a rating is stored as (dimensions, levels, scale,
what a score demands, codes) is no text: a study with another is a new study.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from protocol.canonical_json import Json
from protocol.errors import InvalidInputError, Problem
from protocol.rubric import Dimension, Level, Rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTexts:
    """New texts of one level; None where a text stays."""

    value: int
    anchor: str | None = None
    example: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionTexts:
    """New texts of one dimension; None where the question stays."""

    id: str
    question: str | None = None
    levels: tuple[LevelTexts, ...] = ()
    """Levels with a new text, in their declared order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricTexts:
    """What an amendment puts in the place of texts of the rubric before it."""

    version: int | None = None
    """The number that the rubric bears; None where it stays."""
    rules: tuple[str, ...] | None = None
    """All decision rules as they are from now on; None where they stay."""
    dimensions: tuple[DimensionTexts, ...] = ()
    """Dimensions with a new text, in their declared order."""

    def changed_in(self, rubric: Rubric) -> frozenset[str]:
        """Return the dimensions that are rated by other texts: all of them where a decision rule changed."""
        if self.rules is not None:
            return frozenset(one.id for one in rubric.dimensions)
        return frozenset(one.id for one in self.dimensions)

    @property
    def said(self) -> tuple[str, ...]:
        """Every new text."""
        parts = [
            *(self.rules or ()),
            *(one.question for one in self.dimensions),
            *(
                text
                for one in self.dimensions
                for level in one.levels
                for text in (level.anchor, level.example)
            ),
        ]
        return tuple(part for part in parts if part)

    def applied_to(self, rubric: Rubric) -> Rubric:
        """Return the rubric with these texts.

        Raises:
            KeyError: It has no such dimension or level.
        """
        new = {one.id: one for one in self.dimensions}
        if unknown := new.keys() - {one.id for one in rubric.dimensions}:
            raise KeyError(min(unknown))
        return replace(
            rubric,
            version=rubric.version if self.version is None else self.version,
            rules=rubric.rules if self.rules is None else self.rules,
            dimensions=tuple(
                _with_texts(one, new[one.id]) if one.id in new else one for one in rubric.dimensions
            ),
        )

    def to_json(self) -> Json:
        """Return the form that is hashed; what stays is left out."""
        dimensions: list[Json] = [
            _given(
                id=one.id,
                question=one.question,
                levels=[
                    _given(value=level.value, anchor=level.anchor, example=level.example)
                    for level in one.levels
                ]
                or None,
            )
            for one in self.dimensions
        ]
        return _given(
            version=self.version,
            rules=None if self.rules is None else list(self.rules),
            dimensions=dimensions or None,
        )

    @classmethod
    def from_json(cls, value: Json) -> RubricTexts:
        """Read the form that is hashed; the caller compares `to_json` with it.

        Raises:
            KeyError: A part is missing.
            TypeError: A part is of another kind.
        """
        table = _table(value)
        rules = table.get("rules")
        return cls(
            version=_number(table["version"]) if "version" in table else None,
            rules=None if rules is None else tuple(_text(one) for one in _list(rules)),
            dimensions=tuple(_dimension(one) for one in _list(table.get("dimensions", []))),
        )


def changed_texts(old: Rubric, new: Rubric, *, where: str) -> RubricTexts:
    """Return what is to be put into one rubric so that it becomes another.

    Args:
        old: What is rated by until now.
        new: What is to be rated by.
        where: The file of the new one, for messages.

    Raises:
        InvalidInputError: They differ in what can never be amended, or in nothing.
    """
    problems = [*_fixed_differences(old, new)]
    if problems:
        raise InvalidInputError(
            "More than texts of the rubric differs from what was seeded: that is a new study.",
            where=where,
            next_step="Amend question, anchors, examples and rules alone, or seed a new study.",
            problems=problems,
        )
    texts = RubricTexts(
        version=None if old.version == new.version else new.version,
        rules=None if old.rules == new.rules else new.rules,
        dimensions=tuple(
            _dimension_changes(before, after)
            for before, after in zip(old.dimensions, new.dimensions, strict=True)
            if before != after
        ),
    )
    if not texts.changed_in(old):
        raise InvalidInputError(
            "No question, anchor, example or rule differs from what is rated by now.",
            where=where,
            next_step="Name the study.toml with the new texts.",
        )
    return texts


def _fixed_differences(old: Rubric, new: Rubric) -> list[Problem]:
    pairs: list[tuple[str, object, object]] = [
        ("rubric.id", old.id, new.id),
        ("rubric.title", old.title, new.title),
        ("rubric.source", old.source, new.source),
        ("rubric.not_ratable", _codes(old), _codes(new)),
        ("rubric.dimensions", _ids(old), _ids(new)),
    ]
    if _ids(old) == _ids(new):
        for before, after in zip(old.dimensions, new.dimensions, strict=True):
            place = f"rubric.dimensions.{before.id}"
            pairs += [
                (f"{place}.{name}", getattr(before, name), getattr(after, name))
                for name in ("name", "scale", "quote_from", "read_to_end", "confidence")
            ]
            pairs.append((f"{place}.levels", _levels(before), _levels(after)))
    return [
        Problem(where=place, found=f"{after}", expected=f"as it was seeded: {before}")
        for place, before, after in pairs
        if before != after
    ]


def _codes(rubric: Rubric) -> str:
    return ", ".join(f"{one.code} ({one.label}, {one.scope})" for one in rubric.not_ratable) or "none"


def _ids(rubric: Rubric) -> str:
    return ", ".join(one.id for one in rubric.dimensions)


def _levels(dimension: Dimension) -> str:
    return ", ".join(f"{one.value} ({one.label})" for one in dimension.levels)


def _dimension_changes(before: Dimension, after: Dimension) -> DimensionTexts:
    return DimensionTexts(
        id=before.id,
        question=None if before.question == after.question else after.question,
        levels=tuple(
            LevelTexts(
                value=old.value,
                anchor=None if old.anchor == new.anchor else new.anchor,
                example=None if old.example == new.example else new.example,
            )
            for old, new in zip(before.levels, after.levels, strict=True)
            if old != new
        ),
    )


def _with_texts(dimension: Dimension, texts: DimensionTexts) -> Dimension:
    new = {one.value: one for one in texts.levels}
    if unknown := new.keys() - set(dimension.values):
        raise KeyError(min(unknown))
    return replace(
        dimension,
        question=dimension.question if texts.question is None else texts.question,
        levels=tuple(
            _with_level(one, new[one.value]) if one.value in new else one for one in dimension.levels
        ),
    )


def _with_level(level: Level, texts: LevelTexts) -> Level:
    return replace(
        level,
        anchor=level.anchor if texts.anchor is None else texts.anchor,
        example=level.example if texts.example is None else texts.example,
    )


def _given(**parts: Json | None) -> dict[str, Json]:
    return {name: value for name, value in parts.items() if value is not None}


def _dimension(value: Json) -> DimensionTexts:
    table = _table(value)
    return DimensionTexts(
        id=_text(table["id"]),
        question=_text(table["question"]) if "question" in table else None,
        levels=tuple(_level(one) for one in _list(table.get("levels", []))),
    )


def _level(value: Json) -> LevelTexts:
    table = _table(value)
    return LevelTexts(
        value=_number(table["value"]),
        anchor=_text(table["anchor"]) if "anchor" in table else None,
        example=_text(table["example"]) if "example" in table else None,
    )


def _table(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise TypeError("no table")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("no number")
    return value
