"""Opens the files that [calibration] names, which lie beside study.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protocol.canonical_json import sha256_hex
from protocol.sources.training_lines import GoldReference, TrainingTranscript, read_gold, read_training
from protocol.study import StudyProtocol
from rater.services.input_files import read_bounded

MAX_TRAINING_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSources:
    """Training transcripts and gold references as the admin wrote them."""

    transcripts: tuple[TrainingTranscript, ...]
    sha256: str
    """Hash of the file."""
    gold: tuple[GoldReference, ...] = ()
    gold_sha256: str | None = None


def read_training_sources(protocol_path: Path, protocol: StudyProtocol) -> TrainingSources | None:
    """Return the training material of a study, or None where it has none.

    Args:
        protocol_path: The study.toml; the files lie beside it.
        protocol: What it says.

    Raises:
        NotFoundError: A file does not exist.
        InvalidInputError: A file has mistakes.
    """
    plan = protocol.calibration
    if plan is None:
        return None
    path = protocol_path.with_name(plan.file)
    content = _content(path, wanted="training transcripts with references")
    gold: tuple[GoldReference, ...] = ()
    gold_content: bytes | None = None
    if plan.gold is not None:
        gold_path = protocol_path.with_name(plan.gold)
        gold_content = _content(gold_path, wanted="references of study items")
        gold = read_gold(gold_content.split(b"\n"), where=str(gold_path), rubric=protocol.rubric)
    return TrainingSources(
        transcripts=read_training(content.split(b"\n"), where=str(path), study=protocol),
        sha256=sha256_hex(content),
        gold=gold,
        gold_sha256=sha256_hex(gold_content) if gold_content is not None else None,
    )


def _content(path: Path, *, wanted: str) -> bytes:
    return read_bounded(
        path,
        wanted=wanted,
        largest=MAX_TRAINING_BYTES,
        too_large=f"The file is larger than {MAX_TRAINING_BYTES // 2**20} MiB.",
    )
