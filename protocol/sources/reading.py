"""Files of transcripts, line by line: all of them, or all their mistakes and no transcript."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, field

from protocol.errors import InvalidInputError
from protocol.sources.json_line import UnreadableLineError, foreign_start, read_object
from protocol.sources.origin import OriginMapping
from protocol.sources.registry import FORMATS, format_of
from protocol.sources.report import LineNotes, ReadingNotes, SourceFile, SourceReport, counts_of
from protocol.sources.source_format import SourceFormat
from protocol.transcript import Transcript
from protocol.wording import quoted

_NEXT_STEP = "Correct the input and run the command again; nothing was imported."
_SHOWN_KEYS = 6


@dataclass(slots=True)
class SourceReading:
    """Takes in files one after the other; `finish` gives the report.

    Args:
        mapping: Where the origin of a line stands.
    """

    mapping: OriginMapping = field(default_factory=OriginMapping)
    _notes: ReadingNotes = field(default_factory=ReadingNotes)
    _transcripts: list[Transcript] = field(default_factory=list)
    _files: list[SourceFile] = field(default_factory=list)

    def add(self, lines: Iterable[bytes], *, where: str) -> None:
        """Read one file.

        Args:
            lines: The lines of the file as bytes, with or without their line feeds.
            where: The file's name, for messages.
        """
        file = _FileReading(where=where, mapping=self.mapping, notes=self._notes)
        before = len(self._transcripts)
        for number, line in enumerate(lines, start=1):
            if number == 1:
                foreign = foreign_start(line[:16])
                if foreign:
                    file.note_file(found=foreign, expected="JSON Lines in UTF-8, one transcript on a line")
                    return
                line = line.removeprefix(codecs.BOM_UTF8)  # noqa: PLW2901 - the mark is no part of the line
            if not line.strip():
                continue
            transcript = file.read(line, number)
            if transcript is not None:
                self._transcripts.append(transcript)
            if file.rest_is_lost:
                return
        if not file.lines_read:
            file.note_file(found="no line with anything in it", expected="at least one transcript")
        elif file.format is not None:
            self._files.append(
                SourceFile(where=where, format=file.format.name, transcripts=len(self._transcripts) - before)
            )

    def finish(self) -> SourceReport:
        """Return every transcript.

        Raises:
            InvalidInputError: A file has a mistake; `problems` holds all of them.
        """
        problems = self._notes.problems
        if problems:
            count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
            raise InvalidInputError(f"The transcripts have {count}.", next_step=_NEXT_STEP, problems=problems)
        return SourceReport(
            transcripts=tuple(self._transcripts),
            files=tuple(self._files),
            replaced=counts_of(self._notes.replaced),
            left_behind=counts_of(self._notes.left_behind),
        )


@dataclass(slots=True)
class _FileReading:
    where: str
    mapping: OriginMapping
    notes: ReadingNotes
    format: SourceFormat | None = None
    """That of the first line that shows one; every other line must have it too."""
    format_line: int = 0
    lines_read: int = 0
    rest_is_lost: bool = False
    ids: dict[str, int] = field(default_factory=dict)

    def note_file(self, *, found: str, expected: str) -> None:
        LineNotes(where=self.where, notes=self.notes).problem("", found=found, expected=expected)

    def read(self, line: bytes, number: int) -> Transcript | None:
        """Return the transcript of a line, or None with its mistakes noted."""
        self.lines_read += 1
        notes = LineNotes(where=f"{self.where}, line {number}", notes=self.notes)
        mistakes = len(self.notes.problems)
        try:
            fields = read_object(line)
            if not self._settle_format(fields, number, notes) or self.format is None:
                return None
            transcript = self.format.parse(fields, self.mapping, notes)
        except UnreadableLineError as error:
            self.rest_is_lost = error.rest_is_lost
            notes.problem("", found=error.found, expected=error.expected)
            return None
        except RecursionError:
            notes.problem("", found="lists or objects nested too deeply", expected="JSON of ordinary depth")
            return None
        self._note_doubled_id(transcript, number, notes)
        return transcript if len(self.notes.problems) == mistakes else None

    def _settle_format(self, fields: dict[str, object], number: int, notes: LineNotes) -> bool:
        detected = format_of(fields)
        if detected is None:
            known = " or ".join(f"{one.title}" for one in FORMATS)
            keys = ", ".join(quoted(key) for key in list(fields)[:_SHOWN_KEYS])
            more = f" and {len(fields) - _SHOWN_KEYS} more" if len(fields) > _SHOWN_KEYS else ""
            notes.problem(
                "",
                found=f"an object with the keys {keys}{more}" if fields else "an object without keys",
                expected=f"{known}: both have the key messages",
            )
            return False
        if self.format is None:
            self.format, self.format_line = detected, number
        if detected is not self.format:
            notes.problem(
                "",
                found=f"a line of {detected.title}",
                expected=f"{self.format.title}, as on line {self.format_line}; one file has one format",
            )
            return False
        return True

    def _note_doubled_id(self, transcript: Transcript, number: int, notes: LineNotes) -> None:
        name = transcript.origin.source
        if name and name in self.ids:
            notes.problem(
                "id", found=quoted(name), expected=f"an id of its own; line {self.ids[name]} has it"
            )
        self.ids.setdefault(name, number)
