"""Profiles as JSON files: written whole, and read back only where every rule of a profile holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import cast

from protocol.claims.evidence_level import LEVEL_LETTERS
from protocol.errors import InvalidInputError, Problem
from protocol.profile.profile import Profile, Row
from protocol.study import EvidenceLevel
from protocol.toml_lines import KeyPath
from protocol.wording import path_text

_FORBIDDEN = frozenset({"overall", "total", "totals", "score", "scores", "rank", "ranks", "ranking"})
_KEY_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
NO_OVERALL = (
    "A profile has no overall value: dimensions stand for different things, rest on different evidence, and "
    "a strength in one does not make up for a gap in another."
)
_NEXT_STEP = "Make the profile anew with `rater-admin profile`; a profile is not edited by hand."


def profile_json(profile: Profile) -> dict[str, object]:
    """Return the JSON object of a profile."""
    from pydantic import TypeAdapter  # 40 ms that other commands can save

    return cast("dict[str, object]", TypeAdapter(Profile).dump_python(profile, mode="json"))


def profile_text(profile: Profile) -> str:
    """Return the text of a profile file."""
    return json.dumps(profile_json(profile), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def read_profile(text: str, *, where: str) -> Profile:
    """Read a profile file.

    Args:
        text: The text of the file.
        where: Its name, for messages.

    Raises:
        InvalidInputError: It is no profile, or breaks a rule of profiles; `problems` lists every mistake.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        raw: object = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidInputError(
            "This is no JSON.", where=where, next_step="Give a file that `rater-admin profile -o DIR` wrote."
        ) from None
    problems = list(_forbidden_keys(raw, ()))
    if problems:
        raise InvalidInputError(NO_OVERALL, where=where, next_step=_NEXT_STEP, problems=problems)
    try:
        profile = TypeAdapter(Profile).validate_json(text)
    except ValidationError as error:
        problems = [
            Problem(where=path_text(detail["loc"]) or "the file", found="", expected=_words(detail["msg"]))
            for detail in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidInputError(
            "This is no profile of this program.", where=where, next_step=_NEXT_STEP, problems=problems
        ) from None
    problems = list(profile_problems(profile))
    if problems:
        raise InvalidInputError(
            "The profile breaks a rule.", where=where, next_step=_NEXT_STEP, problems=problems
        )
    return profile


def profile_problems(profile: Profile) -> Iterator[Problem]:
    """Yield every rule that a profile breaks, beyond its shape."""
    subject = profile.subject
    for name, value in (
        ("subject.model.id", subject.model.id),
        ("subject.scaffold.id", subject.scaffold.id),
        ("subject.context.users", subject.context.users),
    ):
        if not value.strip():
            yield Problem(where=name, found="nothing", expected="model, scaffold and context, all three")
    if subject.scaffold.prompt_sha256 != profile.comparable.scaffold:
        yield Problem(where="comparable.scaffold", found="another hash", expected="that of subject.scaffold")
    for part, rows in (("rows", profile.rows), ("guards", profile.guards)):
        yield from _doubled(part, rows)
        for place, row in enumerate(rows):
            yield from _row_problems(f"{part}[{place}]", row)


def _doubled(part: str, rows: Sequence[Row]) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, row in enumerate(rows):
        if row.dimension in seen:
            yield Problem(where=f"{part}[{place}]", found=f'"{row.dimension}" again', expected="it once")
        seen.add(row.dimension)


def _row_problems(where: str, row: Row) -> Iterator[Problem]:
    if (row.evidence is None) != (row.result is None) or (row.evidence is None) == (row.no_evidence is None):
        yield Problem(
            where=where,
            found="evidence without a result, or a result without evidence",
            expected="both with a level of evidence, or neither and why",
        )
    if row.evidence is None or row.result is None:
        return
    evidence, result = row.evidence, row.result
    if LEVEL_LETTERS[EvidenceLevel(evidence.level)] != evidence.letter:
        yield Problem(
            where=f"{where}.evidence", found=f"letter {evidence.letter}", expected="that of its level"
        )
    if len(result.counts) != len(result.levels) or any(count < 0 for count in result.counts):
        yield Problem(where=f"{where}.result.counts", found="", expected="a count for each level")
    if not sum(result.counts) == result.n == evidence.n_ratings:
        yield Problem(where=f"{where}.result", found="", expected="counts that add up to n")
    if result.mean is not None and (result.n == 0 or (result.ci95 is None and not result.undefined)):
        yield Problem(
            where=f"{where}.result.mean",
            found="a mean alone",
            expected="counts, n and an interval, or why there is none",
        )


def _forbidden_keys(value: object, path: KeyPath) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not _FORBIDDEN.isdisjoint(word.lower() for word in _KEY_WORDS.findall(str(key))):
                yield Problem(
                    where=path_text((*path, str(key))), found="", expected="no such key anywhere in a profile"
                )
            yield from _forbidden_keys(inner, (*path, str(key)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _forbidden_keys(inner, (*path, place))


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _words(message: str) -> str:
    """Return pydantic's finding as the end of a sentence that begins with "expected"."""
    replaced = {"Field required": "this key", "Unexpected keyword argument": "no such key"}
    message = message.removeprefix("Input should be ")
    return replaced.get(message, message[:1].lower() + message[1:])
