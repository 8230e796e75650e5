"""What a rater chose for the app: theme, characters, breaks, keys. Kept in a file of the rater's own.

The file is about the screen alone: no study, no item and no rating is ever written into it. It is
read at the start, and the one thing the app writes back is the theme.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from protocol.errors import InvalidInputError
from protocol.wording import describe, path_text

THEMES = ("dark", "light", "high-contrast", "colour-blind")
BREAK_AFTER_MIN = 50
LONGEST_BREAK_INTERVAL_MIN = 600

_THEME_LINE = re.compile(r"[ \t]*theme[ \t]*=.*")
_NEXT_STEP = "Mend the file, or move it away to start with the usual settings."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenKeys:
    """The keys a rater gave to an action."""

    keys: tuple[str, ...]
    where: str
    """File and line, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The choices of one rater on one machine."""

    theme: str = THEMES[0]
    ascii: bool = False
    """Draw no box and no block characters."""
    break_after_min: int = BREAK_AFTER_MIN
    """Minutes of work after which a break is suggested; 0 for never."""
    keys: Mapping[str, ChosenKeys] = field(default_factory=dict)
    """By action id; actions that are not named keep their keys."""


def settings_path() -> Path:
    """Return where the rater's settings are, whether they exist or not."""
    from platformdirs import user_config_path

    return user_config_path("blindrater", appauthor=False) / "rater.toml"


def read_settings(path: Path) -> Settings:
    """Return what a rater chose; the usual settings where there is no file.

    Raises:
        InvalidInputError: The file cannot be read, or says what no setting can be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as fault:
        raise InvalidInputError(
            "The settings cannot be read.", where=str(path), next_step=_NEXT_STEP
        ) from fault
    return parse_settings(text, where=str(path))


def parse_settings(text: str, *, where: str) -> Settings:
    """Return the settings that a TOML text holds.

    Args:
        text: The content of the file.
        where: Name of the file, for messages.

    Raises:
        InvalidInputError: It is no TOML, or a setting is unknown or impossible; names line and setting.
    """
    import tomllib  # 3 ms, and most raters have no such file

    try:
        found = tomllib.loads(text)
    except ValueError as fault:
        raise InvalidInputError(
            f"The settings are no valid TOML: {fault}.", where=where, next_step=_NEXT_STEP
        ) from fault
    return _Reader(text, where).settings(found)


def with_theme(text: str, theme: str) -> str:
    """Return the text of a settings file with another theme, everything else as it was."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.lstrip().startswith("["):
            break
        if _THEME_LINE.fullmatch(line.rstrip("\r\n")):
            lines[number] = f'theme = "{theme}"\n'
            return "".join(lines)
    return f'theme = "{theme}"\n{text}'


def remember_theme(path: Path, theme: str) -> None:
    """Keep a theme for the next start.

    Raises:
        StorageError: The file cannot be written.
        InvalidInputError: The file that is there is none of ours, and stays as it is.
    """
    from db.atomic_file import cannot_write, write_whole

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
    except UnicodeDecodeError as fault:
        raise InvalidInputError(
            "The settings cannot be read.", where=str(path), next_step=_NEXT_STEP
        ) from fault
    except OSError as fault:
        raise cannot_write(path, fault) from fault
    after = with_theme(before, theme)
    if parse_settings(after, where=str(path)).theme != theme:
        raise InvalidInputError(
            "The theme cannot be written into the settings.", where=str(path), next_step=_NEXT_STEP
        )
    write_whole(path, after.encode(), mode=0o600, replace=True)


class _Reader:
    """Turns the values of one file into settings; the first mistake ends it."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where

    def settings(self, found: Mapping[str, object]) -> Settings:
        for name in found:
            if name not in ("theme", "ascii", "breaks", "keys"):
                raise self._mistake((name,), "There is no such setting: theme, ascii, breaks and keys are.")
        usual = Settings()
        return Settings(
            theme=self._theme(found.get("theme", usual.theme)),
            ascii=self._flag(("ascii",), found.get("ascii", usual.ascii)),
            break_after_min=self._break(self._table(("breaks",), found.get("breaks", {}))),
            keys=self._keys(("keys",), self._table(("keys",), found.get("keys", {}))),
        )

    def _theme(self, value: object) -> str:
        if not isinstance(value, str) or value not in THEMES:
            raise self._mistake(("theme",), f"Found {describe(value)}; the themes are {', '.join(THEMES)}.")
        return value

    def _flag(self, path: tuple[str, ...], value: object) -> bool:
        if not isinstance(value, bool):
            raise self._mistake(path, f"Found {describe(value)}; true or false is possible.")
        return value

    def _break(self, table: Mapping[str, object]) -> int:
        for name in table:
            if name != "after_minutes":
                raise self._mistake(("breaks", name), "There is no such setting: after_minutes is.")
        value = table.get("after_minutes", BREAK_AFTER_MIN)
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not 0 <= cast("int", value) <= LONGEST_BREAK_INTERVAL_MIN:
            raise self._mistake(
                ("breaks", "after_minutes"),
                f"Found {describe(value)}; whole minutes up to {LONGEST_BREAK_INTERVAL_MIN} are possible, 0"
                " for no reminder.",
            )
        return cast("int", value)

    def _keys(self, path: tuple[str, ...], table: Mapping[str, object]) -> dict[str, ChosenKeys]:
        """Read the table of keys; `item.note = "n"` and `"item.note" = "n"` say the same."""
        chosen: dict[str, ChosenKeys] = {}
        for name, value in table.items():
            here = (*path, name)
            if isinstance(value, dict):
                chosen |= self._keys(here, cast("dict[str, object]", value))
                continue
            keys = [value] if isinstance(value, str) else value
            if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
                raise self._mistake(
                    here, f'Found {describe(value)}; a key such as "n" or a list of keys is possible.'
                )
            chosen[".".join(here[1:])] = ChosenKeys(keys=tuple(keys), where=self._place(here))
        return chosen

    def _table(self, path: tuple[str, ...], value: object) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise self._mistake(path, f"Found {describe(value)}; a table [{path[0]}] is possible.")
        return cast("dict[str, object]", value)

    def _place(self, path: tuple[str, ...]) -> str:
        from protocol.toml_lines import key_lines, nearest_line

        line = nearest_line(key_lines(self._text), path)
        return f"{self._where}, line {line}, {path_text(path)}"

    def _mistake(self, path: tuple[str, ...], what: str) -> InvalidInputError:
        return InvalidInputError(what, where=self._place(path), next_step=_NEXT_STEP)


def unusable(chosen: ChosenKeys, what: str) -> InvalidInputError:
    """Return the error for keys that cannot be given to their action."""
    return InvalidInputError(what, where=chosen.where, next_step=_NEXT_STEP)
