"""The shape of study.toml: which keys there are and what kind of value each takes.

pydantic checks the document against the dataclasses of the domain, which know nothing of pydantic;
its findings are translated here into the words of the format. Only the reader of study.toml
imports this module: pydantic costs 40 ms.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import ClassVar, Generic, Literal, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from protocol.adjudication.plan import AdjudicationPlan
from protocol.claims.factors import Factor
from protocol.profile.profile_plan import ProfilePlan
from protocol.rubric import Rubric
from protocol.study import (
    AmendmentRules,
    AnalysisPlan,
    Calibration,
    Claim,
    Design,
    EvidenceLevel,
    Guess,
    InteractionTag,
    Privacy,
    RedactionPlan,
    Scaffold,
    SourcesPlan,
    Task,
)
from protocol.toml_lines import KeyPath
from protocol.toml_nodes import Mistake
from protocol.visible import StudyKind
from protocol.wording import describe, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySection:
    """The table [study]."""

    name: str
    kind: StudyKind
    evidence_level: EvidenceLevel
    subtag: InteractionTag | None = None
    observed: tuple[Factor, ...] = ()
    contact: str = ""
    simulated: bool = False
    rendered_view: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDocument:
    """The whole file, table by table."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    format: Literal[1]
    study: StudySection
    rubric: Rubric
    scaffolds: tuple[Scaffold, ...]
    tasks: tuple[Task, ...]
    design: Design
    guess: Guess = field(default_factory=Guess)
    analysis: AnalysisPlan
    redaction: RedactionPlan = field(default_factory=RedactionPlan)
    sources: SourcesPlan = field(default_factory=SourcesPlan)
    claims: tuple[Claim, ...] = ()
    calibration: Calibration | None = None
    amendments: AmendmentRules = field(default_factory=AmendmentRules)
    privacy: Privacy = field(default_factory=Privacy)
    profile: ProfilePlan | None = None
    adjudication: AdjudicationPlan | None = None


_Document = TypeVar("_Document")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeResult(Generic[_Document]):
    """The typed document, or the mistakes that keep it from being one."""

    document: _Document | None
    mistakes: tuple[Mistake, ...] = ()


def read_shape(raw: dict[str, object], form: type[_Document]) -> ShapeResult[_Document]:
    """Return the typed document, or every mistake of shape.

    Args:
        raw: What tomllib read.
        form: The dataclass of the whole file; `StudyDocument`, or another kind's.

    Raises:
        RecursionError: The document is nested too deeply.
    """
    # A date has no JSON form. A list in a list fits no key, so the date is refused wherever it stands.
    body = json.dumps(raw, default=lambda _date: [[]])
    try:
        # mypy looks for a hash of the form's instances; what is hashed is the form.
        document = _adapter(form).validate_json(body, strict=True)  # type: ignore[arg-type]
    except ValidationError as error:
        found = [
            _finding(raw, form, detail["type"], _in_document(form, detail["loc"]))
            for detail in error.errors(include_url=False)
        ]
        return ShapeResult(document=None, mistakes=_without_echoes(found))
    return ShapeResult(document=document)


@cache
def _adapter(form: type[_Document]) -> TypeAdapter[_Document]:
    """Return the checker of a form; making one costs 25 ms, and a command reads study.toml several times."""
    return TypeAdapter(form)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    mistake: Mistake
    kind: Literal["missing", "unknown", "wrong"]
    meant: str = ""
    """For an unknown key: the key that was probably meant."""


def _without_echoes(findings: Sequence[_Finding]) -> tuple[Mistake, ...]:
    """Drop "key missing" where the key is there with a spelling mistake, which is reported."""
    meant = {(*finding.mistake.path[:-1], finding.meant) for finding in findings if finding.meant}
    found = (
        finding.mistake
        for finding in findings
        if not (finding.kind == "missing" and finding.mistake.path in meant)
    )
    return tuple(dict.fromkeys(found))


def _finding(raw: dict[str, object], form: type, kind: str, path: KeyPath) -> _Finding:
    if kind == "unexpected_keyword_argument":
        key = str(path[-1])
        known = _keys_at(form, path[:-1])
        absent = [name for name in known if name not in _table_at(raw, path[:-1])]
        near = difflib.get_close_matches(key, absent or known, n=1, cutoff=0.6)
        expected = f"the key {near[0]}" if near else f"one of the keys {', '.join(known)}"
        mistake = Mistake(path=path, found=f"the unknown key {quoted(key)}", expected=expected)
        return _Finding(mistake=mistake, kind="unknown", meant=near[0] if near else "")
    expected = _expected(_type_at(form, path))
    if kind == "missing":
        return _Finding(mistake=Mistake(path=path, found="nothing", expected=expected), kind="missing")
    return _Finding(
        mistake=Mistake(path=path, found=describe(_value_at(raw, path)), expected=expected), kind="wrong"
    )


def _in_document(form: type, path: KeyPath) -> KeyPath:
    """Return a path without the name of the alternative, which pydantic adds where a key takes either."""
    for length in range(1, len(path)):
        if len(_alternatives(_type_at(form, path[:length]))) > 1:
            return path[:length]
    return path


def _alternatives(declared: object) -> list[object]:
    if typing.get_origin(declared) not in (types.UnionType, typing.Union):
        return [declared]
    return [option for option in typing.get_args(declared) if option is not type(None)]


def _value_at(raw: object, path: KeyPath) -> object:
    value = raw
    for part in path:
        if isinstance(value, dict):
            value = cast("dict[str | int, object]", value).get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = cast("list[object]", value)[part]
    return value


def _table_at(raw: object, path: KeyPath) -> dict[str, object]:
    value = _value_at(raw, path)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _type_at(form: type, path: KeyPath) -> object:
    """Return the declared type of the value at a path."""
    declared: object = form
    for part in path:
        if dataclasses.is_dataclass(declared):
            declared = typing.get_type_hints(cast("type", declared))[str(part)]
            options = _alternatives(declared)
            # A table that may be left out has the keys of the table.
            if len(options) == 1 and dataclasses.is_dataclass(options[0]):
                declared = options[0]
        else:
            arguments = typing.get_args(declared)
            declared = arguments[0] if isinstance(part, int) else arguments[1]
    return declared


def _keys_at(form: type, path: KeyPath) -> list[str]:
    declared = _type_at(form, path)
    return [key.name for key in dataclasses.fields(cast("type", declared))]


def _expected(declared: object) -> str:
    """Return in words what a key of this type takes."""
    origin = typing.get_origin(declared)
    arguments = typing.get_args(declared)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_expected(option) for option in _alternatives(declared))
    if origin is Literal:
        return " or ".join(f'"{option}"' if isinstance(option, str) else str(option) for option in arguments)
    if origin is tuple:
        inner = arguments[0]
        if dataclasses.is_dataclass(inner):
            return f"a list of tables{_with_keys(inner)}"
        return "a list of texts in quotation marks"
    if origin is dict:
        return "a table of texts"
    if isinstance(declared, type) and issubclass(declared, StrEnum):
        return " or ".join(f'"{member.value}"' for member in declared)
    if dataclasses.is_dataclass(declared):
        return f"a table{_with_keys(declared)}"
    words: dict[object, str] = {
        str: "a text in quotation marks",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
    }
    return words[declared]


def _with_keys(declared: object) -> str:
    """Return the keys that a table must have, in words; nothing where it needs none."""
    needed = [
        key.name
        for key in dataclasses.fields(cast("type", declared))
        if key.default is dataclasses.MISSING and key.default_factory is dataclasses.MISSING
    ]
    if not needed:
        return ""
    return f" with the key{'s' if len(needed) > 1 else ''} {', '.join(needed)}"
