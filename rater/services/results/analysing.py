"""Ratings in, agreement and effects out: the use cases behind `agreement` and `effects`.

A ratings file and a study become the same `Ratings`; the study's side of that is
`rater.services.results.study_ratings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from protocol.adjudication.consensus import ConsensusCell
from protocol.analysis.agreement import DEFAULT_SEED, AgreementResult, agreement
from protocol.analysis.coefficients import Resampling
from protocol.analysis.effects import effects
from protocol.analysis.effects_result import EffectsResult
from protocol.analysis.level_declaration import LevelDeclaration
from protocol.analysis.rating_table import LeaveOut, RatingTable
from protocol.analysis.ratings_layouts import parse_ratings
from protocol.analysis.raw_ratings import ReadingOptions, labels_of
from protocol.analysis.robustness import with_robustness
from protocol.analysis.row_filter import RowFilter, parse_filters
from protocol.analysis.tidy_ratings import ParsedRatings
from protocol.audit.audit_protocol import AuditPlan
from protocol.errors import UsageError
from protocol.simulated import SIMULATED
from protocol.study import AnalysisPlan
from rater.services.results.ratings_files import ratings_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """Ratings ready to analyse, with what is known about how they are to be analysed."""

    table: RatingTable
    source: str
    """The file's name, for messages."""
    baseline: str | None = None
    """The protocol's baseline scaffold, where a protocol is known."""
    plan: AnalysisPlan | None = None
    """The protocol's analysis plan, where a protocol is known."""
    leave_out: tuple[LeaveOut, ...] = ()
    """Ratings that may not have been blind or were carried, where that is known."""
    notice: tuple[str, ...] = ()
    """Sentences every output carries, such as that the ratings are simulated."""
    warnings: tuple[str, ...] = ()
    """What the reader should know about how the table was made."""
    audit: AuditPlan | None = None
    """What is computed of a benchmark audit, where it is one."""
    consensus: tuple[ConsensusCell, ...] | None = None
    """Of an adjudication that ended, where there is one."""

    def where(self, filters: Sequence[RowFilter]) -> Ratings:
        """Return the ratings that pass every filter.

        Raises:
            UsageError: A filter names an unknown column, or leaves no row.
        """
        return replace(self, table=self.table.where(filters, source=self.source))


def read_ratings_file(
    path: Path,
    *,
    where: Sequence[str] = (),
    levels: Sequence[str] = (),
    scale: Sequence[str] = (),
    protocol: Path | None = None,
    options: ReadingOptions | None = None,
    origins: Path | None = None,
) -> Ratings:
    """Read a file of ratings, of any layout of `protocol.analysis.ratings_layouts`.

    Args:
        path: Text in UTF-8, Parquet, or Potato's folder of users.
        where: Filters COLUMN=VALUE.
        levels: Declared levels, for all dimensions or DIMENSION=LEVELS.
        scale: Declared scale, for all dimensions or DIMENSION=SCALE.
        protocol: A study.toml that declares levels, scales, labels, baseline and plan instead.
        options: What was said about the layout.
        origins: A table with model, scaffold and task by unit.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: One of them cannot be read, or rows have mistakes.
        UsageError: Options that do not fit together or do not fit the file.
    """
    if protocol is not None and (levels or scale):
        raise UsageError(
            "--protocol declares levels and scales, and so do --levels and --scale.",
            next_step="Give either the protocol or the options.",
        )
    options, study = options or ReadingOptions(), None
    if protocol is None:
        declaration = LevelDeclaration.from_texts(levels, scale)
    else:
        from rater.services.reading_study import read_study_file  # pydantic: 40 ms that most calls can save

        study = read_study_file(protocol).protocol
        declaration = LevelDeclaration.from_rubric(study.rubric, origin=protocol.name)
        options = replace(options, numbers_of=labels_of(study.rubric))
    parsed = parse_ratings(
        ratings_parts(path),
        source=path.name,
        filters=parse_filters(where),
        declaration=declaration,
        options=options,
        origins=ratings_parts(origins)[0] if origins else None,
    )
    return Ratings(
        table=parsed.table,
        source=path.name,
        baseline=study.baseline.id if study else None,
        plan=study.analysis if study else None,
        notice=_notice(parsed),
        warnings=parsed.warnings,
    )


def _notice(parsed: ParsedRatings) -> tuple[str, ...]:
    """Exported simulated ratings stay marked when they are read again."""
    return (SIMULATED,) if parsed.simulated else ()


def analyse_agreement(table: RatingTable, *, bootstrap: int = 0, seed: int = DEFAULT_SEED) -> AgreementResult:
    """Return inter-rater agreement of a rating table; works without origins.

    Args:
        table: The ratings.
        bootstrap: Number of resamples of a second interval; 0 for none.
        seed: Of everything that is drawn.
    """
    resampling = Resampling(replicates=bootstrap, seed=seed) if bootstrap else None
    return agreement(table, resampling=resampling, seed=seed)


def analyse_effects(table: RatingTable, *, baseline: str, plan: AnalysisPlan) -> EffectsResult:
    """Return per-model scaffold effects of a rating table with origins.

    Raises:
        InvalidInputError: Ratings without model, scaffold or task.
        NotFoundError: No rating has the baseline scaffold.
    """
    return effects(table, baseline=baseline, plan=plan)


def analyse_robustness(
    result: EffectsResult,
    table: RatingTable,
    *,
    leave_out: Sequence[LeaveOut] = (),
    consensus: Sequence[ConsensusCell] | None = None,
) -> EffectsResult:
    """Return effects together with those of every variant: raters, consensus, collapses, lost blinding.

    Args:
        result: What `analyse_effects` returned.
        table: The ratings it rests on.
        leave_out: Ratings that may not have been blind, or were carried.
        consensus: Of an adjudication that ended, where there is one.
    """
    return with_robustness(result, table, leave_out=leave_out, consensus=consensus)
