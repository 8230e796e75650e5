"""What a study can detect: its study.toml, changed by what the command line asks about, simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from protocol.design.power import SHIFTS, PlannedStudy, PowerResult, simulate_power
from protocol.design.rating_model import RatingAssumptions, model_of
from protocol.errors import InvalidInputError, NotFoundError, UsageError
from protocol.rubric import Dimension, Scale
from protocol.study import AnalysisPlan, Design, StudyProtocol
from rater.services.reading_study import read_study_file

_MODELS = 3
_SCAFFOLDS = 3
_TASKS = 15
_RATERS = 3
_LEVELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanQuestion:
    """What is asked; None is as in the study.toml, or the usual value without one."""

    tasks: int | None = None
    models: int | None = None
    contrasts: int | None = None
    raters: int | None = None
    raters_per_item: int | None = None
    levels: int | None = None
    dimension: str | None = None
    margin: float | None = None
    alpha: float | None = None
    agreement: float = 0.7
    ceiling: float | None = None
    severity_sd: float = 0.3
    task_share: float = 0.6
    shifts: tuple[float, ...] = ()
    studies: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """The result, and what it rests on."""

    result: PowerResult
    assumptions: RatingAssumptions
    assumed: tuple[str, ...]


def answer_plan(
    question: PlanQuestion, protocol_path: Path | None, *, tick: Callable[[int, int], None]
) -> PlanAnswer:
    """Simulate what a study can detect.

    Args:
        question: What is asked.
        protocol_path: The study.toml it is asked of, where there is one.
        tick: Told after each simulated study how many of how many are done.

    Raises:
        NotFoundError: There is no such file or dimension.
        InvalidInputError: The file has mistakes, the dimension is nominal, or the agreement cannot be
            reached.
        UsageError: A number is out of range.
    """
    _check(question)
    protocol = None if protocol_path is None else read_study_file(protocol_path).protocol
    assumptions = RatingAssumptions(
        levels=_levels(question, protocol),
        agreement=question.agreement,
        ceiling=question.ceiling,
        severity_sd=question.severity_sd,
        task_share=question.task_share,
    )
    planned = _planned(question, protocol)
    model = model_of(assumptions)
    result = simulate_power(
        planned,
        model,
        shifts=question.shifts or SHIFTS,
        studies=question.studies,
        seed=question.seed,
        tick=tick,
    )
    return PlanAnswer(
        result=result, assumptions=assumptions, assumed=_sentences(assumptions, planned, protocol, question)
    )


def _check(question: PlanQuestion) -> None:
    for name, value, low, high in (
        ("--agreement", question.agreement, 0.0, 1.0),
        ("--ceiling", question.ceiling, 0.0, 1.0),
        ("--task-share", question.task_share, -1e-9, 1.0),
        ("--alpha", question.alpha, 0.0, 1.0),
    ):
        if value is not None and not low < value < high:
            raise UsageError(f"{name} {value:g} is out of range.", next_step="Give a share between 0 and 1.")
    if not 0 <= question.severity_sd <= 3:
        raise UsageError("--severity is out of range.", next_step="Give a number from 0 to 3.")
    if question.margin is not None and not 0 < question.margin < 100:
        raise UsageError("--margin is out of range.", next_step="Give a number of levels above 0.")
    if any(not 0 < abs(shift) < 100 for shift in question.shifts):
        raise UsageError("A shift is out of range.", next_step="Give numbers of levels other than 0.")


def _levels(question: PlanQuestion, protocol: StudyProtocol | None) -> tuple[float, ...]:
    if question.levels is not None:
        return tuple(range(question.levels))
    if protocol is None:
        return tuple(range(_LEVELS))
    dimension = _dimension(protocol, question.dimension or protocol.analysis.headline[0])
    if dimension.scale is Scale.NOMINAL:
        raise InvalidInputError(
            f"The levels of {dimension.id} have no order: it has no shifts.",
            next_step="Name an ordinal dimension with --dimension.",
        )
    return tuple(level.value for level in dimension.levels)


def _dimension(protocol: StudyProtocol, name: str) -> Dimension:
    found = next((one for one in protocol.rubric.dimensions if one.id == name), None)
    if found is None:
        raise NotFoundError(
            f"The rubric has no dimension {name}.",
            next_step=f"It has {', '.join(one.id for one in protocol.rubric.dimensions)}.",
        )
    return found


def _planned(question: PlanQuestion, protocol: StudyProtocol | None) -> PlannedStudy:
    plan = AnalysisPlan(headline=("D",)) if protocol is None else protocol.analysis
    plan = replace(
        plan,
        alpha=question.alpha or plan.alpha,
        equivalence_margin=question.margin or plan.equivalence_margin,
    )
    tasks = question.tasks or (len(protocol.tasks) if protocol else _TASKS)
    return PlannedStudy(
        tasks=tasks,
        models=question.models or (_models_meant(protocol) if protocol else 0) or _MODELS,
        scaffolds=question.contrasts or (_contrasts(protocol) if protocol else _SCAFFOLDS),
        design=_design(question, protocol, tasks),
        plan=plan,
    )


def _models_meant(protocol: StudyProtocol) -> int:
    """How many models the guess questions know; study.toml names models nowhere else."""
    return len(
        {
            name
            for question in protocol.guess.questions
            if question.about == "model"
            for name in question.meaning.values()
        }
    )


def _contrasts(protocol: StudyProtocol) -> int:
    count = len(protocol.analysis.contrasts) or len(protocol.scaffolds) - 1
    if not count:
        raise InvalidInputError(
            "The study has a baseline and no other scaffold: nothing is compared.",
            where="scaffolds",
            next_step="Give --contrasts N, or add scaffolds.",
        )
    return count


def _design(question: PlanQuestion, protocol: StudyProtocol | None, tasks: int) -> Design:
    """Only who rates what matters here: order, waves and repeats are left out."""
    design = (
        protocol.design
        if protocol
        else Design(raters=tuple(f"R{n}" for n in range(1, _RATERS + 1)), raters_per_item=_RATERS)
    )
    raters = (
        design.raters
        if question.raters is None
        else tuple(f"R{number}" for number in range(1, question.raters + 1))
    )
    per_item = question.raters_per_item
    if per_item is None and design.items_per_rater is None:
        per_item = len(raters) if protocol is None else min(design.raters_per_item or 1, len(raters))
    if per_item is not None and per_item > len(raters):
        raise UsageError(
            f"{per_item} raters for each item are more than the {len(raters)} there are.",
            next_step="Give --raters too.",
        )
    return replace(
        design,
        raters=raters,
        raters_per_item=per_item,
        items_per_rater=None if per_item is not None else design.items_per_rater,
        overlap_tasks=min(design.overlap_tasks, tasks),
        waves=1,
        repeats=0.0,
    )


def _sentences(
    assumptions: RatingAssumptions,
    planned: PlannedStudy,
    protocol: StudyProtocol | None,
    question: PlanQuestion,
) -> tuple[str, ...]:
    known = () if protocol is None else (f"From the protocol {protocol.name}, changed by the options given.",)
    models = (
        (f"Assumed: {planned.models} models (--models).",)
        if protocol is not None and question.models is None and not _models_meant(protocol)
        else ()
    )
    return (
        *known,
        *models,
        f"Assumed: {len(assumptions.levels)} levels, {assumptions.top_share:.0%} of the baseline's ratings "
        f"at the top (--ceiling); two raters agree with an ordinal alpha of {assumptions.agreement:g} "
        f"(--agreement); severities differ by {assumptions.severity_sd:g} sd (--severity); "
        f"{assumptions.task_share:.0%} of the variance between transcripts is the task's (--task-share). One "
        "comparison has the true shift, all others none.",
    )
