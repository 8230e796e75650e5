"""Tidy data of a bundle: ratings and guesses as CSV, and back into what the analysis reads.

The published figures are computed from these texts, at the export as at every later check, so that
no figure can rest on anything that is not in the bundle.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from protocol.analysis.carried_ratings import is_amended
from protocol.analysis.guess_rows import AskedQuestion, GuessRow
from protocol.analysis.level_declaration import LevelDeclaration
from protocol.analysis.rating_table import (
    COLUMNS,
    LeaveOut,
    RatingRow,
    RatingTable,
    carried_rule,
    cell_of,
    incident_rule,
    told_rule,
)
from protocol.analysis.tidy_ratings import parse_tidy
from protocol.errors import InvalidInputError
from protocol.public_bundle.layout import GUESSES, RATINGS
from protocol.report.csv_text import FORMULA_START, csv_text
from protocol.rubric import Rubric
from protocol.study import GuessQuestion, StudyProtocol

TOLD = "told"
AFTER_INCIDENT = "after_incident"
GOLD = "gold"
WITHDRAWN = "withdrawn"
"""A column that is there only where something was withdrawn."""
VERSION_COLUMNS = ("rubric_version", "carried")
"""Columns that are there only where the rubric was amended."""
BATCH = "batch"
"""A column that is there only where tasks were added to the study."""
GIVEN_COLUMNS = (*(name for name in COLUMNS if name != "elapsed_ms"), "confidence")
RATING_COLUMNS = (*GIVEN_COLUMNS, TOLD, AFTER_INCIDENT, GOLD)
GUESS_COLUMNS = ("unit", "rater", "question", "option", "sure", "cue")

Presentation = tuple[str, str, int]
"""Rater, unit and occasion."""


def presentation_of(row: RatingRow) -> Presentation:
    """Return what was shown to whom when this rating was given."""
    return (row.rater, row.unit, row.occasion)


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyRatings:
    """The rating table with what says which of its ratings may not have been blind."""

    table: RatingTable
    told: frozenset[Presentation]
    after_incident: frozenset[Presentation]
    gold: frozenset[str] = frozenset()
    """Units whose levels were known beforehand; no figure counts them."""
    withdrawn: frozenset[str] = frozenset()
    """Units that were withdrawn while the study was open; no figure counts them."""

    def renamed(self, labels: Mapping[str, str]) -> TidyRatings:
        """Return the same under other rater labels, and without times."""
        rows = (replace(row, rater=labels[row.rater], elapsed_ms=None) for row in self.table.rows)
        return TidyRatings(
            table=replace(self.table, rows=tuple(rows)),
            told=frozenset((labels[rater], unit, occasion) for rater, unit, occasion in self.told),
            after_incident=frozenset(
                (labels[rater], unit, occasion) for rater, unit, occasion in self.after_incident
            ),
            gold=self.gold,
            withdrawn=self.withdrawn,
        )

    def counted(self) -> RatingTable:
        """Return the ratings that figures are made of."""
        left_out = self.gold | self.withdrawn
        return replace(self.table, rows=tuple(row for row in self.table.rows if row.unit not in left_out))

    def leave_out(self) -> tuple[LeaveOut, ...]:
        """Return the rules for ratings that may not have been blind, or were carried."""
        return (
            told_rule(lambda row: presentation_of(row) in self.told),
            incident_rule(lambda row: presentation_of(row) in self.after_incident),
            *([carried_rule()] if is_amended(self.table) else []),
        )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TidyGuess:
    """One rater's answer to one question on one item; the option is its place in the list."""

    unit: str
    rater: str
    question: str
    option: int | None
    """None is "don't know"."""
    sure: int | None
    cue: str | None


def ratings_text(tidy: TidyRatings, *, simulated: bool) -> str:
    """Return the file of ratings, one row a rating; an empty value is missing or not ratable."""
    rows = sorted(tidy.table.rows, key=lambda row: (row.unit, row.rater, row.dimension, row.occasion))
    more = [
        *([WITHDRAWN] if tidy.withdrawn else []),
        *(VERSION_COLUMNS if is_amended(tidy.table) else ()),
        *([BATCH] if any(row.batch is not None for row in rows) else []),
        *(["simulated"] if simulated else []),
    ]
    return csv_text([*RATING_COLUMNS, *more], [_cells(row, tidy, more) for row in rows])


def _cells(row: RatingRow, tidy: TidyRatings, more: Sequence[str]) -> list[str | int | float | None]:
    said = {name: cell_of(row, name) for name in VERSION_COLUMNS}
    said |= {WITHDRAWN: int(row.unit in tidy.withdrawn), BATCH: row.batch, "simulated": "yes"}
    return [*rating_cells(row, tidy), *(said[name] for name in more)]


def rating_cells(row: RatingRow, tidy: TidyRatings) -> list[str | int | float | None]:
    """Return the cells of one rating."""
    seen = presentation_of(row)
    return [
        *(getattr(row, name) for name in GIVEN_COLUMNS),
        int(seen in tidy.told),
        int(seen in tidy.after_incident),
        int(row.unit in tidy.gold),
    ]


def guesses_text(guesses: Iterable[TidyGuess]) -> str:
    """Return the file of guesses, one row an answer; it has its header also where nothing was asked."""
    rows = sorted(guesses, key=lambda one: (one.unit, one.rater, one.question))
    return csv_text(GUESS_COLUMNS, [[getattr(one, name) for name in GUESS_COLUMNS] for one in rows])


def read_ratings(text: str, rubric: Rubric) -> TidyRatings:
    """Read the file of ratings of a study by this rubric.

    Raises:
        InvalidInputError: It is no such table, or does not fit the rubric.
    """
    text = _plain_csv(text)
    declaration = LevelDeclaration.from_rubric(rubric, origin=RATINGS)
    table = parse_tidy(text, source=RATINGS, declaration=declaration).table
    marks: dict[str, set[Presentation]] = {TOLD: set(), AFTER_INCIDENT: set(), GOLD: set()}
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if WITHDRAWN in (rows.fieldnames or ()):
        marks[WITHDRAWN] = set()
    amended = set(VERSION_COLUMNS) <= set(rows.fieldnames or ())
    versions: dict[tuple[Presentation, str], _Version] = {}
    for number, cells in enumerate(rows, start=2):
        for name, found in marks.items():
            if cells.get(name) not in ("0", "1"):
                raise InvalidInputError(
                    f"The column {name} holds neither 0 nor 1.", where=f"{RATINGS}, row {number}"
                )
            if cells[name] == "1":
                found.add((cells["rater"], cells["unit"], int(cells.get("occasion") or 1)))
        if amended:
            seen = (cells["rater"], cells["unit"], int(cells.get("occasion") or 1))
            versions[seen, cells["dimension"]] = _version(cells, number)
    if amended:
        table = _with_versions(table, versions)
    return TidyRatings(
        table=table,
        told=frozenset(marks[TOLD]),
        after_incident=frozenset(marks[AFTER_INCIDENT]),
        gold=frozenset(unit for _, unit, _ in marks[GOLD]),
        withdrawn=frozenset(unit for _, unit, _ in marks.get(WITHDRAWN, ())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """Which rubric a rating says it was made under."""

    number: int | None
    carried: bool


def _version(cells: Mapping[str, str], row: int) -> _Version:
    number, carried = (cells[name] for name in VERSION_COLUMNS)
    if carried not in ("0", "1") or not (number == "" or (number.isascii() and number.isdigit())):
        raise InvalidInputError(
            f"The columns {' and '.join(VERSION_COLUMNS)} hold no number and 0 or 1.",
            where=f"{RATINGS}, row {row}",
        )
    return _Version(number=int(number) if number else None, carried=carried == "1")


def _with_versions(table: RatingTable, versions: Mapping[tuple[Presentation, str], _Version]) -> RatingTable:
    found = [(row, versions[presentation_of(row), row.dimension]) for row in table.rows]
    rows = [replace(row, rubric_version=one.number, carried=one.carried) for row, one in found]
    return replace(table, rows=tuple(rows))


def read_guesses(text: str) -> list[TidyGuess]:
    """Read the file of guesses.

    Raises:
        InvalidInputError: It is no such table.
    """
    reader = csv.DictReader(io.StringIO(_plain_csv(text), newline=""))
    if tuple(reader.fieldnames or ()) != GUESS_COLUMNS:
        raise InvalidInputError(f"The header is not {', '.join(GUESS_COLUMNS)}.", where=GUESSES)
    try:
        return [
            TidyGuess(
                unit=cells["unit"],
                rater=cells["rater"],
                question=cells["question"],
                option=int(cells["option"]) if cells["option"] else None,
                sure=int(cells["sure"]) if cells["sure"] else None,
                cue=cells["cue"] or None,
            )
            for cells in reader
        ]
    except (ValueError, TypeError, KeyError):
        raise InvalidInputError(
            "A row holds no answer to a question.", where=f"{GUESSES}, row {reader.line_num}"
        ) from None


def asked_questions(
    tidy: TidyRatings, guesses: Sequence[TidyGuess], protocol: StudyProtocol
) -> tuple[AskedQuestion, ...]:
    """Return the guess questions with their answers in the names of the opened allocation.

    Raises:
        InvalidInputError: An answer is on no rated unit, or is none of the options.
    """
    rows = {row.unit: row for row in tidy.table.rows}
    return tuple(
        _asked(question, [one for one in guesses if one.question == question.id], rows, protocol)
        for question in protocol.guess.questions
    )


def _asked(
    question: GuessQuestion,
    guesses: Sequence[TidyGuess],
    rows: Mapping[str, RatingRow],
    protocol: StudyProtocol,
) -> AskedQuestion:
    names = tuple(question.meaning.get(option, option) for option in question.options)
    for one in guesses:
        if one.unit not in rows or not (one.option is None or 0 <= one.option < len(names)):
            raise InvalidInputError(
                "An answer is on no rated item or was not offered.", where=f"{GUESSES}, item {one.unit}"
            )
    about_model = question.about == "model"
    return AskedQuestion(
        id=question.id,
        about=question.about,
        arms=tuple(sorted({row.model or "" for row in rows.values()}))
        if about_model
        else tuple(scaffold.id for scaffold in protocol.scaffolds),
        options=names,
        rows=tuple(
            GuessRow(
                rater=one.rater,
                item=one.unit,
                task=rows[one.unit].task or "",
                arm=(rows[one.unit].model if about_model else rows[one.unit].scaffold) or "",
                guess=None if one.option is None else names[one.option],
                sure=one.sure,
                cue=one.cue,
            )
            for one in guesses
        ),
    )


def _plain_csv(text: str) -> str:
    """Return the same table without the apostrophes that were put before formulas.

    Raises:
        InvalidInputError: It is no CSV.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        writer.writerows([plain(cell) for cell in row] for row in reader)
    except csv.Error as fault:
        raise InvalidInputError(f"This is not readable as CSV: {fault}.") from None
    return buffer.getvalue()


def plain(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_START else cell
