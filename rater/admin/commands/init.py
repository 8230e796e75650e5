"""`rater-admin init`: a study folder ready to edit."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from protocol.visible import StudyKind
from rater.admin.output import say, talk


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to make; it must not exist or be empty.")
    ],
    kind: Annotated[
        StudyKind, typer.Option("--kind", help="What is rated: transcripts of models, or benchmarks.")
    ] = StudyKind.STRESS_TEST,
) -> None:
    """Write a study folder: a complete, commented study.toml and a README.

    Rubric, scaffolds and example tasks are texts of the makers of blindrater, not those of
    Vishwarupe et al. (2026), which are not public.
    """
    from rater.services.seeding.starting import start_study

    started = start_study(folder, kind)
    for path in started.written:
        say(f"wrote {path}")
    if kind is StudyKind.BENCHMARK_AUDIT:
        talk("Rubric and benchmarks are blindrater's own choice, not those of Vishwarupe et al. (2026).")
        talk("Put the texts of each benchmark into its folder under documents, then:")
        study = shlex.quote(str(folder / "study.toml"))
        talk(f"  rater-admin seed {study} {shlex.quote(str(folder / 'documents'))} -o study.db")
        return
    talk("Rubric, scaffolds and example tasks are blindrater's own, not those of Vishwarupe et al. (2026).")
    talk("Edit study.toml, then look at your transcripts:")
    talk(f"  rater-admin inspect transcripts.jsonl --protocol {shlex.quote(str(started.written[0]))}")
