"""Sources to transcripts, one at a time: format, origin, failed runs, and every mistake on the way.

`SourceReading.read` streams; nothing it yielded may be used for a study before `finish` has said that
no source has a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from protocol.conversation import Conversation
from protocol.errors import InvalidInputError, Problem
from protocol.foreign_start import foreign_start
from protocol.sources import registry
from protocol.sources.field_paths import with_file_fields
from protocol.sources.json_input import json_records
from protocol.sources.json_line import UnreadableLineError
from protocol.sources.json_words import in_json
from protocol.sources.limits import DEFAULT_LIMITS, SourceLimits
from protocol.sources.line_format import keys_text
from protocol.sources.origin import OriginMapping, read_origin
from protocol.sources.report import LineNotes, ReadingNotes, SourceFile, SourceReport, counts_of
from protocol.sources.source_format import Reading, Record, SourceFormat
from protocol.sources.source_input import SourceInput
from protocol.transcript import Transcript
from protocol.wording import quoted

_NEXT_STEP = "Correct the input and run the command again; nothing was imported."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """How sources are read.

    Args:
        mapping: Where the origin stands, before the places that are usual in the format.
        format: The format of every source; None finds it by content.
        failed_runs: Failed runs are transcripts too, not left out.
        limits: The bounds on what a source may cost.
    """

    mapping: OriginMapping = field(default_factory=OriginMapping)
    format: SourceFormat | None = None
    failed_runs: bool = False
    limits: SourceLimits = DEFAULT_LIMITS


class SourceReading:
    """Takes in sources one after the other."""

    def __init__(self, options: ReadingOptions | None = None) -> None:
        self.options = options or ReadingOptions()
        self._notes = ReadingNotes(most_problems=self.options.limits.problems)
        self._reading = Reading(notes=self._notes, limits=self.options.limits)
        self._files: list[SourceFile] = []

    def read(self, source: SourceInput, *, optional: bool = False) -> Iterator[Transcript]:
        """Yield the transcripts of one source; mistakes are kept for `finish`.

        Args:
            source: The source.
            optional: It was found in a folder, not named: where no format knows it, it is passed over and
                counted.
        """
        known = self._format_of(source, optional=optional)
        if known is None:
            if optional:
                self._notes.skipped["file of no known format"] += 1
            else:
                self.unknown(source)
            return
        before, mistakes, records = sum(self._notes.skipped.values()), self._notes.mistakes, 0
        read, place = 0, len(self._files)
        self._files.append(SourceFile(where=source.where, format=known.name, transcripts=0))
        ids: dict[str, str] = {}
        for record in self._records(source, known):
            records += 1
            transcript = self._transcript(record, source, known, ids)
            if transcript is not None:
                read += 1
                yield transcript
        skipped = sum(self._notes.skipped.values()) - before
        if not records and not skipped and self._notes.mistakes == mistakes:
            self._at(source).problem(
                "", found="no line with anything in it", expected="at least one transcript"
            )
        self._files[place] = SourceFile(where=source.where, format=known.name, transcripts=read)

    def fields(self, source: SourceInput, *, optional: bool = False) -> Iterator[dict[str, object]]:
        """Yield the fields of every record of a source that `--map` can name."""
        known = self._format_of(source, optional=optional)
        if known is not None:
            for record in self._records(source, known):
                yield with_file_fields(record.fields, source)

    def _format_of(self, source: SourceInput, *, optional: bool) -> SourceFormat | None:
        """Return the format asked for; for what only stands in a folder, not against its content."""
        asked = self.options.format
        if asked is None:
            return registry.detect(source)
        return asked if not optional or asked.detect(source) else None

    def knows(self, source: SourceInput) -> bool:
        """Whether a folder or archive is a source as a whole."""
        if self.options.format:
            return self.options.format.detect(source)
        return registry.detect(source) is not None

    def problem(self, where: str, *, found: str, expected: str) -> None:
        """Note a mistake of a source that could not be handed over."""
        LineNotes(where=where, notes=self._notes).problem("", found=found, expected=expected)

    def skipped(self, what: str) -> None:
        """Count something that was passed over."""
        self._notes.skipped[what] += 1

    @property
    def sources_read(self) -> int:
        """How many sources had a known format so far."""
        return len(self._files)

    @property
    def mistakes(self) -> int:
        """How many mistakes there were so far."""
        return self._notes.mistakes

    def finish(self) -> SourceReport:
        """Return what was read, without the transcripts.

        Raises:
            InvalidInputError: A source has a mistake; `problems` holds all of them.
        """
        if self._notes.mistakes:
            raise self._all_mistakes()
        return SourceReport(
            files=tuple(self._files),
            replaced=counts_of(self._notes.replaced),
            left_behind=counts_of(self._notes.left_behind),
            skipped=counts_of(self._notes.skipped),
            failed=counts_of(self._notes.failed),
        )

    def _all_mistakes(self) -> InvalidInputError:
        number = self._notes.mistakes
        problems = self._notes.all_problems()
        if number > self._notes.most_problems:
            problems.append(
                Problem(
                    where="and more",
                    found=f"{number - len(problems)} further mistakes",
                    expected="none; the first ones often explain the rest",
                )
            )
        count = "1 mistake" if number == 1 else f"{number} mistakes"
        return InvalidInputError(f"The transcripts have {count}.", next_step=_NEXT_STEP, problems=problems)

    def _at(self, source: SourceInput) -> LineNotes:
        return self._reading.at(source.where)

    def _records(self, source: SourceInput, known: SourceFormat) -> Iterator[Record]:
        """Yield records; what stops the reading of the source is noted, and ends it."""
        records = known.parse(source, self._reading)
        while True:
            try:
                record = next(records, None)
            except UnreadableLineError as error:
                self._at(source).problem("", found=error.found, expected=error.expected)
                return
            except RecursionError:
                self._at(source).problem(
                    "", found="lists or objects nested too deeply", expected="JSON of ordinary depth"
                )
                return
            if record is None:
                return
            yield record

    def _transcript(
        self, record: Record, source: SourceInput, known: SourceFormat, ids: dict[str, str]
    ) -> Transcript | None:
        """Return the transcript of a record, or None where it has a mistake or failed."""
        notes = record.notes
        if record.failed:
            self._notes.failed[record.failed] += 1
            if not self.options.failed_runs:
                return None
        mapping = self.options.mapping
        fields = with_file_fields(record.fields, source)
        origin = read_origin(fields, mapping, known.default_map, record.source_id, notes)
        used = mapping.names_used(known.default_map)
        for name in record.fields:
            if name in record.unread and name not in used:
                notes.left_behind(f"field {quoted(name)}")
        if record.source_id:
            if record.source_id in ids:
                notes.problem(
                    "id",
                    found=quoted(record.source_id),
                    expected=f"an id of its own; {ids[record.source_id]} has it",
                )
            ids.setdefault(record.source_id, notes.where.removeprefix(f"{source.where}, "))
        if notes.mistaken:
            return None
        return Transcript(
            origin=origin,
            conversation=Conversation(messages=record.messages),
            read_from=notes.where,
            failed=record.failed,
        )

    def unknown(self, source: SourceInput) -> None:
        """Note a source that no format knows."""
        known = ", ".join(one.title for one in registry.FORMATS)
        expected = f"a known format ({known}); --format names one"
        foreign = foreign_start(source.head[:16])
        if foreign:
            found = foreign
        elif not source.is_file:
            found = f"{len(source.members)} files, none of a known format"
        elif source.first is None:
            self._note_unreadable(source, expected)
            return
        elif source.first_object:
            found = keys_text(source.first_object)
        else:
            found = in_json(source.first)
        self._at(source).problem("", found=found, expected=expected)

    def _note_unreadable(self, source: SourceInput, expected: str) -> None:
        """Note why nothing in a text can be read, line by line."""
        mistakes = self._notes.mistakes
        try:
            for record in json_records(source, self._reading):
                record.notes.problem("", found=keys_text(record.fields), expected=expected)
        except UnreadableLineError as error:
            self._at(source).problem("", found=error.found, expected=error.expected)
        if self._notes.mistakes == mistakes:
            self._at(source).problem(
                "", found="no line with anything in it", expected="at least one transcript"
            )
