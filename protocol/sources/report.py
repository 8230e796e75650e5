"""What reading of transcript files gives, and the notes it takes on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from protocol.errors import Problem
from protocol.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often something happened."""

    what: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file that was read."""

    where: str
    format: str
    transcripts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """Every transcript of the files, or none: a file with a mistake raises."""

    transcripts: tuple[Transcript, ...]
    files: tuple[SourceFile, ...]
    replaced: tuple[Count, ...] = ()
    """What was read as something else than it is, with the reason."""
    left_behind: tuple[Count, ...] = ()
    """Fields of the files that no transcript keeps."""


@dataclass(slots=True)
class ReadingNotes:
    """Collects problems and counts while lines are read."""

    problems: list[Problem] = field(default_factory=list)
    replaced: Counter[str] = field(default_factory=Counter)
    left_behind: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineNotes:
    """The notes, and the file and line they are taken at."""

    where: str
    notes: ReadingNotes

    def problem(self, field_path: str, *, found: str, expected: str) -> None:
        """Note a mistake in a field of this line; an empty path is the line itself."""
        where = f"{self.where}, {field_path}" if field_path else self.where
        self.notes.problems.append(Problem(where=where, found=found, expected=expected))

    def replaced(self, what: str, times: int = 1) -> None:
        """Note that something was read as something else."""
        self.notes.replaced[what] += times

    def left_behind(self, what: str) -> None:
        """Note a field that is not kept."""
        self.notes.left_behind[what] += 1


def counts_of(counter: Counter[str]) -> tuple[Count, ...]:
    """Return counts, the most frequent first, equal ones by name."""
    ordered = sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Count(what=what, times=times) for what, times in ordered)
