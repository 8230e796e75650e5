"""What the protocol of a later batch may change: its tasks, who rates them, how its files are read.

Everything else is the study's: a batch under another rubric, scaffold or plan would be another study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace

from protocol.errors import Problem
from protocol.study import StudyProtocol

_LONGEST = 60
_OWN = frozenset({"tasks", "sources"})


def differences(study: StudyProtocol, batch: StudyProtocol) -> list[Problem]:
    """Return every place where the protocol of a batch is not that of the study, and has to be.

    Words to redact may be added, since new transcripts have new names; raters of the batch may be fewer,
    in another order.

    Args:
        study: The protocol of seeding.
        batch: The protocol of the batch.
    """
    like = replace(
        batch,
        design=replace(batch.design, raters=study.design.raters),
        redaction=replace(
            batch.redaction, literals=study.redaction.literals, patterns=study.redaction.patterns
        ),
    )
    found = [
        problem
        for one in fields(StudyProtocol)
        if one.name not in _OWN
        for problem in _of(one.name, getattr(study, one.name), getattr(like, one.name))
    ]
    lost = set(study.redaction.literals) - set(batch.redaction.literals)
    lost |= set(study.redaction.patterns) - set(batch.redaction.patterns)
    if lost:
        found.append(
            Problem(
                where="redaction",
                found=f"without {_short(sorted(lost))}",
                expected="every literal and pattern of the study, and more where they are needed",
            )
        )
    return found


def _of(name: str, wanted: object, found: object) -> list[Problem]:
    if wanted == found:
        return []
    if is_dataclass(wanted) and is_dataclass(found) and type(wanted) is type(found):
        return [
            problem
            for one in fields(wanted)
            for problem in _of(f"{name}.{one.name}", getattr(wanted, one.name), getattr(found, one.name))
        ]
    return [Problem(where=name, found=_short(found), expected=f"{_short(wanted)}, as in the study")]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def task_twice(studies: Sequence[StudyProtocol], batch: StudyProtocol) -> list[Problem]:
    """Return the tasks of a batch that the study has already: a task is rated in one batch alone."""
    known = {task.id for one in studies for task in one.tasks}
    return [
        Problem(where=f"tasks.{task.id}", found="a task that the study has", expected="a task that is new")
        for task in batch.tasks
        if task.id in known
    ]
