"""raters.toml: who the codes are. Only the admin has it; of a study file nothing of it is part.

A table for each code, `[R1]`, with the texts `name`, `site` and `role`, all of which may be left
out. Seeding reads sites alone, to spread the raters of a task over them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import InvalidInputError, Problem
from protocol.wording import describe, path_text
from rater.services.input_files import require_file, unreadable

RATERS_FILE = "raters.toml"
_TEXTS = ("name", "site", "role")


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterList:
    """What raters.toml says of the raters of a design."""

    path: Path | None
    """None where there is no such file."""
    sites: Mapping[str, str]
    """By code, of the design's raters who have one."""
    others: tuple[str, ...]
    """Codes in the file that are no raters of the design."""


def find_rater_list(study: Path, raters: Path | None) -> Path | None:
    """Return where raters.toml is, or None where there is none.

    Args:
        study: The study.toml or study file that it lies beside.
        raters: Another place of that file, which need not exist.
    """
    beside = study.parent / RATERS_FILE
    return raters or (beside if beside.is_file() else None)


def read_rater_list(protocol: Path, raters: Path | None, codes: Sequence[str]) -> RaterList:
    """Read who the raters are.

    Args:
        protocol: The study.toml; raters.toml is looked for beside it.
        raters: Another place of that file.
        codes: The raters of the design.

    Raises:
        NotFoundError: The file that was named does not exist.
        InvalidInputError: It is no TOML, or holds something else than tables of texts.
    """
    path = find_rater_list(protocol, raters)
    if path is None:
        return RaterList(path=None, sites={}, others=())
    found = _read(path)
    return RaterList(
        path=path,
        sites={code: site for code in codes if (site := found.get(code, {}).get("site", "").strip())},
        others=tuple(code for code in found if code not in codes),
    )


def _read(path: Path) -> dict[str, dict[str, str]]:
    require_file(path, wanted="names, sites and roles of raters, as TOML")
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise unreadable(path, fault) from None
    except ValueError as fault:  # no TOML, or no UTF-8
        raise InvalidInputError(
            f"The file is no valid TOML: {fault}.", where=str(path), next_step="Correct it and run again."
        ) from None
    problems = [
        Problem(where=path_text((code,)), found=describe(entry), expected="a table with name, site and role")
        for code, entry in value.items()
        if not isinstance(entry, dict)
    ]
    tables = {code: entry for code, entry in value.items() if isinstance(entry, dict)}
    problems += [
        Problem(
            where=path_text((code, key)), found=describe(entry[key]), expected="a text in quotation marks"
        )
        for code, entry in tables.items()
        for key in _TEXTS
        if key in entry and not isinstance(entry[key], str)
    ]
    if problems:
        raise InvalidInputError(
            "The list of raters has mistakes.",
            where=str(path),
            next_step='Write a table for each code, such as [R1] with name = "..." and site = "...".',
            problems=problems,
        )
    return {code: {key: entry[key] for key in _TEXTS if key in entry} for code, entry in tables.items()}
