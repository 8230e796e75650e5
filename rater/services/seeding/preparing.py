"""Everything that is read and checked before a study is seeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.allocation.intake_counts import Intake
from protocol.canonical_json import sha256_hex
from protocol.deidentify.decisions import Decision
from protocol.errors import InvalidInputError, Problem
from protocol.sources.factorial import CellCheck, check_cells
from protocol.sources.report import SourceReport
from protocol.sources.source_plan import SourceOverrides, overridden
from protocol.study import SourcesPlan, StudyProtocol
from protocol.transcript import Transcript
from rater.services.input_files import require_file
from rater.services.leaks.leaks import decisions_path, read_decisions
from rater.services.reading_study import read_study_file
from rater.services.seeding.reading_training import TrainingSources, read_training_sources
from rater.services.sources.reading_sources import read_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A protocol and complete transcripts."""

    protocol: StudyProtocol
    study_toml: str
    transcripts: Sequence[Transcript]
    sources: SourcesPlan
    """How they were read: the plan of the protocol with what the command line set."""
    report: SourceReport
    replicates_left_out: int
    cells: CellCheck
    decisions: dict[str, Decision]
    """Decisions on hits of the leak rules."""
    decisions_sha256: str | None
    training: TrainingSources | None = None
    """The material of [calibration]; None where the protocol has none."""

    @property
    def intake(self) -> Intake:
        """How many transcripts the sources held, and how many were left out by which rule."""
        failed = 0 if self.sources.failed_runs else sum(one.times for one in self.report.failed)
        return Intake(
            collected=len(self.transcripts) + self.replicates_left_out + failed,
            failed_runs=failed,
            replicates=self.replicates_left_out,
            passed_over=sum(one.times for one in self.report.skipped),
        )


def prepare(
    protocol_path: Path,
    sources: Sequence[Path],
    *,
    overrides: SourceOverrides | None = None,
    decisions: Path | None = None,
) -> Prepared:
    """Read a protocol, its transcripts and decisions on leaks, and check that the design is filled.

    Args:
        protocol_path: The study.toml.
        sources: Files of transcripts.
        overrides: What the command line says on how they are read, besides the protocol.
        decisions: Where decisions on leaks are kept; beside the protocol unless given.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file has mistakes, or the design has empty or doubled cells.
    """
    study = read_study_file(protocol_path)
    plan = overridden(study.protocol.sources, overrides or SourceOverrides())
    read = read_sources(sources, plan=plan)
    check = check_cells(read.transcripts, study.protocol)
    problems = _problems(check)
    if problems:
        raise InvalidInputError(
            "The transcripts do not fill the design of the study.",
            where=", ".join(str(source) for source in sources),
            next_step="Add, remove or rename what is listed; `rater-admin inspect` shows the table.",
            problems=problems,
        )
    if decisions is not None:
        require_file(decisions, wanted="decisions on leaks, as `rater-admin leaks --decide` writes them")
    kept_in = decisions_path(protocol_path, decisions)
    return Prepared(
        protocol=study.protocol,
        study_toml=study.content.decode("utf-8"),
        transcripts=read.transcripts,
        sources=plan,
        report=read.report,
        replicates_left_out=read.replicates_left_out,
        cells=check,
        decisions=read_decisions(kept_in),
        decisions_sha256=sha256_hex(kept_in.read_bytes()) if kept_in.exists() else None,
        training=read_training_sources(protocol_path, study.protocol),
    )


def _problems(check: CellCheck) -> list[Problem]:
    if not check.models:
        return [
            Problem(
                where="the sources",
                found="no transcript with an answer",
                expected="one for every model, scaffold and task; --failed-runs takes failed runs",
            )
        ]
    return [
        *(
            Problem(where=f"task {task}", found="no task card in study.toml", expected="a [[tasks]] entry")
            for task in check.tasks_without_card
        ),
        *(
            Problem(
                where=f"scaffold {scaffold}", found="none in study.toml", expected="a [[scaffolds]] entry"
            )
            for scaffold in check.unknown_scaffolds
        ),
        *(
            Problem(
                where=f"{cell.model} x {cell.scaffold} x {cell.task}",
                found="an empty cell",
                expected="one transcript",
            )
            for cell in check.missing
        ),
        *(
            Problem(
                where=f"{one.cell.model} x {one.cell.scaffold} x {one.cell.task}, replicate {one.replicate}",
                found=f"{len(one.read_from)} transcripts ({', '.join(one.read_from)})",
                expected="one",
            )
            for one in check.doubled
        ),
    ]
