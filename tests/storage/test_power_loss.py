"""The power goes away after any system call: no rating that was called saved is lost, and no file is torn."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import db.connection
from db.connection import FileKind, open_for_writing
from rater.services.sitting.opening import open_desk
from tests.conftest import BuildStudy
from tests.storage.power_cut import power_cuts, traced

SCORES = 6
WRITER = f"""
import os, sys
from pathlib import Path
import db.connection
from protocol.chain.events import EventDraft, EventKind
if sys.argv[2] != "as shipped":
    kind, level = db.connection.FileKind.PACK, int(sys.argv[2])
    db.connection._JOURNAL[kind] = ("delete", level)
from rater.services.sitting.opening import open_desk
desk = open_desk(Path(sys.argv[1]), rater="R1", app="0")
item = desk.manifest.items[0].item_id
for level in range({SCORES}):
    desk.record(EventDraft(kind=EventKind.SCORE, item_id=item, dimension="D1", level=level % 3))
    os.write(1, b"saved\\n")
desk.close()
"""
"""Scores and says so after each, as the screen does."""

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def _lost(build_study: BuildStudy, folder: Path, kind: FileKind, journal: str) -> list[int]:
    """Return for each power cut how many acknowledged events it loses; -1 for a file that is torn."""
    study = build_study(name=f"{kind}.db", kind=kind)
    with closing(open_for_writing(study.path)):
        pass  # in the journal mode it will have, so that only ratings are written while it is traced
    home = study.path.parent
    before = {study.path.name: study.path.read_bytes()}
    lines = traced(WRITER, folder, str(study.path), journal)
    lost: list[int] = []
    seen: set[tuple[int, tuple[tuple[str, bytes], ...]]] = set()
    for cut in power_cuts(lines, home, before):
        state = (cut.acknowledged, tuple(sorted(cut.files.items())))
        if state in seen:
            continue
        seen.add(state)
        place = folder / "after"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, data in cut.files.items():
            (place / name).write_bytes(data)
        lost.append(cut.acknowledged - _events(place / study.path.name))
    assert len(lost) > SCORES
    return lost


def _events(path: Path) -> int:
    """Open what is left as the app does, and count the events of a chain that verifies."""
    try:
        desk = open_desk(path, rater="R1", app="0")
    except sqlite3.Error:
        return 10**6
    try:
        return len(desk.events)
    finally:
        desk.close()


@needs_strace
@pytest.mark.parametrize("kind", list(FileKind))
def test_no_acknowledged_rating_is_lost(build_study: BuildStudy, tmp_path: Path, kind: FileKind) -> None:
    """With the journal that is shipped: whatever was called saved is there, at most one more."""
    lost = _lost(build_study, tmp_path, kind, "as shipped")
    assert max(lost) <= 0
    assert min(lost) >= -1


@needs_strace
def test_the_replay_tells_an_unsafe_journal(build_study: BuildStudy, tmp_path: Path) -> None:
    """A pack without syncing loses ratings in the same replay: it can fail."""
    assert max(_lost(build_study, tmp_path, FileKind.PACK, "0")) > 0


def test_the_journals_are_the_safe_ones() -> None:
    """Where strace is not at hand, the settings are asserted all the same."""
    assert db.connection._JOURNAL == {FileKind.STUDY: ("wal", 2), FileKind.PACK: ("truncate", 3)}
