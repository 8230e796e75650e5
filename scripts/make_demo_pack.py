"""Make the ready-made pack that `rater demo` opens: five tasks of the shipped sample, one rater.

Run it when the schema of packs changes: `make sample`. The order is drawn anew each time; the key
is thrown away, because nobody unblinds the demo.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path

from protocol.study_file import read_study
from rater import __version__
from rater.services.doors.key_files import write_identity
from rater.services.packs.packs import write_pack
from rater.services.seeding.seeding import SeedRequest, seed_study
from rater.services.sources.reading_sources import read_sources

SAMPLE = Path(__file__).parents[1] / "rater" / "sample"
TASKS = (
    "t02-spreadsheet-formula",
    "t05-python-bug",
    "t07-recipe-scaling",
    "t10-budget",
    "t13-meeting-notes",
)
"""No health, legal or news topics: a demo is for everybody."""


def main() -> None:
    """Write rater/sample/demo.pack.db."""
    text = (SAMPLE / "study.toml").read_text(encoding="utf-8")
    protocol = read_study(text, where="study.toml")
    protocol = replace(
        protocol,
        name="Sample study",
        tasks=tuple(task for task in protocol.tasks if task.id in TASKS),
        design=replace(protocol.design, raters=("R1",), raters_per_item=1, spacing=4),
    )
    report = read_sources([SAMPLE / "transcripts.jsonl"])
    transcripts = [one for one in report.transcripts if one.origin.task in TASKS]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pair = write_identity(folder / "identity.txt")
        seed_study(
            protocol,
            text,
            transcripts,
            SeedRequest(
                study_path=folder / "study.db",
                key_path=folder / "study.key",
                recipients=(pair.recipient,),
                who="sample",
                app=__version__,
            ),
            entropy=secrets.SystemRandom(),
            clock=lambda: "2026-01-01T00:00:00.000Z",
        )
        count = write_pack(folder / "study.db", "R1", SAMPLE / "demo.pack.db", replace_file=True)
    (SAMPLE / "demo.pack.db").chmod(0o644)
    print(json.dumps({"items": count, "bytes": (SAMPLE / "demo.pack.db").stat().st_size}))


if __name__ == "__main__":
    main()
