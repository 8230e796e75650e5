"""Human scores into copies of Inspect logs, as score edits that say where they come from.

Written by Inspect itself (the extra `collect`), so that the logs are what Inspect makes of an edit. The
originals are never touched; scores that are there already keep their history. Inspect holds a log in memory
while it is copied.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from protocol.analysis.consensus import Consensus, consensus_of
from protocol.errors import InvalidInputError, UsageError
from protocol.sources.source_plan import SourceOverrides, overridden
from rater.services.results.handing_back import OpenedStudy, read_opened
from rater.services.results.result_folder import write_folder
from rater.services.sources.reading_sources import read_sources

if TYPE_CHECKING:
    from datetime import datetime

    from inspect_ai.log import EvalSample

PREFIX = "human_"
"""Before the id of a dimension, in the name of its score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredLogs:
    """What was written."""

    files: tuple[str, ...]
    samples: int
    """Samples that got scores."""
    scores: int
    without_value: int
    """Units and dimensions without a consensus; these get no score."""
    not_found: int
    """Rated units whose sample is in none of the logs."""


def export_inspect(
    path: Path,
    logs: Sequence[Path],
    folder: Path,
    *,
    overrides: SourceOverrides | None = None,
    now: Callable[[], datetime],
    replace: bool = False,
) -> ScoredLogs:
    """Write copies of Inspect logs with the raters' consensus as scores.

    Args:
        path: The study file, unblinded.
        logs: The logs the transcripts came from.
        folder: Where the copies go.
        overrides: How `seed` read the logs, where its command line said more than study.toml.
        now: The clock, for the provenance.
        replace: Write over an earlier export.

    Raises:
        WrongStateError: The study is not unblinded.
        NotFoundError: There is no such study or log.
        UsageError: Inspect is not installed, or a folder is in the way.
        InvalidInputError: A log cannot be read, or no rated transcript is in the logs.
        StorageError: The folder cannot be written.
    """
    _require_inspect()
    study = read_opened(path)
    by_unit: dict[str, list[Consensus]] = {}
    for one in consensus_of(study.ratings.table):
        by_unit.setdefault(one.unit, []).append(one)
    units = {origin: unit for unit, origin in study.origins.items()}
    plan = overridden(study.protocol.sources, overrides or SourceOverrides())
    files: dict[str, bytes] = {}
    found: set[str] = set()
    scores = 0
    with tempfile.TemporaryDirectory() as scratch:
        for number, log in enumerate(logs):
            wanted = {
                one.origin.source: units[one.origin]
                for one in read_sources([log], plan=plan).transcripts
                if one.origin in units
            }
            name = log.name if log.name not in files else f"{number}-{log.name}"
            written = Path(scratch) / name
            scores += _write_scored(log, written, study=study, wanted=wanted, by_unit=by_unit, at=now())
            files[name] = written.read_bytes()
            found.update(wanted.values())
    if not found:
        raise InvalidInputError(
            "None of the rated transcripts is in these logs.",
            where=", ".join(map(str, logs)),
            next_step="Name the logs the study was seeded from, with the same --map.",
        )
    write_folder(folder, files, replace=replace)
    rated = [one for unit in found for one in by_unit.get(unit, ())]
    return ScoredLogs(
        files=tuple(sorted(files)),
        samples=len(found),
        scores=scores,
        without_value=sum(one.value is None for one in rated),
        not_found=len(by_unit.keys() - found),
    )


def _require_inspect() -> None:
    try:
        import inspect_ai.log  # noqa: F401 - 2 s; whether it is there is the question
    except ImportError:
        raise UsageError(
            "Writing into Inspect logs needs the extra `collect`.",
            next_step='pip install "blindrater[collect]"',
        ) from None


def _write_scored(
    log: Path,
    copy: Path,
    *,
    study: OpenedStudy,
    wanted: Mapping[str, str],
    by_unit: Mapping[str, Sequence[Consensus]],
    at: datetime,
) -> int:
    """Write a copy with scores, and return how many."""
    from inspect_ai.log import ProvenanceData, edit_score, read_eval_log, write_eval_log
    from inspect_ai.scorer import ScoreEdit

    read = read_eval_log(str(log))
    scores = 0
    for sample in read.samples or ():
        unit = wanted.get(_source_of(sample))
        for one in by_unit.get(unit, ()) if unit else ():
            if one.value is None:
                continue
            dimension = study.protocol.rubric.dimension(one.dimension)
            edit = ScoreEdit(
                value=one.value,
                explanation=f"{dimension.name}: {dimension.level(int(one.value)).label}",
                metadata={"levels": dict(one.levels), "unit": one.unit, "dimension": one.dimension},
                provenance=ProvenanceData(
                    timestamp=at,
                    author=f"blindrater study {study.ratings.study.study_id}",
                    reason=_reason(study, one),
                    metadata={"protocol_sha256": study.ratings.study.protocol_sha256},
                ),
            )
            edit_score(
                read,
                sample_id=sample.id,
                score_name=f"{PREFIX}{one.dimension}",
                edit=edit,
                recompute_metrics=False,
                epoch=sample.epoch,
            )
            scores += 1
    write_eval_log(read, str(copy))
    return scores


def _source_of(sample: EvalSample) -> str:
    """Return the id the reader of sources gives a sample."""
    return sample.uuid or f"{sample.id}/{sample.epoch}"


def _reason(study: OpenedStudy, one: Consensus) -> str:
    lock = study.ratings.study.lock_code
    raters = "1 rater" if len(one.levels) == 1 else f"{len(one.levels)} raters"
    final = f", final under lock code {lock} before the conditions were opened" if lock else ""
    what = "Simulated ratings (made by a program)" if study.protocol.simulated else "Blinded human ratings"
    return f"{what} by {raters}{final}."
