"""Ratings made for tests of profiles: two models under two scaffolds, levels by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from protocol.analysis.agreement import agreement
from protocol.analysis.effects import effects
from protocol.analysis.rating_table import RatingRow, RatingTable, specs_of
from protocol.profile.making import ProfileFacts
from protocol.profile.profile import InputHash
from protocol.profile.profile_plan import ProfileContext
from protocol.study import StudyProtocol
from protocol.study_file import read_study
from tests.services.small_studies import MODELS, protocol_text

TASKS = tuple(f"task-{letter}" for letter in "abcdef")
ONE, TWO = MODELS
Given = Callable[[str, str, str, str], int | None]
"""Level by model, scaffold, task and rater; None is not ratable."""


def protocol(extra: str = "") -> StudyProtocol:
    """A study of six tasks with the dimensions D1 and D2."""
    return read_study(f"{protocol_text(tasks=TASKS)}\n{extra}\n", where="F")


def rows_of(
    given: Given, *, dimension: str = "D1", raters: Sequence[str] = ("R1", "R2"), tasks: Sequence[str] = TASKS
) -> tuple[RatingRow, ...]:
    """Every cell of the design rated by every rater."""
    return tuple(
        RatingRow(
            unit=f"{model} {scaffold} {task}",
            rater=rater,
            dimension=dimension,
            value=level,
            not_ratable="refusal" if level is None else None,
            model=model,
            scaffold=scaffold,
            task=task,
        )
        for model in MODELS
        for scaffold in ("plain", "checks")
        for task in tasks
        for rater in raters
        for level in (given(model, scaffold, task, rater),)
    )


def facts_of(
    rows: Sequence[RatingRow],
    *,
    study: StudyProtocol | None = None,
    turns: Mapping[str, tuple[str, ...]] | None = None,
    ratings: str = "a" * 64,
) -> ProfileFacts:
    """What profiles are made of, the analyses computed as the program does."""
    study = study or protocol()
    table = RatingTable(rows=tuple(rows), dimensions=specs_of(study.rubric))
    return ProfileFacts(
        protocol=study,
        table=table,
        agreement=agreement(table),
        effects=effects(table, baseline="plain", plan=study.analysis),
        blinding=None,
        no_blinding="nobody was asked",
        context=ProfileContext(users="a scripted persona"),
        models={},
        turns={row.unit: (f"About {row.task}?",) for row in rows} if turns is None else turns,
        audit=None,
        notes=(),
        ratings_final=None,
        inputs=(InputHash(what="ratings", sha256=ratings),),
        app="0",
    )
