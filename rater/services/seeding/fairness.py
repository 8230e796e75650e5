"""Asks the fairness rules of a collection on disk: transcripts, study.toml and the run manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from protocol.errors import UsageError
from protocol.fairness.fairness import Fairness, check_fairness
from protocol.fairness.run_manifest import RunManifest, read_run_manifest
from protocol.sources.source_plan import SourceOverrides, overridden
from protocol.study import StudyProtocol
from rater.services.input_files import read_text
from rater.services.reading_study import read_study_file
from rater.services.sources.reading_sources import read_sources

RUN_MANIFEST = "run.json"
"""The name under which a run manifest is found beside transcripts."""
TRANSCRIPTS, SECOND = "transcripts.jsonl", "second.jsonl"
"""What the folder of a run holds: one transcript for each cell; further ones of some cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRun:
    """What was asked, and what the rules answered."""

    study: StudyProtocol
    transcripts: int
    run_manifest: Path | None
    fairness: Fairness


def verify_known_run(
    sources: Sequence[Path],
    *,
    protocol: Path,
    run_manifest: Path | None = None,
    overrides: SourceOverrides | None = None,
) -> VerifiedRun | None:
    """Check a collection that has a run manifest; transcripts from elsewhere have none.

    Raises:
        See `verify_run`.
    """
    found = run_manifest or _run_manifest_beside(sources)
    if found is None:
        return None
    return verify_run(sources, protocol=protocol, run_manifest=found, overrides=overrides)


def verify_run(
    sources: Sequence[Path],
    *,
    protocol: Path,
    run_manifest: Path | None = None,
    overrides: SourceOverrides | None = None,
) -> VerifiedRun:
    """Check a collection against every fairness rule.

    Args:
        sources: Files and folders of transcripts.
        protocol: The study.toml with scaffolds and tasks.
        run_manifest: How the transcripts were made; None looks for run.json in the named folders and
            beside the named files.
        overrides: What is said on reading them beside [sources] in study.toml.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: One of them cannot be read.
        UsageError: Several run manifests lie there.
    """
    study = read_study_file(protocol)
    found = run_manifest or _run_manifest_beside(sources)
    run = None if found is None else read_run_file(found)
    said = overridden(study.protocol.sources, overrides or SourceOverrides())
    plan = replace(said, failed_runs=True, replicates="all")
    paths = [path for source in sources for path in _transcript_files(source)]
    transcripts = read_sources(paths, plan=plan).transcripts
    fairness = check_fairness(
        study.protocol, transcripts, run=run, protocol_sha256=hashlib.sha256(study.content).hexdigest()
    )
    return VerifiedRun(
        study=study.protocol, transcripts=len(transcripts), run_manifest=found, fairness=fairness
    )


def read_run_file(path: Path) -> RunManifest:
    """Read a run manifest from a file.

    Raises:
        NotFoundError: The file does not exist.
        InvalidInputError: It is no run manifest.
    """
    return read_run_manifest(read_text(path, wanted="a run manifest").text, where=str(path))


def _transcript_files(source: Path) -> list[Path]:
    """Return the files of a run's folder, whose logs hold the same transcripts again."""
    if source.is_dir() and (source / RUN_MANIFEST).is_file():
        return [source / name for name in (TRANSCRIPTS, SECOND) if (source / name).is_file()]
    return [source]


def _run_manifest_beside(sources: Sequence[Path]) -> Path | None:
    folders = {source if source.is_dir() else source.parent for source in sources}
    found = [folder / RUN_MANIFEST for folder in sorted(folders) if (folder / RUN_MANIFEST).is_file()]
    if len(found) > 1:
        raise UsageError(
            "There are several run manifests.",
            where=", ".join(map(str, found)),
            next_step="Name the one that belongs to these transcripts with --run.",
        )
    return found[0] if found else None
