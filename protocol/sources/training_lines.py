"""Training transcripts and references of study items: JSON Lines beside study.toml.

A line of training is a canonical transcript with the references, and with a task card of its own or
the id of a task that has one. Model and scaffold may be left out: examples are often written by hand.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import cast

from protocol.conversation import Conversation
from protocol.errors import InvalidInputError
from protocol.foreign_start import foreign_start
from protocol.rating_moves import reasons_for
from protocol.rubric import Dimension, Rubric
from protocol.sources.json_line import UnreadableLineError, read_object
from protocol.sources.json_words import in_json
from protocol.sources.messages import read_messages
from protocol.sources.origin import source_id
from protocol.sources.report import LineNotes, ReadingNotes
from protocol.study import StudyProtocol
from protocol.training.reference import Reference, References
from protocol.transcript import Origin, Transcript
from protocol.visible import TaskCard
from protocol.wording import quoted

_NEXT_STEP = "Correct the file and run the command again; nothing was written."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingTranscript:
    """One line: a transcript, its task card, its references."""

    transcript: Transcript
    card: TaskCard
    references: References


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldReference:
    """The references of a study item, by the id the transcript has in its file."""

    source: str
    references: References


def read_training(
    lines: Iterable[bytes], *, where: str, study: StudyProtocol
) -> tuple[TrainingTranscript, ...]:
    """Read a file of training transcripts.

    Args:
        lines: The lines of the file.
        where: Its name, for messages.
        study: The protocol, for its rubric and task cards.

    Raises:
        InvalidInputError: A line has a mistake, or a dimension has one level throughout, on which no
            kappa is defined; `problems` holds every mistake.
    """
    notes = ReadingNotes()
    found = [
        TrainingTranscript(
            transcript=Transcript(
                origin=_origin(line),
                conversation=Conversation(messages=read_messages(line.fields.get("messages"), line.notes)),
                read_from=line.notes.where,
            ),
            card=_card(line, study),
            references=_references(line, study.rubric),
        )
        for line in _objects(lines, where, notes)
    ]
    if not notes.problems:
        _require_variety(found, study.rubric, LineNotes(where=where, notes=notes))
    _refuse_mistakes(notes, where, "The training transcripts have")
    return tuple(found)


def read_gold(lines: Iterable[bytes], *, where: str, rubric: Rubric) -> tuple[GoldReference, ...]:
    """Read a file of references of study items.

    Raises:
        InvalidInputError: A line has a mistake; `problems` holds every one.
    """
    notes = ReadingNotes()
    found = [
        GoldReference(source=line.source, references=_references(line, rubric))
        for line in _objects(lines, where, notes)
    ]
    _refuse_mistakes(notes, where, "The references of gold items have")
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    fields: dict[str, object]
    notes: LineNotes
    source: str = ""
    """The id; empty where it has a mistake."""


def _objects(lines: Iterable[bytes], where: str, notes: ReadingNotes) -> Iterator[_Line]:
    first: dict[str, int] = {}
    read = 0
    for number, raw in enumerate(lines, start=1):
        line_notes = LineNotes(where=f"{where}, line {number}", notes=notes)
        if number == 1 and (foreign := foreign_start(raw[:16])):
            line_notes.problem("", found=foreign, expected="JSON Lines in UTF-8")
            return
        content = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
        if not content.strip():
            continue
        read += 1
        try:
            found = read_object(content)
        except UnreadableLineError as error:
            line_notes.problem("", found=error.found, expected=error.expected)
            if error.rest_is_lost:
                return
            continue
        source = source_id(found.get("id"), "id", line_notes)
        if source and source in first:
            line_notes.problem(
                "id", found=quoted(source), expected=f"an id of its own; line {first[source]} has it"
            )
        first.setdefault(source, number)
        yield _Line(fields=found, notes=line_notes, source=source)
    if not read:
        LineNotes(where=where, notes=notes).problem(
            "", found="no line with anything in it", expected="at least one line"
        )


def _origin(line: _Line) -> Origin:
    names = {part: _optional_text(line, part) for part in ("model", "scaffold", "task")}
    return Origin(model=names["model"], scaffold=names["scaffold"], task=names["task"], source=line.source)


def _optional_text(line: _Line, name: str) -> str:
    value = line.fields.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    line.notes.problem(name, found=in_json(value), expected="a text, or no such field")
    return ""


def _card(line: _Line, study: StudyProtocol) -> TaskCard:
    raw = line.fields.get("card")
    if raw is not None:
        return _own_card(raw, line)
    task = line.fields.get("task")
    for known in study.tasks:
        if known.id == task:
            return known.card
    line.notes.problem(
        "card",
        found="none" if task is None else f"none, and no task {quoted(str(task))} in study.toml",
        expected="a task card, or the id of a task of study.toml in the field task",
    )
    return TaskCard(brief="")


def _own_card(raw: object, line: _Line) -> TaskCard:
    known = [field.name for field in fields(TaskCard)]
    if not isinstance(raw, dict):
        line.notes.problem("card", found=in_json(raw), expected="an object with the key brief")
        return TaskCard(brief="")
    card = cast("dict[str, object]", raw)
    for name in card:
        if name not in known:
            line.notes.problem(
                f"card.{name}", found="an unknown key", expected=f"one of the keys {', '.join(known)}"
            )
    brief = _card_text(card, "brief", line)
    if not brief.strip():
        line.notes.problem("card.brief", found="nothing", expected="the brief: what the user asked for")
    prompted = card.get("prompted", False)
    if not isinstance(prompted, bool):
        line.notes.problem("card.prompted", found=in_json(prompted), expected="true or false")
    return TaskCard(
        brief=brief,
        user_has=_card_text(card, "user_has", line),
        content_note=_card_text(card, "content_note", line),
        claims=_card_list(card, "claims", line),
        decision_points=_card_list(card, "decision_points", line),
        steers=_card_list(card, "steers", line),
        keep=_card_list(card, "keep", line),
        prompted=prompted is True,
    )


def _card_text(card: Mapping[str, object], name: str, line: _Line) -> str:
    value = card.get(name, "")
    if isinstance(value, str) and _is_storable(value):
        return value
    line.notes.problem(f"card.{name}", found=in_json(value), expected="a text")
    return ""


def _card_list(card: Mapping[str, object], name: str, line: _Line) -> tuple[str, ...]:
    value = card.get(name, [])
    texts = cast("list[object]", value) if isinstance(value, list) else [None]
    if all(isinstance(one, str) and one.strip() and _is_storable(one) for one in texts):
        return tuple(cast("list[str]", texts))
    line.notes.problem(f"card.{name}", found=in_json(value), expected="a list of texts")
    return ()


def _references(line: _Line, rubric: Rubric) -> References:
    raw = line.fields.get("reference")
    if not isinstance(raw, dict):
        line.notes.problem(
            "reference",
            found=in_json(raw),
            expected='an object: {"DIMENSION": {"level": NUMBER, "why": "TEXT"}}',
        )
        return {}
    given = cast("dict[str, object]", raw)
    known = [dimension.id for dimension in rubric.dimensions]
    for name in given:
        if name not in known:
            line.notes.problem(
                f"reference.{name}",
                found="no dimension of the rubric",
                expected=f"one of {', '.join(known)}",
            )
    return {
        dimension.id: _reference(given.get(dimension.id), dimension, rubric, line)
        for dimension in rubric.dimensions
    }


def _reference(raw: object, dimension: Dimension, rubric: Rubric, line: _Line) -> Reference:
    path = f"reference.{dimension.id}"
    if not isinstance(raw, dict):
        line.notes.problem(path, found=in_json(raw), expected='{"level": NUMBER, "why": "TEXT"}')
        return Reference(why="")
    given = cast("dict[str, object]", raw)
    for name in given:
        if name not in ("level", "reason", "why"):
            line.notes.problem(f"{path}.{name}", found="an unknown key", expected="level or reason, and why")
    why = given.get("why")
    if not isinstance(why, str) or not why.strip() or not _is_storable(why):
        line.notes.problem(f"{path}.why", found=in_json(why), expected="the explanation raters will read")
        why = ""
    level, reason = given.get("level"), given.get("reason")
    codes = [one.code for one in reasons_for(rubric, whole_item=False)]
    if reason is not None and level is None:
        if not isinstance(reason, str) or reason not in codes:
            listed = ", ".join(codes) or "none in this rubric"
            line.notes.problem(
                f"{path}.reason", found=in_json(reason), expected=f"a code for one dimension: {listed}"
            )
            return Reference(why=why)
        return Reference(reason=reason, why=why)
    if reason is not None or isinstance(level, bool) or not isinstance(level, int):
        line.notes.problem(path, found=in_json(raw), expected="a level or a reason, one of the two")
        return Reference(why=why)
    if level not in dimension.values:
        levels = ", ".join(map(str, dimension.values))
        line.notes.problem(f"{path}.level", found=str(level), expected=f"one of the levels {levels}")
    return Reference(level=level, why=why)


def _is_storable(text: str) -> bool:
    """Whether a text has a UTF-8 form: JSON can escape half a surrogate pair."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _require_variety(found: list[TrainingTranscript], rubric: Rubric, file: LineNotes) -> None:
    for dimension in rubric.dimensions:
        levels = {one.references[dimension.id].level for one in found} - {None}
        if len(levels) < 2:
            file.problem(
                f"reference.{dimension.id}",
                found=f"the level {next(iter(levels))} alone" if levels else "no level",
                expected="at least two different levels in the file: on one level no kappa is defined",
            )


def _refuse_mistakes(notes: ReadingNotes, where: str, what: str) -> None:
    if notes.problems:
        count = "1 mistake" if len(notes.problems) == 1 else f"{len(notes.problems)} mistakes"
        raise InvalidInputError(
            f"{what} {count}.", where=where, next_step=_NEXT_STEP, problems=notes.problems
        )
