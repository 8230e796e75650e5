"""A study folder to start from: a complete, commented study.toml, the letter to raters, and a README.

The texts are package data under rater/templates, each in one place; what is written stands by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from db.atomic_file import cannot_write, write_whole
from protocol.audit.audit_protocol import Benchmark
from protocol.errors import UsageError
from protocol.visible import StudyKind
from rater.services.auditing.documents import LINKS

_STUDY_PARTS = ("study.toml", "vss.toml", "scaffolds.toml", "tasks.toml", "plan.toml")
_AUDIT_PARTS = ("audit.toml", "bma.toml", "benchmarks.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedFolder:
    """What was written."""

    folder: Path
    written: tuple[Path, ...]


def study_text() -> str:
    """Return the complete study.toml that a new study folder gets."""
    return "".join(_template(name) for name in _STUDY_PARTS)


def audit_text() -> str:
    """Return the complete study.toml that a new benchmark audit gets."""
    return "".join(_template(name) for name in _AUDIT_PARTS)


def start_study(folder: Path, kind: StudyKind = StudyKind.STRESS_TEST) -> StartedFolder:
    """Write a study folder.

    Args:
        folder: A folder that does not exist yet or is empty.
        kind: What will be rated.

    Raises:
        UsageError: The folder holds something, or the path is a file; nothing is written.
        StorageError: The folder cannot be written.
    """
    try:
        _require_empty(folder)
        texts = _texts_of(kind)
        for name in texts:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise cannot_write(folder, fault) from None
    for name, text in texts.items():
        write_whole(folder / name, text.encode("utf-8"))
    return StartedFolder(folder=folder, written=tuple(folder / name for name in texts))


def _texts_of(kind: StudyKind) -> dict[str, str]:
    if kind is StudyKind.STRESS_TEST:
        return {
            "study.toml": study_text(),
            "README.md": _template("README.md"),
            "letter.txt": _template("letter.txt"),
        }
    from protocol.audit.audit_file import read_audit  # pydantic: 40 ms that the other kind can save

    text = audit_text()
    audit = read_audit(text, where="the shipped protocol of an audit")
    return {
        "study.toml": text,
        "README.md": _template("AUDIT.md"),
        "letter.txt": _template("letter-audit.txt"),
        **{f"documents/{one.id}/{LINKS}": _links(one) for one in audit.benchmarks},
    }


def _links(benchmark: Benchmark) -> str:
    facts = benchmark.card().brief.replace("\n", "\n- ")
    return f"# {facts}\n"


def _require_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            "This is a file.", where=str(folder), next_step="Name a folder that does not exist yet."
        )
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            "The folder is not empty, and nothing in it is overwritten.",
            where=str(folder),
            next_step="Name a folder that does not exist yet or is empty.",
        )


def _template(name: str) -> str:
    return (files("rater") / "templates" / name).read_text(encoding="utf-8")
