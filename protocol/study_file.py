"""study.toml: text in, typed protocol out, every mistake reported at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from typing import TypeVar

from protocol.errors import InvalidInputError, Problem, WrongStateError
from protocol.study import StudyProtocol
from protocol.study_rules import study_mistakes
from protocol.toml_lines import key_lines, nearest_line
from protocol.toml_nodes import Mistake, Node
from protocol.visible import StudyKind
from protocol.wording import path_text, quoted

FORMAT = 1
_Document = TypeVar("_Document")

_NEXT_STEP = "Correct the file and run the command again; nothing was written."


def read_study(text: str, *, where: str) -> StudyProtocol:
    """Read a protocol.

    Args:
        text: The text of study.toml.
        where: The file's name, for messages.

    Raises:
        InvalidInputError: The text is no TOML, or has mistakes of shape or meaning; `problems`
            holds all of them in the order of the file.
    """
    from protocol.study_shape import StudyDocument

    if is_audit(text):
        raise WrongStateError(
            "This is the protocol of a benchmark audit: it has no models, scaffolds or transcripts.",
            where=where,
            next_step="`rater-admin seed`, `agreement` and `coverage` are what an audit needs.",
        )
    document = read_document(text, where=where, form=StudyDocument, rules=study_mistakes)
    return StudyProtocol(
        name=document.study.name,
        kind=document.study.kind,
        evidence_level=document.study.evidence_level,
        subtag=document.study.subtag,
        observed=document.study.observed,
        contact=document.study.contact,
        simulated=document.study.simulated,
        rendered_view=document.study.rendered_view,
        rubric=document.rubric,
        scaffolds=document.scaffolds,
        tasks=document.tasks,
        design=document.design,
        guess=document.guess,
        analysis=document.analysis,
        redaction=document.redaction,
        sources=document.sources,
        claims=document.claims,
        calibration=document.calibration,
        amendments=document.amendments,
        privacy=document.privacy,
        profile=document.profile,
        adjudication=document.adjudication,
    )


def is_audit(text: str) -> bool:
    """Whether a study.toml is that of a benchmark audit; no, where it cannot be read."""
    try:
        raw = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return Node(raw)["study"]["kind"].text == StudyKind.BENCHMARK_AUDIT


def read_document(
    text: str, *, where: str, form: type[_Document], rules: Callable[[dict[str, object]], Iterable[Mistake]]
) -> _Document:
    """Read a study.toml into the dataclass of its kind.

    Args:
        text: The text of study.toml.
        where: The file's name, for messages.
        form: The dataclass of the whole file.
        rules: What it must mean, beyond its shape.

    Raises:
        InvalidInputError: As `read_study`.
    """
    from protocol.study_shape import read_shape

    text = text.removeprefix("\ufeff")
    try:
        raw = _parse(text, where)
        found = Node(raw)["format"].whole
        if found is not None and found > FORMAT:
            raise InvalidInputError(
                f"The file has format {found}; this program reads format {FORMAT}.",
                where=where,
                next_step="Read it with a newer version of blindrater.",
            )
        shape = read_shape(raw, form)
        mistakes = [*shape.mistakes, *rules(raw)]
        if mistakes or shape.document is None:
            raise _all_mistakes(mistakes, text, where)
    except RecursionError:
        raise InvalidInputError(
            "Lists or tables are nested too deeply to be read.", where=where, next_step=_NEXT_STEP
        ) from None
    return shape.document


def _all_mistakes(mistakes: list[Mistake], text: str, where: str) -> InvalidInputError:
    lines = key_lines(text)
    located = [(nearest_line(lines, mistake.path), mistake) for mistake in mistakes]
    located.sort(key=lambda pair: pair[0] or 0)
    problems = [
        Problem(
            where=(f"line {line}, " if line else "") + path_text(mistake.path),
            found=mistake.found,
            expected=mistake.expected,
        )
        for line, mistake in located
    ]
    count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    return InvalidInputError(
        f"The protocol has {count}.", where=where, next_step=_NEXT_STEP, problems=problems
    )


def _parse(text: str, where: str) -> dict[str, object]:
    if not text.strip():
        raise InvalidInputError(
            "The file is empty.", where=where, next_step="Run rater-admin init DIR for a complete example."
        )
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise InvalidInputError(
            "The file is no valid TOML.",
            where=where,
            next_step=_NEXT_STEP,
            problems=[_syntax_problem(str(error), text)],
        ) from None


def _syntax_problem(message: str, text: str) -> Problem:
    lines = text.replace("\r\n", "\n").split("\n")
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    said = message[: place.start()] if place else "a number that can be read"
    # tomllib shows a key path as a Python tuple.
    said = re.sub(
        r"\(((?:'[^']*'|\"[^\"]*\")(?:, (?:'[^']*'|\"[^\"]*\"))*),?\)",
        lambda match: re.sub(r"['\"]", "", match[1]).replace(", ", "."),
        said,
    )
    said = said.replace(r"Illegal character '\n'", "the line ends inside a text")
    if not place:
        return Problem(where="somewhere in the file", found="a number that is too long", expected=said)
    if place[1] is None:
        return Problem(
            where=f"line {len(lines)}, the end of the file",
            found="a value or table that is not finished",
            expected=f"valid TOML ({said})",
        )
    line = int(place[1])
    return Problem(
        where=f"line {line}, column {place[2]}",
        found=quoted(lines[line - 1].strip()),
        expected=f"valid TOML ({said})",
    )
