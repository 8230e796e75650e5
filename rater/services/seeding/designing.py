"""The design report of a study.toml, before anything is seeded. Reads, and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.design.design_report import DesignReport, report_on_design
from protocol.design.soundness import Arm
from protocol.sources.source_plan import SourceOverrides, overridden
from protocol.study import StudyProtocol
from protocol.transcript import Transcript
from rater.services.rater_list import read_rater_list
from rater.services.reading_study import read_study_file
from rater.services.sources.reading_sources import read_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedDesign:
    """A report, and what it takes for granted."""

    report: DesignReport
    assumed: tuple[str, ...]


def describe_design(
    protocol_path: Path,
    sources: Sequence[Path],
    *,
    overrides: SourceOverrides | None = None,
    models: int | None = None,
    raters: Path | None = None,
    seed: int,
    draws: int,
) -> DescribedDesign:
    """Describe the assignment of a study over simulated draws.

    Args:
        protocol_path: The study.toml.
        sources: Files of transcripts; without any the design is taken to be complete.
        overrides: What the command line says on how they are read, besides the protocol.
        models: Without transcripts: how many models; those of the guess questions unless given.
        raters: raters.toml; beside the protocol unless given.
        seed: Of the simulated draws.
        draws: How many at most.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file has mistakes, the spacing cannot be kept, or some task would be rated
            by nobody.
    """
    protocol = read_study_file(protocol_path).protocol
    people = read_rater_list(protocol_path, raters, protocol.design.raters)
    assumed: tuple[str, ...] = ()
    if sources:
        plan = overridden(protocol.sources, overrides or SourceOverrides())
        tasks = _of_transcripts(read_sources(sources, plan=plan).transcripts)
    else:
        names = _model_names(protocol, models)
        tasks = _complete(protocol, names)
        assumed = (
            f"Assumed: every task has one transcript of each of {len(names)} "
            f"model{'s' if len(names) > 1 else ''} under each of {len(protocol.scaffolds)} scaffolds. "
            "Name the transcripts, or give --models N.",
        )
    if people.path is not None and people.sites:
        assumed += (f"Sites of {len(people.sites)} raters from {people.path}.",)
    report = report_on_design(
        tasks,
        protocol.design,
        baseline=protocol.baseline.id,
        sites=people.sites,
        seed=seed,
        draws=draws,
    )
    return DescribedDesign(report=report, assumed=assumed)


def _of_transcripts(transcripts: Sequence[Transcript]) -> Mapping[str, tuple[Arm, ...]]:
    tasks: dict[str, list[Arm]] = {}
    for one in transcripts:
        arm = Arm(model=one.origin.model, scaffold=one.origin.scaffold)
        tasks.setdefault(one.origin.task, []).append(arm)
    return {task: tuple(sorted(arms)) for task, arms in tasks.items()}


def _model_names(protocol: StudyProtocol, models: int | None) -> tuple[str, ...]:
    """Return names for the models: as many as were given, or those the guess questions mean."""
    if models is not None:
        return tuple(f"model {number}" for number in range(1, models + 1))
    meant = {
        name
        for question in protocol.guess.questions
        if question.about == "model"
        for name in question.meaning.values()
    }
    return tuple(sorted(meant)) or ("model 1",)


def _complete(protocol: StudyProtocol, models: Sequence[str]) -> dict[str, tuple[Arm, ...]]:
    arms = tuple(
        Arm(model=model, scaffold=scaffold.id) for model in models for scaffold in protocol.scaffolds
    )
    return {task.id: arms for task in protocol.tasks}
