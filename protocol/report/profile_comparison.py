"""Two profiles side by side: the counts of both first, then differences where they are defined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protocol.profile.comparing import Comparison, RowDifference
from protocol.profile.profile import Profile, Row
from protocol.profile.profile_file import profile_json
from protocol.report.document import Callout, Document, Part, Picture, Section
from protocol.report.number_text import UNDEFINED, interval_text, signed_text
from protocol.report.profile_figures import comparison_bars, difference_chart
from protocol.report.profile_text import (
    LETTERS,
    NOTHING_OVER_ROWS,
    figure_cells,
    subject_line,
)
from protocol.report.text_block import Sentences, TextTable

SCHEMA = "profile-comparison/1"


def comparison_blocks(found: Comparison) -> Iterator[TextTable | Sentences]:
    """Yield the comparison for a terminal."""
    yield Sentences(lines=tuple(_subjects(found)))
    yield _levels(found.rows, title="Rows")
    yield _differences(found.rows, title="First minus second")
    if found.guards:
        yield _levels(found.guards, title="Beside the rows")
        yield _differences(found.guards, title="Beside the rows, first minus second")
    yield Sentences(lines=tuple(_method(found)))


def comparison_document(found: Comparison) -> Document:
    """Return the comparison as a document."""
    first, second = found.first.subject, found.second.subject
    sections = (
        Section(id="systems", title="The systems", parts=(Sentences(lines=tuple(_subjects(found))),)),
        Section(
            id="rows",
            title="Rows",
            parts=tuple(_rows(found)),
        ),
        Section(id="guards", title="Beside the rows", parts=tuple(_guards(found))),
        Section(id="method", title="How to read it", parts=(Sentences(lines=tuple(_method(found))),)),
        Section(id="asked", title="What was asked of both", parts=(_hashes(found.first),)),
    )
    return Document(
        title=f"{first.model.id} and {second.model.id} in {first.scaffold.id}",
        subtitle="Two alignment profiles of the same rubric, tasks, user turns and scaffold.",
        notices=_notes(found),
        sections=tuple(section for section in sections if section.parts),
    )


def comparison_json(found: Comparison) -> dict[str, object]:
    """Return the object `profile-comparison/1`."""
    first, second = profile_json(found.first), profile_json(found.second)
    return {
        "schema": SCHEMA,
        "notes": list(_notes(found)),
        "first": first["subject"],
        "second": second["subject"],
        "comparable": first["comparable"],
        "differences_are_made": found.paired,
        "rows": [_row_json(one) for one in found.rows],
        "guards": [_row_json(one) for one in found.guards],
    }


def _row_json(one: RowDifference) -> dict[str, object]:
    interval = one.ci95.interval
    return {
        "dimension": one.first.dimension,
        "name": one.first.name,
        "first": _side(one.first),
        "second": _side(one.second),
        "n_tasks": one.n_tasks,
        "diff": one.difference.value,
        "ci95": [interval.lower, interval.upper] if interval else None,
        "undefined": one.difference.undefined or one.ci95.undefined,
    }


def _side(row: Row) -> dict[str, object] | None:
    if row.result is None or row.evidence is None:
        return None
    result = row.result
    return {
        "level": row.evidence.level,
        "counts": list(result.counts),
        "n": result.n,
        "not_ratable": [{"code": one.code, "n": one.n} for one in result.not_ratable],
        "mean": result.mean,
        "ci95": list(result.ci95) if result.ci95 else None,
        "undefined": result.undefined,
        "flag": result.flag,
        "reading": row.agreement.reading if row.agreement else None,
    }


def _rows(found: Comparison) -> Iterator[Part]:
    yield from (Picture(figure=figure) for figure in comparison_bars(found))
    yield _levels(found.rows, title="")
    chart = difference_chart(found)
    if chart is not None:
        yield Picture(figure=chart)
    yield _differences(found.rows, title="First minus second")


def _guards(found: Comparison) -> Iterator[Part]:
    if found.guards:
        yield Callout(text="What support costs stands beside the rows and is never added to them.")
        yield _levels(found.guards, title="")
        yield _differences(found.guards, title="First minus second")


def _subjects(found: Comparison) -> Iterator[str]:
    yield f"First: {subject_line(found.first)}."
    yield f"Second: {subject_line(found.second)}."


def _levels(rows: Sequence[RowDifference], *, title: str) -> TextTable:
    columns = ("row", "system", "level", "counts", "n", "mean over tasks, 95%", "kappa", "flag")
    return TextTable(
        title=title,
        columns=columns,
        rows=tuple(
            (one.first.name, system, row.evidence.letter if row.evidence else "-", *figure_cells(row))
            for one in rows
            for system, row in _systems(one)
        ),
        left=("row", "system", "level", "counts", "mean over tasks, 95%", "flag"),
    )


def _systems(one: RowDifference) -> tuple[tuple[str, Row], ...]:
    """Return both sides by name; a row that nobody looked at on either side stands once."""
    if one.first.result is None and one.second.result is None:
        return (("both", one.first),)
    return ("first", one.first), ("second", one.second)


def _differences(rows: Sequence[RowDifference], *, title: str) -> TextTable:
    return TextTable(
        title=title,
        columns=("row", "tasks", "difference", "95% interval"),
        rows=tuple((one.first.name, str(one.n_tasks), *_difference(one)) for one in rows),
        left=("row", "95% interval"),
    )


def _difference(one: RowDifference) -> tuple[str, str]:
    value, interval = one.difference.value, one.ci95.interval
    if value is None:
        return UNDEFINED, one.difference.undefined or "-"
    between = interval_text(interval, signed=True, digits=2) if interval else one.ci95.undefined or "-"
    return signed_text(value, digits=2), between


def _method(found: Comparison) -> Iterator[str]:
    yield f"Differences are in levels, made {found.paired}."
    yield (
        "No test was planned for them and none is made: an interval that leaves out zero is no finding by"
        " itself, and the more rows, the likelier one does."
    )
    yield LETTERS
    yield NOTHING_OVER_ROWS


def _notes(found: Comparison) -> tuple[str, ...]:
    """Return what must be said first: of both alike once, else of which."""
    first, second = found.first.notes, found.second.notes
    return (
        *(note for note in first if note in second),
        *(f"Of the first: {note}" for note in first if note not in second),
        *(f"Of the second: {note}" for note in second if note not in first),
    )


def _hashes(profile: Profile) -> TextTable:
    hashes = profile.comparable
    return TextTable(
        title="",
        columns=("", " "),
        rows=(
            ("rubric, SHA-256", hashes.rubric),
            ("tasks, SHA-256", hashes.tasks),
            ("user turns, SHA-256", hashes.user_turns or "-"),
            ("scaffold, SHA-256", hashes.scaffold),
        ),
        left=("", " "),
    )
