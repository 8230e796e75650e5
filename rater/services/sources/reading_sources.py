"""Reads every transcript of the sources named on a command line, by the plan of the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.sources.limits import DEFAULT_LIMITS, SourceLimits
from protocol.sources.reading import SourceReading
from protocol.sources.replicates import chosen
from protocol.sources.report import SourceReport
from protocol.sources.source_plan import reading_options
from protocol.study import SourcesPlan
from protocol.transcript import Transcript
from rater.services.sources.opening_sources import read_paths
from rater.services.sources.transcript_spool import TranscriptSpool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesRead:
    """All transcripts, and what was noted on the way."""

    transcripts: tuple[Transcript, ...]
    """Conversations are on disk and read when they are asked for."""
    report: SourceReport
    replicates_left_out: int = 0
    """Transcripts the rule for replicates does not take."""


def read_sources(
    paths: Sequence[Path], *, plan: SourcesPlan | None = None, limits: SourceLimits = DEFAULT_LIMITS
) -> SourcesRead:
    """Read every transcript of files, folders and archives.

    Args:
        paths: What was named; formats are found by content.
        plan: How they are read, and which replicates are taken.
        limits: The bounds on what a source may cost.

    Raises:
        NotFoundError: There is nothing of a name.
        InvalidInputError: A path cannot be opened, or a source has mistakes: then nothing is
            imported and every mistake is in `problems`.
        StorageError: There is no room for the conversations.
    """
    plan = plan or SourcesPlan()
    reading = SourceReading(reading_options(plan, limits))
    spool = TranscriptSpool()
    found = [spool.add(transcript) for transcript in read_paths(paths, reading)]
    report = reading.finish()
    taken = chosen([one.origin for one in found], plan)
    return SourcesRead(
        transcripts=tuple(found[place] for place in taken),
        report=report,
        replicates_left_out=len(found) - len(taken),
    )
