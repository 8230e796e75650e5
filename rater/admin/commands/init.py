"""`rater-admin init`: a study folder ready to edit."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from rater.admin.output import say, talk


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to make; it must not exist or be empty.")
    ],
) -> None:
    """Write a study folder: a complete, commented study.toml and a README.

    Rubric, scaffolds and example tasks are texts of the makers of blindrater, not those of
    Vishwarupe et al. (2026), which are not public.
    """
    from rater.services.starting import start_study

    started = start_study(folder)
    for path in started.written:
        say(f"wrote {path}")
    talk("Rubric, scaffolds and example tasks are blindrater's own, not those of Vishwarupe et al. (2026).")
    talk("Edit study.toml, then look at your transcripts:")
    talk(f"  rater-admin inspect transcripts.jsonl --protocol {shlex.quote(str(started.written[0]))}")
