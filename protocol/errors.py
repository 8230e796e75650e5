"""The errors of blindrater, by what they mean for the caller.

Each says what happened, where, and what to do next. One table in `rater.exit_codes`
turns the class into an exit code; nothing else decides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN_PROBLEMS = 50
"""So many mistakes are printed; `InvalidInputError.problems` holds all of them."""
RESTORE_A_BACKUP = "Restore the file from a backup: it was changed outside the program."
"""What to do next where hashes or chains no longer fit."""


class BlindraterError(Exception):
    """Base of every error that is shown to a person as a sentence.

    Args:
        what: What happened, a sentence.
        where: File, line, field or object it happened at.
        next_step: What the reader should do now.
    """

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} {self.next_step}" if self.next_step else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in an input."""

    where: str
    """File and line, or key path, as exact as the reader knows it."""
    found: str
    expected: str

    def __str__(self) -> str:
        found = f"found {self.found}, " if self.found else ""
        return f"{self.where}: {found}expected {self.expected}"


class InvalidInputError(BlindraterError):
    """An input cannot be read or breaks its format; `problems` lists every mistake."""

    def __init__(
        self, what: str, *, where: str = "", next_step: str = "", problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        shown = [f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            shown.append(f"  and {len(self.problems) - SHOWN_PROBLEMS} more")
        return "\n".join([super().__str__(), *shown])


class UsageError(BlindraterError):
    """The options do not go together, or a needed one is missing."""


class NotFoundError(BlindraterError):
    """A named file, rater, item or dimension does not exist."""


class WrongStateError(BlindraterError):
    """The study's state forbids the step."""


class BlindError(BlindraterError):
    """The step would tell a rater a condition, or cannot be shown not to."""


class CheckFailedError(BlindraterError):
    """A hash, chain, code or key does not fit."""


class StorageError(BlindraterError):
    """A file could not be written now: disk full, locked by another program, read-only."""


class FileBusyError(StorageError):
    """Another program is writing to the file; a moment later it may be free."""
