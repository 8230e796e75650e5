"""Where a transcript says it comes from: fields of its own, or those a mapping names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from protocol.errors import UsageError
from protocol.sources.content import whole_text
from protocol.sources.json_words import in_json
from protocol.sources.report import LineNotes
from protocol.transcript import Origin
from protocol.wording import hidden_character, quoted

ORIGIN_FIELDS = ("model", "scaffold", "task", "replicate")
_LONGEST_NAME = 200
_LARGEST_REPLICATE = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlace:
    """A field of a line, such as metadata.prompt or choices.0.model."""

    path: str

    def value_in(self, line: dict[str, object]) -> object:
        """Return what stands there, or None. A key that itself holds dots is found first."""
        if self.path in line:
            return line[self.path]
        value: object = line
        for part in self.path.split("."):
            if isinstance(value, dict):
                value = cast("dict[str, object]", value).get(part)
            elif isinstance(value, list) and part.isascii() and part.isdigit():
                inner = cast("list[object]", value)
                value = inner[int(part)] if int(part) < len(inner) else None
            else:
                return None
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedValue:
    """One value for every line."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginMapping:
    """Which field of a line, or which fixed value, each part of the origin is taken from."""

    model: FieldPlace | FixedValue = FieldPlace(path="model")
    scaffold: FieldPlace | FixedValue = FieldPlace(path="scaffold")
    task: FieldPlace | FixedValue = FieldPlace(path="task")
    replicate: FieldPlace | FixedValue = FieldPlace(path="replicate")

    def fields_used(self) -> frozenset[str]:
        """The top-level fields of a line that the origin is read from."""
        places = (self.model, self.scaffold, self.task, self.replicate)
        paths = [place.path for place in places if isinstance(place, FieldPlace)]
        return frozenset(name for path in paths for name in (path, path.split(".")[0]))


def parse_mapping(entries: Sequence[str]) -> OriginMapping:
    """Read entries such as `scaffold=metadata.prompt` (a field) or `model=:Claude` (a fixed value).

    Raises:
        UsageError: An entry has another form, names no part of the origin, or names one twice.
    """
    places: dict[str, FieldPlace | FixedValue] = {}
    for entry in entries:
        name, sign, value = entry.partition("=")
        fixed = value.startswith(":")
        if name not in ORIGIN_FIELDS or not sign or not value.strip(":. "):
            raise UsageError(
                f"--map {entry} cannot be read.",
                next_step="Write PART=FIELD, such as scaffold=metadata.prompt, or PART=:VALUE for one fixed "
                f"value, such as model=:Claude. The parts are {', '.join(ORIGIN_FIELDS)}.",
            )
        if name in places:
            raise UsageError(f"--map names {name} twice.", next_step="Give each part of the origin once.")
        places[name] = FixedValue(value=value[1:]) if fixed else FieldPlace(path=value)
    return OriginMapping(**places)


def read_origin(fields: dict[str, object], mapping: OriginMapping, source: str, line: LineNotes) -> Origin:
    """Return the origin of a line; mistakes are noted, and then what is returned means nothing."""
    return Origin(
        model=_name("model", mapping.model, fields, line),
        scaffold=_name("scaffold", mapping.scaffold, fields, line),
        task=_name("task", mapping.task, fields, line),
        replicate=_replicate(mapping.replicate, fields, line),
        source=source,
    )


def source_id(value: object, path: str, line: LineNotes) -> str:
    """Return the id a transcript has in its file; a mistake is noted."""
    if isinstance(value, str) and value.strip():
        return whole_text(value, line)
    if _is_whole(value):
        return str(value)
    found = "an empty text" if isinstance(value, str) else in_json(value)
    line.problem(path, found=found, expected="an id of the transcript")
    return ""


def _name(part: str, place: FieldPlace | FixedValue, fields: dict[str, object], line: LineNotes) -> str:
    value = place.value if isinstance(place, FixedValue) else place.value_in(fields)
    path = place.path if isinstance(place, FieldPlace) else f"--map {part}"
    if _is_whole(value):
        return str(value)
    if not isinstance(value, str):
        hint = f"a name of the {part} (--map {part}=FIELD takes another field, {part}=:NAME a fixed name)"
        line.problem(path, found=in_json(value), expected=hint)
        return ""
    found = _name_fault(value)
    if found:
        line.problem(path, found=found, expected=f"a plain name of the {part} on one line")
        return ""
    return value


def _name_fault(name: str) -> str | None:
    hidden = hidden_character(name)
    if not name.strip():
        return "an empty text"
    if len(name) > _LONGEST_NAME:
        return f"a text of {len(name)} characters"
    if hidden:
        return f"the character {hidden} in {quoted(name)}"
    if name != name.strip():
        return f"blanks around {quoted(name)}"
    return None


def _replicate(place: FieldPlace | FixedValue, fields: dict[str, object], line: LineNotes) -> int:
    value = place.value if isinstance(place, FixedValue) else place.value_in(fields)
    if value is None:
        return 1
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_REPLICATE:
        return value
    path = place.path if isinstance(place, FieldPlace) else "--map replicate"
    line.problem(path, found=in_json(value), expected="a whole number from 0, or no replicate")
    return 1


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20
