"""The rating app cannot reach what knows an origin, because it never loads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

FORBIDDEN = (
    "protocol.allocation",
    "protocol.sources",
    "protocol.transcript",
    "protocol.deidentify",
    "protocol.design",
    "protocol.analysis",
    "protocol.stats",
    "protocol.report",
    "protocol.study",
    "protocol.study_file",
    "db.allocation_store",
    "db.lock_store",
    "rater.admin",
    "rater.services.doors",
    "rater.services.leaks",
    "rater.services.results",
    "rater.services.seeding",
    "rater.services.sources",
    "rater.services.verifying",
    "numpy",
    "scipy",
    "pydantic",
    "pyrage",
    "sqlite_utils",
)

IMPORT_EVERYTHING = """
import importlib, pathlib, sys
import rater.cli, rater.tui.app, rater.services.sitting.opening
root = pathlib.Path(rater.tui.__file__).parent
for path in root.rglob("*.py"):
    name = ".".join(["rater", "tui", *path.relative_to(root).with_suffix("").parts])
    importlib.import_module(name.removesuffix(".__init__"))
print("\\n".join(sys.modules))
"""


def test_no_module_of_the_app_loads_what_knows_an_origin() -> None:
    """A fresh interpreter with every module of the app in it has none of the others."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    loaded = done.stdout.split()
    assert "rater.tui.screens.rating" in loaded
    found = [name for name in loaded if any(name == bad or name.startswith(f"{bad}.") for bad in FORBIDDEN)]
    assert found == []
