"""Eight raters in eight processes on one study file, and the one way to write."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from rater.services.sitting.opening import open_desk
from tests.conftest import BuildStudy, make_items

RATERS = tuple(f"R{number}" for number in range(1, 9))
EVENTS = 25
ROOT = Path(__file__).parents[2]
WRITER = f"""
import sys
from pathlib import Path
from protocol.chain.events import EventDraft, EventKind
from rater.services.sitting.opening import open_desk
desk = open_desk(Path(sys.argv[1]), rater=sys.argv[2], app="0")
print("ready", flush=True)
sys.stdin.readline()
item = desk.manifest.items[0].item_id
for number in range({EVENTS}):
    desk.record(EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D1", level=number % 3))
desk.close()
"""


def test_eight_processes_lose_nothing(build_study: BuildStudy) -> None:
    """All begin at once; every event of every rater is there, and each chain verifies."""
    study = build_study(items=make_items(2, lines=3), raters=RATERS)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(study.path), rater],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for rater in RATERS
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, said = writer.communicate(timeout=60)
        assert (writer.returncode, said) == (0, "")
    for rater in RATERS:
        desk = open_desk(study.path, rater=rater, app="0")
        assert len(desk.events) == EVENTS
        desk.close()


def test_no_transaction_begins_deferred() -> None:
    """A deferred one loses its write to a concurrent one; only three modules begin any."""
    begun: list[str] = []
    for folder in ("db", "rater", "protocol"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    words = node.value.split()
                    if words[:1] == ["BEGIN"] and len(words) < 4:
                        begun.append(f"{path.relative_to(ROOT)}: {node.value}")
                if isinstance(node, ast.Attribute) and node.attr in ("atomic", "commit"):
                    begun.append(f"{path.relative_to(ROOT)}: {node.attr}")
    assert {place.partition(":")[0] for place in begun} <= {
        "db/connection.py",
        "db/creation.py",
        "db/replacement.py",
    }
    assert all("IMMEDIATE" in place or "EXCLUSIVE" in place for place in begun), begun
