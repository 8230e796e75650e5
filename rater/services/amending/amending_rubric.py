"""`amend`: other texts of the rubric while the study is open, from a study.toml that was changed.

The seeded protocol never changes. What differs in the new file outside the rubric is no amendment:
scaffolds, analysis plan and claims may, as a deviation that everybody reads of and nothing applies.
"""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from db.amendment_store import read_amendments
from db.audit_plan_store import read_audit_plan
from db.connection import close, open_for_reading, sentences
from db.study_store import StudyRecord, read_study, require_study_file
from protocol.amendment_words import changes_of
from protocol.canonical_json import sha256_hex
from protocol.chain.amendment import Amendment, AmendmentKind
from protocol.chain.identifiers import Clock
from protocol.chain.rubric_texts import changed_texts
from protocol.errors import (
    BlindError,
    CheckFailedError,
    InvalidInputError,
    NotFoundError,
    Problem,
    UsageError,
)
from protocol.rubric import Rubric
from protocol.rubric_versions import rubric_history
from protocol.study import StudyProtocol
from protocol.visible import VisibleProtocol
from rater.services.amending.amendments import Amended, Frame, amend
from rater.services.amending.incidents import refuse_names
from rater.services.input_files import read_text
from rater.services.who import Who

MAY_DEVIATE = frozenset({"scaffolds", "analysis", "claims"})
"""Tables of study.toml that a new one may hold otherwise, as a deviation."""
_VISIBLE = ("name", "contact", "simulated", "rendered_view", "questions", "training", "withdraw", "timing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The study.toml that the study was seeded with, as it was given."""

    path: Path
    text: str
    sha256: str
    protocol: StudyProtocol | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRubric:
    """What is to be rated by, read from files."""

    path: Path
    text: str
    sha256: str
    visible: VisibleProtocol
    protocol: StudyProtocol | None
    """None of a benchmark audit."""
    original: Original | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricChange:
    """What an amendment of the rubric would be or is, for who makes it."""

    changes: tuple[str, ...]
    """Every text, now and before."""
    rerate: tuple[str, ...]
    deviations: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricAmended:
    """What was recorded, and the texts it changed."""

    amended: Amended
    change: RubricChange


def read_new_rubric(path: Path, *, original: Path | None) -> NewRubric:
    """Read the study.toml with the new texts, and the one the study was seeded with.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: One of them is no protocol, or has mistakes.
    """
    file = read_text(path, wanted="a protocol in TOML")
    parsed = _parsed(file.text, path)
    seeded = None
    if original is not None:
        old = read_text(original, wanted="a protocol in TOML")
        seeded = Original(
            path=original,
            text=old.text,
            sha256=sha256_hex(old.content),
            protocol=_parsed(old.text, original).protocol,
        )
    return NewRubric(
        path=path,
        text=file.text,
        sha256=sha256_hex(file.content),
        visible=parsed.visible,
        protocol=parsed.protocol,
        original=seeded,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parsed:
    visible: VisibleProtocol
    protocol: StudyProtocol | None
    """None of a benchmark audit."""


def _parsed(text: str, path: Path) -> _Parsed:
    from protocol.audit.audit_file import read_audit
    from protocol.study_file import is_audit
    from protocol.study_file import read_study as read_protocol

    if is_audit(text):
        return _Parsed(visible=read_audit(text, where=str(path)).visible(), protocol=None)
    protocol = read_protocol(text, where=str(path))
    return _Parsed(visible=protocol.visible(), protocol=protocol)


def plan_amendment(path: Path, new: NewRubric, *, rerate: Sequence[str]) -> RubricChange:
    """Return what `amend_rubric` would record, and write nothing.

    Raises:
        BlindraterError: As `amend_rubric`.
    """
    connection = open_for_reading(path)
    try:
        with sentences(path):
            study = read_study(connection)
            require_study_file(study)
            frame = Frame(number=1, at="", day="", reason="")
            return _change_of(connection, study, _made(connection, study, frame, new, rerate))
    finally:
        close(connection)


def amend_rubric(
    path: Path, new: NewRubric, *, rerate: Sequence[str], who: Who, clock: Clock
) -> RubricAmended:
    """Put new texts into the rubric of an open study; earlier ratings are carried, or asked again.

    Args:
        path: The study file.
        new: The new texts.
        rerate: Dimensions that are asked again where they were scored; none carries every rating.
        who: Who amends, and why.
        clock: Wall clock.

    Raises:
        UsageError: The reason is blank, or a dimension is asked again whose texts stay.
        NotFoundError: The rubric has no such dimension.
        InvalidInputError: The file differs in more than can be amended, or in nothing.
        CheckFailedError: The original is not what the study was seeded with.
        BlindError: A new text tells a condition.
        WrongStateError: The study is not open.
    """
    changes: list[RubricChange] = []

    def make(connection: sqlite3.Connection, study: StudyRecord, frame: Frame) -> Amendment:
        made = _made(connection, study, frame, new, rerate)
        changes.append(_change_of(connection, study, made))
        return made

    amended = amend(path, make, who=who, clock=clock)
    return RubricAmended(amended=amended, change=changes[0])


def _change_of(connection: sqlite3.Connection, study: StudyRecord, made: Amendment) -> RubricChange:
    return RubricChange(
        changes=changes_of(made, _current(connection, study)),
        rerate=made.rerate,
        deviations=made.deviations,
    )


def _current(connection: sqlite3.Connection, study: StudyRecord) -> Rubric:
    return rubric_history(study.visible.rubric, read_amendments(connection)).versions[-1].rubric


def _made(
    connection: sqlite3.Connection, study: StudyRecord, frame: Frame, new: NewRubric, rerate: Sequence[str]
) -> Amendment:
    current = _current(connection, study)
    _refuse_other_visible(study.visible, new)
    texts = changed_texts(current, new.visible.rubric, where=str(new.path))
    changed = texts.changed_in(current)
    known = [one.id for one in current.dimensions]
    for name in rerate:
        if name not in known:
            raise NotFoundError(
                f"There is no dimension {name} in the rubric.",
                where="--rerate",
                next_step=f"Its dimensions are {', '.join(known)}.",
            )
        if name not in changed:
            raise UsageError(
                f"No text of {name} changes: there is no reason to ask it again.",
                where="--rerate",
                next_step=f"Changed are {', '.join(one for one in known if one in changed)}.",
            )
    made = Amendment(
        number=frame.number,
        day=frame.day,
        kind=AmendmentKind.AMEND,
        reason=frame.reason,
        texts=texts,
        rubric=new.visible.rubric.sha256,
        rerate=tuple(sorted(set(rerate))),
        protocol=new.sha256,
        deviations=_deviations(connection, study, new),
    )
    _refuse_leaks(made, new)
    return made


def _refuse_other_visible(seeded: VisibleProtocol, new: NewRubric) -> None:
    """Refuse a file in which something else that raters see differs."""
    if replace(seeded, rubric=new.visible.rubric) == new.visible:
        return
    raise InvalidInputError(
        "The file differs from the seeded one in more than the rubric.",
        where=str(new.path),
        next_step="Raters work by it already: put it back as it was seeded, or seed a new study.",
        problems=[
            Problem(where=name, found="another value", expected="as it was seeded")
            for name in _VISIBLE
            if getattr(seeded, name) != getattr(new.visible, name)
        ],
    )


def _deviations(connection: sqlite3.Connection, study: StudyRecord, new: NewRubric) -> tuple[str, ...] | None:
    """Return the tables in which the new file deviates from the seeded one, or None where nobody knows."""
    original = new.original
    if original is None:
        # Of a benchmark audit nothing is sealed: its plan is in the study file.
        return _differing(read_audit_plan(connection), new) if study.key is None else None
    if original.sha256 != study.protocol_sha256:
        raise CheckFailedError(
            "This is not the study.toml that the study was seeded with: its hash is another.",
            where=str(original.path),
            next_step="Give the very file that was seeded, or leave --original out.",
        )
    return _differing(original.text, new)


def _differing(seeded: str, new: NewRubric) -> tuple[str, ...]:
    before, after = _tables(seeded), _tables(new.text)
    differ = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    differ -= {"rubric"}
    if foreign := sorted(differ - MAY_DEVIATE):
        raise InvalidInputError(
            f"The file differs from the seeded one in {', '.join(foreign)}.",
            where=str(new.path),
            next_step="That cannot change while a study is open: put it back as it was seeded.",
        )
    return tuple(sorted(differ))


def _tables(text: str) -> dict[str, object]:
    return tomllib.loads(text.removeprefix("\ufeff"))


def _refuse_leaks(made: Amendment, new: NewRubric) -> None:
    """Refuse texts that name a model of the shipped list, a scaffold of either file, or words of its text."""
    from rater.services.leaks.blind_lint import forbidden_terms, leaks_in_own_texts

    for text in made.texts.said if made.texts else ():
        refuse_names(text, where=str(new.path))
    if new.protocol is None:
        return
    files = [new.protocol, *([new.original.protocol] if new.original and new.original.protocol else [])]
    for known in files:
        leaks = leaks_in_own_texts(
            replace(known, rubric=new.protocol.rubric), forbidden_terms(known, transcripts=[])
        )
        if leaks:
            raise BlindError(
                f"A text that raters read tells a condition: {leaks[0]}.",
                where=str(new.path),
                next_step="Say it without that; nothing was recorded.",
            )
